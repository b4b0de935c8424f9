"""Time reading the data file: as the tutorial does it, cold, and from the cache.

python -m benchmarks.speed.loading [--data work/mnist.json.gz] [--runs 3]

Each figure is a process of its own. Time is that of the one call, in seconds; memory is the
process's peak (VmHWM, so Linux only). The data file is copied first, so its cache stays.
"""

import shutil
import tempfile
from pathlib import Path

from cyclopts import run

from benchmarks.support.measuring import medians, run_python

CODE = """
import gzip, json, sys, time
from benchmarks.support.measuring import peak_mebibytes
from mnist_paddle.kernels.environment import prepare

way, path = sys.argv[1:]
if way != "json.load":  # then as our commands do it
    prepare()
from mnist_paddle.data import load_data

started = time.perf_counter()
json.load(gzip.open(path)) if way == "json.load" else load_data(way, path)
print(time.perf_counter() - started, peak_mebibytes())
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


def load_once(path: Path, way: str, cold: bool = False) -> dict[str, float]:
    """Read a data file in a process of its own; return seconds and MiB.

    `way` is "json.load" or a mode of load_data; cold, the cache of the file is removed first.
    """
    for cache in path.parent.glob(f".{path.name}.cache*") if cold else ():
        cache.unlink()
    seconds, mebibytes = map(float, run_python("-c", CODE, way, path).split())
    return {"seconds": seconds, "mebibytes": mebibytes}


def _print_row(label: str, path: Path, way: str, runs: int, cold: bool = False) -> None:
    figures = medians([load_once(path, way, cold) for _ in range(runs)])
    print(f"{label:28} {figures['seconds']:7.3f} s {figures['mebibytes']:7.0f} MiB")


if __name__ == "__main__":
    run(measure_loading)
