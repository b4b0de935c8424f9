"""How many cores may this process use, and how many of its threads shall compute side by side?"""

import os
import sys
from functools import cache
from pathlib import Path

from .environment import users_threads

CGROUPS = Path("/sys/fs/cgroup")
LAUNCHED = "PADDLE_TRAINERS_NUM"  # variable: how many processes a launcher has started


@cache
def computing_threads() -> int:
    """Return how many threads of this process compute side by side, where it is more than one.

    That is OMP_NUM_THREADS if you have set it; otherwise the processes that a launcher has started
    on this machine share out the cores.
    """
    if (yours := users_threads()) is not None:
        return yours
    processes = int(os.environ.get("PADDLE_LOCAL_SIZE", os.environ.get(LAUNCHED, "1")))
    return max(usable_cores() // processes, 1)


def usable_cores(cgroups: Path = CGROUPS) -> int:
    """Return how many cores this process may use: by its affinity and by its container's quota."""
    if sys.platform == "linux":
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    own = next((w[3:] for w in _words(Path("/proc/self/cgroup")) if w.startswith("0::/")), "/")
    group = cgroups / own.lstrip("/")  # its limit counts, and those of the groups around it
    quotas = [_words(f / "cpu.max") for f in (group, *group.parents) if f.is_relative_to(cgroups)]
    old = cgroups / "cpu"
    quotas.append(_words(old / "cpu.cfs_quota_us") + _words(old / "cpu.cfs_period_us"))
    for words in quotas:
        if len(words) == 2 and words[0] not in ("max", "-1"):
            cores = min(cores, int(words[0]) // int(words[1]))
    return max(cores, 1)


def _words(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
