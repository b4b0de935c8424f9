"""Run Python programs as processes of their own, without waiting for Paddle to be imported.

A `ForkServer` is a process that has loaded Paddle, and what else it was told to, and has computed
nothing. For each program it forks: the child gets a folder, arguments, variables and output of its
own and runs what `python WORDS` would run. In all else it is a real process, which may crash, be
killed, or call paddle.enable_static(). What libraries read when they are loaded cannot differ from
the server: a variable that asks for it is refused. Elsewhere than on Linux a program is started in
the ordinary way.
"""

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.support import ROOT
from mnist_paddle.launch.worker import end_with_parent, run

PADDLE = ("paddle", "mnist_paddle.trainer", "mnist_paddle.commands", "matplotlib.figure")
# Variables that are read when a process starts, or by the libraries when they are loaded.
FIXED = ("PYTHON", "OMP_", "MKL_", "GLOG_", "CUDA_", "FLAGS_", "LD_", "MALLOC_")
FORKS = sys.platform == "linux"


class ForkServer:
    """A process with Paddle loaded, which forks once for each program; close it in the end."""

    def __init__(self, modules: Iterable[str] = PADDLE, **variables: str) -> None:
        """Start to load these modules, in the caller's environment with some variables changed."""
        self.variables = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
        self._server = None
        if FORKS:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.support.forks", *modules],
                cwd=ROOT,
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for us, who end it
            )

    def run(
        self, *words: object, cwd: Path, timeout: float = 180, **variables: str
    ) -> subprocess.CompletedProcess:
        """Run `python WORDS`: SCRIPT.py ARGS, -m MODULE ARGS or -c CODE ARGS; wait for its end.

        Raises:
            ValueError: a variable differs that the libraries have read already.
            subprocess.TimeoutExpired: it took too long, and was killed with all it had started.
        """
        words = [str(word) for word in words]
        environment = {**self.variables, **variables}
        if self._server is None:
            return subprocess.run(
                [sys.executable, *words],
                **{"cwd": cwd, "env": environment, "timeout": timeout},
                **{"capture_output": True, "text": True, "encoding": "utf-8"},
            )
        for name, value in variables.items():
            if name.startswith(FIXED) and value != self.variables.get(name):
                raise ValueError(f"{name} was read when the server started: start another server.")
        with tempfile.TemporaryDirectory() as folder:
            outputs = [Path(folder) / name for name in ("stdout", "stderr")]
            request = {"words": words, "cwd": str(cwd), "timeout": timeout}
            request |= {"variables": environment, "outputs": list(map(str, outputs))}
            self._server.stdin.write(json.dumps(request).encode() + b"\n")
            self._server.stdin.flush()
            answer = self._server.stdout.readline()
            if not answer:
                raise RuntimeError(f"the server ended with {self._server.wait()}.")
            texts = [path.read_text(encoding="utf-8", errors="replace") for path in outputs]
        code = json.loads(answer)
        if code is None:
            raise subprocess.TimeoutExpired(words, timeout, *texts)
        return subprocess.CompletedProcess(words, code, *texts)

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            self._server.stdin.close()
            self._server.wait()
            self._server.stdout.close()


def serve() -> dict[str, Any] | None:
    """Fork for each request; return it in the child, and None in the server at the end."""
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a thread of NumPy's may be there, and sleeps
            child = os.fork()
        if child == 0:
            return request
        code = _wait(child, request["timeout"])
        sys.stdout.buffer.write(json.dumps(code).encode() + b"\n")
        sys.stdout.buffer.flush()
    return None


def _wait(child: int, timeout: float) -> int | None:
    """Return the exit code of a child, -N for signal N, and None if it had to be killed."""
    descriptor = os.pidfd_open(child)
    ended, _, _ = select.select([descriptor, sys.stdin], [], [], timeout)
    os.close(descriptor)
    if descriptor not in ended:  # too late, or whoever asked is gone
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) if descriptor in ended else None


def become(request: dict[str, Any]) -> None:
    """Give this child what a fresh process would have."""
    os.setsid()
    end_with_parent(signal.SIGKILL)
    os.environ.clear()
    os.environ.update(request["variables"])
    os.chdir(request["cwd"])
    for number, path in enumerate([os.devnull, *request["outputs"]]):
        descriptor = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.modules["__main__"] = type(sys)("__main__")
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # Python seeds its own anew


def run_words(words: list[str]) -> None:
    """Run what follows `python` on a command line."""
    if words[0] == "-c":
        sys.argv, sys.path[0] = ["-c", *words[2:]], ""  # in place of the server's folder
        exec(compile(words[1], "<string>", "exec"), vars(sys.modules["__main__"]))
    else:
        del sys.path[0]  # the program's folder takes its place
        run(words)


def main(modules: list[str]) -> None:
    """Load the modules, serve, and in each child run the program that was asked for."""
    for name in modules:
        importlib.import_module(name)
    gc.freeze()  # a child that ends would look at all of it, and copy it for that: two seconds
    request = serve()
    if request is not None:
        become(request)
        run_words(request["words"])


if __name__ == "__main__":
    main(sys.argv[1:])
