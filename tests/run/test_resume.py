"""A training that is stopped goes on as if it had not been, or says why it cannot."""

import itertools
import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.support import ROOT
from benchmarks.support.run_files import checkpoints, model_bytes, rows, same_result
from mnist_paddle import checkpoint, trainer
from mnist_paddle.data.generators import ENDLESS, GENERATORS
from mnist_paddle.errors import CheckpointError, ConfigError, TrainingError
from mnist_paddle.models import build_model
from tests.support.tiers import small

SMALL = {"model": "mlp", "epochs": 2, "limit_batches": 4, "checkpoint_every": 1}
OPTIMIZERS = ("sgd", "momentum", "adagrad", "adam", "adamw")
SCHEDULES = ("constant", "polynomial", "cosine", "onecycle")


class Power(Exception):
    """The power fails."""


@pytest.fixture
def train_until(train, monkeypatch):
    """Train until so many steps are done; then the process fails in the middle of the next."""

    def run(steps, *folder, **settings):
        count, step = itertools.count(), trainer.train_step

        def failing_step(*arguments):
            if next(count) == steps:
                raise Power
            return step(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(trainer, "train_step", failing_step)
            with pytest.raises(Power):
                train(*folder, **settings)

    return run


@pytest.mark.parametrize("schedule", small(*SCHEDULES[::-1]))
@pytest.mark.parametrize("opt", OPTIMIZERS)
def test_each_optimizer_and_schedule_resumes_exactly(train, train_until, tmp_path, opt, schedule):
    settings = {**SMALL, "opt": opt, "schedule": schedule, "end_lr": 0.001, "weight_decay": 0.01}
    train("whole", **settings)
    stop = 1 + (OPTIMIZERS.index(opt) + SCHEDULES.index(schedule)) % 7
    train_until(stop, "stopped", **settings)
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_batch_normalization_resumes_exactly(train, train_until, tmp_path):
    settings = {**SMALL, "model": "vgg", "opt": "adam", "limit_batches": 2, "batch_size": 20}
    train("whole", **settings)
    train_until(3, "stopped", **settings)
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


@pytest.mark.parametrize("generator", small(*sorted(GENERATORS)))
def test_each_generator_resumes_exactly(train, train_until, tmp_path, generator):
    settings = {**SMALL, "limit_batches": None, "generator": generator, "augment": "affine"}
    if generator in ENDLESS:
        settings["steps_per_epoch"] = 13  # the stream's short batch lies in the middle
    train("whole", **settings)
    train_until(12 if generator in ENDLESS else 5, "stopped", **settings)
    train("stopped", **settings, resume=True, reader="async")
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_a_run_with_early_stopping_resumes_exactly(train, train_until, tmp_path):
    """The best epoch may lie before the checkpoint, and the end too."""
    settings = {"model": "mlp", "lr": 6.0, "epochs": 40, "early_stop": 3, "checkpoint_every": 5}
    train("whole", **settings)
    epochs = len(rows(tmp_path / "whole", "epoch"))
    assert epochs < 40
    for stop in (11 * epochs - 30, 11 * epochs - 1):
        train_until(stop, f"stopped{stop}", **settings)
        train(f"stopped{stop}", **settings, resume=True)
        assert same_result(tmp_path / f"stopped{stop}", tmp_path / "whole")
    before = model_bytes(tmp_path / "whole")
    train("whole", **settings, resume=True)  # it has ended: nothing is trained
    assert model_bytes(tmp_path / "whole") == before
    assert len(rows(tmp_path / "whole", "epoch")) == epochs


def test_it_resumes_exactly_from_every_step(train, train_until, tmp_path):
    settings = {**SMALL, "opt": "adam", "schedule": "polynomial"}
    train("whole", **settings)
    for stop in range(1, 8):
        train_until(stop, f"stopped{stop}", **settings)
        train(f"stopped{stop}", **settings, resume=True)
        assert same_result(tmp_path / f"stopped{stop}", tmp_path / "whole"), stop


def test_it_resumes_exactly_when_stopped_again_and_after_another_model(
    train, train_until, tmp_path
):
    """Paddle names parameters by how many were made in the process."""
    settings = {**SMALL, "opt": "adam", "schedule": "cosine"}
    train("whole", **settings)
    train_until(2, "stopped", **settings)
    build_model("mlp", 10)
    train_until(3, "stopped", **settings, resume=True)
    build_model("cnn", 10)
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_steps_after_the_last_checkpoint_are_taken_again(train, train_until, tmp_path):
    settings = {**SMALL, "checkpoint_every": 3, "opt": "momentum"}
    train("whole", **settings)
    train_until(3 + 2, "stopped", **settings)  # the last checkpoint is that of the epoch, at 4
    with (tmp_path / "stopped" / "metrics.csv").open("a") as file:
        file.write("step,1,5,0.0078,1.9,,,0.1\r\nstep,1,")  # torn, as a killed process leaves it
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_the_async_reader_resumes_exactly_in_the_middle_of_an_epoch(train, train_until, tmp_path):
    settings = {**SMALL, "opt": "adam", "reader": "async"}
    train("whole", **settings)
    train_until(2, "stopped", **settings)
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_random_numbers_go_on_where_they_were(train, train_until, tmp_path, monkeypatch):
    """With a step that draws from all three generators, as dropout and augmentation would."""
    import paddle

    settings = {**SMALL, "opt": "adam"}
    step = trainer.train_step

    def noisy_step(training, images, labels, weight):
        images = images + np.float32(random.gauss(0, 0.1) + np.random.normal(0, 0.1))
        if not paddle.__version__.startswith("2."):  # 2.6 does not give out its CPU generator
            images = images + paddle.randn(images.shape) * 0.1
        return step(training, images, labels, weight)

    monkeypatch.setattr(trainer, "train_step", noisy_step)
    states = random.getstate(), np.random.get_state()
    train("whole", **settings)
    random.setstate(states[0])
    np.random.set_state(states[1])
    train_until(3, "stopped", **settings)
    random.seed(99)
    np.random.seed(99)
    train("stopped", **settings, resume=True)
    assert same_result(tmp_path / "stopped", tmp_path / "whole")


def test_resume_without_a_checkpoint_starts_from_the_beginning_and_says_so(train, tmp_path, capsys):
    train("plain", model="linear", epochs=1)
    train("resumed", model="linear", epochs=1, resume=True)
    assert "has no checkpoint yet: starting from the beginning" in capsys.readouterr().out
    assert model_bytes(tmp_path / "plain") == model_bytes(tmp_path / "resumed")


def test_resume_of_a_finished_run_trains_no_more(train, tmp_path):
    first = train(model="linear", epochs=2)
    before = model_bytes(tmp_path / "run")
    assert train(model="linear", epochs=2, resume=True) == first
    assert model_bytes(tmp_path / "run") == before


def test_resume_from_a_named_file_of_another_run(train, tmp_path):
    settings = {**SMALL, "keep": 9}
    train("whole", **settings)
    third = checkpoints(tmp_path / "whole")[2]
    train("branch", **settings, resume=str(third))
    assert same_result(tmp_path / "branch", tmp_path / "whole")
    with pytest.raises(CheckpointError, match=r"--resume .*/nowhere: no such file"):
        train("branch", **settings, resume=str(tmp_path / "nowhere"))


def test_as_many_checkpoints_are_kept_as_asked_for_the_newest(train, tmp_path):
    for keep, steps in ((1, [8]), (2, [7, 8]), (3, [6, 7, 8]), (99, range(1, 9))):
        train(f"keep{keep}", **SMALL, keep=keep)
        names = [path.stem for path in checkpoints(tmp_path / f"keep{keep}")]
        assert names == [f"step_{step:08d}" for step in steps]


def test_resume_from_an_older_file_removes_what_came_after_it(train, tmp_path):
    train(**SMALL, keep=9)
    named = checkpoints(tmp_path / "run")[1]
    train(**SMALL, keep=2, resume=str(named))
    assert [path.stem for path in checkpoints(tmp_path / "run")] == [
        "step_00000007",
        "step_00000008",
    ]


def test_resume_with_other_settings_names_the_key(train, tmp_path):
    train(model="linear", epochs=1, schedule="polynomial")
    before = (tmp_path / "run" / "metrics.csv").read_bytes()
    with pytest.raises(CheckpointError, match=r"made with lr 0\.01 and this run has 0\.02"):
        train(model="linear", epochs=1, schedule="polynomial", lr=0.02, resume=True)
    with pytest.raises(CheckpointError, match="made with epochs 1 and this run has 2"):
        train(model="linear", epochs=2, schedule="polynomial", resume=True)
    assert (tmp_path / "run" / "metrics.csv").read_bytes() == before


def test_resume_with_other_settings_goes_on_when_told(train, tmp_path):
    train(model="linear", epochs=1, opt="adam")
    settings = {"model": "linear", "epochs": 3, "opt": "adam", "lr": 0.02, "resume": True}
    with pytest.raises(CheckpointError, match=r"lr 0\.01 and this run has 0\.02.*--allow_changes"):
        train(**settings)
    train(**settings, allow_changes=True)
    assert {row["lr"] for row in rows(tmp_path / "run", "step")[11:]} == {"0.02"}


def test_a_checkpoint_from_before_a_setting_was_made_with_its_default(train, tmp_path):
    train(model="linear", epochs=1, lr=0.02)
    (path,) = checkpoints(tmp_path / "run")
    tensors, header = checkpoint.load(path)
    del header["config"]["max_shift"]
    checkpoint.save(path, tensors, header)
    with pytest.raises(CheckpointError, match=r"max_shift 2\.0 and this run has 1\.0"):
        train(model="linear", epochs=2, lr=0.02, max_shift=1.0, resume=True)
    train(model="linear", epochs=2, lr=0.02, resume=True)
    assert len(rows(tmp_path / "run", "epoch")) == 2


def test_resume_with_other_data_is_refused(train, tmp_path, tiny_data):
    from mnist_paddle.data import load_data, write_data

    splits = {mode: load_data(mode, tiny_data) for mode in ("train", "valid", "eval")}
    arrays = {mode: (split.images.copy(), split.labels) for mode, split in splits.items()}
    arrays["eval"][0][0, 0, 0, 0] ^= 1
    other = tmp_path / "other.json.gz"
    write_data(other, arrays, "tiny")
    train(model="linear", epochs=1)
    with pytest.raises(CheckpointError, match="made with digest"):
        train(model="linear", epochs=1, data=str(other), resume=True)


def test_a_constant_learning_rate_can_be_trained_for_longer(train, tmp_path):
    train("long", model="linear", loss="mse", lr=0.001, epochs=3)
    train("short", model="linear", loss="mse", lr=0.001, epochs=2)
    train("short", model="linear", loss="mse", lr=0.001, epochs=3, resume=True)
    assert model_bytes(tmp_path / "long") == model_bytes(tmp_path / "short")
    with pytest.raises(CheckpointError, match="made with epochs 3 and this run has 2"):
        train("long", model="linear", loss="mse", lr=0.001, epochs=2, resume=True)


def test_a_new_run_leaves_no_older_checkpoint_to_go_on_from(train, tmp_path):
    train(model="linear", epochs=1)
    with pytest.raises(TrainingError):
        train(model="linear", loss="mse", lr=100.0, epochs=1)
    assert not checkpoints(tmp_path / "run")
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_a_checkpoint_without_its_metrics_is_refused(train, tmp_path):
    train(model="linear", epochs=2)
    (tmp_path / "run" / "metrics.csv").unlink()
    with pytest.raises(CheckpointError, match=r"metrics\.csv has 0 rows.* comes after 24"):
        train(model="linear", epochs=2, resume=True)
    assert checkpoints(tmp_path / "run")


def test_a_model_file_is_no_checkpoint(train, tmp_path):
    train(model="linear", epochs=1)
    model = tmp_path / "run" / "model.safetensors"
    with pytest.raises(CheckpointError, match="is no checkpoint"):
        train(model="linear", epochs=1, resume=str(model))


def truncate(path):
    os.truncate(path, path.stat().st_size // 2)


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[len(content) * 3 // 4] ^= 16
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def put_another_model(path):
    shutil.copy(path.parents[2] / "other" / "checkpoints" / "step_00000011.safetensors", path)


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, empty, put_another_model])
def test_a_damaged_checkpoint_is_named_and_passed_over(train, tmp_path, capsys, damage):
    train("other", model="linear", epochs=1)
    train("whole", **SMALL, opt="adam")
    train("damaged", **SMALL, opt="adam")
    older, newest = checkpoints(tmp_path / "damaged")
    damage(newest)
    capsys.readouterr()
    train("damaged", **SMALL, opt="adam", resume=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"passed over: {newest}")
    assert lines[1].startswith(f"{older}: going on after step 7")
    assert same_result(tmp_path / "damaged", tmp_path / "whole")
    checkpoint.load(newest)  # written again, whole


def test_if_every_checkpoint_is_damaged_the_newest_is_named_and_nothing_is_lost(train, tmp_path):
    train(**SMALL)
    for path in checkpoints(tmp_path / "run"):
        flip_a_bit(path)
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    with pytest.raises(CheckpointError, match=r"step_00000008.* digest"):
        train(**SMALL, resume=True)
    after = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert after == before


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.pop("random"),
        lambda header: header.pop("config"),
        lambda header: header.update(schedule=3),
        lambda header: header.update(position={"epoch": 0}, schedule=[]),
        lambda header: header.update(position={**header["position"], "step": -1}),
        lambda header: header.update(position={**header["position"], "epoch": 1e9}),
        lambda header: header.update(position={**header["position"], "images": True}),
        lambda header: header.update(random={**header["random"], "numpy": [2**70, 1, 1]}),
        lambda header: header.update(random={**header["random"], "paddle": [["x", 1, 2]]}),
    ],
)
def test_a_header_that_is_none_of_a_checkpoint_is_refused(train, tmp_path, change):
    train(**SMALL)
    path = checkpoints(tmp_path / "run")[-1]
    tensors, header = checkpoint.load(path)
    change(header)
    checkpoint.save(path, tensors, header)
    with pytest.raises(CheckpointError, match="step_00000008"):
        train(**SMALL, resume=str(path))


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("random/python"),
        lambda tensors: tensors.update({"optimizer/nowhere/_moment1_0": np.zeros(3, np.float32)}),
        lambda tensors: tensors.update({"optimizer/x": np.zeros(3, np.float32)}),
        lambda tensors: tensors.update(
            {"optimizer/output.bias/_moment1_0": np.zeros([7], np.float32)}
        ),
        lambda tensors: tensors.update({"random/numpy": np.zeros([3], np.uint32)}),
        lambda tensors: tensors.update({"model/output.bias": np.zeros([3], np.float32)}),
    ],
)
def test_tensors_that_are_none_of_a_checkpoint_are_refused(train, tmp_path, change):
    train(**SMALL, opt="adam")
    path = checkpoints(tmp_path / "run")[-1]
    tensors, header = checkpoint.load(path)
    change(tensors)
    checkpoint.save(path, tensors, header)
    with pytest.raises(CheckpointError, match="step_00000008"):
        train(**SMALL, opt="adam", resume=str(path))


