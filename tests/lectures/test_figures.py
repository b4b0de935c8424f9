"""Claims about `python -m lectures`: what each teaching figure shows is so, and can be shown."""

import copy
import functools
import string
import subprocess
import sys
from fractions import Fraction
from typing import get_args

import numpy as np
import paddle
import pytest
from PIL import Image

from benchmarks.support import ROOT
from lectures import __main__ as command
from lectures import curves, descents, figures, likelihood, paper, pictures
from lectures.chinese import CHINESE
from lectures.figures import FIGURES, TeachingFigure
from lectures.material import Material
from lectures.paper import Translator
from lectures.surfaces import descend, loss_on_grid, two_gains, two_weights
from mnist_paddle.data import scale_pixels
from mnist_paddle.device import use_device
from mnist_paddle.errors import CheckpointError, ConfigError
from mnist_paddle.evaluation import evaluate
from mnist_paddle.kernels.conv_pool import convolutions_by_paddle
from mnist_paddle.losses import OBJECTIVES

SIZE = (1920, 1080)


@pytest.fixture(scope="module")
def material(tiny_data):
    use_device(gpu=False)
    return Material(str(tiny_data))


class Facts(dict):
    """What each figure shows, computed when it is asked for."""

    def __init__(self, material):
        self.material = material

    def __missing__(self, name):
        few = {"training": 100, "steps": 20, "grid": 11} if name == "optimizers" else {}
        self[name] = FIGURES[name].compute(self.material, **few)
        return self[name]


@pytest.fixture(scope="module")
def facts(material):
    return Facts(material)


@pytest.fixture(scope="module")
def drawn(tiny_data, tmp_path_factory):
    """Draw all figures as the command does; return its folder, and what each shows, by name."""
    out, facts = tmp_path_factory.mktemp("figures"), {}

    def keep(name):
        def compute(material):
            facts[name] = FIGURES[name].compute(material)
            return facts[name]

        return TeachingFigure(compute, FIGURES[name].draw)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "FIGURES", {name: keep(name) for name in FIGURES})
        command.draw_figures("all", data=str(tiny_data), out=out)
    return out, facts


@pytest.fixture(scope="module")
def linear(material):
    return descents.train_linear(material)


@pytest.fixture(scope="module")
def small_optimizers(facts, material):
    return facts["optimizers"], descents.train_mlp(material, 100)


@pytest.fixture(scope="module")
def drawn_optimizers(drawn, material):
    return drawn[1]["optimizers"], descents.train_mlp(material)


# What the figure shows, and the network that was trained for it: in small, and as it is drawn.
@pytest.fixture(params=["small", pytest.param("drawn", marks=pytest.mark.large)])
def optimizers(request):
    return request.getfixturevalue(f"{request.param}_optimizers")


def pixels_of(path):
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", SIZE)
        return np.asarray(image.convert("RGB"))


