import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from benchmarks.support import ROOT
from benchmarks.support.hostile import moderate
from mnist_paddle import checkpoint
from mnist_paddle.commands import app, complete, main
from mnist_paddle.config import Config
from mnist_paddle.data import load_data
from mnist_paddle.errors import CheckpointError
from mnist_paddle.export import export
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.pictures.digit import read_exact
from mnist_paddle.predict import SHIPPED, TrainedModel, default_model, load_model, predict
from mnist_paddle.predict.pictures import CONFIDENCE, identity, sure_from
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


def test_the_model_in_the_box_was_made_with_the_recipe_of_its_script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks.pictures.shipped_model import RECIPE

    made_with = checkpoint.load(SHIPPED)[1]["config"]
    recipe = vars(app.parse_args(complete(["train", *RECIPE]))[1].arguments["options"])
    assert made_with.pop("ranks") == 1
    assert {key: recipe[key] for key in made_with} == made_with


def test_the_calibrated_confidence_is_for_the_model_in_the_box_and_its_exports(runs, tmp_path):
    trained = load_model(default_model())
    calibration = json.loads(CONFIDENCE.read_text(encoding="utf-8"))
    assert calibration["model"] == identity(trained)  # or scripts/calibrate.py has to be run
    images = np.random.default_rng(0).integers(0, 256, [20, 28, 28], dtype=np.uint8)
    export(trained, "paddle", tmp_path / "box", images, "noise")
    assert sure_from(trained) == sure_from(load_model(tmp_path / "box")) > 0.9
    assert sure_from(load_model(runs / "cnn_ce" / "model.safetensors")) == 0.5


def test_a_checkpoint_predicts_as_the_model_of_the_same_run(runs, tiny_data):
    images = load_data("valid", tiny_data).images
    for loss in ("mse", "ce"):
        folder = runs / f"cnn_{loss}"
        newest = max((folder / "checkpoints").glob("step_*.safetensors"))
        one, other = (
            predict(load_model(path), images) for path in (folder / "model.safetensors", newest)
        )
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


def with_model(header, **changes):
    return {**header, "model": {**header["model"], **changes}}


def test_a_header_that_describes_no_network_of_ours_is_refused(tmp_path, runs):
    tensors, header = checkpoint.load(runs / "cnn_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    cases = [
        {},
        *({**header, "objective": value} for value in ("hinge", None, [], {}, 10**300, "mse")),
        *({**header, "model": value} for value in (None, [], "cnn", 5, {"name": "rnn"})),
        *({**header, "data": value} for value in (None, [], {"name": "\x1b[31m"}, {"name": 3})),
        *(with_model(header, name=value) for value in ("transformer", None, [], {}, "mlp")),
        *(with_model(header, outputs=value) for value in (7, 10**12, -1, 10.0, "10", True, None)),
        with_model(header, layers=3),
    ]
    for bad in cases:
        checkpoint.save(path, tensors, bad)
        with pytest.raises(CheckpointError, match=r"m\.safetensors: (its header|weight)") as caught:
            load_model(path)
        assert "\n" not in str(caught.value)
    checkpoint.save(path, tensors, with_model(header, name="linear"))
    with pytest.raises(CheckpointError, match=r"weight conv1\.bias has shape"):
        load_model(path)


