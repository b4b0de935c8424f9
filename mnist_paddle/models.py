"""Stage 3, networks: which function turns 784 pixels into an answer?

Linear, MLP and CNN are the tutorial's three networks, with its sizes; LeNet is for a race, VGG to
see how few mistakes are possible.
Each returns raw outputs, never softmax: today's cross entropy applies softmax by itself, and
applying it twice makes a perfect prediction score 1.461 instead of 0.
`conv_pool(x, conv, pool)` is `pool(conv(x))`; kernels/conv_pool.py computes it faster on a CPU.

阶段 3，网络：怎样的函数能把 784 个像素变成答案？
Linear、MLP、CNN 是教程里的三个网络，尺寸与教程一致；LeNet 用来比速度，
VGG 用来看错误最少能少到多少。
它们都返回原始输出，不做 softmax：今天的交叉熵会自己做 softmax，
做两次的话，完全正确的预测得到的损失是 1.461，而不是 0。
`conv_pool(x, conv, pool)` 就是 `pool(conv(x))`；在 CPU 上由 kernels/conv_pool.py 更快地算出。
"""

from collections.abc import Callable
from typing import Any

import paddle
from paddle import Tensor, nn
from paddle.nn import functional as F

from .kernels.conv_pool import conv_pool, convolutions_by_paddle


class Linear(nn.Layer):
    """Compute one weighted sum of the pixels per output: 785 parameters with one output.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. Source: part 0, item 12.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.output = nn.Linear(784, outputs)

    def forward(self, images: Tensor) -> Tensor:
        return self.output(paddle.flatten(images, 1))  # [N, 784] → [N, outputs]


class MLP(nn.Layer):
    """Compute 784-hidden-hidden-outputs with sigmoids between: 7,971 parameters for 10 and 1.

    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. Source: part 1, item 2.
    """

    def __init__(self, outputs: int, hidden: int = 10) -> None:
        super().__init__()
        self.hidden1 = nn.Linear(784, hidden)
        self.hidden2 = nn.Linear(hidden, hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, images: Tensor) -> Tensor:
        x = paddle.flatten(images, 1)  # [N, 784]
        x = F.sigmoid(self.hidden1(x))  # [N, hidden]
        x = F.sigmoid(self.hidden2(x))  # [N, hidden]
        return self.output(x)  # [N, outputs]


class CNN(nn.Layer):
    """Compute two 5×5 convolutions with pooling, then one linear layer: 20,350 parameters for 10.

    With one output, for square error, it has 11,521 parameters.
    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. Source: part 1, items 4 and 11.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(1, 20, kernel_size=5, padding=2)
        self.pool1 = nn.MaxPool2D(kernel_size=2, stride=2)
        self.conv2 = nn.Conv2D(20, 20, kernel_size=5, padding=2)
        self.pool2 = nn.MaxPool2D(kernel_size=2, stride=2)
        self.output = nn.Linear(980, outputs)

    def forward(self, images: Tensor) -> Tensor:
        x = F.relu(conv_pool(images, self.conv1, self.pool1))  # [N, 20, 14, 14]
        x = F.relu(conv_pool(x, self.conv2, self.pool2))  # [N, 20, 7, 7]
        return self.output(paddle.flatten(x, 1))  # [N, 980] → [N, outputs]


class LeNet(nn.Layer):
    """Compute two convolutions with pooling, then two linear layers: 137,698 parameters for 10.

    It is no network of the tutorial: it is made to learn much from each image, for a training of
    seconds. The outermost two pixels, where MNIST has hardly any ink, are not looked at.
    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. After LeCun et al. 1998.
    """

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(1, 12, kernel_size=5)
        self.pool1 = nn.MaxPool2D(kernel_size=2, stride=2)
        self.conv2 = nn.Conv2D(12, 32, kernel_size=3)
        self.pool2 = nn.MaxPool2D(kernel_size=2, stride=2)
        self.hidden = nn.Linear(512, 256)
        self.output = nn.Linear(256, outputs)

    def forward(self, images: Tensor) -> Tensor:
        x = images[:, :, 2:26, 2:26]  # [N, 1, 24, 24]
        x = F.relu(conv_pool(x, self.conv1, self.pool1))  # [N, 12, 10, 10]
        x = F.relu(conv_pool(x, self.conv2, self.pool2))  # [N, 32, 4, 4]
        x = F.relu(self.hidden(paddle.flatten(x, 1)))  # [N, 512] → [N, 256]
        return self.output(x)  # [N, outputs]


