"""Several ranks train as one process does: real processes, started by Paddle's launcher."""

import json
import math
import os
import signal
import subprocess
import sys
import time

import numpy as np
import paddle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.support import ROOT
from benchmarks.support.rank_processes import pid_of_rank
from benchmarks.support.run_files import checkpoints, rows, same_result
from benchmarks.support.two_hosts import two_hosts
from mnist_paddle import checkpoint
from mnist_paddle.data import Split, load_data
from mnist_paddle.data.generators import Plan, steps_in_pass
from mnist_paddle.errors import CheckpointError
from mnist_paddle.models import build_model
from mnist_paddle.parallel import Ranks
from tests.support.data_files import SIZES

N = SIZES["train"]
# Weights after an epoch or two: sums of float32 in another order. Adam divides by the root of tiny
# second moments and so enlarges the differences.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}
CLOSE_ADAM = {"rtol": 1e-3, "atol": 2e-4}


@pytest.fixture
def launch(tiny_data, tmp_path):
    """Train with so many ranks into a folder under tmp_path; return what rank 0 printed."""

    def run(ranks, folder, resume=False, **settings):
        options = [f"--{key}={value}" for key, value in settings.items()]
        options += ["--resume"] if resume else []
        log = tmp_path / f"log_{folder}"
        words = [sys.executable, "-m", "paddle.distributed.launch", "--nproc_per_node", str(ranks)]
        words += ["--log_dir", log, ROOT / "scripts/train.py", *options]
        finished = subprocess.run(
            [*words, "--data", tiny_data, "--run_dir", tmp_path / folder],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=200,
        )
        said = [(log / f"workerlog.{rank}").read_text() for rank in range(ranks)]
        assert finished.returncode == 0, said
        assert all("loss" not in text for text in said[1:]), "a rank but 0 talks"
        return said[0]

    return run


def weights(folder):
    tensors, _ = checkpoint.load(folder / "model.safetensors")
    return tensors


def assert_close(folder, other, **tolerance):
    ours, theirs = weights(folder), weights(other)
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], **tolerance, err_msg=name)


def numbered(count):
    """A split whose image i is labelled i and has a pixel of that value."""
    images = np.zeros([count, 1, 28, 28], np.uint8)
    images[:, 0, 0, 0] = np.arange(count)
    return Split("train", images, np.arange(count).reshape(-1, 1), "numbered", "")


@given(st.integers(1, 200), st.integers(1, 40), st.integers(1, 8), st.integers(0, 3))
def test_the_ranks_parts_are_the_batches_of_one_process(count, batch_size, ranks, epoch):
    """Every image once an epoch, equally many steps for all, no rank's batch empty or too large."""
    size = batch_size * ranks
    steps = steps_in_pass(count, size)
    plan = Plan("reshuffled", count, size, seed=3, first=epoch * steps, steps=steps)
    for together in plan:
        all_ranks = [Ranks(rank, ranks) for rank in range(ranks)]
        parts = [rank.part(together) for rank in all_ranks]
        weights = [rank.weight(len(together)) for rank in all_ranks]
        seen = [part for part, weight in zip(parts, weights, strict=True) if weight]
        assert sorted(np.concatenate(seen)) == sorted(together)
        assert all(1 <= len(part) <= batch_size for part in parts)
        mean = sum(w * part.mean() for part, w in zip(parts, weights, strict=True)) / ranks
        assert math.isclose(mean, together.mean(), abs_tol=1e-9)
    assert sorted(np.concatenate(list(plan))) == list(range(count))


@pytest.mark.large
def test_ranks_with_workers_and_augmentation_do_what_ranks_without_workers_do(launch, tmp_path):
    """A worker process is forked from a rank that talks to the others."""
    settings = {"model": "mlp", "opt": "adam", "epochs": 2, "augment": "affine"}
    launch(2, "sync", **settings)
    launch(2, "workers", **settings, reader="workers", num_workers=2)
    assert same_result(tmp_path / "workers", tmp_path / "sync")


@given(st.integers(1, 100), st.integers(1, 8))
def test_the_ranks_evaluate_every_image_once(count, ranks):
    parts = [numbered(count).part(rank, ranks) for rank in range(ranks)]
    assert sorted(np.concatenate([part.labels[:, 0] for part in parts])) == list(range(count))


