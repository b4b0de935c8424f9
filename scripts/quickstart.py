#!/usr/bin/env python
"""From a fresh clone to a trained network that reads a picture.

scripts/quickstart              installs, makes data, trains, predicts
py scripts\\quickstart.py       on Windows

MNIST_DIR=FOLDER    MNIST's four IDX files, if you have them; otherwise they are downloaded, and
                    without a network digits are drawn by a program.
VENV=DIR PYTHON=FILE    as for scripts/install.py
"""

import os
import subprocess
import sys
from pathlib import Path

from install import InstallError, install, main, python_of


def quickstart(words):
    """Install, then run `mnist-paddle quickstart`; return its exit code."""
    if words:
        raise InstallError(f"quickstart takes no words, so leave out {' '.join(words)}.")
    install([])
    python = python_of(Path(os.environ.get("VENV") or ".venv"))
    return subprocess.call([str(python), "-m", "mnist_paddle", "quickstart"])


if __name__ == "__main__":
    main(quickstart, sys.argv[1:])
