"""The command that trains: options in, a run folder out.

A device or data that cannot be used is an error before training starts.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from ..config import GONE, NEWEST, Config
from ..errors import ConfigError
from ..kernels import environment
from .app import make_default_data


def train(*, config: Path | None = None, options: Config = Config()) -> None:  # noqa: B008
    """Train a network on the data file and write the run folder.

    Examples: --model cnn --loss ce --opt adam --lr 0.001 --epochs 3,
    or --config configs/05_cnn_ce_sgd.yaml --seed 2.

    Parameters
    ----------
    config
        YAML file with any of the options below; ours are in configs/. The command line goes first.
    """
    from ..launch.procs import decide_processes, train_in_processes, wants_launch

    options = decide_processes(options)
    if wants_launch(options):
        sys.exit(train_in_processes(options))
    environment.import_paddle()
    from ..device import use_device
    from ..parallel import start_ranks
    from ..trainer import train_and_evaluate

    use_device(options.gpu)  # an error now, not after the data has been made
    with start_ranks(options.gpu).one_first():
        make_default_data(options.data)
    train_and_evaluate(options)


def complete(words: Sequence[str]) -> list[str]:
    """Spell out `--resume` alone as `--resume newest`.

    Raises:
        ConfigError: an option that is gone; the sentence says what to do instead.
    """
    completed = []
    for word, following in zip(words, [*words, "-"][1:], strict=True):
        name = word.partition("=")[0].removeprefix("--")
        if word.startswith("--") and name in GONE:
            raise ConfigError(f"--{name} is gone: {GONE[name].instead}.")
        alone = word == "--resume" and following.startswith("-")
        completed.append(f"--resume={NEWEST}" if alone else word)
    return completed