def numpy_linear(data, batch_size, lr):
    """Train the linear square-error model for an epoch by its formula, in float64."""
    paddle.seed(1)  # the default of --seed
    weight, bias = (p.numpy().astype(np.float64) for p in build_model("linear", 1).parameters())
    split = load_data("train", data)
    images, order = split.images.reshape(N, 784) / 255, np.random.default_rng([1, 0]).permutation(N)
    for start in range(0, N, batch_size):
        chosen = order[start : start + batch_size]
        error = images[chosen] @ weight + bias - split.labels[chosen]
        weight = weight - lr * 2 * images[chosen].T @ error / len(chosen)
        bias = bias - lr * 2 * error.mean(0)
    return weight, bias


# A last batch of 50 images for 2 ranks; one of 2 images for 4 ranks, two of which have none.
@pytest.mark.parametrize(
    ("ranks", "batch_size"), [(2, 50), pytest.param(4, 131, marks=pytest.mark.large)]
)
def test_order_and_averaged_gradients_are_those_of_numpy(
    launch, tiny_data, tmp_path, ranks, batch_size
):
    launch(ranks, "run", model="linear", loss="mse", lr=0.001, epochs=1, batch_size=batch_size)
    weight, bias = numpy_linear(tiny_data, ranks * batch_size, 0.001)
    found = weights(tmp_path / "run")
    np.testing.assert_allclose(found["output.weight"], weight, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["output.bias"], bias, rtol=1e-4, atol=1e-6)


