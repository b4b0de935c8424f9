"""Measure every way that was tried to make the CNN's convolutions faster on the CPU.

python -m benchmarks.speed.convolutions [--runs 5] [--pages]

Each computes both convolutions of the tutorial's CNN with their pooling, forward and backward, on
one batch of 100 images, in a process of its own, and is compared with what Paddle computes. The
table goes into the docs with --pages. Two minutes, on a machine that has nothing else to do.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import paddle
from cyclopts import App
from paddle import Tensor
from paddle.nn import functional as F
from tqdm import tqdm

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support.measuring import medians, run_python
from mnist_paddle.kernels import conv_pool as conv_pool_module
from mnist_paddle.kernels.conv_pool import numpy_conv_pool
from mnist_paddle.kernels.environment import OURS, prepare

MARK = "<!-- table of the convolutions: python -m benchmarks.speed.convolutions -->"
BATCH, STEPS, WARM, TOLERANCE = 100, 20, 3, 1e-4
Way = Callable[[Tensor, Tensor, Tensor], Tensor]
app = App()


def paddles_own(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve, then pool: what the network says."""
    return F.max_pool2d(F.conv2d(x, weight, bias, padding=2), 2)


def unfold_and_product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Cut patches with F.unfold, multiply, pool."""
    n, _, height, width = x.shape
    patches = F.unfold(x, 5, paddings=2)  # [N, 25·C, H·W]
    product = paddle.matmul(weight.flatten(1), patches)
    return F.max_pool2d(product.reshape([n, -1, height, width]) + bias.reshape([1, -1, 1, 1]), 2)


def shifted_sums(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Channel-major: one product for each of the 25 places of the kernel, summed."""
    n, channels, height, width = x.shape
    padded = F.pad(x, [2, 2, 2, 2]).transpose([1, 0, 2, 3])  # [C, N, H+4, W+4]
    total = paddle.zeros([weight.shape[0], n * height * width])
    for i in range(5):
        for j in range(5):
            part = padded[:, :, i : i + height, j : j + width].reshape([channels, -1])
            total = total + paddle.matmul(weight[:, :, i, j], part)
    result = total.reshape([-1, n, height, width]).transpose([1, 0, 2, 3])
    return F.max_pool2d(result + bias.reshape([1, -1, 1, 1]), 2)


def _four_kernels(weight: Tensor) -> Tensor:
    """Place each kernel at the four corners of 6×6: `[K, 4, C, 6, 6]`."""
    corners = [[right, 1 - right, down, 1 - down] for down in (0, 1) for right in (0, 1)]
    return paddle.stack([F.pad(weight, corner) for corner in corners], axis=1)