@pytest.mark.parametrize(
    "hidden", [10**9, 10**5, 10**300, 0, -1, -12, 12.0, "12", True, None, [12]]
)
def test_a_header_promises_no_more_than_the_weights_bear_out(tmp_path, runs, hidden):
    """Found by the fuzz: -1 hidden units came through, as the square of -1 is a small number."""
    tensors, header = checkpoint.load(runs / "mlp_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    checkpoint.save(path, tensors, with_model(header, hidden=hidden))
    with moderate(), pytest.raises(CheckpointError, match=r"m\.safetensors: its header.*hidden"):
        load_model(path)


def test_weights_of_another_type_or_shape_are_refused(tmp_path, runs):
    tensors, header = checkpoint.load(runs / "mlp_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    for name, array, words in (
        ("output.bias", np.zeros(10), "is float64, the network wants float32"),
        ("output.bias", np.zeros(0, np.float32), r"has shape \[0\], the network wants \[10\]"),
        ("hidden1.weight", np.zeros((784, 13), np.float32), "has shape"),
        ("\x1b[31m\n", np.zeros(1, np.float32), r"weight \\x1b\[31m\\n has shape \[1\]"),
    ):
        checkpoint.save(path, {**tensors, name: array}, header)
        with pytest.raises(CheckpointError, match=words):
            load_model(path)


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


@pytest.mark.parametrize("loss", ["mse", "ce"])
def test_a_network_with_spoilt_weights_is_an_error_not_a_digit(loss):
    model = build_model("linear", OBJECTIVES[loss].outputs)
    model.output.weight.set_value(np.full(model.output.weight.shape, np.nan, np.float32))
    trained = TrainedModel(model, OBJECTIVES[loss], {}, "spoilt.safetensors")
    with pytest.raises(CheckpointError, match=r"spoilt\.safetensors: .* not finite numbers"):
        predict(trained, np.zeros([1, 28, 28], np.uint8))


@pytest.fixture
def picture(tmp_path, tiny_data):
    """An image of the data as a picture file: dark ink on white."""
    image = load_data("eval", tiny_data).images[3, 0]
    path = tmp_path / "picture.png"
    Image.fromarray(255 - image).save(path)
    return path, image


def test_predict_command_says_digit_confidence_and_second_choice(command, runs, picture):
    path, image = picture
    model = runs / "cnn_ce" / "model.safetensors"
    answer = predict(load_model(model), image[None])[0]
    words = f"{answer.confidence:.1%}  (or {answer.second} {answer.second_confidence:.1%})"
    finished = command("predict", path, path, "--checkpoint", model)
    assert finished.returncode == 0, finished.stderr
    line = f"{path}: {answer.digit}  {words}"
    assert [text.removesuffix("  low confidence") for text in finished.stdout.splitlines()] == [
        line,
        line,
    ]
    ranked = sorted(answer.probabilities, reverse=True)
    assert [answer.confidence, answer.second_confidence] == ranked[:2]


def test_predict_command_prints_json(command, runs, picture):
    path, image = picture
    model = runs / "cnn_ce" / "model.safetensors"
    expected = predict(load_model(model), image[None])[0]
    (answer,) = json.loads(command("predict", path, "--json", "--checkpoint", model).stdout)
    assert answer["digit"] == expected.digit
    assert answer["confidence"] == pytest.approx(expected.confidence)
    assert answer["probabilities"] == pytest.approx(expected.probabilities)
    model = runs / "mlp_mse" / "model.safetensors"
    (answer,) = json.loads(command("predict", path, "--json", "--checkpoint", model).stdout)
    assert (answer["probabilities"], answer["confidence"]) == (None, None)
    assert answer["digit"] == min(9, max(0, round(answer["output"])))


def test_one_broken_file_in_a_folder_is_reported_and_the_others_are_read(
    command, runs, tiny_data, tmp_path
):
    folder = tmp_path / "my pictures"
    images = load_data("eval", tiny_data).images[:100, 0]
    for place, image in enumerate(images):
        inner = folder / f"{place // 50}"
        inner.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(inner / f"{place:03}.png")
    (folder / "0" / "007.png").write_bytes(b"not a picture")
    (folder / "0" / "notes.txt").write_text("no picture, and not meant as one")
    table = tmp_path / "table.csv"
    model = runs / "cnn_ce" / "model.safetensors"
    finished = command("predict", folder, "--checkpoint", model, "--csv", table)
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith(f"error: {folder}/0/007.png is not a picture that can be read")
    rows = list(csv.DictReader(io.StringIO(table.read_text(encoding="utf-8"))))
    assert list(rows[0]) == ["path", "digit", "confidence", "second", "second_confidence", "note"]
    assert [row["path"] for row in rows] == sorted(str(path) for path in folder.rglob("*.png"))
    assert len(finished.stdout.splitlines()) == 99
    assert (rows[7]["digit"], rows[7]["note"]) == ("", line.removeprefix("error: "))
    expected = predict(load_model(model), images)
    for place, (row, answer) in enumerate(zip(rows, expected, strict=True)):
        if place != 7:
            assert (row["digit"], row["second"]) == (str(answer.digit), str(answer.second))
            assert float(row["confidence"]) == pytest.approx(answer.confidence, abs=1e-5)


def test_pictures_come_by_pattern_address_and_standard_input(runs, picture, monkeypatch, capsys):
    path, _ = picture
    copy = path.with_name("b [1] ä.png")
    copy.write_bytes(path.read_bytes())
    model = str(runs / "cnn_ce" / "model.safetensors")

    def read(*words, expected=0):
        stream = io.TextIOWrapper(io.BytesIO(path.read_bytes()))
        monkeypatch.setattr("sys.stdin", stream)
        with pytest.raises(SystemExit) as ended:
            main(tokens=["predict", *map(str, words), "--checkpoint", model])
        assert ended.value.code == expected
        printed = capsys.readouterr()
        return printed.err or [line.rpartition(": ")[0] for line in printed.out.splitlines()]

    assert read("-") == ["standard input"]
    assert read(path.parent / "*.png") == [str(copy), str(path)]
    assert read(copy) == [str(copy)]
    assert read(path.as_uri(), copy.as_uri()) == [str(path), str(copy)]
    for words, sentence in (
        (["https://example.org/7.png"], "only addresses of files on this machine"),
        ([path.parent / "*.jpg"], "no picture in"),
        (["--exact", "--strip", path], "choose one"),
    ):
        assert sentence in read(*words, expected=2)


def test_a_strip_is_read_as_a_number_and_blank_paper_as_no_digit(
    command, runs, tiny_data, tmp_path
):
    images = load_data("eval", tiny_data).images[:3, 0]
    strip = np.concatenate([np.kron(255 - image, np.ones((5, 5), np.uint8)) for image in images], 1)
    Image.fromarray(strip).save(tmp_path / "strip.png")
    Image.new("L", (200, 200), 250).save(tmp_path / "blank.png")
    words = ["strip.png", "blank.png", "--checkpoint", runs / "cnn_ce" / "model.safetensors"]
    one, none = json.loads(command("predict", *words, "--json").stdout)
    assert one["note"].startswith("several digits")
    assert (none["digit"], none["confidence"], none["note"]) == (None, None, "no digit found")
    number, none = json.loads(command("predict", *words, "--json", "--strip").stdout)
    assert len(number["digit"]) == 3
    assert number["digit"] == "".join(str(digit["digit"]) for digit in number["digits"])
    assert number["confidence"] == min(max(d["probabilities"]) for d in number["digits"])
    lines = command("predict", *words, "--strip").stdout.splitlines()
    assert lines[0].startswith(f"strip.png: {number['digit']}  ")
    assert lines[1] == "blank.png: no digit found"


def test_show_draws_the_picture_what_was_seen_and_ten_bars(command, runs, picture, tmp_path):
    path, _ = picture
    sizes = []
    for count, name in ((1, "cnn_ce"), (3, "mlp_mse")):
        words = [*[path] * count, "--checkpoint", runs / name / "model.safetensors"]
        finished = command("predict", *words, "--show", "seen.png")
        assert finished.returncode == 0, finished.stderr
        sizes.append(Image.open(tmp_path / "seen.png").size)
    assert sizes[1][0] == sizes[0][0]
    assert sizes[1][1] > 2 * sizes[0][1]


def test_exact_reads_as_the_tutorial_did(command, runs, tmp_path):
    """White ink on black is inverted by it, so another digit is read, or it is less sure."""
    path = tmp_path / "p.png"
    image = np.zeros((56, 56), np.uint8)
    image[10:46, 26:30] = 255
    Image.fromarray(image).save(path)
    model = runs / "cnn_ce" / "model.safetensors"
    answers = [
        json.loads(command("predict", path, "--json", "--checkpoint", model, *words).stdout)[0]
        for words in ([], ["--exact"])
    ]
    expected = predict(load_model(model), read_exact(path)[None])[0]
    assert answers[1]["probabilities"] == pytest.approx(expected.probabilities, abs=1e-5)
    assert answers[0]["probabilities"] != pytest.approx(expected.probabilities, abs=1e-3)
