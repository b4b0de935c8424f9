"""What needs no Paddle does not import it, what draws nothing no matplotlib: a process for each."""

import gc
import os
import subprocess
import sys

import pytest

from benchmarks.support import ROOT
from mnist_paddle.commands import app
from mnist_paddle.data import load_data
from mnist_paddle.kernels import environment

# The command as a user runs it; at its end, what it has imported goes to standard error.
PROGRAM = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from mnist_paddle.commands import main
main(tokens=sys.argv[1:])
"""
COMMANDS = sorted(name for name in app if not name.startswith("-"))


@pytest.fixture
def imported(tmp_path):
    """Run a command in an empty folder; return the names of the modules it has imported."""

    def run(*words):
        finished = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, *map(str, words)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert finished.returncode == 0, finished.stderr
        return set(finished.stderr.splitlines()[-1].split())

    return run


@pytest.mark.parametrize("words", [[], *([name] for name in COMMANDS)], ids=" ".join)
def test_help_imports_no_paddle(words, imported):
    assert not {"paddle", "numpy", "matplotlib"} & imported(*words, "--help")


def test_check_data_imports_no_paddle(imported, tiny_data):
    assert "paddle" not in imported("check_data", "--data", tiny_data)


def test_prepare_data_imports_neither_paddle_nor_matplotlib(imported, idx_folder):
    words = ("prepare_data", "--from", idx_folder, "--out", "new.json.gz")
    assert not {"paddle", "matplotlib"} & imported(*words)


@pytest.mark.parametrize("form", ["npy", "png"])
def test_export_files_imports_neither_paddle_nor_matplotlib(form, imported, tiny_data):
    words = ("export_files", "--data", tiny_data, "--out", "files", "--format", form)
    assert not {"paddle", "matplotlib"} & imported(*words)


def test_make_example_imports_neither_paddle_nor_matplotlib(imported):
    assert not {"paddle", "matplotlib"} & imported("make_example")


def test_predict_imports_matplotlib_only_to_draw(imported):
    words = ("predict", ROOT / "work" / "example_0.jpg")
    assert "matplotlib" not in imported(*words)
    assert "matplotlib" in imported(*words, "--show", "seen.png")


def test_training_begins_without_matplotlib_and_ends_with_it(tiny_data, tmp_path):
    load_data("train", tiny_data)  # so that the cache is there
    words = ["--model", "linear", "--limit_batches", "2", "--epochs", "1", "--data", tiny_data]
    program = (
        "import sys\n"
        "from mnist_paddle.commands import main\n"
        "from mnist_paddle import plots, trainer\n"
        "step = trainer.train_step\n"
        "def train_step(*words):\n"
        "    print('matplotlib' in sys.modules)\n"
        "    return step(*words)\n"
        "trainer.train_step = train_step\n"
        "main('train', sys.argv[1:])\n"
    )
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, *map(str, words), "--run_dir", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert (lines.count("False"), lines.count("True")) == (2, 0)
    assert (tmp_path / "run" / "curve.png").is_file()


@pytest.mark.parametrize("searched", [True, False])
def test_while_paddle_is_imported_no_garbage_is_looked_for(searched, tmp_path):
    """And afterwards as before, also where there is no Paddle."""
    (tmp_path / "paddle.py").write_text("import gc; assert not gc.isenabled(); 1 / 0")
    program = (
        "import gc\n"
        f"gc.{'enable' if searched else 'disable'}()\n"
        "from mnist_paddle.kernels import environment\n"
        "try:\n"
        "    environment.import_paddle()\n"
        "except ZeroDivisionError:\n"
        "    print(gc.isenabled(), gc.get_freeze_count() > 0)\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert finished.stdout.split() == [str(searched), "True"], finished.stderr


def test_where_paddle_is_there_already_nothing_changes():
    import paddle  # noqa: F401

    frozen = gc.get_freeze_count()
    environment.import_paddle()
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, frozen)
