"""What a GPU computes is what the CPU computes, to a stated tolerance; and it resumes to the byte.

`scripts/test --gpu` runs these tests; without a GPU each is skipped with the reason.
"""

import os
import subprocess
import sys

import numpy as np
import paddle
import pytest

from benchmarks.support import ROOT
from benchmarks.support.run_files import checkpoints, model_bytes
from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.data import draw_digits
from mnist_paddle.export import export
from mnist_paddle.predict import load_model, predict
from mnist_paddle.trainer import train_and_evaluate

pytestmark = pytest.mark.gpu

# Sums in another order, and TF32 in cuDNN's convolutions: 10 bits of mantissa.
TOLERANCE = 2e-3
SETTINGS = {"model": "cnn", "opt": "adam", "lr": 0.001, "epochs": 2, "limit_batches": 8}


def gpus():
    """Return how many GPUs Paddle can use here."""
    return paddle.device.cuda.device_count() if paddle.is_compiled_with_cuda() else 0


@pytest.fixture(autouse=True)
def gpu():
    """Skip a test where there is no GPU, and compute on the CPU again after it."""
    if not paddle.is_compiled_with_cuda():
        pytest.skip("this is the CPU build of Paddle")
    if not gpus():
        pytest.skip("Paddle finds no GPU here")
    deterministic = {"FLAGS_cudnn_deterministic": True}  # or two runs differ in the last bits
    paddle.set_flags(deterministic)
    yield
    paddle.set_flags(dict.fromkeys(deterministic, False))
    paddle.set_device("cpu")


@pytest.fixture
def on_gpu(tiny_data, tmp_path):
    """Train on the GPU; return the result."""

    def run(folder, **settings):
        settings = {**SETTINGS, "gpu": True, **settings}
        config = Config(**settings, data=str(tiny_data), run_dir=str(tmp_path / folder))
        return train_and_evaluate(config)

    return run


def weights(folder):
    tensors, _ = checkpoint.load(folder / "model.safetensors")
    return tensors


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn", "lenet", "vgg"])
def test_a_gpu_trains_to_the_weights_of_the_cpu(model, on_gpu, tmp_path):
    on_gpu("gpu", model=model, opt="sgd", lr=0.01, epochs=1)
    on_gpu("cpu", model=model, opt="sgd", lr=0.01, epochs=1, gpu=False)
    one, other = weights(tmp_path / "gpu"), weights(tmp_path / "cpu")
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=TOLERANCE, err_msg=name)


def test_it_learns_and_says_where_it_computed(on_gpu, tmp_path):
    result = on_gpu("run", epochs=8, limit_batches=None)
    assert result["device"].startswith("gpu:")
    assert result["convolutions"] == "paddle"
    assert 0.8 < result["eval_correct"] / result["eval_total"] < 1


def test_the_resident_reader_gives_what_sync_gives(on_gpu, tmp_path):
    for reader in ("sync", "async", "resident"):
        on_gpu(reader, reader=reader)
    assert model_bytes(tmp_path / "resident") == model_bytes(tmp_path / "sync")
    assert model_bytes(tmp_path / "async") == model_bytes(tmp_path / "sync")


def test_a_training_that_goes_on_ends_with_the_bytes_of_one_that_never_stopped(on_gpu, tmp_path):
    on_gpu("whole", checkpoint_every=3, keep=100)
    on_gpu("stopped", checkpoint_every=3, keep=100)
    middle = len(checkpoints(tmp_path / "stopped")) // 2
    assert middle
    for path in checkpoints(tmp_path / "stopped")[middle:]:
        path.unlink()
    (tmp_path / "stopped" / "model.safetensors").unlink()
    on_gpu("stopped", checkpoint_every=3, keep=100, resume=True)
    assert model_bytes(tmp_path / "stopped") == model_bytes(tmp_path / "whole")


@pytest.mark.parametrize("form", ["paddle", "pdparams", "safetensors"])
def test_what_a_gpu_has_trained_is_exported_and_read_on_the_cpu(form, on_gpu, tmp_path):
    on_gpu("run")
    paddle.set_device("cpu")
    trained = load_model(tmp_path / "run" / "model.safetensors")
    images = draw_digits(50, seed=3)[0].reshape(-1, 28, 28)
    comparison = export(trained, form, tmp_path / "exported", images, "drawn digits")
    assert comparison.images == 50
    exported = load_model(tmp_path / "exported")
    assert [p.digit for p in predict(exported, images)] == [
        p.digit for p in predict(trained, images)
    ]


def test_all_gpus_train_together_to_the_weights_of_one(on_gpu, tiny_data, tmp_path):
    """Every GPU takes its part of each batch; with one GPU the launcher starts one process."""
    count = gpus()
    batch_size = 96 // count
    common = ["--model", "mlp", "--epochs", "1", "--limit_batches", "5", "--data", tiny_data]
    words = [sys.executable, ROOT / "scripts" / "launch.py", "--log_dir", tmp_path / "log"]
    words += ["--gpus", ",".join(map(str, range(count))), ROOT / "scripts" / "train.py", "--gpu"]
    words += [*common, "--batch_size", batch_size, "--run_dir", tmp_path / "ranks"]
    finished = subprocess.run(
        [*map(str, words)], env=os.environ, capture_output=True, text=True, timeout=600
    )
    assert finished.returncode == 0, finished.stderr
    settings = {"model": "mlp", "opt": "sgd", "lr": 0.01, "epochs": 1, "limit_batches": 5}
    on_gpu("one", **settings, batch_size=batch_size * count)
    one, other = weights(tmp_path / "ranks"), weights(tmp_path / "one")
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=TOLERANCE, err_msg=name)
