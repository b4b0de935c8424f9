"""The whole, taught: what does a better network's answer say that a label does not?

A label names one digit. A network that reads well says of each image, just as augmentation has
changed it, how much it looks like each of the ten digits. A smaller network that learns these
probabilities instead of labels can make fewer mistakes: knowledge distillation (Hinton et al.
2015, arXiv 1503.02531).

有老师的训练：更好的网络的回答，比标签多说了些什么？
标签只说出一个数字。一个读得好的网络，对每张（刚被数据增强改过的）图片说出它像十个数字中每一个的程度。
较小的网络不学标签，而学这些概率，可以少犯错误：这叫知识蒸馏（Hinton 等，2015）。
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import paddle
from paddle import Tensor, nn

from .errors import ConfigError
from .models import VGG
from .predict import load_model


class Teacher:
    """A trained network that answers for the labels.

    Called with images `[N, 1, 28, 28] float32` it returns probabilities `[N, 10] float32`, through
    which no gradient goes. `digest` is that of its file.
    """

    def __init__(
        self, path: str, temperature: float, computing: Callable[[nn.Layer], nn.Layer]
    ) -> None:
        """Load a model file; `computing` returns the layer that computes its network fastest.

        Outputs are divided by `temperature` before softmax. A network that was trained with label
        smoothing is never sure, and what it then says of the other digits is mostly the smoothing:
        a temperature of 0.5 takes most of that away.

        Raises:
            ConfigError: it is a folder, or gives no probabilities.
            CheckpointError: it is no model file of this package.
        """
        if Path(path).is_dir():
            raise ConfigError(f"--teacher {path} is a folder: name a model.safetensors.")
        trained = load_model(path)
        if trained.objective.probabilities is None:
            raise ConfigError(
                f"--teacher {path} was trained with square error and gives no probabilities: "
                "choose one that was trained with cross entropy."
            )
        self.digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        if isinstance(trained.model, VGG):  # five looks at each image would take five times as long
            trained.model.PLACES = VGG.PLACES[:1]
        self._network = computing(trained.model)
        self._network.eval()
        self._temperature = temperature
        self._probabilities = trained.objective.probabilities

    def __call__(self, images: Tensor) -> Tensor:
        with paddle.no_grad():
            return self._probabilities(self._network(images) / self._temperature)
