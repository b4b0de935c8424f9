"""Every module of benchmarks/ and lectures/ that can be run says how, and answers to --help."""

import ast
import runpy
import subprocess
import sys

import pytest

from benchmarks.support import ROOT
from mnist_paddle.losses import OBJECTIVES

# Started by others, with words that they know: they print JSON, or run another module.
PARTS = {
    "benchmarks.speed.one_measurement",
    "benchmarks.speed.one_reading",
    "benchmarks.speed.plain_paddle",
    "benchmarks.support.hostile",
    "benchmarks.support.killing",
    "benchmarks.support.prepared",
}
FORKS = "benchmarks.support.forks"  # its class alone starts it
NOTEBOOKS = "lectures.run_notebooks"  # its words are names of notebooks


def files():
    for folder in ("benchmarks", "lectures"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            if "old_scripts" not in file.parts:
                yield file


def module_of(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "__main__")


RUNNABLE = {
    module_of(file): file
    for file in files()
    if 'if __name__ == "__main__":' in file.read_text(encoding="utf-8")
}
COMMANDS = sorted(RUNNABLE.keys() - PARTS - {FORKS, NOTEBOOKS})


@pytest.mark.parametrize("module", sorted(RUNNABLE.keys() - {FORKS}))
def test_its_first_lines_say_how_to_run_it(module):
    header = ast.get_docstring(ast.parse(RUNNABLE[module].read_text(encoding="utf-8")))
    lines = header.splitlines()
    assert any(line.startswith("python -m ") and module in line.split() for line in lines), header


@pytest.mark.filterwarnings("ignore:.*found in sys.modules", "ignore:Cyclopts application invoked")
@pytest.mark.parametrize("module", COMMANDS)
def test_help_describes_its_options(module, capsys, monkeypatch):
    """In this process; nothing is measured, trained or written."""
    monkeypatch.setattr(sys, "argv", [str(RUNNABLE[module]), "--help"])
    monkeypatch.setitem(OBJECTIVES, "ce", OBJECTIVES["ce"])  # softmax_twice puts its own there
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(module, run_name="__main__")
    assert not ended.value.code
    text = capsys.readouterr().out
    assert "Usage: " in text
    assert "--" in text.partition("Usage: ")[2]


def test_a_command_runs_as_its_header_says():
    """The one here that starts a process; it prints a table of what is in the package."""
    words = [sys.executable, "-m", "benchmarks.claims.fluid_names"]
    finished = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.startswith("| Paddle 1.x")
    assert "`fluid.dygraph.guard`" in finished.stdout
