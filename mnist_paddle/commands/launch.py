"""The command that starts several processes: one for each GPU, or several on the CPU."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import InputError
from ..fluid.runner import imports_fluid
from ..launch.options import Launch
from ..launch.options import launch as start_processes
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
    sys.exit(start_processes(_program(words), options))


def complete(words: Sequence[str]) -> list[str]:
    """Put `--` before the script: what follows it is the script's, whatever it looks like."""
    place = 0
    while place < len(words) and words[place].startswith("-"):
        alone = "=" in words[place] or words[place] in ("-h", "--help", "--", "--cpu")
        place += 1 if alone else 2
    return [*words[:place], "--", *words[place:]]


def _program(words: Sequence[str]) -> Sequence[str]:
    """Return what each process runs: a script, or a module that runs a command or an old script.

    Raises:
        InputError: the first word is neither a script nor a command.
    """
    if not words or words[0].startswith("-"):
        return words
    if words[0].endswith(".py"):
        script = Path(words[0])
        old = script.is_file() and imports_fluid(script)
        return ["-m", "mnist_paddle.fluid", *words] if old else words
    commands = {name for name in app if not name.startswith("-") and name != "launch"}
    if words[0] not in commands:
        raise InputError(
            f"{words[0]} is neither a Python script (.py) nor one of our commands: "
            f"{', '.join(sorted(commands))}."
        )
    return ["-m", "mnist_paddle", *words]
