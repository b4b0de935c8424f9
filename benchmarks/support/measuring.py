"""What the measurements share: a process of its own for each figure, its peak memory, medians."""

import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support import ROOT
from mnist_paddle.kernels.environment import OURS, THREADS, users_threads


def run_python(*words: object, **variables: str) -> str:
    """Run Python with these words in the root of the clone; return the last line that it printed.

    Its environment is the user's, and `variables`. Raises RuntimeError with its errors if it fails.
    """
    finished = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=ROOT,
        env={**users_environment(), **variables},
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(f"{words}: exit {finished.returncode}: {finished.stderr}")
    return (finished.stdout.splitlines() or [""])[-1]


def measure_ours(module: str, **task: object) -> dict[str, float]:
    """Run a module that measures this package, prepared as our commands are; return its figures."""
    words = "-m", "benchmarks.support.prepared", module, json.dumps(task)
    return json.loads(run_python(*words))


def users_environment() -> dict[str, str]:
    """Return the variables as the user has set them, without what we or Paddle have added.

    A command of ours sets its own in its process, and `import paddle` sets OMP_NUM_THREADS; a
    process that is started from there would take them for the user's.
    """
    added = {OURS, *os.environ.get(OURS, "").split()}
    if users_threads() is None:
        added.add(THREADS.name)
    return {name: value for name, value in os.environ.items() if name not in added}


def peak_mebibytes() -> float:
    """Return the most memory that this process has had; Linux only.

    The system's figure for a process that has ended, ru_maxrss, may be that of its parent.
    """
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found, "Linux writes it"
    return int(found[1]) / 1024


def medians(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure over several measurements of the same."""
    return {key: statistics.median(row[key] for row in rows) for key in rows[0]}
