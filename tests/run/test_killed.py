"""A training that is killed, interrupted or out of disk loses nothing that it had kept."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.support import ROOT
from benchmarks.support.run_files import checkpoints, same_result
from mnist_paddle import checkpoint, trainer
from mnist_paddle.run.signals import StopSignals
from tests.support.disks import mounted_disk
from tests.support.tiers import small

SMALL = {"model": "mlp", "epochs": 2, "limit_batches": 4, "checkpoint_every": 1}


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to kill on time")
@pytest.mark.parametrize(
    ("kills", "inside"), [(3, 1), pytest.param(50, 10, marks=pytest.mark.large)]
)
def test_a_training_that_is_killed_ends_with_the_same_bytes(kills, inside, tiny_data, tmp_path):
    words = [sys.executable, "-m", "benchmarks.support.killing", tiny_data, tmp_path]
    finished = subprocess.run(
        [*words, str(kills), str(inside), "0"], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr
    counts = json.loads(finished.stdout)
    print(counts)
    assert counts["kills"] >= kills
    assert counts["inside_a_write"] >= inside
    assert counts["equal"] == counts["runs"] > 0


@pytest.mark.parametrize(("name", "code"), small(("SIGTERM", 143), ("SIGINT", 130)))
def test_a_signal_ends_the_training_after_the_step_with_a_checkpoint(
    name, code, train, tiny_data, tmp_path
):
    settings = {"model": "cnn", "epochs": 4, "limit_batches": 10, "opt": "adam", "log_every": 1}
    train("whole", **settings)
    options = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
    words = [sys.executable, "-u", ROOT / "scripts/train.py", *options]
    process = subprocess.Popen(
        [*words, "--data", tiny_data, "--run_dir", tmp_path / "stopped"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line.startswith("epoch: 0, batch: 2,"):
            process.send_signal(getattr(signal, name))
            break
    _, said = process.communicate(timeout=60)
    assert process.returncode == code
    path = checkpoints(tmp_path / "stopped")[-1]
    assert f"stopped by {name}; {path} is whole, --resume goes on from it" in said
    assert "Traceback" not in said
    _, header = checkpoint.load(path)
    assert 3 <= header["position"]["step"] < 40
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_a_second_ctrl_c_does_not_wait_and_a_second_sigterm_is_the_same_wish():
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGTERM)
        assert signals.received == signal.SIGTERM
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 600 kB, mounted on a folder."""
    with mounted_disk(tmp_path / "disk", "600k") as folder:
        yield folder


def fill(path):
    """Write a file until the disk is full."""
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    assert os.statvfs(path).f_bavail == 0


def test_a_full_disk_leaves_the_previous_checkpoint_whole_and_says_so(
    train, tmp_path, small_disk, monkeypatch
):
    """8,070 weights and Adam's two moments make a checkpoint of some 105 kB."""
    train("whole", **SMALL, opt="adam")
    filler, step = small_disk / "filler", trainer.train_step

    def filling_step(training, *arguments):
        if training.progress.step == 5:
            fill(filler)
        return step(training, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "train_step", filling_step)
        with pytest.raises(OSError, match=r"stopped after step 6: .*step_00000005\S* is whole"):
            train("disk/run", **SMALL, opt="adam")
    names = [path.stem for path in checkpoints(small_disk / "run")]
    assert names == ["step_00000004", "step_00000005"]
    assert not list((small_disk / "run" / "checkpoints").glob(".*"))
    for path in checkpoints(small_disk / "run"):
        checkpoint.load(path)
    filler.unlink()
    train("disk/run", **SMALL, opt="adam", resume=True)
    assert same_result(small_disk / "run", tmp_path / "whole")


def test_a_disk_that_is_full_when_the_model_is_written_is_no_loss(
    train, tmp_path, small_disk, monkeypatch
):
    train("whole", **SMALL)
    finish = trainer._finish

    def filling_finish(*arguments):
        fill(small_disk / "filler")
        return finish(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(trainer, "_finish", filling_finish)
        with pytest.raises(
            OSError, match=r"stopped after step 8: .*step_00000008\S* is whole, --resume"
        ):
            train("disk/run", **SMALL)
    (small_disk / "filler").unlink()
    train("disk/run", **SMALL, resume=True)
    assert same_result(small_disk / "run", tmp_path / "whole")


def test_a_full_disk_is_one_sentence_and_exit_code_2(command, tiny_data, small_disk):
    (small_disk / "filler").write_bytes(bytes(500_000))
    words = ["--model", "mlp", "--opt", "adam", "--epochs", 2, "--data", tiny_data]
    finished = command("train", *words, "--run_dir", small_disk / "run")
    assert finished.returncode == 2
    *_, sentence = finished.stderr.splitlines()
    assert sentence.startswith("error: stopped after step 11: ")
    assert sentence.endswith("; there is no checkpoint yet.")
    assert "Traceback" not in finished.stderr


def test_a_folder_that_cannot_be_written_to_is_found_out_before_training(
    command, tiny_data, small_disk
):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    finished = command("train", "--data", tiny_data, "--run_dir", small_disk / "run")
    assert finished.returncode == 2
    assert "Read-only file system" in finished.stderr
    assert "epoch" not in finished.stdout


def test_what_a_killed_process_left_of_a_write_is_removed_at_the_next(train, tmp_path):
    train(**SMALL)
    torn = tmp_path / "run" / "checkpoints" / ".step_00000009.abc.safetensors"
    torn.write_bytes(b"half of a ")
    train(**SMALL, resume=True)
    assert torn.exists()  # nothing was written, nothing was removed
    checkpoints(tmp_path / "run")[-1].unlink()
    train(**SMALL, resume=True)
    assert not torn.exists()
    assert [Path(p).stem for p in checkpoints(tmp_path / "run")] == [
        "step_00000007",
        "step_00000008",
    ]
