"""Run a script of Paddle 1.x unchanged: `python -m mnist_paddle.fluid [--cpu] SCRIPT.py [ARGS…]`.

As `python SCRIPT.py ARGS` did: its arguments, folder, exit code, and a traceback of its own lines.
`--cpu` lets GPU places mean the CPU; `--check` lists the 1.x names a script uses instead.
"""

import ast
import re
import runpy
import sys
from pathlib import Path
from types import TracebackType

from ..errors import InputError
from ..launch.worker import run
from . import check, install

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
        sys.exit(check.main(words))
    if sys.path and not getattr(sys.flags, "safe_path", False):
        del sys.path[0]  # the folder we were started in; the script's takes its place
    install(cpu="--cpu" in options)
    try:
        run(words)
    except InputError as error:
        sys.exit(_refuse(str(error)))
    except Exception as error:
        trace = error.__traceback__
        while trace and _is_ours(trace):
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.excepthook(type(error), error, trace)
        sys.exit(1)


def imports_fluid(script: Path) -> bool:
    """Return whether a script imports paddle.fluid, the name of Paddle 1.x."""
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


def _is_ours(trace: TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((OURS, "<frozen runpy>")) or file == runpy.__file__


def _refuse(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return 2
