"""Claims about scripts/benchmark.py: it measures what it says, against a plain program."""

import ast
import os
import subprocess
import sys

import pytest

from benchmarks.speed import against_plain as benchmark
from benchmarks.speed import plain_paddle
from benchmarks.support import ROOT, measuring
from mnist_paddle.kernels import environment
from mnist_paddle.models import build_model, count_parameters


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn"])
def test_the_plain_networks_are_the_tutorials(name):
    plain, ours = plain_paddle.NETWORKS[name](), build_model(name, 10)
    assert count_parameters(plain) == count_parameters(ours)
    assert [p.shape for p in plain.parameters()] == [p.shape for p in ours.parameters()]


def test_the_plain_program_knows_nothing_of_this_package():
    tree = ast.parse((ROOT / "scripts" / "plain_paddle.py").read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    theirs = {"numpy", "paddle", "paddle.nn"}
    assert {name for name in names if name.split(".")[0] not in sys.stdlib_module_names} == theirs


def test_the_plain_program_gets_the_users_environment(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1")
    monkeypatch.setenv(environment.OURS, "MALLOC_TRIM_THRESHOLD_")
    plain = measuring.plain_environment()
    assert plain["OMP_NUM_THREADS"] == "3"
    assert not {"MALLOC_TRIM_THRESHOLD_", environment.OURS} & set(plain)


def test_the_generator_yields_every_sample_once():
    images, labels = [[float(i)] * 784 for i in range(250)], [i % 10 for i in range(250)]
    made = list(plain_paddle.batches(images, labels))
    assert [len(some) for some, _ in made] == [100, 100, 50]
    assert all(some.shape[1:] == (1, 28, 28) for some, _ in made)
    seen = sorted((some[i, 0, 0, 0], own[i, 0]) for some, own in made for i in range(len(some)))
    assert seen == [(i, i % 10) for i in range(250)]


def test_a_ratio_above_one_says_that_ours_is_better():
    assert benchmark.Row("a", "s", [2.0, 9.0], [1.0, 3.0]).cells()[2:] == [
        "2 / 9",
        "1 / 3",
        "2 / 3",
    ]
    more = benchmark.Row("a", "images/s", [100.0], [1234.0], more_is_better=True)
    assert more.cells() == ["a", "images/s", "100", "1,234", "12.3"]


def test_without_the_mark_in_readme_nothing_is_measured(monkeypatch, tmp_path):
    (tmp_path / "README.md").write_text("# no mark\n")
    monkeypatch.setattr(benchmark, "ROOT", tmp_path)
    monkeypatch.setattr(benchmark, "Benchmark", None)
    with pytest.raises(SystemExit, match="has no line <!-- table of the benchmark"):
        benchmark.benchmark(readme=True)


def test_quick_makes_every_measurement_once(tiny_data, tmp_path):
    finished = subprocess.run(
        [sys.executable, ROOT / "scripts" / "benchmark.py", "--quick", "--data", tiny_data],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert finished.returncode == 0, finished.stderr
    head, _, titles, _, *lines = finished.stdout.splitlines()
    assert head.startswith("Written by `scripts/benchmark.py --quick` on ")
    assert "tiny (not MNIST), training images: 16× 1,050. Medians of 1;" in head
    assert titles == "|  | unit | plain Paddle, 16× | this package, 16× | ratio, 16× |"
    rows = {what: cells for what, *cells in (line.strip("| ").split(" | ") for line in lines)}
    for words in ("first time", "later", "sync", "resident", "linear", "mlp", "cnn", "memory"):
        assert any(words in what for what in rows), words
    for words in ("1 process", "2 processes", "to the digit", "one image", "Paddle inference"):
        assert any(words in what for what in rows), words
    for unit, *figures in rows.values():
        plain, ours, ratio = (float(figure.replace(",", "")) for figure in figures)
        assert plain > 0
        assert ours > 0
        better = ours / plain if unit.endswith("/s") else plain / ours
        assert ratio == pytest.approx(better, rel=0.02)
    assert list(tmp_path.iterdir()) == []
