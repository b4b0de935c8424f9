"""Small things of `fluid.framework` and `fluid.core` that scripts touch: seeds, types, Variable.

`fluid.default_main_program().random_seed = 90` seeded everything; today paddle.seed(90) does.
In a static program the real default program is returned, and gets the seed itself.
"""

from typing import Any

import paddle

from .missing import lookup
from .param_attr import ParamAttr
from .places import (
    CPUPlace,
    CUDAPinnedPlace,
    CUDAPlace,
    cpu_places,
    cuda_places,
    in_dygraph_mode,
    is_compiled_with_cuda,
)

__all__ = [
    "CPUPlace",
    "CUDAPinnedPlace",
    "CUDAPlace",
    "EOFException",
    "ParamAttr",
    "Parameter",
    "VarBase",
    "VarDesc",
    "Variable",
    "cpu_places",
    "cuda_places",
    "default_main_program",
    "default_startup_program",
    "get_cuda_device_count",
    "in_dygraph_mode",
    "is_compiled_with_cuda",
    "set_flags",
]

Variable = VarBase = paddle.Tensor
EOFException = paddle.base.core.EOFException
Parameter = paddle.base.framework.EagerParamBase


class VarDesc:
    """1.x: `core.VarDesc.VarType.FP32`; today the word "float32"."""

    class VarType:
        """The types by their old names."""

        BOOL, UINT8, INT8, INT16, INT32 = "bool", "uint8", "int8", "int16", "int32"
        INT64, FP16, FP32, FP64 = "int64", "float16", "float32", "float64"


class _Seeded:
    """A default program: setting `random_seed` seeds Paddle, the rest is the real program's."""

    def __init__(self, program: Any) -> None:
        self.__dict__["_program"] = program

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "random_seed":
            paddle.seed(value)
            self.__dict__["random_seed"] = value
        setattr(self._program, name, value)


_programs: dict[str, _Seeded] = {}


def _default(name: str) -> Any:
    program = getattr(paddle.static, name)()
    if not paddle.in_dynamic_mode():
        return program
    return _programs.setdefault(name, _Seeded(program))


def renew_default_programs() -> None:
    """Let those that scripts hold stand for what are the default programs now."""
    for name, seeded in _programs.items():
        seeded.__dict__["_program"] = getattr(paddle.static, name)()


def default_main_program() -> Any:
    """1.x: `default_main_program().random_seed = n`; today `paddle.seed(n)`."""
    return _default("default_main_program")


def default_startup_program() -> Any:
    """1.x: `default_startup_program().random_seed = n`; today `paddle.seed(n)`."""
    return _default("default_startup_program")


def get_cuda_device_count() -> int:
    """1.x: `core.get_cuda_device_count()`; today `paddle.device.cuda.device_count()`."""
    return paddle.device.cuda.device_count()


def set_flags(flags: dict[str, Any]) -> None:
    """1.8: `set_flags(flags)`; today `paddle.set_flags(flags)`."""
    paddle.set_flags(flags)


__getattr__ = lookup("fluid.framework", "static")
