import json

import numpy as np
import pytest
from PIL import Image

from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.data import load_data
from mnist_paddle.errors import CheckpointError, PictureError
from mnist_paddle.picture import read_picture
from mnist_paddle.predict import load_model, predict
from mnist_paddle.trainer import train_and_evaluate


@pytest.fixture(scope="module")
def runs(tiny_data, tmp_path_factory):
    """A short training of every model with every loss: the folder that holds their run folders."""
    folder = tmp_path_factory.mktemp("runs")
    for model in ("linear", "mlp", "cnn"):
        for loss in ("mse", "ce"):
            settings = {"model": model, "loss": loss, "opt": "adam", "lr": 0.003, "hidden": 12}
            run_dir = str(folder / f"{model}_{loss}")
            config = Config(
                **settings, data=str(tiny_data), run_dir=run_dir, epochs=1, limit_batches=4
            )
            train_and_evaluate(config)
    return folder


@pytest.fixture
def picture(tmp_path, tiny_data):
    """An image of the data as a picture file: dark ink on white."""
    image = load_data("eval", tiny_data).images[3, 0]
    path = tmp_path / "picture.png"
    Image.fromarray(255 - image).save(path)
    return path, image


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_a_model_file_rebuilds_its_own_network(runs, tiny_data, model):
    """The tutorial's predict knew one of four shapes that were saved under one name."""
    split = load_data("eval", tiny_data)
    for loss in ("mse", "ce"):
        trained = load_model(runs / f"{model}_{loss}" / "model.safetensors")
        answers = predict(trained, split.images)
        correct = sum(
            a.digit == label for a, label in zip(answers, split.labels[:, 0], strict=True)
        )
        assert correct == trained.header["metrics"]["eval_correct"]
        assert all((a.probabilities is None) == (loss == "mse") for a in answers)


def test_a_checkpoint_predicts_as_the_model_of_the_same_run(runs, tiny_data):
    images = load_data("valid", tiny_data).images
    for loss in ("mse", "ce"):
        folder = runs / f"cnn_{loss}"
        names = ("model.safetensors", "checkpoint.safetensors")
        one, other = (predict(load_model(folder / name), images) for name in names)
        assert one == other


def test_probabilities_sum_to_one_and_the_digit_is_the_most_probable(runs, tiny_data):
    trained = load_model(runs / "cnn_ce" / "model.safetensors")
    for answer in predict(trained, load_data("valid", tiny_data).images):
        assert sum(answer.probabilities) == pytest.approx(1, abs=1e-5)
        assert answer.digit == int(np.argmax(answer.probabilities))


def test_a_square_error_digit_is_its_output_rounded_and_clipped(runs, tiny_data):
    trained = load_model(runs / "linear_mse" / "model.safetensors")
    for answer in predict(trained, load_data("valid", tiny_data).images):
        assert answer.digit == min(9, max(0, round(answer.output)))


def test_an_image_of_the_data_comes_through_a_picture_unchanged(picture):
    path, image = picture
    np.testing.assert_array_equal(read_picture(path), image)


def test_a_picture_of_any_size_and_colour_becomes_28_by_28_ink_high(tmp_path):
    path = tmp_path / "p.jpg"
    canvas = Image.new("RGB", (300, 200), "white")
    canvas.paste((20, 20, 90), (120, 50, 180, 150))
    canvas.save(path)
    pixels = read_picture(path)
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert pixels[14, 14] > 200
    assert pixels[0, 0] < 5


def test_broken_pictures_are_refused_by_name(tmp_path, picture):
    path, _ = picture
    content = path.read_bytes()
    for name, bad in {"cut.png": content[:-60], "text.jpg": b"hello", "empty.png": b""}.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(PictureError, match=name):
            read_picture(tmp_path / name)
    with pytest.raises(PictureError, match=r"none\.jpg: no such picture file"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match="no such picture file"):
        read_picture(tmp_path)


def test_a_picture_with_absurdly_many_pixels_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "big.png"
    Image.new("1", (4000, 4000)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
    with pytest.raises(PictureError, match=r"big\.png is too large"):
        read_picture(path)


def test_a_header_that_describes_no_network_of_ours_is_refused(tmp_path, runs):
    tensors, header = checkpoint.load(runs / "cnn_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    cases = [{}, {**header, "objective": "hinge"}, {**header, "model": {"name": "rnn"}}]
    cases.append({**header, "model": {**header["model"], "name": "transformer"}})
    for bad in cases:
        checkpoint.save(path, tensors, bad)
        with pytest.raises(CheckpointError, match=r"m\.safetensors: its header"):
            load_model(path)
    checkpoint.save(path, tensors, {**header, "model": {**header["model"], "outputs": 7}})
    with pytest.raises(CheckpointError, match=r"weight output\.bias"):
        load_model(path)


def test_predict_command_prints_a_digit_per_picture_and_json(command, runs, picture):
    path, image = picture
    model = runs / "cnn_ce" / "model.safetensors"
    expected = predict(load_model(model), image[None])[0]
    finished = command("predict", path, path, "--checkpoint", model)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == [f"{path}: {expected}"] * 2

    (answer,) = json.loads(command("predict", path, "--json", "--checkpoint", model).stdout)
    assert answer["digit"] == expected.digit
    assert answer["probabilities"] == pytest.approx(expected.probabilities)
    (answer,) = json.loads(
        command(
            "predict", path, "--json", "--checkpoint", runs / "mlp_mse/model.safetensors"
        ).stdout
    )
    assert answer["probabilities"] is None
    assert answer["digit"] == min(9, max(0, round(answer["output"])))


def test_predict_command_reads_on_past_a_broken_picture_and_ends_with_2(command, runs, picture):
    path, _ = picture
    model = runs / "cnn_ce" / "model.safetensors"
    finished = command("predict", "none.jpg", path, "--checkpoint", model)
    assert finished.returncode == 2
    assert finished.stderr == "error: none.jpg: no such picture file.\n"
    assert finished.stdout.startswith(f"{path}: ")


def test_evaluate_command_counts_as_training_did(command, runs, tiny_data, tmp_path):
    folder = runs / "cnn_ce"
    result = json.loads((folder / "result.json").read_text())
    for mode in ("eval", "valid"):
        finished = command(
            *("evaluate", "--checkpoint", folder / "model.safetensors"),
            *("--data", tiny_data, "--mode", mode),
        )
        assert finished.returncode == 0, finished.stderr
        correct, total = result[f"{mode}_correct"], result[f"{mode}_total"]
        assert f"{correct}/{total} {correct / total:.2%}" in finished.stdout.splitlines()
        table = [
            line.split() for line in finished.stdout.splitlines() if line[:5].strip().isdigit()
        ]
        counts = np.array([[int(cell) for cell in line[-10:]] for line in table])
        assert counts.shape == (10, 10)
        assert (np.trace(counts), counts.sum()) == (correct, total)
        assert (folder / f"confusion_{mode}.png").read_bytes().startswith(b"\x89PNG")