def run(*words):
    return subprocess.run(
        [sys.executable, "-m", "lectures", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )


def check_slide(path):
    ink = pixels_of(path).min(axis=2) < 200
    assert 0.01 < ink.mean() < 0.5, path.name  # neither blank nor black
    halves = (*np.array_split(ink, 2, axis=0), *np.array_split(ink, 2, axis=1))
    assert min(half.mean() for half in halves) > 0.003, path.name


@pytest.mark.large
def test_every_figure_is_a_slide_and_no_other_file_is_left(drawn):
    folder = drawn[0]
    assert {file.name for file in folder.iterdir()} == {f"{name}.png" for name in FIGURES}
    for name in FIGURES:
        check_slide(folder / f"{name}.png")


def drawn_by(run, name, data, out):
    path = out / f"{name}.png"
    finished = run(name, "--data", data, "--out", out)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.split() == [str(path)]
    return pixels_of(path)


def test_a_figure_is_a_slide_and_another_process_draws_the_same_pixels(
    tiny_data, tmp_path, fork_server
):
    command.draw_figures("sigmoid", data=str(tiny_data), out=tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.name == "sigmoid.png"
    check_slide(path)
    fork = functools.partial(fork_server.run, "-m", "lectures", cwd=ROOT)
    other = drawn_by(fork, "sigmoid", tiny_data, tmp_path / "out")
    assert np.array_equal(pixels_of(path), other)


@pytest.mark.large
def test_another_process_trains_the_same_network_for_a_figure(tiny_data, tmp_path):
    first, second = (
        drawn_by(run, "learning_rate", tiny_data, tmp_path / number) for number in "12"
    )
    assert np.array_equal(first, second)


def test_the_command_knows_the_figures_by_name():
    assert get_args(command.Name) == (*FIGURES, "all")
    for name in FIGURES:
        assert name in command.__doc__


def test_a_wrong_name_is_one_sentence_with_the_names_there_are(tmp_path):
    finished = run("sigmoid", "sigmund", "--out", tmp_path / "out")
    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert "sigmund" in line
    for name in FIGURES:
        assert f'"{name}"' in line
    assert list(tmp_path.iterdir()) == []


def refused(capsys, *words):
    with pytest.raises(SystemExit) as stopped:
        command.run(list(map(str, words)))
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_without_a_chinese_font_the_command_says_so_and_writes_nothing(
    capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr(paper, "FONTS", ("No Font Of This Name",))
    for language in ("zh", "both"):
        line = refused(capsys, "sigmoid", "--language", language, "--out", tmp_path / "out")
        assert "no font with Chinese characters" in line
    assert list(tmp_path.iterdir()) == []


def test_a_missing_data_file_is_one_sentence_and_figures_without_data_need_none(capsys, tmp_path):
    words = ("--data", tmp_path / "nothing.json.gz", "--out", tmp_path)
    assert "no such file" in refused(capsys, "samples", *words)
    command.draw_figures("likelihood", data=str(words[1]), out=tmp_path)
    assert pixels_of(tmp_path / "likelihood.png").min() == 0


def test_another_network_than_the_cnn_is_refused(material, train, tmp_path):
    train(model="linear", loss="ce", epochs=1, limit_batches=1)
    other = Material(material.data, tmp_path / "run" / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"model\.safetensors.*another network.*--model cnn"):
        other.trained  # noqa: B018


def test_every_word_has_a_chinese_one_that_keeps_its_numbers(facts):
    words_drawn = set()

    class Listening(Translator):
        def __call__(self, words, **values):
            words_drawn.add(words)
            return super().__call__(words, **values)

    with paper.paper("en"):
        for name, figure in FIGURES.items():
            figure.draw(facts[name], Listening("zh"))
    assert words_drawn == set(CHINESE)
    for english, chinese in CHINESE.items():
        fields = [
            {(name, form) for _, name, form, _ in string.Formatter().parse(words) if name}
            for words in (english, chinese)
        ]
        assert fields[0] == fields[1], english
        assert any("一" <= letter <= "鿿" for letter in chinese) or fields[0], english


def test_chinese_figures_have_a_glyph_for_every_character(tiny_data, tmp_path, recwarn):
    try:
        paper.chinese_font()
    except ConfigError as error:
        pytest.skip(str(error))
    command.draw_figures("mistakes", data=str(tiny_data), out=tmp_path, language="both")
    assert not [warning for warning in recwarn if "Glyph" in str(warning.message)]
    english, chinese = sorted(tmp_path.iterdir())
    assert (english.name, chinese.name) == ("mistakes.png", "mistakes.zh.png")
    differ = (pixels_of(chinese) != pixels_of(english)).any(axis=2)
    assert 0.001 < differ.mean() < 0.5


def test_sigmoid_and_its_slope_are_those_of_the_formula(facts):
    curve = facts["sigmoid"]
    assert curve.x.tolist() == [round(0.2 * number - 8, 1) for number in range(81)]
    expected = 1 / (1 + np.exp(-curve.x))
    np.testing.assert_allclose(curve.y, expected, rtol=1e-6)
    np.testing.assert_allclose(curve.other, expected * (1 - expected), rtol=1e-5)


def test_log_starts_at_a_hundredth_and_ends_at_nothing(facts):
    curve = facts["log"]
    assert (len(curve.x), curve.x[0], curve.x[-1]) == (100, 0.01, 1.0)
    np.testing.assert_allclose(np.exp(curve.y), curve.x)
    assert curve.y[-1] == 0


def test_softmax_is_shown_of_a_digit_that_is_read_right(facts, material):
    doubt = facts["softmax"]
    place = doubt.source[1]
    split = material.splits["eval"]
    assert np.array_equal(doubt.image, split.images[place, 0])
    assert doubt.label == split.labels[place, 0] == doubt.probabilities.argmax()
    powers = np.exp(doubt.outputs.astype("float64"))
    np.testing.assert_allclose(doubt.probabilities, powers / powers.sum(), rtol=1e-5)
    assert doubt.factors[[0, 40]].tolist() == [0, 1]
    np.testing.assert_allclose(doubt.many[0], 0.1, rtol=1e-6)
    np.testing.assert_allclose(doubt.many[40], doubt.probabilities, rtol=1e-5)
    assert (np.diff(doubt.many[:, doubt.label]) > -1e-6).all()  # the larger the gaps, the surer


def test_the_black_ball_came_from_box_b_by_hand(facts):
    boxes = facts["likelihood"]
    assert boxes.likelihoods == [Fraction(1, 100), Fraction(99, 100)]
    after = dict(zip(boxes.priors, boxes.posteriors, strict=True))
    assert after[Fraction(1, 2)] == Fraction(99, 100)
    assert after[Fraction(1, 100)] == Fraction(1, 2)  # 0.01·0.99 against 0.99·0.01
    assert (after[0], after[1]) == (0, 1)
    thirds = likelihood.posterior([Fraction(1, 3)] * 3, [Fraction(1, 2), Fraction(1, 4), 0])
    assert thirds == [Fraction(2, 3), Fraction(1, 3), 0]


def loss_of_linear(model, material, weights):
    """Put the two weights into a copy of the network, and compute its loss and their gradients."""
    model = copy.deepcopy(model)
    images, labels = material.training_images(descents.IMAGES, "float32")
    values = model.output.weight.numpy().copy()
    values[descents.PLACES, 0] = weights
    model.output.weight.set_value(values)
    model.output.weight.stop_gradient = False
    loss = OBJECTIVES["mse"].loss(model(images), labels)
    loss.backward()
    return float(loss), model.output.weight.grad.numpy()[descents.PLACES, 0]


def test_the_descents_of_sgd_are_training_steps_of_the_linear_network(facts, material, linear):
    rates = facts["learning_rate"]
    assert [len(each.path) for each in rates.descents] == [descents.STEPS + 1] * 3
    for each in rates.descents:
        for step in (0, 1, 2, descents.STEPS - 1):
            loss, gradient = loss_of_linear(linear, material, each.path[step])
            assert each.losses[step] == pytest.approx(loss, rel=1e-4)
            expected = each.path[step] - each.rate * gradient
            np.testing.assert_allclose(each.path[step + 1], expected, rtol=1e-4, atol=1e-4)


def test_the_learning_rates_are_too_small_right_and_too_large(facts):
    rates = facts["learning_rate"]
    small, right, large = (each.losses - rates.lowest for each in rates.descents)
    assert small[0] == right[0] == large[0]
    assert 0.2 * small[0] < small[-1] < 0.8 * small[0]
    assert right[-1] < 0.01 * right[0]
    assert large[-1] > 2 * large[0]


def test_the_minimum_and_the_largest_rate_are_those_of_the_network(facts, material, linear):
    rates = facts["learning_rate"]
    loss, gradient = loss_of_linear(linear, material, rates.minimum)
    assert loss == pytest.approx(rates.lowest, rel=1e-5)
    np.testing.assert_allclose(gradient, 0, atol=1e-4)
    assert rates.map.losses.min() >= rates.lowest - 1e-5

    images, labels = material.training_images(descents.IMAGES, "float32")
    surface = two_weights(linear, images, labels, descents.PLACES)
    start = rates.minimum + 0.1
    below, above = (descend(surface, "sgd", k * rates.limit, start, 300) for k in (0.98, 1.02))
    assert below.losses[-1] - rates.lowest < 0.01 * (below.losses[0] - rates.lowest)
    assert above.losses[-1] - rates.lowest > 100 * (above.losses[0] - rates.lowest)


def test_the_largest_rate_for_all_weights_is_where_the_linear_network_diverges(
    facts, material, linear
):
    """The whole network, with its own parameters and the package's SGD."""
    images, labels = material.training_images(descents.IMAGES, "float32")
    ends = []
    for share in (0.95, 1.05):
        model = copy.deepcopy(linear)
        for parameter in model.parameters():
            parameter.stop_gradient = False
        model.output.weight.set_value(model.output.weight + 0.05)  # along the steepest direction
        rate = share * facts["learning_rate"].limit_of_all
        optimizer = paddle.optimizer.SGD(rate, parameters=model.parameters())
        for _ in range(60):
            loss = OBJECTIVES["mse"].loss(model(images), labels)
            loss.backward()
            optimizer.step()
            optimizer.clear_grad()
        ends.append(float(loss))
    assert ends[0] < 10
    assert not ends[1] < 100


def loss_of_mlp(model, material, gains):
    """Multiply the layers of a copy of the network, and compute its loss."""
    model = copy.deepcopy(model)
    for layer, which in ((model.hidden1, 0), (model.hidden2, 0), (model.output, 1)):
        layer.weight.set_value(layer.weight * float(gains[which]))
        layer.bias.set_value(layer.bias * float(gains[which]))
    images, labels = material.training_images(descents.IMAGES)
    return float(OBJECTIVES["ce"].loss(model(images), labels))


def test_the_descents_of_the_optimizers_are_on_the_loss_of_the_mlp(optimizers, material):
    optimizers, mlp = optimizers
    middle = len(optimizers.same[0].losses) // 2
    assert [each.optimizer for each in optimizers.same] == list(descents.OPTIMIZERS)
    assert {each.rate for each in optimizers.same} == {0.01}
    for same, best in zip(optimizers.same, optimizers.best, strict=True):
        assert same.losses[0] == pytest.approx(np.log(10), rel=1e-5)  # ten equal probabilities
        assert best.losses[-1] <= same.losses[-1] < same.losses[0]
        assert best.losses[-1] == pytest.approx(loss_of_mlp(mlp, material, best.path[-1]), rel=1e-4)
        loss = loss_of_mlp(mlp, material, same.path[middle])
        assert same.losses[middle] == pytest.approx(loss, rel=1e-4)


def test_the_map_shows_the_loss_of_the_mlp(optimizers, material):
    shown, mlp = optimizers[0].map, optimizers[1]
    end = len(shown.first) - 1
    for row, column in ((0, 0), (3 * end // 4, end // 4), (end, end)):
        gains = shown.first[column], shown.second[row]
        assert shown.losses[row, column] == pytest.approx(
            loss_of_mlp(mlp, material, gains), rel=1e-4
        )
    images, labels = material.training_images(1000)
    grid = loss_on_grid(two_gains(mlp, images, labels), np.array([1.0]), np.array([1.0]))
    untouched = OBJECTIVES["ce"].loss(mlp(images), labels)
    assert grid.item() == pytest.approx(float(untouched), rel=1e-5)


def test_each_row_of_samples_holds_the_first_of_its_digit(facts, material):
    split = material.splits["train"]
    for digit, images in enumerate(facts["samples"].images):
        of_digit = split.images[split.labels[:, 0] == digit][:, 0]
        assert np.array_equal(images, of_digit[:10])
        assert len(images) == 10


def test_the_maps_are_those_of_the_network(facts, material):
    layers, model = facts["layers"], material.trained.model
    assert layers.label == pictures.SHOWN
    pixels = scale_pixels(layers.image)
    with paddle.no_grad():
        usual = model(paddle.to_tensor(pixels[None, None]))
        with convolutions_by_paddle():
            outputs = model(paddle.to_tensor(pixels[None, None]))
        conv1 = paddle.nn.functional.relu(model.conv1(paddle.to_tensor(pixels[None, None])))
        pool1 = model.pool1(conv1)
        conv2 = paddle.nn.functional.relu(model.conv2(pool1))
        pool2 = model.pool2(conv2)
    for name, expected in (("conv1", conv1), ("pool1", pool1), ("conv2", conv2), ("pool2", pool2)):
        assert np.array_equal(layers.maps[name], expected[0].numpy()), name
    assert np.array_equal(layers.outputs, outputs[0].numpy())
    np.testing.assert_allclose(layers.outputs, usual[0].numpy(), rtol=1e-4, atol=1e-4)
    powers = np.exp(layers.outputs - layers.outputs.max())
    np.testing.assert_allclose(layers.probabilities, powers / powers.sum(), atol=1e-6)

    weight, bias = model.conv1.weight.numpy(), model.conv1.bias.numpy()
    by_hand = np.tensordot(weight[:, 0], pixels[10:15, 10:15], 2) + bias  # centre 12, 12
    np.testing.assert_allclose(layers.maps["conv1"][:, 12, 12], np.maximum(by_hand, 0), atol=1e-5)


def test_the_mosaic_shows_every_map_in_its_place():
    maps = np.arange(20 * 7 * 7, dtype="float32").reshape([20, 7, 7])
    drawn = pictures.mosaic(maps)
    assert drawn.shape == (4 * 30, 5 * 30)
    assert drawn[30 + 1, 2 * 30 + 1] == maps[7, 0, 0]
    assert drawn[3 * 30 + 28, 4 * 30 + 28] == maps[19, 6, 6]
    assert np.isnan(drawn[30, 45])


def test_the_worst_mistakes_are_those_with_the_least_probable_labels(material):
    """Twenty labels of eval are made wrong: they must come first, and be counted."""
    split = material.splits["eval"]
    labels = split.labels.copy()
    labels[100:120] = (labels[100:120] + 1) % 10
    spoilt = Material(material.data)
    eval_split = type(split)("eval", split.images, labels, "spoilt", split.digest)
    spoilt.splits = {**material.splits, "eval": eval_split}
    mistakes = pictures.worst_mistakes(spoilt)
    score = evaluate(spoilt.trained.model, spoilt.trained.objective, eval_split, None)
    assert (mistakes.total - mistakes.wrong, mistakes.total) == (score.correct, score.total)
    assert mistakes.wrong >= 20
    assert set(mistakes.places) <= set(range(100, 120))
    least = mistakes.probabilities[np.arange(len(mistakes.labels)), mistakes.labels]
    assert (np.diff(least) >= 0).all()
    assert np.array_equal(mistakes.labels, labels[mistakes.places, 0])
    assert np.array_equal(mistakes.images, split.images[mistakes.places, 0])


def test_few_images_leave_empty_places_and_no_error(material):
    split = material.splits["eval"]
    few = Material(material.data)
    few.splits = {
        mode: type(split)(mode, split.images[:3], split.labels[:3], "few", split.digest)
        for mode in ("train", "eval")
    }
    with paper.paper("en"):
        for name in ("samples", "layers", "mistakes", "softmax"):
            figure = FIGURES[name].draw(FIGURES[name].compute(few), Translator("en"))
            figure.draw_without_rendering()
    assert len(pictures.worst_mistakes(few).places) == 3
    assert curves.doubtful_digit(few).label in split.labels[:3, 0]
