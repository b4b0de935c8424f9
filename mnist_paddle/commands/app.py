"""The program around the commands: it takes the words, runs one command, and says what went wrong.

What a user can mend is one sentence on standard error and exit code 2, never a traceback.
"""

import importlib
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cyclopts import App, CycloptsError, Parameter

from ..config import DEFAULT_DATA
from ..errors import InputError, Stopped
from ..kernels import environment

app = App(
    name="mnist-paddle",
    help="The PaddlePaddle MNIST tutorial on today's Paddle.",
    version_flags=[],
    default_parameter=Parameter(name_transform=lambda name: name.rstrip("_")),
)


def main(command: str | None = None, tokens: Sequence[str] | None = None) -> None:
    """Run one command, or the one that the first word names, and end the process on bad input."""
    if tokens is None and sys.getfilesystemencoding() == "ascii":
        _begin_again_in_utf8()
    environment.prepare()  # before anything loads NumPy or Paddle
    _log_to_standard_error()
    words = [*([command] if command else []), *(sys.argv[1:] if tokens is None else tokens)]
    if words[:1] in ([], ["--help"], ["-h"]):
        for name in app:
            app[name]  # import it: the help shows what each command does
    try:
        app(complete(words), exit_on_error=False, print_error=False)
    except (CycloptsError, InputError) as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        if error.name != "paddle":
            raise
        _fail(
            "Paddle is not installed: pip install paddlepaddle, "
            "or paddlepaddle-gpu for an NVIDIA GPU (Python 3.12 at most)."
        )
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(128 + stopped.signal)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def complete(words: Sequence[str]) -> list[str]:
    """Spell out what a command lets its command line leave out; see its own `complete`."""
    words = list(words)
    if words[:1] in (["launch"], ["train"]):
        module = importlib.import_module(f"{__package__}.{words[0]}")
        return [words[0], *module.complete(words[1:])]
    return words


def _begin_again_in_utf8() -> NoReturn:
    """Start this program again in Python's UTF-8 mode: names of files need not be ASCII.

    Python does so by itself in a plain locale, unless PYTHONUTF8=0 forbids it.
    """
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def _log_to_standard_error() -> None:
    logger = logging.getLogger("mnist_paddle")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # Paddle takes over the root logger
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())


def _fail(sentence: str) -> NoReturn:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    sys.exit(2)


def make_default_data(path: str) -> None:
    """Make the default data file if it is missing; a file that the user named must be there."""
    if path == DEFAULT_DATA and not Path(path).exists():
        from ..data import prepare_data

        prepare_data(path)
