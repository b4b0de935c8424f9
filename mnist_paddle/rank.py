"""One process of a launch: run a script, or one of our commands, as if it had been started alone.

Paddle's launcher starts this file in each process. The script finds what `python SCRIPT ARGS` gives
it: sys.argv, sys.path and __main__, and its traceback begins with its own lines. Start and end are
written down for our launcher: Paddle's cannot tell which process failed first, nor why.

启动器的一个进程：运行一个脚本，或者我们的一个命令，就像单独启动它一样。
Paddle 的启动器在每个进程里启动这个文件。脚本看到的 sys.argv、sys.path 和 __main__
与 `python SCRIPT ARGS` 相同，调用栈从它自己的代码开始。进程的开始和结束都记录下来，
供我们的启动器读取：Paddle 的启动器说不出哪个进程先失败，也说不出原因。
"""

import ast
import builtins
import ctypes
import json
import os
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

RECORDS = "MNIST_PADDLE_RECORDS"  # variable: the folder of the records
CPU = "MNIST_PADDLE_CPU"  # variable: for a script of Paddle 1.x a GPU place means the CPU
SIZE = "MNIST_PADDLE_SIZE"  # variable: how many processes were asked for, on all machines
FOLDER = Path(__file__).parent

Runner = Callable[[list[str]], None]


def main() -> None:
    """Run what the command line names, and write down how it began and ended."""
    end_with_parent(signal.SIGKILL)
    if sys.path[0] == str(FOLDER):
        del sys.path[0]  # our modules must not hide others
    words = sys.argv[1:]
    records = Path(os.environ.pop(RECORDS))
    name, process = os.environ["PADDLE_LOCAL_RANK"], os.getpid()

    def note(event: str, **values: object) -> None:
        if os.getpid() != process:
            return  # a fork of the script that came back here
        part = records / f"{name}.part"
        part.write_text(json.dumps({"time": time.monotonic(), **values}), encoding="utf-8")
        part.replace(records / f"{name}.{event}")

    note("start", pid=process, rank=int(os.environ["PADDLE_TRAINER_ID"]))
    try:
        _check_size(os.environ.pop(SIZE), os.environ["PADDLE_TRAINERS_NUM"])
        runner_for(words)(words)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            note("end", code=(stop.code or 0) & 255, error="")
        else:
            note("end", code=1, error=str(stop.code))
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        error.__traceback__ = trace
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
        note("end", code=code, error="".join(traceback.format_exception(error)).strip())
        sys.excepthook(type(error), error, trace)
        raise SystemExit(code) from None
    note("end", code=0, error="")


def runner_for(words: list[str]) -> Runner:
    """Choose what runs these words; another kind of script gets its runner here."""
    if not words[0].endswith(".py"):
        return run_command
    return run_old_script if is_old(Path(words[0])) else run_script


def is_old(script: Path) -> bool:
    """Tell whether a script imports paddle.fluid, the name of Paddle 1.x."""
    source = script.read_bytes()
    if b"fluid" not in source:
        return False
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # a script of Python 2, say
        pattern = rb"^\s*(import|from)\s+paddle(\.fluid\b|\s+import\s+.*\bfluid\b)"
        return bool(re.search(pattern, source, re.MULTILINE))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return any(f"{name}.".startswith("paddle.fluid.") for name in names)


def run_script(words: list[str]) -> None:
    """Run a script as `python SCRIPT ARGS` does."""
    path = os.path.abspath(words[0])
    module = ModuleType("__main__")
    module.__file__ = path
    module.__loader__ = SourceFileLoader("__main__", path)
    module.__dict__.update(__builtins__=builtins, __package__=None, __cached__=None)
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.path.dirname(os.path.realpath(path)))
    sys.argv = words
    sys.modules["__main__"] = module
    exec(compile(Path(path).read_bytes(), path, "exec", dont_inherit=True), module.__dict__)


def run_old_script(words: list[str]) -> None:
    """Run a script of Paddle 1.x: with the old names installed, as `python SCRIPT ARGS` does."""
    sys.path.insert(0, str(FOLDER.parent))
    from mnist_paddle.errors import InputError
    from mnist_paddle.fluid import install

    sys.path.remove(str(FOLDER.parent))
    install()
    try:
        run_script(words)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def run_command(words: list[str]) -> None:
    """Run one of our commands, from this same package."""
    sys.path.insert(0, str(FOLDER.parent))
    from mnist_paddle.commands import main as run

    sys.argv = ["mnist-paddle", *words]
    run()


def end_with_parent(number: int) -> None:
    """Have this process sent a signal when its parent dies, where the system can do that: Linux."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, number)  # PR_SET_PDEATHSIG


def _check_size(asked: str, given: str) -> None:
    if asked != given:
        sys.exit(
            f"error: {asked} processes were asked for, and Paddle's launcher says {given}: "
            f"give every machine the same --nnodes and the same number of processes."
        )


if __name__ == "__main__":
    main()
