"""Claims about where digits come from: a folder, a mirror on this machine, a program."""

import logging
from functools import partial

import numpy as np
import pytest

from mnist_paddle.data import MODES, load_data, prepare_data, write_data
from mnist_paddle.data.formats.idx import read_idx_file
from mnist_paddle.data.formats.mnist_json import MNIST_DIGEST, content_digest
from mnist_paddle.data.sources import prepare as sources
from mnist_paddle.data.sources.download import DownloadError, download_mnist
from mnist_paddle.data.sources.drawn_digits import draw_digits
from mnist_paddle.errors import DataError
from tests.support.data_files import NAMES
from tests.support.local_mirror import SUMS, assert_complete, running_mirror

SIZES = (30, 10, 10)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    monkeypatch.delenv("MNIST_DIR", raising=False)
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def small_mnist(monkeypatch):
    """Take this file's random digits for MNIST, so that a mirror's answers are small."""
    monkeypatch.setattr(sources, "download_mnist", partial(download_mnist, sums=SUMS, timeout=2))


def sizes_of(path):
    return tuple(len(load_data(mode, path)) for mode in MODES)


def test_drawn_digits_are_those_of_the_seed_and_say_what_they_are(tmp_path):
    out = tmp_path / "work" / "mnist.json.gz"
    line = prepare_data(out, "drawn", seed=4, sizes=SIZES)
    assert line == f"{out}: drawn-digits-seed-4 (not MNIST), 30 train, 10 valid, 10 eval."
    for number, mode in enumerate(MODES):
        images, labels = draw_digits(SIZES[number], [4, number])
        split = load_data(mode, out)
        np.testing.assert_array_equal(split.images[:, 0], images)
        np.testing.assert_array_equal(split.labels[:, 0], labels)


def test_idx_data_are_named_after_their_folder(tmp_path, idx_folder):
    out = tmp_path / "mnist.json.gz"
    assert "my-digits (not MNIST), 50 train, 10 valid, 13 eval" in prepare_data(
        out, "idx", idx_folder
    )
    assert sizes_of(out) == (50, 10, 13)


@pytest.mark.parametrize("source", ["idx", "auto"])
def test_the_folder_of_mnist_dir_is_taken(tmp_path, idx_folder, monkeypatch, source):
    monkeypatch.setenv("MNIST_DIR", str(idx_folder))
    assert "my-digits" in prepare_data(tmp_path / "mnist.json.gz", source)


def test_a_directory_goes_before_mnist_dir(tmp_path, idx_folder, monkeypatch):
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "nowhere"))
    assert "my-digits" in prepare_data(tmp_path / "mnist.json.gz", "auto", idx_folder)
    with pytest.raises(DataError, match="nowhere: no such folder"):
        prepare_data(tmp_path / "mnist.json.gz", "auto")  # no silent second best


@pytest.mark.parametrize("source", ["auto", "download"])
def test_a_download_is_kept_beside_the_file(tmp_path, mirror, small_mnist, source, caplog):
    out = tmp_path / "work" / "mnist.json.gz"
    line = prepare_data(out, source, mirrors=[mirror.url])
    assert "50 train, 10 valid, 13 eval" in line
    assert_complete(tmp_path / "work" / "download")
    mirror.status = 500
    prepare_data(out, source, mirrors=[mirror.url])
    assert "NOT MNIST" not in caplog.text


def test_without_any_mirror_drawn_digits_come_with_a_warning(tmp_path, dead, caplog):
    out = tmp_path / "mnist.json.gz"
    for _ in range(2):  # drawn digits may be drawn again
        caplog.clear()
        line = prepare_data(out, "auto", sizes=SIZES, mirrors=[dead])
        assert "drawn-digits-seed-0 (not MNIST)" in line
        warnings = [record.getMessage() for record in caplog.records if record.levelno >= 30]
        assert len(warnings) == 1
        assert warnings[0].startswith("THESE ARE NOT MNIST: ")
        assert str(out) in warnings[0]


def test_drawn_digits_never_take_the_place_of_other_data(tmp_path, dead):
    out = tmp_path / "mnist.json.gz"
    images, labels = draw_digits(6, 0)
    write_data(out, dict.fromkeys(MODES, (images, labels)), "precious")
    before = out.read_bytes()
    with pytest.raises(DataError, match=r"out of reach .* stays as it was"):
        prepare_data(out, "auto", sizes=SIZES, mirrors=[dead])
    assert out.read_bytes() == before


def test_a_wanted_download_that_fails_is_an_error(tmp_path, dead, caplog):
    with caplog.at_level(logging.INFO), pytest.raises(DownloadError, match="is out of reach"):
        prepare_data(tmp_path / "mnist.json.gz", "download", sizes=SIZES, mirrors=[dead])
    assert not (tmp_path / "mnist.json.gz").exists()


@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"source": "web"}, "expected one of auto, idx, folder, download, drawn"),
        ({"source": "idx"}, "give one or set MNIST_DIR"),
        ({"source": "folder"}, "needs a directory"),
        (
            {"source": "drawn", "directory": "somewhere"},
            "goes with the source idx or folder, not with drawn",
        ),
        (
            {"source": "download", "directory": "x"},
            "goes with the source idx or folder, not with download",
        ),
        ({"source": "drawn", "seed": -1}, "the seed is -1"),
    ],
)
def test_wishes_that_cannot_be_meant_are_refused(tmp_path, wishes, words):
    with pytest.raises(DataError, match=words):
        prepare_data(tmp_path / "mnist.json.gz", **wishes)
    assert not list(tmp_path.iterdir())


@pytest.mark.large
def test_the_real_mnist_is_recognised_and_split_as_the_tutorial_does(tmp_path, mnist_dir):
    """From a mirror on this machine to the three splits: sizes, digest, name and labels."""
    arrays = [read_idx_file(mnist_dir / f"{n}.gz", 3 if "idx3" in n else 1) for n in NAMES]
    out = tmp_path / "mnist.json.gz"
    with running_mirror({}) as mirror:
        mirror.files = {f"/mnist/{n}.gz": (mnist_dir / f"{n}.gz").read_bytes() for n in NAMES}
        line = prepare_data(out, "download", mirrors=[mirror.url])
    assert line == f"{out}: MNIST, 50,000 train, 10,000 valid, 10,000 eval."
    images, labels, eval_images, eval_labels = arrays
    expected = {
        "train": (images[:50_000], labels[:50_000]),
        "valid": (images[50_000:], labels[50_000:]),
        "eval": (eval_images, eval_labels),
    }
    assert content_digest(expected) == MNIST_DIGEST
    for mode, (images, labels) in expected.items():
        split = load_data(mode, out)
        assert (split.name, split.digest) == ("MNIST", MNIST_DIGEST)
        np.testing.assert_array_equal(split.images[:, 0], images)
        np.testing.assert_array_equal(split.labels[:, 0], labels)
