"""Both cores without thinking: how many processes share out a training on the CPU?

`scripts/train.py --procs N` starts N ranks of the same training through the launcher. They share
out each batch, so that the result is that of one process but for the last digits of float32.
`auto` takes as many as the cores serve, and one where more would not be faster.

不用操心就用上所有的核：CPU 上的一次训练由几个进程分担？
`scripts/train.py --procs N` 通过启动器启动同一次训练的 N 个进程，它们分担每个批次，
所以结果与单个进程相同，只有 float32 的最后几位不同。
`auto` 按可用的核数决定进程数；多个进程并不更快时，只用一个。
"""

import dataclasses
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

from .config import Config
from .environment import OURS, THREADS

LEAST_PART = 25  # images of a batch for each process; with fewer the averaging takes too long
SMALL = ("linear", "mlp", "lenet")  # their steps are shorter than the averaging of their gradients
CGROUPS = Path("/sys/fs/cgroup")
LAUNCHED = "PADDLE_TRAINERS_NUM"  # variable: how many processes a launcher has started
BAR = "MNIST_PADDLE_BAR"  # variable: what rank 0 writes is shown on a terminal


def decide_processes(config: Config) -> Config:
    """Return the settings with a number in place of `--procs auto`."""
    if config.procs != "auto":
        return config
    launched = os.environ.get(LAUNCHED)
    return dataclasses.replace(config, procs=int(launched) if launched else _best_number(config))


def _best_number(config: Config) -> int:
    if config.model in SMALL or sys.platform != "linux":
        return 1
    most = min(usable_cores(), config.batch_size // LEAST_PART)
    return next((n for n in range(most, 1, -1) if config.batch_size % n == 0), 1)


def wants_launch(config: Config) -> bool:
    """Tell whether `--procs` wants processes that no launcher has started yet."""
    return config.procs != 1 and LAUNCHED not in os.environ


def train_in_processes(config: Config) -> int:
    """Start the processes that `config` wants, all with its settings; return the exit code.

    Their logs lie in a temporary folder, which stays only if a process failed without a sentence.
    """
    import yaml

    from .launcher import Launch, launch

    folder = Path(tempfile.mkdtemp(prefix="mnist_paddle_"))
    code = 0
    try:
        file = folder / "config.yaml"
        text = yaml.safe_dump(dataclasses.asdict(config), allow_unicode=True)
        file.write_text(text, encoding="utf-8")
        options = Launch(nproc_per_node=int(config.procs), log_dir=folder)
        if sys.stdout.isatty() and sys.stderr.isatty():
            os.environ[BAR] = "1"
            os.environ.setdefault("COLUMNS", str(shutil.get_terminal_size().columns))
        code = launch(["train", "--config", str(file)], options, ["train"])
    finally:
        if code in (0, 2, 130, 143):
            shutil.rmtree(folder, ignore_errors=True)
    return code


def hide_bar(rank: int) -> bool | None:
    """Return what tqdm's `disable` is to be: one bar for all ranks, and that on a terminal only."""
    if rank:
        return True
    return False if BAR in os.environ else None


@cache
def computing_threads() -> int:
    """Return how many threads of this process compute side by side, where it is more than one.

    That is OMP_NUM_THREADS if you have set it; otherwise the processes that a launcher has started
    on this machine share out the cores.
    """
    yours = os.environ.get(THREADS.name, "")
    if yours.isdecimal() and THREADS.name not in os.environ.get(OURS, "").split():
        return max(int(yours), 1)
    processes = int(os.environ.get("PADDLE_LOCAL_SIZE", os.environ.get(LAUNCHED, "1")))
    return max(usable_cores() // processes, 1)


def usable_cores(cgroups: Path = CGROUPS) -> int:
    """Return how many cores this process may use: by its affinity and by its container's quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # no Linux
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
