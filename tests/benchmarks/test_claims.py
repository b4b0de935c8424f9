"""Claims about benchmarks.claims: it trains each run once, and goes on where it was stopped."""

import contextlib
import csv
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import paddle
import pytest
from PIL import Image

from benchmarks.claims.__main__ import run
from benchmarks.claims.comparisons import COMPARISONS, RUNS, Run
from benchmarks.claims.runs import plan, read_data, sort_by_label, train_all
from benchmarks.claims.softmax_twice import with_softmax_twice
from benchmarks.claims.verdicts import Outcome
from benchmarks.support import ROOT
from benchmarks.support.run_files import model_bytes
from mnist_paddle import trainer
from mnist_paddle.config import Config
from mnist_paddle.config_file import read_config_file
from mnist_paddle.data import load_splits
from mnist_paddle.errors import Stopped, TrainingError
from mnist_paddle.losses import OBJECTIVES

COMPARE = [sys.executable, "-m", "benchmarks.claims"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
# The two CNNs of softmax_twice.
SMALL = ["softmax_twice", "--seeds", "0", "--limit_batches", "4"]
# The tutorial's values, where a config has them.
CONFIGS = {
    "linear_mse": "01_linear_mse",
    "mlp_mse": "03_mlp_mse",
    "cnn_mse": "04_cnn_mse",
    "cnn_ce": "05_cnn_ce_sgd",
    "cnn_ce_small": "06_cnn_ce_small_lr",
    "cnn_ce_large": "07_cnn_ce_large_lr",
    "momentum": "08_cnn_ce_momentum",
    "adagrad": "09_cnn_ce_adagrad",
    "adam": "10_cnn_ce_adam",
    "adam_l2": "13_cnn_ce_l2",
}


def compare(*words, out):
    """Run the command in this process; return what it printed."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            run([*map(str, words), "--out", str(out)])
        except SystemExit as ended:
            if ended.code:
                raise
    return printed.getvalue()


def run_command(*words, out):
    """Run it as a user does."""
    words = [*COMPARE, *map(str, words), "--out", out]
    return subprocess.run(words, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True)


def logs(folder):
    return sorted(folder.glob("runs/*/*/train.log"))


def run_folders(folder):
    return [log.parent for log in logs(folder)]


@pytest.fixture(scope="module")
def compared(tiny_data, tmp_path_factory):
    """A folder in which a whole small comparison has been made, and what was printed."""
    folder = tmp_path_factory.mktemp("compared")
    words = [*SMALL, "--epochs", 1, "--data", tiny_data]
    return folder, words, compare(*words, out=folder)


def test_a_comparison_ends_in_a_table_and_curves(compared):
    folder, _, printed = compared
    right, fault = (
        json.loads((path / "result.json").read_text()) for path in run_folders(folder)
    )  # by name
    out = folder / "softmax_twice"
    lines = (out / "table.md").read_text(encoding="utf-8").splitlines()
    for label, result in (("right", right), ("the fault", fault)):
        (row,) = [line for line in lines if line.startswith("| softmax") and f"({label})" in line]
        for mode in ("valid", "eval"):
            assert f" {100 * result[f'{mode}_correct'] / result[f'{mode}_total']:.2f} |" in row
    assert "tiny (not MNIST)" in lines[2]
    command = "python -m benchmarks.claims softmax_twice --seeds 0 --epochs 1 --limit_batches 4"
    assert f"`{command}`" in lines[2]
    with (out / "table.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["run"] for row in rows] == list(COMPARISONS["softmax_twice"].runs)
    assert float(rows[0]["eval_mean"]) == pytest.approx(100 * right["eval_correct"] / 170, abs=1e-6)
    assert rows[0]["eval_spread"] == ""
    assert rows[0]["eval_seed_0"] == rows[0]["eval_mean"]
    with Image.open(out / "curves.png") as picture:
        assert picture.size >= (1500, 800)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 50
    assert "2 trainings, 0 of them finished before" in printed


def test_a_perfect_answer_has_no_loss_and_with_the_fault_a_loss_of_1_461():
    outputs = paddle.to_tensor([[100.0] + [0.0] * 9])
    labels = paddle.to_tensor([[0]])
    right = OBJECTIVES["ce"]
    assert float(right.loss(outputs, labels)) == 0
    assert float(with_softmax_twice(right).loss(outputs, labels)) == pytest.approx(1.461, abs=5e-4)
    assert OBJECTIVES["ce"] is right  # importing the module changes nothing


def test_the_fault_is_trained_with_its_own_loss(compared):
    """Before the first step both losses are about log 10; the right one soon falls faster."""
    right, fault = (Outcome(folder) for folder in run_folders(compared[0]))
    assert fault.folder.name.startswith("softmax_twice_")
    assert fault.losses[0] == pytest.approx(np.log(10), abs=0.02)
    assert right.losses[0] == pytest.approx(np.log(10), abs=0.5)
    assert np.ptp(fault.losses) < np.ptp(right.losses)


def test_what_is_finished_is_not_trained_again_and_other_settings_are(compared):
    folder, words, _ = compared
    before = {path: (path / "result.json").stat().st_mtime_ns for path in run_folders(folder)}
    assert "2 trainings, 2 of them finished before" in compare(*words, out=folder)
    for path, changed in before.items():
        assert (path / "result.json").stat().st_mtime_ns == changed
    training = plan(RUNS["cnn_ce"], 0, read_data(words[-1]), folder / "runs", 1, 4)
    assert training.folder in before
    assert training.is_finished()
    config = training.folder / "config.yaml"
    text = config.read_text()
    config.write_text(text.replace("batch_size: 100", "batch_size: 50"))
    assert not training.is_finished()
    config.write_text(text)


def wait_for(words, training_log):
    until = time.monotonic() + 200
    while not (training_log.exists() and words in training_log.read_text()):
        assert time.monotonic() < until
        time.sleep(0.02)


def step_it_went_on_after(log):
    return int(re.search(r"going on after step (\d+)", log.read_text())[1])


def test_a_training_that_was_stopped_goes_on_and_one_that_cannot_be_is_said(
    tiny_data, tmp_path, monkeypatch
):
    """In this process it gets SIGTERM at its sixth step; the command's process does the rest."""
    data = read_data(tiny_data)
    training = plan(RUNS["mlp_ce"], 0, data, tmp_path, 5, 4)
    bad = plan(Run({**RUNS["linear_mse"].settings, "lr": 1e30}), 0, data, tmp_path, 1, 2)
    steps, train_step = itertools.count(1), trainer.train_step

    def stop_at_the_sixth(*arguments):
        if next(steps) == 6:
            os.kill(os.getpid(), signal.SIGTERM)
        return train_step(*arguments)

    monkeypatch.setattr(trainer, "train_step", stop_at_the_sixth)
    with pytest.raises(Stopped):
        trainer.train_and_evaluate(training.config)
    assert training.is_same()
    assert not training.is_finished()
    with pytest.raises(TrainingError, match=r": the loss is .* the learning rate 1e\+30"):
        train_all([bad, training], 2, None, 0.0)
    assert training.is_finished()
    assert not bad.is_finished()
    assert step_it_went_on_after(training.folder / "train.log") == 6
    assert len(Outcome(training.folder).losses) == 20
    assert model_bytes(training.folder)


@pytest.mark.large
def test_a_run_that_was_killed_in_the_middle_goes_on(tiny_data, tmp_path):
    """The first of the two runs is killed, together with the command that started it."""
    words = [*SMALL, "--epochs", "5", "--data", str(tiny_data), "--jobs", "1"]
    process = subprocess.Popen(
        [*COMPARE, *words, "--out", tmp_path],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 200
    while not logs(tmp_path):
        assert time.monotonic() < until
        time.sleep(0.02)
    (log,) = logs(tmp_path)
    wait_for("epoch: 1, batch: 0", log)
    process.kill()
    process.wait()
    if sys.platform == "linux":
        wait_for("SIGTERM", log)  # it keeps what it has
    assert not (log.parent / "result.json").exists()
    finished = run_command(*words, out=tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert 4 <= step_it_went_on_after(log) < 20
    for folder in run_folders(tmp_path):
        assert len(Outcome(folder).losses) == 20
        assert model_bytes(folder)
    assert len(run_folders(tmp_path)) == 2


def test_a_wrong_name_is_one_sentence_and_exit_code_2(tmp_path):
    finished = run_command("pictures", out=tmp_path / "out")
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.count("\n") == 1
    assert "models" in finished.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["models", "--pages"], "the name must be all"),
        (["models", "--seeds", "1", "1"], "expected each once"),
        (["models", "--data", "nowhere.json.gz"], "no such file"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(words, sentence, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        compare(*words, out=tmp_path / "out")
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert sentence in error
    assert not list(tmp_path.iterdir())


def test_every_run_is_one_training_that_several_comparisons_share(tiny_data, tmp_path):
    used = [key for comparison in COMPARISONS.values() for key in comparison.runs.values()]
    assert set(used) == set(RUNS)
    assert len(used) > len(RUNS)
    data = read_data(tiny_data)
    sorted_data = sort_by_label(data, tmp_path)
    trainings = [
        plan(run, seed, sorted_data if run.by_label else data, tmp_path, None, None)
        for run in RUNS.values()
        for seed in (0, 1)
    ]
    assert len({training.folder for training in trainings}) == len(trainings)
    epochs = sum(
        training.cost * 500 / training.steps_per_epoch
        for training in trainings
        if training.settings["seed"] == 0
    )
    assert epochs <= 66  # of the CNN


@pytest.mark.parametrize(("run", "config"), CONFIGS.items())
def test_the_settings_are_the_tutorials(run, config):
    theirs = Config(**read_config_file(config))
    for key, value in RUNS[run].settings.items():
        assert getattr(theirs, key) == value, key


def test_the_images_sorted_by_label_are_the_same_images(tiny_data, tmp_path):
    data = read_data(tiny_data)
    splits, original = sort_by_label(data, tmp_path).splits, load_splits(tiny_data)
    for mode in ("valid", "eval"):
        assert np.array_equal(splits[mode].images, original[mode].images)
        assert np.array_equal(splits[mode].labels, original[mode].labels)
    labels, before = splits["train"].labels[:, 0], original["train"].labels[:, 0]
    assert np.all(np.diff(labels) >= 0)
    for digit in range(10):
        images = splits["train"].images[labels == digit]
        assert np.array_equal(images, original["train"].images[before == digit])
