"""Claims about MNIST's own files: every form is read, every fault has its sentence."""

import gzip
import os
import struct
import tracemalloc

import numpy as np
import pytest

from benchmarks.support.hostile import gzip_bomb, moderate
from mnist_paddle.data.formats.idx import read_idx_file, read_idx_folder
from mnist_paddle.errors import DataError
from tests.support.data_files import NAMES, idx_bytes, idx_files

FILES, ARRAYS = idx_files()


@pytest.mark.parametrize("form", ["{}", "{}.gz", "dotted", "dotted.gz"])
def test_idx_files_are_read_in_every_form(tmp_path, form):
    files, arrays = idx_files()
    for name, content in files.items():
        path = tmp_path / form.replace("dotted", name.replace("-idx", ".idx")).format(name)
        path.write_bytes(gzip.compress(content) if form.endswith("gz") else content)
    splits = read_idx_folder(tmp_path)
    np.testing.assert_array_equal(splits["train"][0], arrays[0][:50])
    np.testing.assert_array_equal(splits["train"][1], arrays[1][:50])
    np.testing.assert_array_equal(splits["valid"][0], arrays[0][50:])
    np.testing.assert_array_equal(splits["valid"][1], arrays[1][50:])
    np.testing.assert_array_equal(splits["eval"][0], arrays[2])
    np.testing.assert_array_equal(splits["eval"][1], arrays[3])


IMAGES, LABELS = FILES[NAMES[0]], FILES[NAMES[1]]
WRONG_LABELS = ARRAYS[1].copy()
WRONG_LABELS[5] = 10
BOMB = gzip.compress(IMAGES + bytes(100 << 20), 1)
IDX_FAULTS = {
    "labels for images": (NAMES[0], LABELS, "starts with '00000801', expected .* 00000803"),
    "images for labels": (NAMES[1], IMAGES, "starts with '00000803', expected .* 00000801"),
    "empty": (NAMES[0], b"", "starts with ''"),
    "only a header's start": (NAMES[0], IMAGES[:10], "ends in the middle of its header"),
    "html": (NAMES[0], b"<html></html>", "starts with '3c68746d', expected the magic number"),
    "too short": (NAMES[0], IMAGES[:-1], "holds 47039 values, but its header promises 47040"),
    "too long": (NAMES[1], LABELS + b"\0", "goes on after the 60 values that its header"),
    "27 rows": (
        NAMES[0],
        idx_bytes(np.zeros((2, 27, 28), np.uint8)),
        "the images are 27 x 28, expected 28 x 28",
    ),
    "empty set": (
        NAMES[1],
        idx_bytes(np.zeros(0, np.uint8)),
        "its header promises 0 items",
    ),
    "label 10": (NAMES[1], idx_bytes(WRONG_LABELS), "label 5 is 10, expected 0 to 9"),
    "promise of 3 TB": (
        NAMES[0],
        IMAGES[:4] + struct.pack(">3I", 2**32 - 1, 28, 28) + IMAGES[16:],
        "its header promises 4,294,967,295 items, expected 1 to 1,000,000",
    ),
    "cut gzip": (NAMES[0], gzip.compress(IMAGES)[:-9], "the gzip data is cut short"),
    "damaged gzip": (
        NAMES[0],
        gzip.compress(IMAGES)[:-8] + bytes(8),
        "the gzip data is damaged",
    ),
    "promise of 784 MB": (
        NAMES[0],
        IMAGES[:4] + struct.pack(">3I", 1_000_000, 28, 28) + IMAGES[16:],
        "holds 47040 values, but its header promises 784000000",
    ),
    "bomb": (NAMES[0], BOMB, "goes on after the 47040 values"),
}


@pytest.mark.parametrize("fault", IDX_FAULTS)
def test_each_wrong_idx_file_has_its_sentence(idx_folder, fault):
    name, content, words = IDX_FAULTS[fault]
    (idx_folder / name).write_bytes(content)
    with pytest.raises(DataError, match=f"{name}: {words}"):
        read_idx_folder(idx_folder)


@pytest.mark.parametrize("fault", ["promise of 784 MB", "promise of 3 TB", "bomb"])
def test_a_bomb_or_a_false_promise_takes_no_memory(tmp_path, fault):
    path = tmp_path / "images"
    path.write_bytes(IDX_FAULTS[fault][1])
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_idx_file(path, 3)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_missing_idx_files_are_named(idx_folder, tmp_path):
    (idx_folder / NAMES[1]).unlink()
    (idx_folder / NAMES[2]).unlink()
    with pytest.raises(DataError, match=f"{NAMES[1]}, {NAMES[2]} missing"):
        read_idx_folder(idx_folder)
    with pytest.raises(DataError, match="no such folder"):
        read_idx_folder(tmp_path / "nowhere")


def test_unequal_idx_counts_are_named(idx_folder):
    (idx_folder / NAMES[1]).write_bytes(idx_bytes(np.zeros(59, np.uint8)))
    with pytest.raises(DataError, match="training set has 60 images and 59 labels"):
        read_idx_folder(idx_folder)


def test_a_training_set_too_small_to_split_is_refused(idx_folder):
    (idx_folder / NAMES[0]).write_bytes(idx_bytes(np.zeros((5, 28, 28), np.uint8)))
    (idx_folder / NAMES[1]).write_bytes(idx_bytes(np.zeros(5, np.uint8)))
    with pytest.raises(DataError, match="has 5 images, expected at least 6"):
        read_idx_folder(idx_folder)


@pytest.mark.parametrize("items", [60_000, 1_000_000, 2**32 - 1])
def test_a_gzip_bomb_of_many_gigabytes_is_refused_in_little_memory(tmp_path, items):
    """With a header that promises less than the bomb holds, as much as is allowed, and 3 TB."""
    path = tmp_path / "images"
    start = struct.pack(">4I", 0x803, items, 28, 28)
    path.write_bytes(gzip_bomb(start, bytes(16 << 20), 320))  # 5 GB
    assert path.stat().st_size < 6 << 20
    words = "goes on after|unpacks to more than 100 times its size|promises 4,294,967,295 items"
    # The 47 MB of 60,000 images are wanted, and few files hold them in 500 kB.
    with moderate(most_mib=150), pytest.raises(DataError, match=f"images: .*({words})"):
        read_idx_file(path, 3)


def test_a_sparse_terabyte_is_refused_at_once(idx_folder):
    for name in (NAMES[0], f"{NAMES[0]}.gz"):
        (idx_folder / NAMES[0]).unlink(missing_ok=True)
        content = gzip.compress(IMAGES) if name.endswith("gz") else IMAGES
        (idx_folder / name).write_bytes(content)
        os.truncate(idx_folder / name, 1 << 40)
        with moderate(), pytest.raises(DataError, match="has 1,099,511,627,776 bytes, expected"):
            read_idx_folder(idx_folder)


def test_an_idx_file_that_is_a_pipe_is_missing(idx_folder):
    (idx_folder / NAMES[0]).unlink()
    os.mkfifo(idx_folder / NAMES[0])
    with pytest.raises(DataError, match=f"{NAMES[0]} missing"):
        read_idx_folder(idx_folder)
