"""Claims about work/mnist.json.gz: what is read, in which batches, and what is written."""

import gzip
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.support import ROOT
from mnist_paddle.data import MODES, Split, load_data, scale_pixels, write_data
from mnist_paddle.errors import DataError
from tests.support.data_files import document, random_splits, write_document, write_text


@pytest.fixture(scope="module")
def splits():
    return random_splits()


@pytest.fixture(scope="module")
def data_file(tmp_path_factory, splits):
    path = tmp_path_factory.mktemp("random") / "random.json.gz"
    write_data(path, splits, "random")
    return path


# What is read


@pytest.mark.parametrize("mode", MODES)
def test_what_was_written_is_read(data_file, splits, mode):
    split = load_data(mode, data_file)
    images, labels = splits[mode]
    assert isinstance(split, Split)
    assert (split.mode, len(split)) == (mode, len(images))
    assert split.images.shape == (len(images), 1, 28, 28)
    assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
    np.testing.assert_array_equal(split.images[:, 0], images)
    np.testing.assert_array_equal(split.labels, labels.reshape(-1, 1))


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_pixels_and_labels_come_back(tmp_path_factory, data):
    content = {}
    for mode in MODES:
        size = data.draw(st.integers(1, 3))
        shape = data.draw(st.sampled_from([(size, 28, 28), (size, 1, 28, 28)]))
        images = data.draw(arrays(np.uint8, shape))
        content[mode] = images, data.draw(arrays(np.int64, size, elements=st.integers(0, 9)))
    path = tmp_path_factory.mktemp("any") / "any.json.gz"
    write_data(path, content, "any")
    for mode, (images, labels) in content.items():
        split = load_data(mode, path)
        np.testing.assert_array_equal(split.images.reshape(images.shape), images)
        np.testing.assert_array_equal(split.labels[:, 0], labels)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs Linux's /proc")
def test_the_file_is_read_in_a_quarter_of_the_memory_of_json(tmp_path):
    """A twentieth of MNIST in fresh processes: ours, and json.load as the tutorial does it."""
    code = """
import gzip, json, re, sys
from pathlib import Path
from mnist_paddle.data import load_data

def peak():  # kB; what getrusage says includes the process that started this one
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

path, before = sys.argv[1], peak()
json.load(gzip.open(path)) if sys.argv[2] == "json" else load_data("train", path)
print(peak() - before)
"""
    path = tmp_path / "large.json.gz"
    splits = random_splits((2500, 500, 500))
    for images, _ in splits.values():
        images[:, :14] = 0
    write_data(path, splits, "large")
    figures = {}
    for way in ("json", "ours"):
        result = subprocess.run(
            [sys.executable, "-c", code, str(path), way],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        figures[way] = int(result.stdout)
    assert 0 < figures["ours"] < figures["json"] / 4


@pytest.mark.parametrize("mode", ["test", "Train", ""])
def test_an_unknown_mode_is_an_error_naming_the_three(data_file, mode):
    with pytest.raises(DataError, match=r"train, valid, eval"):
        load_data(mode, data_file)


# Identity


def test_the_digest_is_of_the_content_whatever_the_file(tmp_path, data_file, splits):
    expected = hashlib.sha256()
    for mode in MODES:
        expected.update(splits[mode][0].tobytes() + splits[mode][1].tobytes())
    text = gzip.decompress(data_file.read_bytes()).decode()
    other = write_text(tmp_path / "other.json.gz", json.dumps(json.loads(text), indent=0))
    digests = {load_data(mode, path).digest for mode in MODES for path in (data_file, other)}
    assert digests == {expected.hexdigest()}


def test_what_is_not_mnist_says_so_in_its_name(tmp_path, splits):
    path = tmp_path / "mnist.json.gz"
    few = {mode: (images[:1], labels[:1]) for mode, (images, labels) in splits.items()}
    write_data(path, few, "drawn-digits-seed-0")
    assert load_data("train", path).name == "drawn-digits-seed-0 (not MNIST)"
    write_document(path, document())  # without a name in its header
    assert load_data("train", path).name == "mnist (not MNIST)"


def test_a_name_is_found_behind_the_other_fields_of_a_gzip_header(tmp_path):
    packed = gzip.compress(json.dumps(document()).encode())
    path = tmp_path / "path.json.gz"
    for name, expected in (
        (b"C:\\data\\theirs.json", "theirs"),
        (b"\x1b[31mred.json", "path"),  # nothing that could play with a terminal
        (b"../../up.json", "up"),
        (b"plain.json", "plain"),
    ):
        fields = b"\x03\x00abc" + name + b"\0"
        path.write_bytes(packed[:3] + bytes([0b1100]) + packed[4:10] + fields + packed[10:])
        assert load_data("train", path).name == f"{expected} (not MNIST)"


# Batches


def labelled(count=250):
    """A split whose images tell their index and their label."""
    index = np.arange(count)
    images = np.zeros((count, 1, 28, 28), np.uint8)
    images[:, 0, 0, 0] = index % 256
    labels = (index % 10).reshape(-1, 1)
    return {mode: Split(mode, images, labels, "test", "0") for mode in MODES}


def indices(batches):
    return np.concatenate([np.rint(images[:, 0, 0, 0] * 255) for images, _ in batches]).astype(int)


def test_batches_have_the_tutorials_shapes_and_the_last_is_short():
    for split in labelled(250).values():
        batches = list(split.batches())
        assert [len(images) for images, _ in batches] == [100, 100, 50]
        for images, labels in batches:
            assert images.shape[1:] == (1, 28, 28)
            assert labels.shape == (len(images), 1)
            assert (images.dtype, labels.dtype) == (np.float32, np.int64)
    _, labels = next(labelled()["train"].batches(7, label_dtype="float32"))
    assert labels.dtype == np.float32
    assert [len(images) for images, _ in labelled(20)["train"].batches(10)] == [10, 10]
    assert [len(images) for images, _ in labelled(20)["train"].batches(1000)] == [20]


def test_order_is_a_function_of_seed_and_epoch():
    split = labelled()["train"]
    for seed, epoch in ((0, 0), (0, 1), (1, 0), (5, 9)):
        expected = np.random.default_rng([seed, epoch]).permutation(250)
        np.random.seed(epoch)  # the global state plays no part
        for size in (1, 64, 250):
            batches = split.batches(size, seed=seed, epoch=epoch)
            np.testing.assert_array_equal(indices(batches), expected)
        np.testing.assert_array_equal(split.order(seed=seed, epoch=epoch), expected)


def test_valid_and_eval_keep_the_order_of_the_file():
    for mode in ("valid", "eval"):
        batches = labelled()[mode].batches(64, seed=3, epoch=2)
        np.testing.assert_array_equal(indices(batches), np.arange(250))


def test_a_pass_is_every_image_once_with_its_own_label():
    split = labelled()["train"]
    batches = list(split.batches(33, epoch=4))
    seen = indices(batches)
    np.testing.assert_array_equal(np.sort(seen), np.arange(250))
    np.testing.assert_array_equal(
        np.concatenate([labels for _, labels in batches])[:, 0], seen % 10
    )


def test_calling_again_starts_a_new_reshuffled_pass(data_file):
    split, again = load_data("train", data_file), load_data("train", data_file)
    passes = [np.concatenate([labels for _, labels in split(64)]) for _ in range(3)]
    for epoch, labels in enumerate(passes):
        np.testing.assert_array_equal(labels, split.labels[split.order(epoch=epoch)])
    assert not np.array_equal(passes[0], passes[1])
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in again(64)]), passes[0])


