"""Stage 3, networks, faster: how does a CPU compute a convolution and its pooling in less time?

`conv_pool` computes what `F.max_pool2d(F.conv2d(x, weight, bias, padding=padding), 2)` computes,
in less than half of the time that Paddle's own CPU kernels take. Pooling takes the greatest of four
neighbours. All four see one patch that is a pixel wider and higher than the kernel, so one matrix
product gives all four: `[patches, (k+1)² C] @ [(k+1)² C, 4 × outputs]`. There are a quarter as many
patches to copy as for the convolution alone, and the product is wide enough to run at full speed.
A batch is computed in pieces, side by side on all cores.
On a GPU, and for networks that are not in FAST, Paddle computes.

第 3 步，网络的加速：怎样让 CPU 用更少的时间算完卷积和池化？
`conv_pool` 算的就是卷积加 2×2 最大池化，用时不到 Paddle 自带 CPU 实现的一半。
池化取四个相邻输出中最大的一个，而这四个输出看到的是同一个小块，它只比卷积核宽一个像素、高一个像素，
所以一次矩阵乘法就能同时得到四个输出：要复制的小块只有单独做卷积时的四分之一，矩阵也足够宽，算得快。
一个批次分成几份，在所有的核上同时计算。
在 GPU 上，以及对其他网络，仍由 Paddle 计算。
"""

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import paddle
from numpy.lib.stride_tricks import as_strided
from paddle import Tensor, nn
from paddle.autograd import PyLayer
from paddle.nn import functional as F

from .models import CNN, VGG, LeNet
from .processes import computing_threads

PIECE = 750_000  # numbers, patches and outputs, that are computed at a time: they stay in a cache
LEAST = 32  # images; a batch of fewer is one piece


class FastCNN(nn.Layer):
    """Compute what a CNN computes, with its own parameters, by `conv_pool`.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out.
    """

    def __init__(self, model: CNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        cnn = self.model
        x = F.relu(conv_pool(images, cnn.conv1.weight, cnn.conv1.bias, 2))  # [N, 20, 14, 14]
        x = F.relu(conv_pool(x, cnn.conv2.weight, cnn.conv2.bias, 2))  # [N, 20, 7, 7]
        return cnn.output(paddle.flatten(x, 1))  # [N, 980] → [N, outputs]


class FastLeNet(nn.Layer):
    """Compute what a LeNet computes, with its own parameters, by `conv_pool`.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out.
    """

    def __init__(self, model: LeNet) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        net = self.model
        x = images[:, :, 2:26, 2:26]  # [N, 1, 24, 24]
        x = F.relu(conv_pool(x, net.conv1.weight, net.conv1.bias, 0))  # [N, 12, 10, 10]
        x = F.relu(conv_pool(x, net.conv2.weight, net.conv2.bias, 0))  # [N, 32, 4, 4]
        x = F.relu(net.hidden(paddle.flatten(x, 1)))  # [N, 512] → [N, 256]
        return net.output(x)  # [N, outputs]


class FastVGG(nn.Layer):
    """Compute what a VGG computes, with its own parameters, its first layer by `conv_pool`.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out.
    """

    def __init__(self, model: VGG) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        vgg = self.model
        x = conv_pool(vgg.cut(images), vgg.conv1.weight, vgg.conv1.bias, 0)  # [P N, 32, 10, 10]
        return vgg.after_first_pool(x)


FAST = {CNN: FastCNN, LeNet: FastLeNet, VGG: FastVGG}


def conv_pool(x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
    """Return the 2×2 max pooling of a convolution; on the CPU.

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
    return _ConvPool.apply(x, weight, bias, padding)


class _ConvPool(PyLayer):
    """The forward and backward pass, in NumPy, some images at a time, on all cores."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor:
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
        kept = list(_map(compute, pieces))
        ctx.kept = kept, matrix, x.shape, weight.shape, padding, x.stop_gradient
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
            return patches.T @ to_outputs

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


def _map(compute: Callable[[Any], Any], pieces: list) -> Iterable:
    """Compute the pieces, side by side where there are cores for it; return results in order.

    NumPy lets other threads run while it computes. The result is the same for any number of them.
    """
    if len(pieces) == 1 or computing_threads() == 1:
        return map(compute, pieces)
    return _threads().map(compute, pieces)


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