def strided_maxout(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Let Paddle convolve with four kernels of 6×6, 2 apart, and take the greatest of four."""
    four = _four_kernels(weight).flatten(0, 1)
    return F.maxout(F.conv2d(x, four, stride=2, padding=2), 4) + bias.reshape([1, -1, 1, 1])


def blocks_and_product(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Do what conv_pool does, with Paddle's slices, concat and matmul."""
    padded = F.pad(x.transpose([0, 2, 3, 1]), [2, 2, 2, 2], data_format="NHWC")
    n, height, width, channels = padded.shape
    rows, columns = height // 2 - 2, width // 2 - 2
    blocks = padded.reshape([n, height // 2, 2, width // 2, 2, channels])
    blocks = blocks.transpose([0, 1, 3, 2, 4, 5]).reshape([n, height // 2, width // 2, -1])
    parts = [blocks[:, i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    patches = paddle.concat(parts, axis=-1).reshape([-1, 36 * channels])
    four = _four_kernels(weight).reshape([-1, 4, channels, 3, 2, 3, 2])
    matrix = four.transpose([3, 5, 4, 6, 2, 0, 1]).reshape([36 * channels, -1])
    product = paddle.matmul(patches, matrix).reshape([n, rows, columns, -1])
    return F.maxout(product, 4, axis=-1).transpose([0, 3, 1, 2]) + bias.reshape([1, -1, 1, 1])


def conv_pool_at_once(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Do conv_pool on all images at once, which do not fit into the processor's cache."""
    usual = conv_pool_module._pieces
    conv_pool_module._pieces = lambda images, numbers: [slice(0, images)]
    try:
        return numpy_conv_pool(x, weight, bias, 2)
    finally:
        conv_pool_module._pieces = usual


def conv_pool_in_pieces(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Do what the package does."""
    return numpy_conv_pool(x, weight, bias, 2)


ONE_THREAD = {"OMP_NUM_THREADS": "1"}
OURS_ALONE = {**ONE_THREAD, OURS: "OMP_NUM_THREADS"}  # as the package sets it: threads of its own
ONE_DNN = {"FLAGS_use_mkldnn": "1", "FLAGS_use_onednn": "1"}
# In words, the function, whether it is compiled to a static graph, the variables that are set.
WAYS: dict[str, tuple[Way, bool, dict[str, str]]] = {
    "Paddle: conv2d, max_pool2d": (paddles_own, False, {}),
    "the same, one-DNN": (paddles_own, False, ONE_DNN),
    "the same, two threads": (paddles_own, False, {"OMP_NUM_THREADS": "2"}),
    "the same, `MKL_DEBUG_CPU_TYPE=5`": (paddles_own, False, {"MKL_DEBUG_CPU_TYPE": "5"}),
    "the same, static graph (`to_static`)": (paddles_own, True, {}),
    "unfold, matmul, max_pool2d": (unfold_and_product, False, {}),
    "25 shifted products, summed, max_pool2d": (shifted_sums, False, {}),
    "four kernels of 6×6 with stride 2, maxout": (strided_maxout, False, {}),
    "slices of blocks, matmul, maxout, in Paddle": (blocks_and_product, False, {}),
    "patches and one product in NumPy": (conv_pool_at_once, False, ONE_THREAD),
    "the same, in pieces that stay in the cache": (conv_pool_in_pieces, False, ONE_THREAD),
    "the same, a thread for each core: `conv_pool`": (conv_pool_in_pieces, False, OURS_ALONE),
}


def _inputs() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return input, weight and bias of both layers; the first layer's input has no gradient."""
    rng = np.random.default_rng(0)

    def tensor(*shape: int, gradient: bool = True) -> Tensor:
        array = rng.standard_normal(shape, dtype=np.float32)
        return paddle.to_tensor(array, stop_gradient=not gradient)

    first = tensor(BATCH, 1, 28, 28, gradient=False), tensor(20, 1, 5, 5), tensor(20)
    second = tensor(BATCH, 20, 14, 14), tensor(20, 20, 5, 5), tensor(20)
    return [first, second]


def _forward_and_backward(way: Way, layer: tuple[Tensor, Tensor, Tensor]) -> list[np.ndarray]:
    for tensor in layer:
        tensor.clear_gradient()
    result = way(*layer)
    result.backward(result.detach())
    gradients = [tensor.grad for tensor in layer if not tensor.stop_gradient]
    return [result.numpy(), *(gradient.numpy() for gradient in gradients)]


@app.command
def one(name: str) -> None:
    """Measure one of them in this process: milliseconds, and the largest relative difference."""
    prepare()  # glibc keeps freed memory for each of them, as in a training
    paddle.set_device("cpu")
    way, compiled, _ = WAYS[name]
    layers = _inputs()
    expected = [_forward_and_backward(paddles_own, layer) for layer in layers]
    compute = paddle.jit.to_static(way) if compiled else way
    found = [_forward_and_backward(compute, layer) for layer in layers]
    difference = max(
        float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        for pair in zip(found, expected, strict=True)
        for ours, theirs in zip(*pair, strict=True)
    )
    if not difference < TOLERANCE:
        sys.exit(f"{name} computes something else: {difference}")
    seconds = []
    for _ in range(STEPS + WARM):
        started = time.perf_counter()
        for layer in layers:
            _forward_and_backward(compute, layer)
        seconds.append(time.perf_counter() - started)
    milliseconds = 1000 * statistics.median(seconds[WARM:])
    print(json.dumps({"ms": milliseconds, "difference": difference}))


@app.default
def measure(*, runs: int = 5, pages: bool = False) -> None:
    """Measure all of them in turn, RUNS times, and print the table."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
    for _ in tqdm(range(runs), disable=None):
        for name, (_, _, variables) in WAYS.items():
            words = "-m", "benchmarks.speed.convolutions", "one", name
            found[name].append(json.loads(run_python(*words, **variables)))
    figures = {name: medians(rows) for name, rows in found.items()}
    base = figures[next(iter(WAYS))]["ms"]
    rows = [
        [name, f"{row['ms']:.1f}", f"{base / row['ms']:.2f}", f"{row['difference']:.0e}"]
        for name, row in figures.items()
    ]
    head = ["both convolutions with pooling, forward and backward", "ms", "times as fast", "±"]
    options = "" if runs == 5 else f" --runs {runs}"
    lines = [
        f"Written by `python -m benchmarks.speed.convolutions{options}` on {date.today()}: "
        f"{machine()}, Paddle {paddle.__version__}, NumPy {np.__version__}. {BATCH} images; "
        f"medians of {runs} processes; ± is the largest difference from Paddle's, relative to the "
        "largest number.",
        "",
        *table(head, rows, "lrrr"),
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


if __name__ == "__main__":
    app()
