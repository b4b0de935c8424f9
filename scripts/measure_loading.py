#!/usr/bin/env python
"""Time reading the data file: as the tutorial does it, cold, and from the cache.

python scripts/measure_loading.py [--data work/mnist.json.gz] [--runs 3]

Each figure is a process of its own. Time is that of the one call, in seconds; memory is the
process's peak (VmHWM, so Linux only). The data file is copied first, so its cache stays.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from cyclopts import run

CODE = """
import gzip, json, re, sys, time
from pathlib import Path
from mnist_paddle.data import load_data

way, path = sys.argv[1:]
started = time.perf_counter()
json.load(gzip.open(path)) if way == "json.load" else load_data(way, path)
seconds = time.perf_counter() - started
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]
print(seconds, int(peak) / 1024)
"""


def measure_loading(*, data: Path = Path("work/mnist.json.gz"), runs: int = 3) -> None:
    """Print the median seconds and MiB of each way to read the file."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / data.name
        shutil.copy(data, copy)
        _print_row("json.load(gzip.open(...))", copy, "json.load", runs)
        _print_row("load_data, cold", copy, "train", runs, cold=True)
        for mode in ("train", "valid", "eval"):
            _print_row(f"load_data({mode!r}), warm", copy, mode, runs)


def _print_row(label: str, path: Path, way: str, runs: int, cold: bool = False) -> None:
    figures = []
    for _ in range(runs):
        for cache in path.parent.glob(".*.safetensors") if cold else ():
            cache.unlink()
        finished = subprocess.run(
            [sys.executable, "-c", CODE, way, path], capture_output=True, text=True, check=True
        )
        figures.append([float(word) for word in finished.stdout.split()])
    seconds, mebibytes = (statistics.median(column) for column in zip(*figures, strict=True))
    print(f"{label:28} {seconds:7.3f} s {mebibytes:7.0f} MiB")


if __name__ == "__main__":
    run(measure_loading)
