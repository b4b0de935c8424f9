"""--tta: outputs are averaged over nine places of each image, outside training alone."""

import json

import numpy as np
import paddle
import pytest

from mnist_paddle import checkpoint
from mnist_paddle.commands import evaluate as evaluating
from mnist_paddle.config import Config
from mnist_paddle.data import load_splits
from mnist_paddle.errors import CheckpointError
from mnist_paddle.evaluation import ShiftedTTA, with_tta
from mnist_paddle.export import export
from mnist_paddle.models import build_model
from mnist_paddle.predict import load_model, predict
from mnist_paddle.trainer import train_and_evaluate


def moved(images, down, right):
    """Move images by up to a pixel; paper comes in."""
    result = np.zeros_like(images)
    for y in range(28):
        for x in range(28):
            if 0 <= y - down < 28 and 0 <= x - right < 28:
                result[:, :, y, x] = images[:, :, y - down, x - right]
    return result


@pytest.mark.parametrize("name", ["linear", "cnn", "vgg"])
def test_the_outputs_are_the_mean_of_nine_places(name):
    model = build_model(name, 10)
    model.eval()
    images = np.random.default_rng(1).random([3, 1, 28, 28], np.float32)
    places = [moved(images, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    with paddle.no_grad():
        each = [model(paddle.to_tensor(place)).numpy() for place in places]
        outputs = with_tta(model, tta=True)(paddle.to_tensor(images)).numpy()
    assert np.ptp(each, axis=0).max() > 0.01
    np.testing.assert_allclose(outputs, np.mean(each, axis=0), atol=1e-5)
    assert with_tta(model, tta=False) is model


def test_the_mode_of_the_network_stays():
    for training in (False, True):
        model = build_model("vgg", 10)
        model.train() if training else model.eval()
        assert ShiftedTTA(model).training is model.training is training


@pytest.fixture(scope="module")
def runs(tiny_data, tmp_path_factory):
    """The results and folders of the same training with and without."""
    options = {"opt": "adam", "lr": 0.003, "epochs": 2, "data": str(tiny_data)}
    folders = {tta: tmp_path_factory.mktemp("runs") / str(tta) for tta in (False, True)}
    return {
        tta: (train_and_evaluate(Config(**options, tta=tta, run_dir=str(folder))), folder)
        for tta, folder in folders.items()
    }


def test_training_is_the_same_and_reading_is_not(runs, tiny_data):
    without, with_it = (load_model(runs[tta][1] / "model.safetensors") for tta in (False, True))
    for one, other in zip(without.model.parameters(), with_it.model.parameters(), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    images = load_splits(tiny_data)["eval"].images[:8]
    probabilities = [
        np.array([p.probabilities for p in predict(trained, images)])
        for trained in (without, with_it)
    ]
    assert np.abs(probabilities[0] - probabilities[1]).max() > 1e-3
    pixels = paddle.to_tensor(images.reshape([-1, 1, 28, 28]).astype(np.float32) / 255)
    with paddle.no_grad():
        outputs = paddle.nn.functional.softmax(ShiftedTTA(without.model)(pixels)).numpy()
    np.testing.assert_allclose(probabilities[1], outputs, atol=1e-5)


def test_an_export_is_looked_at_nine_times_too(runs, tiny_data, tmp_path):
    images = load_splits(tiny_data)["eval"].images.reshape([-1, 28, 28])[:8]
    trained = load_model(runs[True][1] / "model.safetensors")
    export(trained, "paddle", tmp_path / "out", images, "tests")
    exported = load_model(tmp_path / "out")
    assert isinstance(exported.network, ShiftedTTA)
    one, other = (
        [p.probabilities for p in predict(model, images)] for model in (trained, exported)
    )
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_evaluating_the_file_gives_the_result_of_the_run(runs, tiny_data, capsys):
    result, folder = runs[True]
    path = folder / "model.safetensors"
    evaluating.evaluate(data=str(tiny_data), checkpoint=path)
    assert f"{result['eval_correct']}/{result['eval_total']}" in capsys.readouterr().out
    assert (
        json.loads((folder / "result.json").read_text())["eval_correct"] == (result["eval_correct"])
    )


def test_a_training_goes_on_with_and_without(runs, tiny_data, tmp_path, capsys):
    """What reads eval may change when a training is resumed; what chooses an epoch may not."""
    newest = max((runs[False][1] / "checkpoints").iterdir())
    options = {"opt": "adam", "lr": 0.003, "epochs": 2, "data": str(tiny_data), "tta": True}
    options |= {"resume": str(newest), "run_dir": str(tmp_path)}
    assert train_and_evaluate(Config(**options))["eval_correct"] == runs[True][0]["eval_correct"]
    assert "going on after step" in capsys.readouterr().out
    model = "model.safetensors"
    assert (tmp_path / model).read_bytes() == (runs[True][1] / model).read_bytes()

    chosen = {"model": "linear", "epochs": 1, "early_stop": 1, "data": str(tiny_data)}
    folder = str(tmp_path / "chosen")
    train_and_evaluate(Config(**chosen, run_dir=folder))
    with pytest.raises(CheckpointError, match="made with tta False and this run has True"):
        train_and_evaluate(Config(**chosen, run_dir=folder, tta=True, resume=True))


@pytest.mark.parametrize("value", ["yes", 1, None, []])
def test_a_file_that_says_it_otherwise_is_refused(runs, tmp_path, value):
    tensors, header = checkpoint.load(runs[True][1] / "model.safetensors")
    assert header["tta"] is True
    checkpoint.save(tmp_path / "bad.safetensors", tensors, {**header, "tta": value})
    with pytest.raises(CheckpointError, match=r"does not describe a network.*tta is"):
        load_model(tmp_path / "bad.safetensors")
