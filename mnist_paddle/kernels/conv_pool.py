"""How does a CPU compute a convolution and its max pooling in less time?

`conv_pool` is what the networks call, and this is the one place that chooses how it is computed:
by Paddle's own layers, or in NumPy in less than half of the time that Paddle's CPU kernels take.
Pooling takes the greatest of four neighbours. All four see one patch that is a pixel wider and
higher than the kernel, so one matrix product gives all four: `[patches, (k+1)² C] @
[(k+1)² C, 4 × outputs]`. There are a quarter as many patches to copy as for the convolution alone,
and the product is wide enough to run at full speed. A batch is computed in pieces, side by side on
all cores. On a GPU, and where a program is traced (to_static, export), Paddle computes.
"""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import paddle
from numpy.lib.stride_tricks import as_strided
from paddle import Tensor, nn
from paddle.autograd import PyLayer

from .cores import computing_threads

NUMPY, PADDLE = "numpy", "paddle"  # the ways to compute
PIECE = 750_000  # numbers, patches and outputs, that are computed at a time: they stay in a cache
LEAST = 32  # images; a batch of fewer is one piece

_chosen = NUMPY


@paddle.jit.not_to_static  # it has nothing to translate: the layers that it calls are traced
def conv_pool(x: Tensor, conv: nn.Conv2D, pool: nn.MaxPool2D) -> Tensor:
    """Return `pool(conv(x))`, computed in the way that is chosen.

    `x` is `[N, C, H, W] float32`; `pool` takes the greatest of 2×2 neighbours, 2 apart. What NumPy
    does not compute here, a kernel of even size or with a stride say, is left to Paddle.
    """
    if _chosen == NUMPY and _is_for_numpy(x, conv, pool):
        padding: Any = conv._padding  # it is a number
        return numpy_conv_pool(x, conv.weight, conv.bias, padding)
    pooled: Tensor = pool(conv(x))
    return pooled


def choose_convolutions(fast: bool) -> None:
    """Let this process compute convolutions with pooling in NumPy, or by Paddle's own kernels."""
    global _chosen
    _chosen = NUMPY if fast else PADDLE


def convolutions(network: nn.Layer, gpu: bool = False) -> str | None:
    """Return the way in which a network's convolutions are computed; None if it has none."""
    if not any(isinstance(layer, nn.Conv2D) for layer in network.sublayers()):
        return None
    return PADDLE if gpu else _chosen


@contextmanager
def convolutions_by_paddle() -> Iterator[None]:
    """Within the block, compute by Paddle's own layers: each of them is called."""
    before = _chosen
    choose_convolutions(fast=False)
    try:
        yield
    finally:
        choose_convolutions(before == NUMPY)


def _is_for_numpy(x: Tensor, conv: nn.Conv2D, pool: nn.MaxPool2D) -> bool:
    if not paddle.in_dynamic_mode() or not x.place.is_cpu_place():
        return False
    size, padding = conv.weight.shape[2:], conv._padding
    return (
        x.dtype == paddle.float32
        and size[0] == size[1]
        and size[0] % 2 == 1
        and x.shape[2] % 2 == x.shape[3] % 2 == 0
        and type(padding) is int
        and conv.bias is not None
        and (conv._groups, conv._data_format) == (1, "NCHW")
        and {*_pair(conv._stride), *_pair(conv._dilation)} == {1}
        and (*_pair(pool.ksize), *_pair(pool.stride)) == (2, 2, 2, 2)
        and not (any(_pair(pool.padding)) or pool.ceil_mode or pool.return_mask)
    )


def _pair(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value, value)


