"""Paddle 1.x scripts on today's Paddle: `python -m mnist_paddle.fluid OLD_SCRIPT.py`.

In a notebook, `import mnist_paddle.fluid; mnist_paddle.fluid.install()` does the same: afterwards
`import paddle.fluid as fluid` works. Until then nothing of Paddle is changed, nor imported.

在今天的 Paddle 上运行 Paddle 1.x 的脚本：python -m mnist_paddle.fluid OLD_SCRIPT.py。
在笔记本里先运行 import mnist_paddle.fluid; mnist_paddle.fluid.install()，
之后 import paddle.fluid as fluid 就能用。在此之前不改动 Paddle，也不导入它。
"""

import os
import zlib  # noqa: F401  before Paddle: loaded after 2.6.2, it crashes at the first gzip file

from ..launch.variables import CPU
from .changes import take_back


def install(cpu: bool = False) -> None:
    """Make `paddle.fluid` and `paddle.dataset.mnist` of Paddle 1.x importable in this process.

    With `cpu`, `fluid.CUDAPlace(0)` means the CPU. A second call changes nothing more.
    """
    if cpu:
        os.environ[CPU] = "1"
    from . import installation  # it imports Paddle

    installation.install()


def uninstall() -> None:
    """Take back what `install()` changed in Paddle; what a script has imported stays with it."""
    take_back()
