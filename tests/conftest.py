"""Fixtures: small data made by our own program, and the real MNIST where MNIST_DIR names it."""

import os
import subprocess
import sys
from pathlib import Path

from mnist_paddle.kernels import environment

environment.prepare()  # before NumPy and Paddle, as a command does: the same bytes then

import numpy as np
import pytest

from benchmarks.support import ROOT
from benchmarks.support.forks import ForkServer
from mnist_paddle.data import write_data
from mnist_paddle.data.sources.drawn_digits import draw_digits
from tests.support.data_files import SIZES, idx_files
from tests.support.local_mirror import FILES, dead_mirror, running_mirror


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory):
    """A data file of drawn digits: train 1050 (a short last batch of 50), valid 130, eval 170."""
    path = tmp_path_factory.mktemp("data") / "tiny.json.gz"
    splits = {mode: draw_digits(size, seed=[7, i]) for i, (mode, size) in enumerate(SIZES.items())}
    write_data(path, splits, "tiny")
    return path


@pytest.fixture(scope="session")
def mnist_dir():
    """The folder of MNIST's IDX files that MNIST_DIR names."""
    folder = os.environ.get("MNIST_DIR")
    if not folder:
        pytest.skip("MNIST_DIR does not name a folder of MNIST's IDX files")
    return Path(folder)


@pytest.fixture(scope="session")
def fork_server():
    """A process that has Paddle loaded, from which programs are forked."""
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def command(fork_server, tmp_path):
    """Run one of our commands in an empty folder, as a user would; return the finished process.

    It is forked from a server that has Paddle loaded, unless a variable asks for another start.
    """

    def run(*words, cwd=tmp_path, **environment):
        try:
            return fork_server.run(
                "-m", "mnist_paddle", *words, cwd=cwd, timeout=300, **environment
            )
        except ValueError:
            return subprocess.run(
                [sys.executable, "-m", "mnist_paddle", *map(str, words)],
                cwd=cwd,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                capture_output=True,
                text=True,
                timeout=300,
            )

    return run


@pytest.fixture
def train(tiny_data, tmp_path):
    """Train in this process on the tiny data, into a folder under tmp_path; return the result."""
    from mnist_paddle.config import Config
    from mnist_paddle.trainer import train_and_evaluate

    def run(folder="run", **settings):
        settings = {"data": str(tiny_data), "run_dir": str(tmp_path / folder), **settings}
        return train_and_evaluate(Config(**settings))

    return run


@pytest.fixture
def idx_folder(tmp_path):
    """A folder of four small IDX files: 60 training and 13 test images."""
    folder = tmp_path / "my digits"
    folder.mkdir()
    for name, content in idx_files()[0].items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def mirror():
    """A web server on this machine that has those files."""
    with running_mirror(FILES) as mirror:
        yield mirror


@pytest.fixture
def dead():
    """The address of a mirror that does not answer."""
    return dead_mirror()


@pytest.fixture
def rng():
    """Random numbers, the same in every run."""
    return np.random.default_rng(0)