def numpy_conv_pool(x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
    """Return the 2×2 max pooling of a convolution; on the CPU, in NumPy.

    `x` is `[N, C, H, W] float32`, H and W even; `weight` `[K, C, k, k]`, k odd; `bias` `[K]`. With
    a padding of k // 2 the result is `[N, K, H/2, W/2]`, without padding k - 1 pixels less before
    the pooling. Of equal neighbours the first gets the gradient, as in Paddle.

    Raises:
        ValueError: a shape is another.
    """
    height, width = x.shape[2:]
    size = weight.shape[2]
    if (
        height % 2
        or width % 2
        or size % 2 == 0
        or list(weight.shape[1:]) != [x.shape[1], size, size]
    ):
        raise ValueError(
            f"conv_pool needs images of even height and width and a square kernel of odd size, "
            f"not {list(x.shape)} and {list(weight.shape)}"
        )
    apply: Any = _ConvPool.apply  # Paddle gives it no types
    pooled: Tensor = apply(x, weight, bias, padding, paddle.is_grad_enabled())
    return pooled


class _ConvPool(PyLayer):
    """The forward and backward pass, in NumPy, some images at a time, on all cores."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int, keep: bool
    ) -> Tensor:
        images, matrix, offset = x.numpy(), _four_kernels(weight.numpy()), bias.numpy()
        size = weight.shape[2]
        rows, columns = ((side + 2 * padding - size + 1) // 2 for side in x.shape[2:])
        pooled = np.empty((len(images), len(offset), rows, columns), np.float32)

        def compute(piece: slice) -> tuple[slice, np.ndarray, np.ndarray, np.ndarray]:
            patches = _patches(images[piece], size, padding)
            outputs = (patches @ matrix).reshape(len(patches), 4, -1)  # the four neighbours
            greatest = np.maximum(outputs[:, :2], outputs[:, 2:])
            greatest = np.maximum(greatest[:, 0], greatest[:, 1])
            channels_last = (greatest + offset).reshape(-1, rows, columns, len(offset))
            pooled[piece] = channels_last.transpose(0, 3, 1, 2)
            return piece, patches, outputs, greatest

        pieces = _pieces(len(images), rows * columns * sum(matrix.shape))
        if keep:  # for the backward pass
            kept = list(_map(compute, pieces))
            ctx.kept = kept, matrix, x.shape, weight.shape, padding, x.stop_gradient
        else:  # nothing of a piece is kept longer than it takes
            deque(_map(compute, pieces), maxlen=0)
        return paddle.to_tensor(pooled)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        kept, matrix, shape, weight_shape, padding, x_is_constant = ctx.kept
        gradient = gradients[0].numpy()
        x_gradient = None if x_is_constant else np.empty(shape, np.float32)

        def compute(one: tuple[slice, np.ndarray, np.ndarray, np.ndarray]) -> np.ndarray:
            piece, patches, outputs, greatest = one
            left = gradient[piece].transpose(0, 2, 3, 1).reshape(len(patches), -1)
            to_outputs = np.empty_like(outputs)
            for i in range(4):  # what goes to one neighbour is not left for the next
                np.multiply(left, outputs[:, i] == greatest, out=to_outputs[:, i])
                left = left - to_outputs[:, i]
            to_outputs = to_outputs.reshape(len(patches), -1)
            if x_gradient is not None:
                part = to_outputs @ matrix.T
                x_gradient[piece] = _images(part, x_gradient[piece].shape, weight_shape[2], padding)
            product: np.ndarray = patches.T @ to_outputs
            return product

        four = sum(_map(compute, kept))  # in the order of the pieces, whoever computed them
        return (
            None if x_gradient is None else paddle.to_tensor(x_gradient),
            paddle.to_tensor(_one_kernel(four, weight_shape)),
            paddle.to_tensor(gradient.sum(axis=(0, 2, 3))),
        )


def _pieces(images: int, numbers: int) -> list[slice]:
    """Cut a batch into pieces, an even number of them, for threads; each image needs `numbers`."""
    least = math.ceil(images * numbers / PIECE)
    count = 1 if images < LEAST else 2 * math.ceil(least / 2)
    edges = [images * i // count for i in range(count + 1)]
    return [slice(*pair) for pair in pairwise(edges)]


def _map(compute: Callable[[Any], Any], pieces: list[Any]) -> Iterable[Any]:
    """Compute the pieces, side by side where there are cores for it; return results in order.

    NumPy lets other threads run while it computes. The result is the same for any number of them.
    What is not a number stays so without a warning, as in Paddle: the caller checks the outputs.
    """

    def quiet(piece: Any) -> Any:
        with np.errstate(all="ignore"):
            return compute(piece)

    if len(pieces) == 1 or computing_threads() == 1:
        return map(quiet, pieces)
    return _threads().map(quiet, pieces)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(computing_threads(), "conv_pool")


def _patches(x: np.ndarray, size: int, edge: int) -> np.ndarray:
    """Cut `[N, C, H, W]`, with an edge of so many zeros, into patches of (size+1)² pixels, 2 apart.

    They are `[N·rows·columns, (size+1)²·C]`.
    """
    n, channels, height, width = x.shape
    side = size + 1
    padded = np.zeros((n, height + 2 * edge, width + 2 * edge, channels), np.float32)
    padded[:, edge : edge + height, edge : edge + width] = x.transpose(0, 2, 3, 1)
    rows, columns = ((pixels - side) // 2 + 1 for pixels in padded.shape[1:3])
    image, row, pixel, value = padded.strides
    # A patch's row lies in one piece in memory: `side` pixels with all their channels.
    shape = n, rows, columns, side, side * channels
    view = as_strided(padded, shape, (image, 2 * row, 2 * pixel, row, value))
    return view.reshape(-1, side * side * channels)


def _images(patches: np.ndarray, shape: tuple[int, ...], size: int, edge: int) -> np.ndarray:
    """Add up gradients of patches, as `_patches` cuts them, to those of the images."""
    n, channels, height, width = shape
    pairs = (size + 1) // 2  # a patch is so many times 2 pixels high and wide
    rows, columns = ((pixels + 2 * edge) // 2 - pairs + 1 for pixels in (height, width))
    split = patches.reshape(n, rows, columns, pairs, 2, pairs, 2, channels)
    padded = np.zeros((n, rows + pairs - 1, 2, columns + pairs - 1, 2, channels), np.float32)
    for i in range(pairs):
        for j in range(pairs):
            part = split[:, :, :, i, :, j].transpose(0, 1, 3, 2, 4, 5)
            padded[:, i : i + rows, :, j : j + columns] += part
    images = padded.reshape(n, height + 2 * edge, width + 2 * edge, channels)
    images = images[:, edge : edge + height, edge : edge + width]
    return images.transpose(0, 3, 1, 2)


def _four_kernels(weight: np.ndarray) -> np.ndarray:
    """Place a kernel `[K, C, k, k]` at the four corners of a patch: `[(k+1)²·C, 4·K]`."""
    outputs, channels, size, _ = weight.shape
    four = np.zeros((size + 1, size + 1, channels, 2, 2, outputs), np.float32)
    kernel = weight.transpose(2, 3, 1, 0)
    for down in (0, 1):
        for right in (0, 1):
            four[down : down + size, right : right + size, :, down, right] = kernel
    return four.reshape(-1, 4 * outputs)


def _one_kernel(four: np.ndarray, shape: list[int]) -> np.ndarray:
    """Add up the gradients of the four kernels, as `_four_kernels` places them, to that of one."""
    outputs, channels, size, _ = shape
    corners = four.reshape(size + 1, size + 1, channels, 2, 2, outputs)
    kernel = np.zeros((size, size, channels, outputs), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            kernel += corners[down : down + size, right : right + size, :, down, right]
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
