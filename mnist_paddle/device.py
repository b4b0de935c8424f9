"""Stage 6, devices: where is the computing done?

CPUPlace or CUDAPlace(n), by one switch; under paddle.distributed.launch each process has its own
GPU, the one the launcher gave it. A GPU that was asked for and is not there is an error
that says what is missing, the GPU or the GPU build of Paddle: never a silent run on the CPU.
The tutorial's fluid.CUDAPlace(0) inside dygraph.guard is paddle.set_device("gpu:0") today.

阶段 6，设备：在哪里计算？
一个开关选择 CPUPlace 或 CUDAPlace(n)；用 paddle.distributed.launch 启动时，
每个进程使用启动器分给它的那块 GPU。要了 GPU 而没有 GPU 就报错，
并说明缺的是显卡还是 GPU 版的 Paddle，绝不悄悄改用 CPU。
教程里 dygraph.guard 中的 fluid.CUDAPlace(0)，今天写作 paddle.set_device("gpu:0")。
"""

import os

import paddle

from .errors import DeviceError


def use_device(gpu: bool) -> "paddle.CPUPlace | paddle.CUDAPlace":
    """Make the CPU, or this process's GPU, the device of everything that follows; return its place.

    Raises:
        DeviceError: a GPU was asked for and Paddle cannot use one. Nothing has changed then.
    """
    if not gpu:
        paddle.set_device("cpu")
        return paddle.CPUPlace()
    if not paddle.is_compiled_with_cuda():
        raise DeviceError(
            f"--gpu needs the GPU build of Paddle, and this is the CPU build "
            f"paddlepaddle {paddle.__version__}: pip uninstall paddlepaddle, then "
            f"pip install paddlepaddle-gpu, or leave out --gpu."
        )
    if paddle.device.cuda.device_count() == 0:
        raise DeviceError(
            "--gpu needs an NVIDIA GPU, and Paddle finds none here: "
            "check what nvidia-smi says and CUDA_VISIBLE_DEVICES, or leave out --gpu."
        )
    number = _gpu_number()
    if number >= paddle.device.cuda.device_count():
        raise DeviceError(
            f"the launcher gave this process GPU {number}, and Paddle finds "
            f"{paddle.device.cuda.device_count()} here: name GPUs that nvidia-smi lists."
        )
    paddle.set_device(f"gpu:{number}")
    return paddle.CUDAPlace(number)


def describe_device(gpu: bool) -> str:
    """Name the device that results are reported with."""
    if not gpu:
        return "cpu"
    return f"gpu:{_gpu_number()} {paddle.device.cuda.get_device_name(_gpu_number())}"


def _gpu_number() -> int:
    """Return the GPU that paddle.distributed.launch gave this process, else the first."""
    return int(os.environ.get("FLAGS_selected_gpus", "0").split(",")[0])  # noqa: SIM112
