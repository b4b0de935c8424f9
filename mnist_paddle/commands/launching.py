"""The command that starts several processes of a training.
One for each GPU, or several on the CPU.

启动多个进程的命令。
一个 GPU 一个进程，或者在 CPU 上启动几个。
"""

import sys
from typing import Annotated

from cyclopts import Parameter

from ..launcher import Launch
from ..launcher import launch as start_processes
from .app import app


def launch(
    *words: Annotated[str, Parameter(allow_leading_hyphen=True)],
    options: Launch = Launch(),  # noqa: B008
) -> None:
    """Start several processes of a script, or of one of our commands, and end with their exit code.

    Examples: --nproc_per_node 2 scripts/train.py --model cnn,
    or --gpus 0,1,2,3 --log_dir ./mylog scripts/train.py --model cnn --gpu.

    Parameters
    ----------
    words
        Script (.py) or command (train), then its own options.
    """
    commands = {name for name in app if not name.startswith("-") and name != "launch"}
    sys.exit(start_processes(words, options, commands))
