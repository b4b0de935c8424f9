"""--teacher: a network learns the probabilities of another one instead of labels."""

import numpy as np
import paddle
import pytest
from paddle.nn.functional import softmax
from run_files import checkpoints, model_bytes, same_result

from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.data import load_splits, write_data
from mnist_paddle.errors import CheckpointError, ConfigError
from mnist_paddle.models import VGG, build_model
from mnist_paddle.teacher import Teacher


@pytest.fixture
def teacher(train, tmp_path):
    """A trained MLP's model file."""
    train("teacher", model="mlp", hidden=64, opt="adam", lr=0.01, epochs=10)
    return str(tmp_path / "teacher" / "model.safetensors")


def as_it_is(model):
    return model


def test_what_is_learned_is_the_teachers_answer_and_no_label(train, teacher, tiny_data, tmp_path):
    splits = load_splits(tiny_data)
    wrong = {mode: (split.images, (split.labels + 1) % 10) for mode, split in splits.items()}
    wrong["eval"] = splits["eval"].images, splits["eval"].labels
    write_data(tmp_path / "wrong.json.gz", wrong, "every label but those of eval is wrong")
    settings = {"model": "mlp", "opt": "adam", "lr": 0.01, "hidden": 64, "epochs": 10}
    settings["data"] = str(tmp_path / "wrong.json.gz")
    before = model_bytes(tmp_path / "teacher")
    taught = train("taught", **settings, teacher=teacher)
    alone = train("alone", **settings)
    assert taught["eval_correct"] > 0.7 * taught["eval_total"]
    assert alone["eval_correct"] < 0.2 * alone["eval_total"]
    assert model_bytes(tmp_path / "teacher") == before


def test_it_answers_with_probabilities_through_which_no_gradient_goes(teacher):
    images = paddle.rand([3, 1, 28, 28])
    answers = Teacher(teacher, 1.0, as_it_is)(images)
    assert answers.stop_gradient
    assert answers.shape == [3, 10]
    np.testing.assert_allclose(answers.sum(1).numpy(), 1, rtol=1e-5)


def test_half_of_the_temperature_squares_the_probabilities(teacher):
    images = paddle.rand([3, 1, 28, 28])
    plain, surer = (Teacher(teacher, t, as_it_is)(images).numpy() for t in (1.0, 0.5))
    squares = plain**2
    np.testing.assert_allclose(surer, squares / squares.sum(1, keepdims=True), rtol=1e-4)


def test_a_vgg_looks_once_at_each_image_when_it_teaches(tmp_path):
    paddle.seed(3)
    vgg = build_model("vgg", 10)
    header = {"model": {"name": "vgg", "outputs": 10, "hidden": 10}, "objective": "ce"}
    path = tmp_path / "vgg.safetensors"
    checkpoint.save(path, checkpoint.model_tensors(vgg), {**header, "data": {"name": "none"}})
    images = paddle.rand([4, 1, 28, 28])
    answers = Teacher(str(path), 1.0, as_it_is)(images)
    vgg.eval()
    five = softmax(vgg(images)).numpy()
    vgg.PLACES = VGG.PLACES[:1]
    np.testing.assert_array_equal(answers.numpy(), softmax(vgg(images)).numpy())
    assert not np.allclose(answers.numpy(), five, atol=1e-6)


def test_a_training_that_goes_on_has_the_same_teacher(train, teacher, tmp_path):
    settings = {"model": "mlp", "opt": "adam", "epochs": 2, "teacher": teacher}
    train("whole", **settings, keep=3)
    train("part", **settings, keep=3)
    checkpoints(tmp_path / "part")[-1].unlink()
    train("part", **settings, resume=True)
    assert same_result(tmp_path / "whole", tmp_path / "part")
    train("teacher", model="mlp", hidden=64, epochs=1)  # another network in the same file
    with pytest.raises(CheckpointError, match="made with teacher"):
        train("part", **settings, resume=True)


def test_a_teacher_that_moved_is_the_same_teacher(train, teacher, tmp_path):
    settings = {"model": "linear", "epochs": 1}
    train("before", **settings, teacher=teacher)
    moved = tmp_path / "moved.safetensors"
    moved.write_bytes((tmp_path / "teacher" / "model.safetensors").read_bytes())
    train("after", **settings, teacher=str(moved))
    assert model_bytes(tmp_path / "before") == model_bytes(tmp_path / "after")


def test_teachers_that_cannot_teach_are_refused(train, teacher, tmp_path):
    with pytest.raises(ConfigError, match="--teacher gives probabilities instead of labels"):
        Config(teacher=teacher, loss="mse")
    with pytest.raises(ConfigError, match="--teacher gives probabilities instead of labels"):
        Config(teacher=teacher, label_smoothing=0.1)
    with pytest.raises(CheckpointError, match="no such model file"):
        train("a", teacher=str(tmp_path / "nobody.safetensors"))
    with pytest.raises(ConfigError, match=r"is a folder: name a model\.safetensors"):
        train("a", teacher=str(tmp_path / "teacher"))
    train("mse", model="linear", loss="mse", lr=0.001, epochs=1)
    with pytest.raises(ConfigError, match="gives no probabilities"):
        train("b", teacher=str(tmp_path / "mse" / "model.safetensors"))
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
