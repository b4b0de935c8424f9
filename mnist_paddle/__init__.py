"""The PaddlePaddle MNIST tutorial on today's Paddle: one stage, one module.

data, readers, models, losses, optimizers, device and checkpoint are the stages, each readable
alone; trainer and predict put them together. Start with trainer.py: one training step, one page.
Importing this package is fast and does not import Paddle; it sets some variables that Paddle reads.

PaddlePaddle 的 MNIST 教程，在今天的 Paddle 上：一个步骤，一个模块。
data、readers、models、losses、optimizers、device、checkpoint 是各个步骤，可以单独阅读；
trainer 和 predict 把它们组合起来。建议从 trainer.py 读起：一页之内看完一个训练步骤。
"""

import warnings

# Paddle 2.6's library carries a zlib of its own; a Python whose zlib is loaded after it crashes.
import zlib  # noqa: F401

from . import environment

__version__ = "0.1.0"

environment.prepare()

# Paddle warns at import that it found no ccache; nobody here compiles.
warnings.filterwarnings("ignore", message="No ccache found")
# And at each training with batch normalization, of what it does anyway.
warnings.filterwarnings("ignore", message="When training, we now always track global mean")
