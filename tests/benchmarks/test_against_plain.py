"""Claims about benchmarks.speed.against_plain: it measures what it says, beside a plain program."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.speed import against_plain, loading, one_measurement, plain_paddle
from benchmarks.support import ROOT, measuring
from mnist_paddle.data import load_data
from mnist_paddle.kernels import environment
from mnist_paddle.models import build_model, count_parameters


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_the_plain_networks_are_the_tutorials(name):
    plain, ours = plain_paddle.NETWORKS[name](), build_model(name, 10)
    assert count_parameters(plain) == count_parameters(ours)
    assert [p.shape for p in plain.parameters()] == [p.shape for p in ours.parameters()]


def imported_by(file):
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    return {name for name in names if name.split(".")[0] not in sys.stdlib_module_names}


def test_the_plain_program_knows_nothing_of_this_package():
    """Nor do the packages that it lies in, which Python imports with it."""
    speed = ROOT / "benchmarks" / "speed"
    assert imported_by(speed / "plain_paddle.py") == {"numpy", "paddle", "paddle.nn"}
    assert imported_by(speed / "__init__.py") == set()
    assert imported_by(speed.parent / "__init__.py") == set()


def test_the_plain_program_gets_the_users_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    monkeypatch.setenv(environment.OURS, "MALLOC_TRIM_THRESHOLD_")
    users = measuring.users_environment()
    assert users["OMP_NUM_THREADS"] == "3"
    assert not {"MALLOC_TRIM_THRESHOLD_", environment.OURS} & set(users)


def test_what_we_or_paddle_have_set_is_not_taken_for_the_users(monkeypatch):
    """Not even the one thread that `import paddle` has set in this process."""
    monkeypatch.setattr(environment, "_is_of_paddle", lambda setting: True)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert "OMP_NUM_THREADS" not in measuring.users_environment()
    monkeypatch.setenv("OMP_NUM_THREADS", "2")  # Paddle sets no 2
    assert measuring.users_environment()["OMP_NUM_THREADS"] == "2"
    monkeypatch.setenv(environment.OURS, "OMP_NUM_THREADS")
    assert "OMP_NUM_THREADS" not in measuring.users_environment()


def test_ours_is_measured_in_a_process_prepared_as_our_commands_are(monkeypatch):
    """The module timeit stands for a measurement: it prints what it finds."""
    found = "import json, os; print(json.dumps(dict(os.environ)))"
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    words = [sys.executable, "-m", "benchmarks.support.prepared", "timeit", "-n1", "-r1", found]
    finished = subprocess.run(
        words, cwd=ROOT, env=measuring.users_environment(), capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    prepared = json.loads(finished.stdout.splitlines()[0])
    assert prepared["OMP_NUM_THREADS"] == "1"
    assert "OMP_NUM_THREADS" in prepared[environment.OURS].split()


def test_the_generator_yields_every_sample_once():
    images, labels = [[float(i)] * 784 for i in range(250)], [i % 10 for i in range(250)]
    made = list(plain_paddle.batches(images, labels))
    assert [len(some) for some, _ in made] == [100, 100, 50]
    assert all(some.shape[1:] == (1, 28, 28) for some, _ in made)
    seen = sorted((some[i, 0, 0, 0], own[i, 0]) for some, own in made for i in range(len(some)))
    assert seen == [(i, i % 10) for i in range(250)]


def test_a_ratio_above_one_says_that_ours_is_better():
    assert against_plain.Row("a", "s", [2.0, 9.0], [1.0, 3.0]).cells()[2:] == [
        "2 / 9",
        "1 / 3",
        "2 / 3",
    ]
    more = against_plain.Row("a", "images/s", [100.0], [1234.0], more_is_better=True)
    assert more.cells() == ["a", "images/s", "100", "1,234", "12.3"]


def test_without_the_mark_in_a_page_nothing_is_measured(monkeypatch, tmp_path):
    (tmp_path / "speed.md").write_text("# no mark\n")
    monkeypatch.setattr(report, "PAGES", {"en": tmp_path})
    monkeypatch.setattr(against_plain, "Benchmark", None)
    with pytest.raises(ValueError, match=r"has the mark .* 0 times"):
        against_plain.benchmark(pages=True)


def check_rows(rows, *expected):
    """Every row is there, with figures above 0, and its ratio is that of its figures."""
    cells = {what: rest for what, *rest in rows}
    for words in expected:
        assert any(words in what for what in cells), words
    for unit, *figures in cells.values():
        plain, ours, ratio = (float(figure.replace(",", "")) for figure in figures)
        assert plain > 0
        assert ours > 0
        better = ours / plain if unit.endswith("/s") else plain / ours
        assert ratio == pytest.approx(better, rel=0.02)


def test_cold_is_without_the_cache_of_the_file(tiny_data, tmp_path, monkeypatch):
    data = shutil.copy(tiny_data, tmp_path)
    load_data("train", data)
    assert len(list(tmp_path.iterdir())) > 1
    left = []

    def run_python(*words):
        left.append({path.suffix for path in tmp_path.iterdir()} - {".lock"})
        return "1.5 200"

    monkeypatch.setattr(loading, "run_python", run_python)
    for cold in (False, True):
        figures = loading.load_once(Path(data), "train", cold)
        assert figures == {"seconds": 1.5, "mebibytes": 200}
    assert len(left[0]) == 2
    assert left[1] == {".gz"}


TRAINING = "first time", "later", "sync", "resident", "linear", "mlp", "cnn", "memory"
REST = "1 process", "2 processes", "to the digit", "one image", "Paddle inference"


def test_the_rows_of_training_hold_what_was_measured(tiny_data, tmp_path, monkeypatch):
    """In this process, on the CPU; the processes that --quick starts are the large tier's."""
    plain = {"train": plain_paddle.train, "predict": plain_paddle.predict}
    found = []

    def measure_ours(module, what, **task):
        found.append(one_measurement.train(**task))
        return found[-1]

    def load_once(path, mode, cold):
        assert cold
        load_data(mode, path)
        return {"seconds": 1.5}

    monkeypatch.setattr(against_plain, "_gpu_is_usable", lambda: False)
    monkeypatch.setattr(against_plain, "measure_ours", measure_ours)
    monkeypatch.setattr(against_plain, "load_once", load_once)
    monkeypatch.setattr(
        against_plain,
        "run_python",
        lambda _, module, what, path, steps, device: json.dumps(plain[what](path, steps)),
    )
    measured = against_plain.Benchmark(tmp_path, tiny_data, 1, 2, ["16×"])
    rows = {row.what: row for row in measured.training()}
    measured.bar.close()
    check_rows([row.cells() for row in rows.values()], *TRAINING)
    assert rows["reading the data file, the first time"].ours == [1.5]
    assert rows["a step, cnn"].ours == [found[0]["step cnn"]]
    assert rows["batches of 100, resident"].ours == [found[0]["resident"]]


@pytest.mark.large
def test_quick_makes_every_measurement_once(tiny_data, tmp_path):
    finished = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.against_plain", "--quick", "--data", tiny_data],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stderr
    head, _, titles, _, *lines = finished.stdout.splitlines()
    assert head.startswith("Written by `python -m benchmarks.speed.against_plain --quick` on ")
    assert "tiny (not MNIST), training images: 16× 1,050. Medians of 1;" in head
    assert titles == "|  | unit | plain Paddle, 16× | this package, 16× | ratio, 16× |"
    check_rows([line.strip("| ").split(" | ") for line in lines], *TRAINING, *REST)
    assert list(tmp_path.iterdir()) == []