def test_two_ranks_do_what_one_process_does_with_batches_of_both(launch, train, tmp_path):
    settings = {"model": "mlp", "opt": "momentum", "epochs": 2, "schedule": "cosine"}
    said = launch(2, "two", batch_size=50, **settings)
    result = train("one", batch_size=100, **settings)
    assert_close(tmp_path / "two", tmp_path / "one", **CLOSE)

    assert "ranks: 2; each takes 50 images a step, all together 100; learning rate 0.01" in said
    for kind in ("step", "epoch"):  # the loss shown is that of all images, not of rank 0's
        ours, theirs = (
            [float(row["loss"]) for row in rows(tmp_path / folder, kind)]
            for folder in ("two", "one")
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    found = json.loads((tmp_path / "two" / "result.json").read_text())
    assert (found["ranks"], result["ranks"]) == (2, 1)
    assert (found["valid_total"], found["eval_total"]) == (SIZES["valid"], SIZES["eval"])
    assert abs(found["eval_correct"] - result["eval_correct"]) <= 1
    names = {path.name for path in (tmp_path / "two").iterdir()}
    assert names == {path.name for path in (tmp_path / "one").iterdir()}


@pytest.mark.large
def test_four_ranks_do_what_one_process_does_with_adam_and_a_cnn(launch, train, tmp_path):
    """And what four ranks have begun, one process can go on with, when told to."""
    settings = {"model": "cnn", "opt": "adam", "lr": 0.001}
    launch(4, "four", batch_size=25, epochs=1, **settings)
    train("one", batch_size=100, epochs=1, **settings)
    assert_close(tmp_path / "four", tmp_path / "one", **CLOSE_ADAM)
    more = {**settings, "batch_size": 100, "epochs": 2, "resume": True}
    with pytest.raises(CheckpointError, match="made with ranks 4 and this run has 1:"):
        train("four", **more)
    train("four", **more, allow_changes=True)
    train("one", **more)
    assert_close(tmp_path / "four", tmp_path / "one", **CLOSE_ADAM)
    assert len(rows(tmp_path / "four", "step")) == len(rows(tmp_path / "one", "step")) == 22


@pytest.mark.large
def test_running_means_are_those_of_all_ranks(launch, train, tmp_path):
    """After one step the first layer's is that of one process, as both have the same mean."""
    settings = {"model": "vgg", "epochs": 1, "limit_batches": 1}
    launch(2, "two", batch_size=20, **settings)
    result = train("one", batch_size=40, **settings)
    two, one = weights(tmp_path / "two"), weights(tmp_path / "one")
    np.testing.assert_allclose(two["norm1._mean"], one["norm1._mean"], rtol=1e-4, atol=1e-6)
    assert np.abs(one["norm1._mean"]).min() > 1e-4
    found = json.loads((tmp_path / "two" / "result.json").read_text())
    assert found["eval_total"] == result["eval_total"] == SIZES["eval"]


@pytest.mark.large
def test_scale_lr_multiplies_the_rates_by_the_ranks(launch, tmp_path):
    settings = {"lr": 0.01, "end_lr": 0.002, "schedule": "polynomial", "scale_lr": True}
    said = launch(2, "run", model="linear", epochs=1, limit_batches=4, **settings)
    rates = [float(row["lr"]) for row in rows(tmp_path / "run", "step")]
    np.testing.assert_allclose(rates, [0.02, 0.016, 0.012, 0.008])
    assert "learning rate 0.02" in said


@pytest.fixture
def start(tiny_data, tmp_path):
    """Start scripts/launch.py with two ranks that train the same CNN for 20 steps."""

    def run(folder, *options, restarts=0):
        words = [sys.executable, "-u", ROOT / "scripts/launch.py", "--nproc_per_node", "2"]
        words += ["--max_restart", str(restarts)]
        words += ["--log_dir", tmp_path / f"log_{folder}"]
        words += [ROOT / "scripts/train.py", "--opt", "adam", "--schedule", "polynomial"]
        words += ["--epochs", "2", "--batch_size", "50", "--limit_batches", "10"]
        words += ["--checkpoint_every", "3", "--log_every", "1", "--data", tiny_data]
        return subprocess.Popen(
            [*words, "--run_dir", tmp_path / folder, *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return run


def wait_for(process, beginning):
    for line in process.stdout:
        if line.startswith(beginning):
            return
    raise AssertionError(f"no line begins with {beginning!r}")


@pytest.mark.large
def test_ranks_that_are_stopped_or_killed_resume_to_the_same_bytes(start, tmp_path):
    """On two ranks: never stopped; SIGTERM; rank 1 killed; rank 0 killed and started again."""
    whole = start("whole")
    assert whole.wait(120) == 0, whole.stdout.read()

    stopped = start("stopped")
    wait_for(stopped, "epoch: 0, batch: 2,")
    stopped.send_signal(signal.SIGTERM)
    said, _ = stopped.communicate(timeout=60)
    assert stopped.returncode == 143
    (path,) = checkpoints(tmp_path / "stopped")[-1:]
    assert f"stopped by SIGTERM; {path} is whole, --resume goes on from it" in said

    killed = start("stopped", "--resume")
    wait_for(killed, "epoch: ")
    os.kill(pid_of_rank(1, tmp_path / "log_stopped"), signal.SIGKILL)
    began = time.monotonic()
    said, _ = killed.communicate(timeout=60)
    assert killed.returncode == 128 + signal.SIGKILL, said
    assert time.monotonic() - began < 30
    assert "rank 1" in said
    assert "killed" in said

    restarted = start("stopped", "--resume", restarts=1)
    wait_for(restarted, "epoch: ")
    os.kill(pid_of_rank(0, tmp_path / "log_stopped"), signal.SIGKILL)
    said, _ = restarted.communicate(timeout=120)
    assert restarted.returncode == 0, said
    assert "starting again, 1 of at most 1 times" in said
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_ranks_that_differ_in_options_are_refused(tiny_data, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import os, sys; from mnist_paddle.commands import main\n"
        "rank = int(os.environ['PADDLE_TRAINER_ID'])\n"
        "main('train', [*sys.argv[1:], '--lr', ['0.01', '0.02'][rank]])\n"
    )
    words = [sys.executable, ROOT / "scripts/launch.py", "--nproc_per_node", "2"]
    words += ["--log_dir", tmp_path / "log", script]
    finished = subprocess.run(
        [*words, "--data", tiny_data, "--run_dir", tmp_path / "run", "--model", "linear"],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert finished.returncode == 2
    assert "1 of 2 ranks have another set of options than rank 0" in finished.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.large
def test_two_machines_train_to_the_weights_of_one_and_resume(train, tiny_data, tmp_path):
    """Each machine has its own files; the second one gets the checkpoint over the network."""
    settings = {"model": "mlp", "opt": "momentum"}
    options = [f"--{key}={value}" for key, value in settings.items()]
    folders = [tmp_path / "machine0", tmp_path / "machine1"]
    for folder in folders:
        folder.mkdir()
        (folder / "data.json.gz").write_bytes(tiny_data.read_bytes())
    with two_hosts() as hosts:
        for epochs in (1, 2):
            words = ["--nproc_per_node", 1, "--nnodes", 2, "--master", f"{hosts.addresses[0]}:8090"]
            script = [ROOT / "scripts/train.py", *options, f"--epochs={epochs}", "--resume"]
            script += ["--batch_size", 50, "--data", "data.json.gz", "--run_dir", "run"]
            launches = [
                hosts.run(
                    number,
                    [sys.executable, ROOT / "scripts/launch.py", *words, "--rank", number, *script],
                    cwd=folder,
                )
                for number, folder in enumerate(folders)
            ]
            for process in launches:
                said, errors = process.communicate(timeout=100)
                assert process.returncode == 0, said + errors
    train("one", **settings, epochs=2, batch_size=100)
    assert_close(folders[0] / "run", tmp_path / "one", **CLOSE)
    assert not (folders[1] / "run").exists()