def test_a_pass_left_early_does_not_shift_the_next():
    split = labelled()["train"]
    next(split(10))
    np.testing.assert_array_equal(indices(split(10)), split.order(epoch=1))


def test_batches_are_copies_and_the_data_are_read_only(data_file):
    split = load_data("train", data_file)
    before = split.images.copy(), split.labels.copy()
    for images, labels in split.batches():
        images += 1
        labels += 1
    np.testing.assert_array_equal(split.images, before[0])
    np.testing.assert_array_equal(split.labels, before[1])
    with pytest.raises(ValueError, match="read-only"):
        split.images[0] = 0


@pytest.mark.parametrize(
    "wrong", [{"batch_size": 0}, {"batch_size": -5}, {"seed": -1}, {"epoch": -1}]
)
def test_impossible_batches_are_refused_at_once(wrong):
    with pytest.raises(DataError, match=str(*wrong.values())):
        labelled()["train"].batches(**wrong)


def test_scale_pixels_is_a_division_by_255():
    pixels = np.arange(256, dtype=np.uint8)
    scaled = scale_pixels(pixels)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, (np.arange(256) / 255).astype(np.float32))
    np.testing.assert_array_equal(pixels, np.arange(256))
    with pytest.raises(DataError, match="float32"):
        scale_pixels(scaled)


# Writing


def test_the_written_file_is_the_tutorials(tmp_path, splits):
    path = tmp_path / "sub" / "written.json.gz"
    few = {mode: (images[:2], labels[:2]) for mode, (images, labels) in splits.items()}
    write_data(path, few, "few")
    content = json.loads(gzip.decompress(path.read_bytes()))
    assert len(content) == 3
    for mode, (images, labels) in zip(MODES, content, strict=True):
        assert images == (few[mode][0].reshape(-1, 784) / 255).tolist()
        assert labels == few[mode][1].tolist()
        assert {type(value) for value in images[0]} == {float}


def test_the_same_content_gives_the_same_bytes(tmp_path, splits, data_file):
    for name in ("one.json.gz", "two.gz"):
        write_data(tmp_path / name, splits, "random")
        assert (tmp_path / name).read_bytes() == data_file.read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("eval"), r"expected train, valid, eval"),
        (lambda s: s.update(test=s["eval"]), r"expected train, valid, eval"),
        (
            lambda s: s.update(eval=(np.zeros((2, 28, 28)), [1, 2])),
            r"eval are \[2, 28, 28\] float64",
        ),
        (lambda s: s.update(eval=(np.zeros((2, 27, 28), "u1"), [1, 2])), r"eval are \[2, 27, 28\]"),
        (lambda s: s.update(eval=(np.zeros((0, 28, 28), "u1"), [])), r"at least one image"),
        (lambda s: s.update(eval=(np.zeros((2, 28, 28), "u1"), [1])), r"labels of eval are \[1\]"),
        (lambda s: s.update(eval=(np.zeros((2, 28, 28), "u1"), [1, 1.5])), r"float64"),
        (lambda s: s.update(eval=(np.zeros((2, 28, 28), "u1"), [1, 10])), r"eval label 1 is 10"),
        (lambda s: s.update(eval=(np.zeros((2, 28, 28), "u1"), [-1, 1])), r"eval label 0 is -1"),
    ],
)
def test_what_cannot_be_read_back_is_not_written(tmp_path, change, words):
    content = random_splits((2, 2, 2))
    change(content)
    with pytest.raises(DataError, match=words):
        write_data(tmp_path / "no.json.gz", content, "no")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "a/b", "line\nbreak", "数字", "x" * 101])
def test_a_name_that_the_header_cannot_hold_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="name of the data"):
        write_data(tmp_path / "no.json.gz", random_splits((1, 1, 1)), name)


def test_the_data_package_imports_no_paddle():
    code = "import sys, mnist_paddle.data; print('paddle' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "False", result.stderr
