"""Claims about the JSON text: what is understood, what is refused and in which words."""

import gzip
import json
import math
import os
import random

import numpy as np
import pytest

from benchmarks.support.hostile import gzip_bomb, moderate
from mnist_paddle.data import MODES, load_data
from mnist_paddle.data.formats import json_stream
from mnist_paddle.errors import DataError
from tests.support.data_files import document, sentence_about, write_document, write_text


def grid_file(path, step, decimals=17):
    """A file whose first train image holds all 256 values k/step."""
    ramp = np.arange(784) % 256
    content = document()
    content[0][0][0] = [round(float(value / step), decimals) for value in ramp]
    return write_document(path, content), ramp


@pytest.mark.parametrize(("step", "decimals"), [(255, 17), (256, 17), (255, 6), (256, 7)])
def test_both_grids_of_the_wild_are_recognised(tmp_path, step, decimals):
    path, ramp = grid_file(tmp_path / "grid.json.gz", step, decimals)
    np.testing.assert_array_equal(load_data("train", path).images[0].ravel(), ramp)


def test_the_grid_is_recognised_for_each_image(tmp_path):
    content = document(3)
    ramp = np.arange(784) % 256
    content[0][0] = [(ramp / step).tolist() for step in (255, 256, 255)]
    content[0][1] = [0, 1, 2]
    images = load_data("train", write_document(tmp_path / "mixed.json.gz", content)).images
    for image in images:
        np.testing.assert_array_equal(image.ravel(), ramp)


def test_pixels_off_both_grids_are_rounded_to_255_steps(tmp_path):
    content = document()
    content[0][0][0] = np.linspace(0, 1, 784).tolist()
    image = load_data("train", write_document(tmp_path / "free.json.gz", content)).images[0]
    np.testing.assert_array_equal(image.ravel(), np.rint(np.linspace(0, 1, 784) * 255))


def test_an_image_with_a_full_one_is_not_on_the_grid_of_256(tmp_path):
    content = document()
    content[0][0][0] = [1.0, 200 / 256] + [0.0] * 782
    image = load_data("train", write_document(tmp_path / "one.json.gz", content)).images[0]
    assert image.ravel()[:2].tolist() == [255, 199]


def test_pixels_close_below_one_do_not_wrap_to_zero(tmp_path):
    content = document()
    content[0][0][0] = [0.999998] + [k / 256 for k in range(255)] + [0.0] * 528
    image = load_data("train", write_document(tmp_path / "close.json.gz", content)).images[0]
    assert image.ravel()[0] == 255


@pytest.mark.parametrize("kind", [int, float])
def test_pixels_from_0_to_255_are_recognised(tmp_path, kind):
    content = document()
    content[0][0][1] = [kind(k % 256) for k in range(784)]
    split = load_data("train", write_document(tmp_path / "whole.json.gz", content))
    np.testing.assert_array_equal(split.images[1].ravel(), np.arange(784) % 256)


@pytest.mark.parametrize("indent", [None, 1])
def test_white_space_and_integers_are_allowed_anywhere(tmp_path, indent):
    content = document()
    content[1][0][1][5] = 1
    text = json.dumps(content, indent=indent).replace("[", " [\r\n\t ").replace("]", " \n] ")
    split = load_data("valid", write_text(tmp_path / "white.json.gz", text))
    assert split.images[1].ravel()[5] == 255
    assert split.images.sum() == 255


def test_a_gzip_of_several_members_with_padding_is_read(tmp_path):
    text = json.dumps(document()).encode()
    path = tmp_path / "members.json.gz"
    parts = [gzip.compress(text[start : start + 1000]) for start in range(0, len(text), 1000)]
    path.write_bytes(b"".join(parts) + b"\0" * 100)
    assert len(load_data("eval", path)) == 2


def spoil(change):
    content = document(20)
    change(content)
    return json.dumps(content)


def with_image(mode, index, image):
    def change(content):
        content[MODES.index(mode)][0][index] = image

    return change


def with_pixel(mode, index, place, value):
    def change(content):
        content[MODES.index(mode)][0][index][place] = value

    return change


