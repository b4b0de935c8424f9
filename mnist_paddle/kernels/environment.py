"""Before Paddle is loaded: what should this process know to compute as fast as it can?

Commands call `prepare` when they begin, and so may a notebook or a script of yours, in its first
line: every such setting is here and nowhere else, and importing this package sets none of them. A
variable that you have set yourself stays as it is. Libraries read theirs when they are loaded, so
a program that imports NumPy or Paddle before it calls `prepare` has to set them itself, or be
started with them. `train --verbose` prints each setting, its value, and who set it.
"""

import gc
import os
import sys
import warnings
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path

OURS = "MNIST_PADDLE_SET"  # variable: which of them we have set; child processes inherit it too
CPUINFO = Path("/proc/cpuinfo")
AT_START = Path("/proc/self/environ")  # the variables with which this process was started


@dataclass(frozen=True)
class Setting:
    """A variable, its value where the user gives none, and what for."""

    name: str
    value: str
    reason: str
    readers: tuple[str, ...] = ()  # libraries that read it when they are loaded
    mallopt: int | None = None  # its name for glibc, which can be told at any time


# The BLAS in Paddle is MKL of 2019, which gives AMD's processors its slowest code.
MKL = Setting("MKL_DEBUG_CPU_TYPE", "5", "matrix products run MKL's AVX2 code on AMD", ("paddle",))
# NumPy would start a thread for each core. In small products they mostly wait for each other.
THREADS = Setting("OMP_NUM_THREADS", "1", "small networks are slower on more", ("numpy", "paddle"))
# glibc gives back a large array to the system as soon as it is free, so that every step gets new
# pages, and they have to be filled with zeros: a tenth of the time of a step of the CNN.
MMAP = Setting("MALLOC_MMAP_THRESHOLD_", str(2**30), "arrays reuse freed memory", mallopt=-3)
TRIM = Setting("MALLOC_TRIM_THRESHOLD_", str(2**28), "freed memory is kept for arrays", mallopt=-1)

_reports: list[str] = []


def prepare(
    environment: MutableMapping[str, str] = os.environ, cpuinfo: Path = CPUINFO
) -> list[str]:
    """Set what the user has not set; return a line for each setting. It takes a millisecond.

    MKL and OpenMP find their variables in the environment. glibc has read its own when the process
    began: it is told by a call, and child processes by the variable. Two warnings of Paddle that
    nobody can do anything about are silenced too.
    """
    # Paddle warns at import that it found no ccache; nobody here compiles.
    warnings.filterwarnings("ignore", message="No ccache found")
    # And at each training with batch normalization, of what it does anyway.
    warnings.filterwarnings("ignore", message="When training, we now always track global mean")
    ours = set(environment.get(OURS, "").split())
    lines = []
    for setting in (MKL, THREADS, MMAP, TRIM):
        name, value = setting.name, environment.get(setting.name)
        loaded = [library for library in setting.readers if library in sys.modules]
        if value == "1" and name not in ours and _is_of_paddle(setting):
            ours.add(name)  # nobody has asked for it
            lines.append(f"{name}={value}, set by Paddle, which had been imported before")
        elif value is not None and name not in ours:
            lines.append(f"{name}={value}, found in the environment")
        elif setting is MKL and not _is_amd_with_avx2(cpuinfo):
            lines.append(f"{name} not set: it is for AMD processors with AVX2")
        elif value is None and loaded:
            lines.append(f"{name} not set: {' and '.join(loaded)} had been imported before")
        elif setting.mallopt is not None and not _told(setting):
            lines.append(f"{name} not set: it is for glibc")
        else:
            environment[name] = setting.value
            ours.add(name)
            lines.append(f"{name}={setting.value}, set by mnist_paddle: {setting.reason}")
    environment[OURS] = " ".join(sorted(ours))
    _reports[:] = lines
    return lines


def import_paddle() -> None:
    """Import Paddle, sooner than `import paddle` does: without collecting garbage meanwhile.

    Python would look through all that has been imported so far again and again, and find nothing.
    As it stays for good, later searches leave it out too.

    Raises:
        ModuleNotFoundError: Paddle is not installed.
    """
    if "paddle" in sys.modules:
        return
    searched = gc.isenabled()
    gc.disable()
    try:
        import paddle  # noqa: F401  # not above: commands without Paddle import this module too
    finally:
        gc.freeze()
        if searched:
            gc.enable()


def report() -> list[str]:
    """Return a line for each setting of this process: its value, and who set it."""
    return [f"environment: {line}" for line in _reports]


def users_threads() -> int | None:
    """Return OMP_NUM_THREADS as the user has set it; None if only we, or Paddle, have set it."""
    value = os.environ.get(THREADS.name, "")
    ours = THREADS.name in os.environ.get(OURS, "").split()
    if not value.isdecimal() or ours or (value == "1" and _is_of_paddle(THREADS)):
        return None
    return max(int(value), 1)


def _is_of_paddle(setting: Setting) -> bool:
    """Return whether Paddle has set this variable, as it does with OMP_NUM_THREADS; Linux only."""
    if setting is not THREADS or "paddle" not in sys.modules:
        return False
    try:
        at_start = AT_START.read_bytes().split(b"\0")
    except OSError:
        return False
    return not any(line.startswith(setting.name.encode() + b"=") for line in at_start)


def _is_amd_with_avx2(cpuinfo: Path) -> bool:
    """Read it from the first processor's lines; without such a file, as on macOS, it is none."""
    fields = {}
    try:
        with open(cpuinfo, encoding="utf-8", errors="replace") as file:
            for line in file:
                if not line.strip():
                    break
                name, _, value = line.partition(":")
                fields[name.strip()] = value.split()
    except OSError:
        return False
    return fields.get("vendor_id") == ["AuthenticAMD"] and "avx2" in fields.get("flags", [])


def _told(setting: Setting) -> bool:
    """Tell glibc; return False where the C library is another one."""
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    # A glibc before 2.35 takes no more than 32 MiB for the first of them.
    return bool(mallopt(setting.mallopt, int(setting.value)) or mallopt(setting.mallopt, 2**25))
