"""The whole, asked nine times: does it help to look at an image at several places?

A network that was trained on digits which were moved about still answers a little differently when
one is moved by a pixel. The mean of its outputs at nine places makes fewer mistakes than a single
look, and takes up to nine times as long (test-time augmentation, TTA; Krizhevsky et al. 2012). The
network and its training stay as they are.

整体，问九遍：在几个位置上各看一眼，有没有用？
训练时图片虽然会平移，但数字移动一个像素，网络的回答还是略有不同。
在九个位置上各看一眼，取输出的平均，错误比只看一眼少，用时最多九倍
（测试时增强，TTA；Krizhevsky 等，2012）。网络和训练过程都不变。
"""

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F


class NinePlaces(nn.Layer):
    """Return the mean of a network's outputs for each image at nine places, a pixel apart.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. What an image loses at one edge when it
    is moved comes in as paper, 0, at the other.
    """

    def __init__(self, network: nn.Layer) -> None:
        super().__init__()
        self.network = network
        self.training = network.training

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        padded = F.pad(images, [1, 1, 1, 1])
        outputs = [  # one place after the other takes no more memory than a single look
            self.network(padded[:, :, y : y + height, x : x + width])
            for y in range(3)
            for x in range(3)
        ]
        return paddle.stack(outputs).mean(0)  # [9, N, outputs] → [N, outputs]


def answering(network: nn.Layer, tta: bool) -> nn.Layer:
    """Return the layer that is asked outside training: `network`, with `tta` at nine places."""
    return NinePlaces(network) if tta else network
