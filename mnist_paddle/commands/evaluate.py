"""The command that evaluates: how many digits of a split does a model read?
It prints the accuracy of each digit and the confusion matrix, and draws it.
"""

from pathlib import Path
from typing import Literal

from ..config import DEFAULT_DATA, WholeNumber
from ..errors import DeviceError
from ..kernels import environment
from .app import make_default_data


def evaluate(
    *,
    checkpoint: Path | None = None,
    data: str = DEFAULT_DATA,
    mode: Literal["train", "valid", "eval"] = "eval",
    split_seed: WholeNumber | None = None,
    gpu: bool = False,
) -> None:
    """Count how many digits of one split a trained model reads, and which it takes for which.

    Parameters
    ----------
    checkpoint
        Model file, model.safetensors of a run folder, or what scripts/export.py wrote [default:
        the shipped model].
    data
        Data file or folder of pictures; the default file is made if it is missing.
    mode
        Split to read.
    split_seed
        Decides which pictures of a folder are train, valid and eval [default: as in training].
    gpu
        Compute on the first GPU.
    """
    environment.import_paddle()
    from .. import evaluation
    from ..data import load_splits
    from ..device import use_device
    from ..plots import draw_confusion
    from ..predict import default_model, load_model

    place = use_device(gpu)
    trained = load_model(checkpoint or default_model())
    if gpu and not trained.model.parameters():
        raise DeviceError(f"--gpu: {trained.path} is computed on the CPU; leave out --gpu.")
    make_default_data(data)
    in_training = trained.header.get("config", {}).get("split_seed", 0)
    seed = in_training if split_seed is None else split_seed
    split = load_splits(data, split_seed=seed)[mode]
    score = evaluation.evaluate(trained.network, trained.objective, split, place)
    trained_on = trained.header.get("data", {}).get("name", "unknown data")
    print(f"model: {trained.path}, trained on {trained_on}")
    print(f"data: {split.name} from {data}, {mode}")
    print(f"\n{score}\n")
    print(score.table())
    picture = (checkpoint.parent if checkpoint else Path("work")) / f"confusion_{mode}.png"
    draw_confusion(score.confusion, picture, f"{split.name}, {mode}: {score}")
    print(f"\n{picture}")
