"""Run a script of Paddle 1.x unchanged: `python -m mnist_paddle.fluid [--cpu] SCRIPT.py [ARGS…]`.

As `python SCRIPT.py ARGS` did: its arguments, folder, exit code, and a traceback of its own lines.
`--cpu` lets GPU places mean the CPU; `--check` lists the 1.x names a script uses instead.

原样运行 Paddle 1.x 的脚本：python -m mnist_paddle.fluid [--cpu] SCRIPT.py [ARGS…]。
就像 python SCRIPT.py ARGS 一样：参数、文件夹、退出码，以及从它自己的代码开始的调用栈。
--cpu 让 GPU 位置表示 CPU；--check 则列出脚本用到的 1.x 名字。
"""

import importlib
import os
import sys
from pathlib import Path
from types import TracebackType

from ..rank import CPU, run_old_script

USAGE = """usage: python -m mnist_paddle.fluid [--cpu] SCRIPT.py [ARGS...]
       python -m mnist_paddle.fluid --check SCRIPT.py

Run a script written for Paddle 1.x (paddle.fluid) on today's Paddle, unchanged.
  --cpu    fluid.CUDAPlace(0) means the CPU
  --check  list the 1.x names the script uses, and what to write today"""
OURS = str(Path(__file__).resolve().parent.parent)


def main(words: list[str] | None = None) -> None:
    """Read the command line and run the script; the process ends as the script did."""
    words = sys.argv[1:] if words is None else words
    options = []
    while words and words[0].startswith("-"):
        options.append(words[0])
        words = words[1:]
    if {"-h", "--help"} & set(options):
        print(USAGE)
        return
    if unknown := set(options) - {"--cpu", "--check"}:
        sys.exit(_refuse(f"unknown option {sorted(unknown)[0]} before the script; see --help."))
    if not words:
        print(USAGE, file=sys.stderr)
        sys.exit(2)
    if not Path(words[0]).is_file():
        sys.exit(_refuse(f"{words[0]}: no such script."))
    if "--check" in options:
        sys.exit(importlib.import_module("mnist_paddle.fluid.check").main(words))
    if "--cpu" in options:
        os.environ[CPU] = "1"
    if sys.path and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the folder we were started in; the script's takes its place
    try:
        run_old_script(words)
    except Exception as error:
        trace = error.__traceback__
        while trace and _is_ours(trace):
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        sys.exit(1)


def _is_ours(trace: TracebackType) -> bool:
    return trace.tb_frame.f_code.co_filename.startswith(OURS)


def _refuse(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return 2
