"""scripts/train.py --procs: several processes share out each batch, and do what one would."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import ROOT
from benchmarks.support.run_files import checkpoints, rows, same_result
from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.config_file import read_config_file
from mnist_paddle.errors import ConfigError
from mnist_paddle.kernels import cores
from mnist_paddle.kernels.cores import computing_threads, usable_cores
from mnist_paddle.kernels.environment import OURS
from mnist_paddle.launch import procs as processes
from mnist_paddle.launch.procs import decide_processes, wants_launch

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="Paddle's launcher on the CPU")
TRAIN = ROOT / "scripts" / "train.py"
SMALL = ["--opt", "momentum", "--epochs", "2"]


@pytest.fixture
def start(tiny_data, tmp_path):
    """Start scripts/train.py in an empty folder, with a folder of its own for temporary files."""
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()

    def run(*words, program=(TRAIN,), **settings):
        return subprocess.Popen(
            [sys.executable, "-u", *program, "--data", tiny_data, *words],
            cwd=work,
            env={**os.environ, OURS: "", "OMP_NUM_THREADS": "1", "TMPDIR": str(temporary)},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings},
        )

    return run


@pytest.fixture
def train(start):
    """Train and end; return exit code, standard output and standard error."""

    def run(*words, **settings):
        process = start(*words, **settings)
        output, errors = process.communicate(timeout=200)
        return process.returncode, output, errors

    return run


def assert_close(folder, other, **tolerance):
    ours, theirs = (checkpoint.load(f / "model.safetensors")[0] for f in (folder, other))
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], **tolerance, err_msg=name)


def without_times(output):
    return re.sub(r"\d+\.\d s, \d+ images/s", "", output).replace("two", "one")


@needs_linux
def test_two_processes_do_and_say_what_one_does(train, tmp_path):
    work = tmp_path / "work"
    words = [*SMALL, "--model", "cnn", "--limit_batches", "6", "--scale_lr", "--batch_size", "100"]
    alone = train(*words, "--run_dir", "one")
    assert alone[0] == 0, alone
    code, output, errors = train(*words, "--run_dir", "two", "--procs", "2")
    assert (code, errors) == (0, "")
    ranks = "ranks: 2; each takes 50 images a step, all together 100; learning rate 0.01\n"
    assert ranks in output
    assert without_times(output.replace(ranks, "")) == without_times(alone[1])
    assert_close(work / "two", work / "one", rtol=1e-4, atol=1e-5)
    for kind in ("step", "epoch"):
        ours, theirs = (
            [float(row["loss"]) for row in rows(work / name, kind)] for name in ("two", "one")
        )
        np.testing.assert_allclose(ours, theirs, rtol=1e-4)
    ours, theirs = (
        json.loads((work / name / "result.json").read_text()) for name in ("two", "one")
    )
    assert (ours["ranks"], theirs["ranks"]) == (2, 1)
    # Nothing else is left, here or among the temporary files.
    assert {path.name for path in work.iterdir()} == {"one", "two"}
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.large
@needs_linux
def test_the_config_of_a_run_starts_as_many_processes_again(train, tmp_path):
    work = tmp_path / "work"
    words = [*SMALL, "--model", "cnn", "--limit_batches", "6", "--run_dir", "two", "--procs", "2"]
    assert train(*words)[0] == 0
    code, _, errors = train("--config", "two/config.yaml", "--run_dir", "again")
    assert (code, errors) == (0, "")
    assert same_result(work / "again", work / "two")


@pytest.mark.large
@needs_linux
def test_an_interrupt_saves_and_resume_alone_goes_on_to_the_same_bytes(start, train, tmp_path):
    # Long enough for the signal to arrive in time on a fast machine.
    words = ["--opt", "momentum", "--epochs", "12", "--model", "mlp", "--log_every", "1"]
    two = [*words, "--procs", "2"]
    assert train(*two, "--run_dir", "whole")[0] == 0
    stopped = start(*two, "--run_dir", "stopped", stderr=subprocess.STDOUT)
    for line in stopped.stdout:
        if line.startswith("epoch: 0, batch: 3,"):
            break
    stopped.send_signal(signal.SIGINT)
    said, _ = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    (path,) = checkpoints(tmp_path / "work" / "stopped")[-1:]
    assert f"{path.relative_to(tmp_path / 'work')} is whole, --resume goes on from it" in said

    code, output, errors = train(*words, "--run_dir", "stopped", "--resume")
    assert (code, output) == (2, "")
    assert "was made with ranks 2 and this run has 1: go on with the same settings" in errors
    code, output, errors = train(*two, "--run_dir", "stopped", "--resume")
    assert (code, errors) == (0, "")
    assert "going on after step" in output
    assert same_result(tmp_path / "work" / "stopped", tmp_path / "work" / "whole")
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.large
@needs_linux
def test_an_error_in_the_processes_is_one_sentence(train, tmp_path):
    code, _, errors = train("--model", "linear", "--loss", "mse", "--procs", "2", "--lr", "1e30")
    assert code == 2
    assert errors.startswith("error: the loss is ")
    assert errors.count("\n") == 1
    assert list((tmp_path / "temporary").iterdir()) == []


@needs_linux
def test_the_logs_of_a_process_that_broke_are_kept_and_named(train, tmp_path):
    broken = tmp_path / "paddle.py"
    broken.write_text("raise RuntimeError('five is not four')")
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(tmp_path)
    try:
        code, _, errors = train("--procs", "2")
    finally:
        os.environ.pop("PYTHONPATH") if before is None else os.environ.update(PYTHONPATH=before)
    assert code == 1
    assert "five is not four" in errors
    log = Path(errors.rsplit("its log: ", 1)[1].strip().rstrip("."))
    assert log.is_relative_to(tmp_path / "temporary")
    assert log.is_file()


@pytest.mark.large
@needs_linux
def test_a_terminal_shows_one_bar(start, tmp_path):
    terminal, inner = pty.openpty()
    words = ["--model", "mlp", "--epochs", "1", "--procs", "2"]
    process = start(*words, stdout=inner, stderr=inner, text=False)
    os.close(inner)
    shown = b""
    while True:
        try:
            new = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        shown += new
    assert process.wait(60) == 0, shown
    assert b"\repoch 0:   0%|" in shown
    assert b"/11 [" in shown


@needs_linux
@pytest.mark.parametrize(
    ("procs", "sentence"),
    [
        pytest.param("2", None, marks=pytest.mark.large),
        pytest.param("auto", None, marks=pytest.mark.large),
        ("3", "error: --procs 3 asks for 3 processes, and there are 2: scripts/train.py"),
    ],
)
def test_under_the_launcher_procs_shares_out_or_is_refused(train, tmp_path, procs, sentence):
    launch = [ROOT / "scripts" / "launch.py", "--nproc_per_node", "2", "--log_dir", "log", TRAIN]
    words = ["--model", "linear", "--epochs", "1", "--batch_size", "60", "--procs", procs]
    code, output, errors = train(*words, "--run_dir", "run", program=launch)
    if sentence:
        assert code == 2
        assert errors.startswith(sentence)
        assert not (tmp_path / "work" / "run").exists()
    else:
        assert (code, errors) == (0, "")
        assert "ranks: 2; each takes 30 images a step, all together 60" in output
        assert read_config_file(tmp_path / "work" / "run" / "config.yaml")["procs"] == 2


def test_a_wish_for_processes_that_nobody_starts_is_refused(tiny_data, tmp_path):
    from mnist_paddle.trainer import train_and_evaluate

    with pytest.raises(ConfigError, match="--procs 2 asks for 2 processes, and there are 1"):
        train_and_evaluate(Config(procs=2, data=str(tiny_data), run_dir=str(tmp_path / "run")))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"procs": 3}, "a batch of 100 images cannot be shared out equally to 3 processes"),
        ({"procs": 2, "gpu": True}, "for several GPUs write scripts/launch.py --gpus 0,1"),
        ({"procs": "auto", "gpu": True}, "for several GPUs write scripts/launch.py --gpus 0,1"),
        ({"procs": 0}, "procs must be at least 1, not 0"),
        ({"procs": "two"}, "procs must be a whole number, not 'two'"),
    ],
)
def test_procs_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(ConfigError, match=sentence):
        Config(**settings)


@needs_linux
@pytest.mark.parametrize(
    ("cores", "batch_size", "model", "count"),
    [
        (1, 100, "cnn", 1),
        (2, 100, "cnn", 2),
        (3, 100, "cnn", 2),
        (64, 100, "cnn", 4),
        (64, 1000, "cnn", 40),
        (2, 101, "cnn", 1),
        (2, 49, "cnn", 1),
        (2, 100, "linear", 1),
        (2, 100, "mlp", 1),
        (2, 128, "lenet", 1),
        (2, 100, "vgg", 2),
    ],
)
def test_auto_takes_as_many_as_cores_and_batch_serve(monkeypatch, cores, batch_size, model, count):
    monkeypatch.delenv("PADDLE_TRAINERS_NUM", raising=False)
    monkeypatch.setattr(processes, "usable_cores", lambda: cores)
    decided = decide_processes(Config(procs="auto", model=model, batch_size=batch_size))
    assert decided.procs == count
    assert wants_launch(decided) == (count > 1)


@pytest.mark.parametrize(
    ("variables", "threads"),
    [
        ({}, 8),
        ({"OMP_NUM_THREADS": "1", "MNIST_PADDLE_SET": "OMP_NUM_THREADS"}, 8),  # set by us
        ({"OMP_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "0"}, 1),
        ({"OMP_NUM_THREADS": "4,2"}, 8),  # OpenMP's levels: not understood here
        ({"PADDLE_TRAINERS_NUM": "2"}, 4),
        ({"PADDLE_TRAINERS_NUM": "4", "PADDLE_LOCAL_SIZE": "2"}, 4),
        ({"PADDLE_TRAINERS_NUM": "16"}, 1),
    ],
)
def test_processes_share_out_the_cores_to_their_threads(monkeypatch, variables, threads):
    for name in ("OMP_NUM_THREADS", OURS, "PADDLE_TRAINERS_NUM", "PADDLE_LOCAL_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cores, "usable_cores", lambda: 8)
    assert computing_threads.__wrapped__() == threads


@needs_linux
@pytest.mark.parametrize(
    ("files", "affinity", "count"),
    [
        ({}, 8, 8),
        ({"cpu.max": "max 100000\n"}, 8, 8),
        ({"cpu.max": "300000 100000\n"}, 8, 3),
        ({"cpu.max": "150000 100000\n"}, 8, 1),
        ({"cpu.max": "50000 100000\n"}, 8, 1),
        ({"cpu.max": "300000 100000\n"}, 2, 2),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8, 8),
        ({"cpu/cpu.cfs_quota_us": "400000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8, 4),
    ],
)
def test_usable_cores_are_those_of_affinity_and_container(
    monkeypatch, tmp_path, files, affinity, count
):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(affinity)))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert usable_cores(tmp_path) == count
