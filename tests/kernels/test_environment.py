"""What is set before Paddle is loaded: by whom, and that it has an effect."""

import os
import re
import subprocess
import sys

import pytest

from benchmarks.support import ROOT
from mnist_paddle.kernels import environment

NAMES = ["MKL_DEBUG_CPU_TYPE", "OMP_NUM_THREADS"]
NAMES += ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"]
CPUINFO = "processor\t: 0\nvendor_id\t: {}\nmodel name\t: Some Processor\nflags\t\t: fpu sse {}\n\n"
# Threads of Paddle's OpenMP; page faults of arrays that are made and freed again and again.
EFFECTS = """
import ctypes, resource
from mnist_paddle.kernels import environment
environment.prepare()
from pathlib import Path
import numpy as np, paddle
libraries = Path(paddle.__file__).parent / "libs"
(library,) = libraries.glob("libiomp5*")
print(ctypes.CDLL(str(library)).omp_get_max_threads())
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for _ in range(20):
        np.ones(500_000)
work()
before = faults()
work()
print(faults() - before)
"""
PREPARE = "from mnist_paddle.kernels import environment; environment.prepare()"
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, glibc")


@pytest.fixture
def clean(monkeypatch):
    """An environment in which nothing is set, for this process's children."""
    for name in (*NAMES, environment.OURS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def in_process(code, **variables):
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


@pytest.mark.parametrize(
    ("vendor", "flags", "value"),
    [
        ("AuthenticAMD", "avx avx2 fma", "5"),
        ("AuthenticAMD", "avx fma", None),
        ("GenuineIntel", "avx avx2 fma", None),
        ("HygonGenuine", "avx avx2 fma", None),
    ],
)
def test_the_vendor_decides_about_mkl(monkeypatch, tmp_path, vendor, flags, value):
    monkeypatch.delitem(sys.modules, "paddle", raising=False)
    cpuinfo, variables = tmp_path / "cpuinfo", {}
    # Only the first processor counts, and a name that says AMD is no vendor.
    cpuinfo.write_text(CPUINFO.format(vendor, flags) + CPUINFO.format("AuthenticAMD", "avx2"))
    lines = environment.prepare(variables, cpuinfo)
    assert variables.get("MKL_DEBUG_CPU_TYPE") == value
    assert lines[0].startswith(f"MKL_DEBUG_CPU_TYPE{f'={value}' if value else ' not set'}")


def test_without_a_file_that_names_the_vendor_mkl_is_left_alone(tmp_path):
    variables = {}
    environment.prepare(variables, tmp_path / "none")
    assert "MKL_DEBUG_CPU_TYPE" not in variables


def test_what_the_user_has_set_stays(tmp_path):
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(CPUINFO.format("AuthenticAMD", "avx2"))
    variables = dict.fromkeys(NAMES, "7")
    lines = environment.prepare(variables, cpuinfo)
    assert [variables[name] for name in NAMES] == ["7"] * 4
    assert lines == [f"{name}=7, found in the environment" for name in NAMES]


@needs_linux
def test_a_child_process_knows_what_we_have_set(clean):
    code = f"{PREPARE}; print(*environment.report(), sep='\\n')"
    report = f"import subprocess, sys; {code}; sys.stdout.flush();"
    child = f"subprocess.run([sys.executable, '-c', {code!r}])"
    lines = in_process(report + child, OMP_NUM_THREADS="3").splitlines()
    assert len(lines) == 2 * len(NAMES)
    assert lines[:4] == lines[4:]
    assert "environment: OMP_NUM_THREADS=3, found in the environment" in lines
    assert re.search(r"MALLOC_MMAP_THRESHOLD_=\d+, set by mnist_paddle", lines[2])


def test_too_late_is_said(clean):
    code = f"import numpy; {PREPARE}; print(*environment.report(), sep='\\n')"
    assert "OMP_NUM_THREADS not set: numpy had been imported" in in_process(code)


@pytest.mark.large
@needs_linux
def test_what_paddle_sets_by_itself_is_not_what_the_user_wants(clean):
    """Paddle sets OMP_NUM_THREADS=1 when it is imported; the convolutions have threads then too."""
    code = (
        "import os, paddle; from mnist_paddle.kernels import cores;"
        "cores.usable_cores = lambda: 5; print(cores.computing_threads());"
    )
    assert in_process(code).split() == ["5"]  # nothing was prepared
    assert in_process(code, OMP_NUM_THREADS="1").split() == ["1"]
    code += f"cores.computing_threads.cache_clear(); {PREPARE};"
    code += "print('', cores.computing_threads(), *environment.report(), sep='|')"
    _, threads, *lines = in_process(code).split("|")
    assert threads == "5"
    assert any("OMP_NUM_THREADS=1, set by Paddle, which had been" in line for line in lines)
    _, threads, *lines = in_process(code, OMP_NUM_THREADS="1").split("|")
    assert threads == "1"
    assert any("OMP_NUM_THREADS=1, found in the environment" in line for line in lines)


@needs_linux
def test_the_settings_have_their_effect_and_the_users_values_theirs(clean):
    threads, faults = map(int, in_process(EFFECTS).split())
    assert threads == 1
    assert faults < 500
    # Both: an array is mapped anew only where no freed memory that was kept has room for it.
    own = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    threads, faults = map(int, in_process(EFFECTS, **own, OMP_NUM_THREADS="3").split())
    assert threads == 3
    assert faults > 10_000  # 20 arrays of 4 MB, in pages of 4 KB


IMPORTED_FIRST = """
import os, sys
libraries = "numpy paddle paddle.inference paddle.utils matplotlib.figure cv2 PIL.Image cyclopts"
for name in f"{libraries} filelock safetensors tqdm yaml orjson starlette.applications".split():
    __import__(name)
"""
STATE = """
import logging, signal, warnings
def state():
    loggers = {
        name: (logger.level, logger.propagate, len(logger.handlers), len(logger.filters))
        for name, logger in [("", logging.getLogger()), *logging.Logger.manager.loggerDict.items()]
        if isinstance(logger, logging.Logger) and not name.startswith("mnist_paddle")
    }
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return dict(os.environ), list(warnings.filters), loggers, handlers, sys.path[:], sys.excepthook
before = state()
"""
IMPORT_ALL = """
import pkgutil, mnist_paddle
names = [m.name for m in pkgutil.walk_packages(mnist_paddle.__path__, "mnist_paddle.")]
for name in names:
    if not name.endswith("__main__"):
        __import__(name)
after = state()
for name in after[2].keys() - before[2].keys():  # of a library that was imported just now
    del after[2][name]
print(len(names), *[one == other for one, other in zip(before, after)])
"""


def test_importing_the_package_loads_nothing_large_and_changes_nothing(clean):
    code = "import os, sys\n" + STATE + "import mnist_paddle\nprint(before == state())\n"
    unchanged, *modules = in_process(code + "print(*sys.modules)").split()
    assert unchanged == "True"
    assert not {"paddle", "numpy", "yaml", "cyclopts", "matplotlib"} & set(modules)


def test_importing_every_module_changes_no_variable_filter_logger_or_handler(clean):
    """What the libraries change when they are imported is theirs; they come first."""
    count, *same = in_process(IMPORTED_FIRST + STATE + IMPORT_ALL).split()
    assert int(count) > 100
    assert same == ["True"] * 6


def test_one_call_prepares_the_process(clean):
    code = "import os; {}; print('OMP_NUM_THREADS' in os.environ)"
    assert in_process(code.format("import mnist_paddle")).strip() == "False"
    assert in_process(code.format(PREPARE)).strip() == "True"


def test_verbose_prints_every_setting_and_who_set_it(clean, command, tiny_data):
    words = ["train", "--model", "linear", "--epochs", 1, "--data", tiny_data]
    finished = command(*words, "--verbose", OMP_NUM_THREADS="2")
    assert finished.returncode == 0, finished.stderr
    lines = [line for line in finished.stdout.splitlines() if line.startswith("environment: ")]
    assert [re.split("[= ]", line)[1] for line in lines] == NAMES
    assert "environment: OMP_NUM_THREADS=2, found in the environment" in lines
    assert "environment: " not in command(*words, "--run_dir", "quiet").stdout
