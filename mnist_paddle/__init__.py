"""The PaddlePaddle MNIST tutorial on today's Paddle: one stage, one module.

data, readers, models, losses, optimizers, device, parallel and checkpoint are the stages, each
readable alone; trainer and evaluation put them together. Start with trainer.py: one training step,
one page. What serves them lies one level down, in packages of its own. Importing this package is
fast, does not import Paddle and changes nothing in the process.

PaddlePaddle 的 MNIST 教程，在今天的 Paddle 上：一个阶段，一个模块。
data、readers、models、losses、optimizers、device、parallel、checkpoint 是各个阶段，可以单独阅读；
trainer 和 evaluation 把它们组合起来。建议从 trainer.py 读起：一页之内看完一个训练步骤。
为它们服务的代码在下一层的各个子包里。导入本包很快，不会导入 Paddle，也不改变进程中的任何设置。
"""

# Paddle 2.6's library carries a zlib of its own; a Python whose zlib is loaded after it crashes.
import zlib  # noqa: F401

__version__ = "0.2.0"
