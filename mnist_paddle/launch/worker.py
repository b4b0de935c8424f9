"""One process of a launch: run a script or a module as if it had been started alone.

Paddle's launcher runs this file in each process: `worker.py RECORDS SIZE SCRIPT.py ARGS…`, or
`worker.py RECORDS SIZE -m MODULE ARGS…`. The program finds what Python gives it: sys.argv, sys.path
and __main__, and its traceback begins with its own lines. Start and end are written down in the
folder RECORDS for our launcher, for Paddle's cannot tell which process failed first, nor why; SIZE
is how many processes were asked for, on all machines. Nothing of ours is imported here.
"""

import ctypes
import json
import os
import runpy
import signal
import sys
import time
import traceback
from pathlib import Path


def main() -> None:
    """Run what the command line names, and write down how it began and ended."""
    if sys.platform == "linux":
        end_with_parent(signal.SIGKILL)
    del sys.path[0]  # our folder: its modules must not hide others
    records, size, *words = sys.argv[1:]
    name, process = os.environ["PADDLE_LOCAL_RANK"], os.getpid()

    def note(event: str, **values: object) -> None:
        if os.getpid() != process:
            return  # a fork of the script that came back here
        part = Path(records) / f"{name}.part"
        part.write_text(json.dumps({"time": time.monotonic(), **values}), encoding="utf-8")
        part.replace(Path(records) / f"{name}.{event}")

    note("start", pid=process, rank=int(os.environ["PADDLE_TRAINER_ID"]))
    try:
        _check_size(size, os.environ["PADDLE_TRAINERS_NUM"])
        run(words)
    except SystemExit as stop:
        if stop.code is None or isinstance(stop.code, int):
            note("end", code=(stop.code or 0) & 255, error="")
        else:
            note("end", code=1, error=str(stop.code))
        raise
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename in (__file__, runpy.__file__, _FROZEN):
            trace = trace.tb_next
        error.__traceback__ = trace
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
        note("end", code=code, error="".join(traceback.format_exception(error)).strip())
        sys.excepthook(type(error), error, trace)
        raise SystemExit(code) from None
    note("end", code=0, error="")


_FROZEN = "<frozen runpy>"  # what Python calls its own runpy


def run(words: list[str]) -> None:
    """Run `SCRIPT.py ARGS…` or `-m MODULE ARGS…` as Python does."""
    module = words[1] if words[0] == "-m" else None
    sys.argv = words[1:] if module else words
    if not getattr(sys.flags, "safe_path", False):
        folder = os.getcwd() if module else os.path.dirname(os.path.realpath(words[0]))
        sys.path.insert(0, folder)
    if module:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(os.path.abspath(words[0]), run_name="__main__")


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
