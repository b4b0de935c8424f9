"""`fluid.save_dygraph(state, "model")` and `fluid.load_dygraph("model")`.

A model's state goes to model.pdparams, an optimizer's to model.pdopt; the content says which.
Files of Paddle 1.7 and 1.8 can be read too; today one writes paddle.save and paddle.load.
"""

import os
from typing import Any

import paddle

from ...errors import CheckpointError
from ..missing import lookup

__all__ = ["load_dygraph", "load_persistables", "save_dygraph", "save_persistables"]

MODEL, OPTIMIZER = ".pdparams", ".pdopt"
PERSISTABLES = "persistables"  # the files of save_persistables in their folder
PLACES = "parameter_places"  # the key under which an optimizer's state lists its parameters


def save_dygraph(state_dict: dict[str, Any], model_path: str) -> None:
    """1.x: `save_dygraph(state_dict, model_path)`; today `paddle.save(state, path)`.

    Raises:
        ValueError: the path is a folder's, without a file name.
    """
    model_path = os.fspath(model_path)
    if not os.path.basename(model_path):
        raise ValueError(f"model_path is {model_path!r}, expected a folder and a name.")
    weights = [value for value in state_dict.values() if _is_parameter(value)]
    is_optimizer = PLACES in state_dict or "LR_Scheduler" in state_dict
    suffix = MODEL if weights or not is_optimizer else OPTIMIZER
    if not weights and not is_optimizer and any("_moment" in key for key in state_dict):
        suffix = OPTIMIZER  # written by an optimizer of today's
    paddle.save(state_dict, _without_suffix(model_path) + suffix)


def _is_parameter(value: Any) -> bool:
    return isinstance(value, paddle.Tensor) and getattr(value, "trainable", None) is not None


def load_dygraph(model_path: str, keep_name_table: bool = False, **_: Any) -> tuple[Any, Any]:
    """1.x: `load_dygraph(model_path)` → (model's state, optimizer's or None).

    Today: `paddle.load(path)`, once for each file. The arrays are NumPy's.

    Raises:
        CheckpointError: there is no such file.
    """
    prefix = _without_suffix(os.fspath(model_path))
    found = [
        paddle.load(prefix + suffix, return_numpy=True) if os.path.exists(prefix + suffix) else None
        for suffix in (MODEL, OPTIMIZER)
    ]
    if found[0] is None and found[1] is None:
        raise CheckpointError(
            f"load_dygraph: there is neither {prefix}{MODEL} nor {prefix}{OPTIMIZER}; "
            f"save_dygraph writes them, from the folder where the script is started."
        )
    if found[0] is not None and not keep_name_table:
        found[0].pop("StructuredToParameterName@@", None)
    return found[0], found[1]


def save_persistables(
    model_dict: dict[str, Any], dirname: str = "save_dir", optimizers: Any = None
) -> None:
    """1.5: `save_persistables(model_dict, dirname, optimizers=None)`; today `paddle.save`.

    In place of a file for each weight, the folder gets the files of `save_dygraph`.
    """
    os.makedirs(dirname, exist_ok=True)
    save_dygraph(model_dict, os.path.join(dirname, PERSISTABLES))
    if isinstance(optimizers, list | tuple):
        optimizers = optimizers[0] if optimizers else None
    if optimizers is not None:
        save_dygraph(optimizers.state_dict(), os.path.join(dirname, PERSISTABLES))


def load_persistables(*arguments: Any, **named: Any) -> Any:
    """1.5: `load_persistables(dirname="save_dir")` → (model's state, optimizer's or None).

    1.4: `load_persistables(model_dict, dirname)` → the model's state. Today `paddle.load`.
    """
    for_14 = bool(arguments) and not isinstance(arguments[0], str | os.PathLike)
    folders = arguments[1:] if for_14 else arguments
    folder = folders[0] if folders else named.get("dirname", "save_dir")
    loaded = load_dygraph(os.path.join(folder, PERSISTABLES))
    return loaded[0] if for_14 else loaded


def _without_suffix(path: str) -> str:
    return path.removesuffix(MODEL).removesuffix(OPTIMIZER)


__getattr__ = lookup("fluid.dygraph.checkpoint")