def test_a_checkpoint_holds_everything_and_is_no_pickle(train, tmp_path):
    train(**SMALL, opt="adam")
    tensors, header = checkpoint.load(checkpoints(tmp_path / "run")[-1])
    kinds = {name.split("/")[0] for name in tensors}
    assert kinds == {"model", "optimizer", "random"}
    assert header["position"]["step"] == 8
    assert header["config"]["opt"] == "adam"
    assert header["config"]["ranks"] == 1
    assert set(header["random"]) == {"python", "numpy", "paddle"}
    assert header["schedule"]["last_epoch"] == 8
    json.dumps(header)


def test_a_run_folder_in_use_is_refused(train, tmp_path, tiny_data):
    """In use by a process that lives; a lock that a killed one left does not count."""
    code = (
        "import sys, time; from mnist_paddle.run.folder import RunFolder;"
        "folder = RunFolder(sys.argv[1]); print('locked', flush=True); time.sleep(600)"
    )
    folder = tmp_path / "run"
    holder = subprocess.Popen(
        [sys.executable, "-c", code, folder], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(ConfigError, match="run is in use by another training"):
            train(model="linear", epochs=1)
        assert [path.name for path in folder.iterdir()] == [".lock"]
    finally:
        holder.kill()
        holder.wait()
    train(model="linear", epochs=1)
    assert model_bytes(folder)