def with_label(mode, index, value):
    def change(content):
        content[MODES.index(mode)][1][index] = value

    return change


NUMBER = "expected a number from 0 to 1"
DIGIT = "expected a whole number from 0 to 9"
FAULTS = {
    "783 values": (
        with_image("valid", 17, [0.0] * 783),
        "valid image 17 has 783 values, expected 784 (28 x 28)",
    ),
    "785 values": (with_image("eval", 19, [0] * 785), "eval image 19 has 785 values"),
    "no values": (with_image("train", 0, []), "train image 0 has 0 values"),
    "two-dimensional": (
        with_image("train", 4, [[0.0] * 28] * 28),
        "train image 4 is not a flat JSON list of 784 numbers",
    ),
    "no list": (with_image("eval", 3, None), "found 'n', expected '[' to open eval image 3"),
    "NaN": (with_pixel("valid", 2, 5, math.nan), f"valid image 2 has NaN at place 5, {NUMBER}"),
    "Infinity": (with_pixel("eval", 2, 783, -math.inf), f"has -Infinity at place 783, {NUMBER}"),
    "null": (with_pixel("train", 1, 0, None), f"train image 1 has null at place 0, {NUMBER}"),
    "true": (with_pixel("train", 1, 9, True), f"train image 1 has true at place 9, {NUMBER}"),
    "false": (with_pixel("train", 1, 9, False), f"train image 1 has false at place 9, {NUMBER}"),
    "string": (with_pixel("train", 1, 9, "0.5"), f'train image 1 has "0.5" at place 9, {NUMBER}'),
    "object": (with_pixel("train", 1, 9, {}), f"train image 1 has an object at place 9, {NUMBER}"),
    "number too long": (with_pixel("train", 1, 9, 10**400), "train image 1 has"),
    "negative": (
        with_pixel("valid", 6, 7, -0.25),
        "valid image 6 has -0.25 at place 7, expected numbers from 0 to 1",
    ),
    "256": (
        with_pixel("eval", 6, 7, 256),
        "eval image 6 has 256 at place 7, expected whole numbers from 0 to 255",
    ),
    "fraction among whole numbers": (
        lambda c: (with_pixel("eval", 6, 7, 200)(c), with_pixel("eval", 8, 1, 0.5)(c)),
        "eval image 8 has 0.5 at place 1, expected whole numbers from 0 to 255",
    ),
    "label 10": (with_label("train", 19, 10), f"train label 19 is 10, {DIGIT}"),
    "label -1": (with_label("valid", 0, -1), f"valid label 0 is -1, {DIGIT}"),
    "label 5.5": (with_label("eval", 7, 5.5), f"eval label 7 is 5.5, {DIGIT}"),
    "label string": (with_label("eval", 7, "3"), f'eval label 7 is "3", {DIGIT}'),
    "label true": (with_label("eval", 7, True), f"eval label 7 is true, {DIGIT}"),
    "label null": (with_label("eval", 7, None), f"eval label 7 is null, {DIGIT}"),
    "label NaN": (with_label("eval", 7, float("nan")), f"eval label 7 is NaN, {DIGIT}"),
    "label list": (with_label("eval", 7, [3]), "the labels of eval are not a flat JSON list"),
    "fewer labels": (
        lambda content: content[1][1].pop(),
        "valid has 20 images and 19 labels, expected equally many",
    ),
    "fewer images": (
        lambda content: content[2][0].pop(),
        "eval has 19 images and 20 labels, expected equally many",
    ),
    "no images": (
        lambda content: content[1].__setitem__(slice(None), [[], []]),
        "valid has no images, expected at least one",
    ),
    "two splits": (lambda content: content.pop(), "holds 2 split(s), expected three"),
    "four splits": (lambda content: content.append(content[0]), "holds more than three splits"),
    "no labels": (
        lambda content: content[1].pop(),
        "found ']', expected ',' between the images and the labels of valid",
    ),
    "third part": (
        lambda content: content[1].append([]),
        "found ',', expected ']' to close the valid split",
    ),
    "images not nested": (
        lambda content: content[0].__setitem__(0, [0.0] * 784),
        "found '0', expected '[' to open train image 0",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_sentence(tmp_path, fault):
    change, sentence = FAULTS[fault]
    path = write_text(tmp_path / "broken.json.gz", spoil(change))
    for mode in ("train", "eval"):
        assert sentence in sentence_about(path, mode)


def test_a_fault_beyond_the_first_block_has_its_index(tmp_path):
    content = document()
    blank = json.dumps([0.0] * 784)
    images = [blank] * 600
    for value, expected in (("-1", "-1"), ("17", "17"), ("1e999", "")):
        images[555] = json.dumps([0.0] * 783)[:-1] + f", {value}]"
        text = json.dumps(content)
        text = f"[[[{','.join(images)}],{[1] * 600}]{text[text.index(']]') + 20 :]}"
        sentence = sentence_about(write_text(tmp_path / "late.json.gz", text))
        assert f"train image 555 has {expected}" in sentence
        assert "from 0 to 1" in sentence


GOOD = json.dumps(document())
TEXTS = {
    "empty text": ("", "found the end of the text, expected '[' to open the file's list"),
    "no JSON": ("hello", "found 'h', expected '[' to open the file's list"),
    "an object": ('{"train": 1}', "found '{', expected '['"),
    "binary": (b"\xff\x00\x80", "found '\\xff', expected '['"),
    "a list of numbers": ("[1, 2, 3]", "found '1', expected '[' to open the train split"),
    "cut text": (GOOD[:2000], "the text ends in the middle of train image 0"),
    "cut after a comma": (GOOD[: GOOD.index("]") + 2], "expected '[' to open train image 1"),
    "missing comma": (GOOD.replace("], [", "] [", 1), "expected ',' or ']' after train image 0"),
    "two commas": (GOOD.replace("], [", "],, [", 1), "expected '[' to open train image 1"),
    "words": (GOOD.replace("0.0", "zero", 1), "train image 0 is not a flat JSON list"),
    "leading zero": (GOOD.replace("0.0", "00.0", 1), "train image 0 is not a flat JSON list"),
    "something after": (GOOD + " x", "has 'x' after the last bracket, expected the end"),
    "twice": (GOOD + GOOD, "has '[' after the last bracket"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_wrong_text_has_its_sentence(tmp_path, name):
    text, sentence = TEXTS[name]
    assert sentence in sentence_about(write_text(tmp_path / "wrong.json.gz", text))


def test_a_wrong_gzip_is_called_by_its_name(tmp_path, tiny_data):
    good = tiny_data.read_bytes()
    path = tmp_path / "gzip.json.gz"
    for content, words in (
        (b"", "is empty"),
        (json.dumps(document()).encode(), "is not a gzip file"),
        (b"\x1f", "cut short"),
        (good[: len(good) // 2], "the gzip data is cut short"),
        (good[:-1], "the gzip data is cut short"),
        (good[:-8] + bytes([good[-8] ^ 1]) + good[-7:], "the gzip data is damaged"),
        (good[:-1] + bytes([good[-1] ^ 1]), "the gzip data is damaged"),
        (good + b"rest", "the gzip data is damaged"),
    ):
        path.write_bytes(content)
        assert words in sentence_about(path)


def test_damage_that_looks_like_a_wrong_number_is_called_damage(tmp_path):
    """Stored without compression, a flipped bit is a fault of the text and, far later, the sum."""
    packed = bytearray(gzip.compress(json.dumps(document(200)).encode(), 0))
    packed[packed.index(b"0.0, 0.0") + 1] = ord("x")
    path = tmp_path / "flipped.json.gz"
    path.write_bytes(packed)
    assert "the gzip data is damaged" in sentence_about(path)


def test_a_missing_file_says_how_to_make_it(tmp_path):
    assert "no such file; make it with scripts/prepare_data.py" in sentence_about(
        tmp_path / "no.gz"
    )
    assert "no such file" in sentence_about(tmp_path)


@pytest.mark.parametrize("text", [b"[[[[" + b"0," * (20 << 20), b"[[[[" + b" " * (40 << 20)])
def test_a_bomb_of_one_endless_list_is_an_error(tmp_path, text):
    path = write_text(tmp_path / "bomb.json.gz", text)
    assert path.stat().st_size < 1 << 18
    assert "train image 0 goes on for more than 8 MB" in sentence_about(path)


IMAGE = b"[" + b",".join([b"0"] * 784) + b"],"
BOMBS = {  # what there is at first, and what is repeated
    "numbers": (b"[[[[0", b",0"),
    "a number": (b"[[[[0", b"0"),
    "white space": (b"[[[", b" "),
    "images": (b"[[[", IMAGE),
    "labels": (b"[[[" + IMAGE[:-1] + b"],[1", b",1"),
    "brackets": (b"", b"["),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_gzip_bomb_of_many_gigabytes_is_refused_in_little_memory(tmp_path, name):
    start, repeated = BOMBS[name]
    path = tmp_path / "bomb.json.gz"
    piece = repeated * ((16 << 20) // len(repeated))
    path.write_bytes(gzip_bomb(start, piece, 320))  # 5 GB
    assert path.stat().st_size < 16 << 20
    with moderate(most_mib=150, most_seconds=15):
        assert "unpacks to more than 100 times its size" in sentence_about(path)


@pytest.mark.parametrize("count", [50_000, pytest.param(1_000_000, marks=pytest.mark.large)])
def test_a_gzip_of_very_many_empty_members_is_read_in_moderate_time(tmp_path, count):
    path = tmp_path / "members.json.gz"
    path.write_bytes(gzip.compress(b"", mtime=0) * count)
    with moderate(most_mib=64, most_seconds=count * 30e-6 + 1):
        assert "found the end of the text" in sentence_about(path)


def test_a_bomb_of_objects_among_the_labels_takes_little_memory(tmp_path):
    text = b"[[[" + IMAGE[:-1] + b"],[" + b"{}," * 2_000_000 + b"1]"
    path = write_text(tmp_path / "objects.json.gz", text)
    with moderate(most_mib=400):
        assert "train label 0 is an object" in sentence_about(path)


def test_a_sparse_terabyte_is_refused_at_once(tmp_path):
    path = write_document(tmp_path / "sparse.json.gz", document())
    os.truncate(path, 1 << 40)
    with moderate():
        assert "has 1,099,511,627,776 bytes, expected at most" in sentence_about(path)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.json.gz")
    assert "no such file" in sentence_about(tmp_path / "pipe.json.gz")


def test_a_bomb_of_too_many_images_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, "MOST_IMAGES", 1)
    path = write_document(tmp_path / "many.json.gz", document())
    assert "train has more than 1 images" in sentence_about(path)


def test_any_damage_ends_in_data_or_a_data_error(tmp_path):
    chance = random.Random(0)
    content = document()
    content[0][0][1] = (np.arange(784) % 256 / 255).tolist()
    text = json.dumps(content).encode()
    packed = gzip.compress(text, 9)
    path = tmp_path / "fuzz.json.gz"
    results = {"data": 0, "error": 0}
    inserts = (b"", b"[", b"]", b",", b'"', b"-", b"e9", b"9", b"nul", b"\xe9", b" ", b"0", b"1")
    for number in range(500):
        spoiled = bytearray(packed if number % 5 == 0 else text)
        for _ in range(chance.choice((1, 1, 2, 3))):
            place = chance.randrange(len(spoiled))
            length = chance.choice((0, 1, 1, 2, 50))
            spoiled[place : place + length] = chance.choice(inserts)
        path.write_bytes(spoiled if number % 5 == 0 else gzip.compress(spoiled, 1))
        try:
            split = load_data("train", path)
        except DataError:
            results["error"] += 1
        else:
            assert split.images.shape == (2, 1, 28, 28)
            assert split.labels.max() <= 9
            results["data"] += 1
    assert min(results.values()) > 10, results