class VGG(nn.Layer):
    """Compute five convolutions with batch normalization: 279,434 parameters for 10.

    It is no network of the tutorial: it is made to make few mistakes, in two hours of training. It
    takes the middle 24×24 pixels, as there is hardly any ink further out; outside training it takes
    five crops of each image, a pixel apart, and averages their outputs.
    `[N, 1, 28, 28] float32` in, `[N, outputs] float32` out. After Simonyan and Zisserman 2015,
    Ioffe and Szegedy 2015.
    """

    PLACES: tuple[tuple[int, int], ...] = ((2, 2), (1, 2), (3, 2), (2, 1), (2, 3))  # row, column

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2D(1, 32, kernel_size=5)
        self.norm1 = nn.BatchNorm2D(32)
        self.conv2 = nn.Conv2D(32, 64, kernel_size=3, padding=1, bias_attr=False)
        self.norm2 = nn.BatchNorm2D(64)
        self.conv3 = nn.Conv2D(64, 64, kernel_size=3, padding=1, bias_attr=False)
        self.norm3 = nn.BatchNorm2D(64)
        self.conv4 = nn.Conv2D(64, 128, kernel_size=3, padding=1, bias_attr=False)
        self.norm4 = nn.BatchNorm2D(128)
        self.conv5 = nn.Conv2D(128, 128, kernel_size=3, padding=1, bias_attr=False)
        self.norm5 = nn.BatchNorm2D(128)
        self.pool = nn.MaxPool2D(kernel_size=2, stride=2)
        self.output = nn.Linear(128, outputs)

    def forward(self, images: Tensor) -> Tensor:
        places = self.PLACES[:1] if self.training else self.PLACES  # P of them
        x = paddle.concat([images[:, :, y : y + 24, x : x + 24] for y, x in places])
        x = conv_pool(x, self.conv1, self.pool)  # [P N, 32, 10, 10]
        x = F.relu(self.norm1(x))
        x = F.relu(self.norm2(self.conv2(x)))  # [P N, 64, 10, 10]
        x = F.relu(self.norm3(self.conv3(x)))
        x = self.pool(x)  # [P N, 64, 5, 5]
        x = F.relu(self.norm4(self.conv4(x)))  # [P N, 128, 5, 5]
        x = F.relu(self.norm5(self.conv5(x)))
        x = self.output(x.mean([2, 3]))  # [P N, 128] → [P N, outputs]
        return x.reshape([len(places), -1, x.shape[1]]).mean(0)


def build_model(name: str, outputs: int, hidden: int = 10) -> nn.Layer:
    """Build the network `name` with `outputs` outputs; `hidden` is the width of the MLP.

    Raises:
        ValueError: no network has that name.
    """
    models: dict[str, Callable[[], nn.Layer]] = {
        "linear": lambda: Linear(outputs),
        "mlp": lambda: MLP(outputs, hidden),
        "cnn": lambda: CNN(outputs),
        "lenet": lambda: LeNet(outputs),
        "vgg": lambda: VGG(outputs),
    }
    if name not in models:
        raise ValueError(f"no model is named {name!r}; choose from {', '.join(models)}")
    return models[name]()


def count_parameters(model: nn.Layer) -> int:
    """Count the numbers that gradients change."""
    return sum(int(p.size) for p in model.parameters() if not p.stop_gradient)


def describe_layers(model: nn.Layer, images: Tensor) -> list[str]:
    """Describe each layer of `model` as it computes `images` `[N, 1, 28, 28]`, a line a layer.

    A line holds the shapes of input, output and parameters, and the first values of the output.
    Source: part 1, item 22.
    """
    lines: list[str] = []

    def describe(layer: nn.Layer, inputs: tuple[Tensor], output: Tensor) -> None:
        shapes = ", ".join(f"{key} {list(p.shape)}" for key, p in layer.named_parameters())
        sample = " ".join(f"{value:.4f}" for value in output.flatten()[:4].numpy())
        lines.append(
            f"{names[id(layer)]}: {type(layer).__name__}, "
            f"input {list(inputs[0].shape)}, output {list(output.shape)}, "
            f"parameters {shapes or 'none'}, output starts with {sample}"
        )

    names = {id(layer): name for name, layer in model.named_sublayers()}
    hook: Any = describe  # returns None, which leaves the output as it is
    hooks = [layer.register_forward_post_hook(hook) for layer in model.sublayers()]
    was_training = model.training
    model.eval()  # or batch normalization would learn from these images
    try:
        with paddle.no_grad(), convolutions_by_paddle():  # every layer is called then
            model(images)
    finally:
        if was_training:
            model.train()
        for handle in hooks:
            handle.remove()
    return lines
