"""A program that the fork server runs finds what it finds when Python starts it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.support import ROOT
from benchmarks.support.forks import FORKS, ForkServer

SCRIPT = """
import atexit, json, os, signal, sys, __main__
import numpy as np, paddle
sys.path[0] or sys.exit("no folder")
class Here: pass
handlers = {}
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
    handlers[number] = str(getattr(signal.getsignal(number), "__name__", signal.getsignal(number)))
print(json.dumps({
    "argv": sys.argv, "folder": os.getcwd(), "name": __name__, "file": __file__,
    "path": sys.path, "main": __main__.Here is Here, "home": os.environ["HOME"],
    "input": sys.stdin.read(), "handlers": handlers, "dynamic": paddle.in_dynamic_mode(),
    "encoding": sys.stdout.encoding, "leader": os.getsid(0) == os.getpid(),
}))
print(np.random.rand(), paddle.rand([1]).item(), __import__("random").random())
atexit.register(print, "goodbye")
sys.exit("the last word")
"""


@pytest.fixture(scope="module")
def server():
    server = ForkServer(["paddle"], OMP_NUM_THREADS="1")
    yield server
    server.close()


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return path


def read(finished):
    found, drawn, last = finished.stdout.splitlines()
    return json.loads(found), drawn, last


def test_a_forked_script_finds_what_a_started_one_finds(server, script, tmp_path):
    """Its arguments, folder, path, main module, variables, input, signals, encoding, exit code."""
    words = [script, "--lr", "a b"]
    variables = {"HOME": "/nowhere", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    started = subprocess.run(
        [sys.executable, *words],
        cwd=tmp_path,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    forked, again = (server.run(*words, cwd=tmp_path, HOME="/nowhere") for _ in range(2))
    for finished in (started, forked, again):
        assert finished.returncode == 1
        assert finished.stderr.endswith("the last word\n")
    (wanted, *_), (found, first, last), (_, second, _) = map(read, (started, forked, again))
    assert found == wanted
    assert all(a != b for a, b in zip(first.split(), second.split(), strict=True))
    assert last == "goodbye"


def test_a_module_and_a_line_of_code_run_as_python_runs_them(server, tmp_path):
    (tmp_path / "mine.py").write_text("import sys; print(__name__, sys.argv[1:], __spec__.name)")
    finished = server.run("-m", "mine", "x", cwd=tmp_path)
    assert finished.stdout == "__main__ ['x'] mine\n", finished.stderr
    finished = server.run("-c", "import sys, mine; print(sys.argv, __name__)", "x", cwd=tmp_path)
    assert finished.stdout.splitlines()[-1] == "['-c', 'x'] __main__"
    finished = server.run("-c", "def f(): raise KeyError(3)\nf()", cwd=tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.endswith("KeyError: 3\n")


@pytest.mark.skipif(not FORKS, reason="forks are made on Linux")
def test_a_program_that_is_killed_or_takes_too_long_ends_alone(server, tmp_path):
    finished = server.run("-c", "import os; os.kill(os.getpid(), 9)", cwd=tmp_path)
    assert finished.returncode == -signal.SIGKILL
    code = """
import pathlib, subprocess, sys, time
pathlib.Path("pid").write_text(str(subprocess.Popen(["sleep", "60"]).pid))
print("begun", flush=True)
time.sleep(60)
"""
    with pytest.raises(subprocess.TimeoutExpired) as late:
        server.run("-c", code, cwd=tmp_path, timeout=2)
    assert late.value.stdout == "begun\n"
    other = Path("/proc", (tmp_path / "pid").read_text(), "stat")
    assert not other.exists() or other.read_text().split()[2] == "Z"  # what it had started ended
    assert server.run("-c", "print(2 + 2)", cwd=tmp_path).stdout == "4\n"


@pytest.mark.skipif(not FORKS, reason="forks are made on Linux")
def test_a_variable_that_comes_too_late_is_refused(server, tmp_path):
    with pytest.raises(ValueError, match="OMP_NUM_THREADS was read when the server started"):
        server.run("-c", "pass", cwd=tmp_path, OMP_NUM_THREADS="2")
