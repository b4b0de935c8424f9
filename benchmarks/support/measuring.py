"""What measuring scripts share: a process of its own for each figure, its peak memory, medians."""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support import ROOT
from mnist_paddle.kernels.environment import OURS

SCRIPTS = ROOT / "scripts"


def run_python(*words: object, environment: dict[str, str] | None = None) -> str:
    """Run Python with these words to the end; return the last line that it printed.

    It finds the modules of scripts/. Raises RuntimeError with what it said if it fails.
    """
    environment = dict(os.environ if environment is None else environment)
    folders = [str(SCRIPTS), environment.get("PYTHONPATH")]
    finished = subprocess.run(
        [sys.executable, *map(str, words)],
        env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, folders))},
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise RuntimeError(f"{words}: exit {finished.returncode}: {finished.stderr}")
    return (finished.stdout.splitlines() or [""])[-1]


def plain_environment() -> dict[str, str]:
    """Return the variables as they were before `import mnist_paddle` set its own."""
    ours = {OURS, *os.environ.get(OURS, "").split()}
    return {name: value for name, value in os.environ.items() if name not in ours}


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
