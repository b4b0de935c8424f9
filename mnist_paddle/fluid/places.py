"""Where does an old script compute? `fluid.CPUPlace()`, `fluid.CUDAPlace(0)` and `cuda_places()`.

On a machine without a GPU, CUDAPlace is an error that names --cpu.
With --cpu, or MNIST_PADDLE_CPU=1 in the environment, every GPU place means the CPU.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import paddle
from paddle import CPUPlace

from ..errors import DeviceError
from ..launch.variables import CPU

__all__ = [
    "CPUPlace",
    "CUDAPinnedPlace",
    "CUDAPlace",
    "cpu_places",
    "cuda_places",
    "disable_dygraph",
    "enable_dygraph",
    "guard",
    "in_dygraph_mode",
    "is_compiled_with_cuda",
]


def cpu_is_meant() -> bool:
    """Return whether GPU places mean the CPU."""
    return os.environ.get(CPU, "") not in ("", "0")


def _gpus() -> int:
    return paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0


def CUDAPlace(id: int) -> Any:
    """1.x: `CUDAPlace(id)`; today `paddle.CUDAPlace(id)`. With --cpu it is the CPU.

    Raises:
        DeviceError: no such GPU, and --cpu was not given.
    """
    if cpu_is_meant():
        return CPUPlace()
    if not 0 <= id < _gpus():
        raise DeviceError(
            f"fluid.CUDAPlace({id}) needs a GPU that Paddle {paddle.__version__} does not find "
            f"here: write --cpu before the script to compute on the CPU, as in "
            f"`python -m mnist_paddle.fluid --cpu SCRIPT.py` (or set {CPU}=1)."
        )
    return paddle.CUDAPlace(id)


def CUDAPinnedPlace() -> Any:
    """1.x: `CUDAPinnedPlace()`; today `paddle.CUDAPinnedPlace()`. Without a GPU it is the CPU."""
    return CPUPlace() if cpu_is_meant() or not _gpus() else paddle.CUDAPinnedPlace()


def is_compiled_with_cuda() -> bool:
    """1.x: `is_compiled_with_cuda()`; today `paddle.is_compiled_with_cuda()`."""
    return paddle.is_compiled_with_cuda()


def cuda_places(device_ids: Iterable[int] | None = None) -> list[Any]:
    """1.x: `cuda_places(device_ids=None)`; today `paddle.static.cuda_places()`."""
    if device_ids is None:
        selected = os.environ.get("FLAGS_selected_gpus")  # noqa: SIM112
        found = range(1 if cpu_is_meant() else max(_gpus(), 1))
        device_ids = [int(number) for number in selected.split(",")] if selected else found
    return [CUDAPlace(number) for number in device_ids]


def cpu_places(device_count: int | None = None) -> list[Any]:
    """1.x: `cpu_places(device_count=None)`; today `paddle.static.cpu_places()`."""
    return [CPUPlace()] * (device_count or int(os.environ.get("CPU_NUM", 1)))


def in_dygraph_mode() -> bool:
    """1.x: `in_dygraph_mode()`; today `paddle.in_dynamic_mode()`.

    Today that is where Python starts, without a guard.
    """
    return paddle.in_dynamic_mode()


def enable_dygraph(place: Any = None) -> None:
    """1.x: `enable_dygraph(place=None)`; today `paddle.set_device("cpu")`."""
    paddle.disable_static(CPUPlace() if place is None and cpu_is_meant() else place)


def disable_dygraph() -> None:
    """1.x: `disable_dygraph()`; today `paddle.enable_static()`."""
    paddle.enable_static()


@contextmanager
def guard(place: Any = None) -> Iterator[None]:
    """1.x: `with guard(place=None):`; today `paddle.set_device("cpu")`, and no block."""
    dynamic, device = paddle.in_dynamic_mode(), paddle.device.get_device()
    enable_dygraph(place)
    try:
        yield
    finally:
        paddle.set_device(device)
        if not dynamic:
            paddle.enable_static()
