"""Claims about the tutorial's part 3: sample IDs, one file for each, read by worker processes."""

import re
import subprocess
import sys

import numpy as np
import paddle
import pytest

from benchmarks.support import ROOT
from mnist_paddle.data import scale_pixels
from mnist_paddle.data.augment import affine
from mnist_paddle.data.folder.dataset import Dataset, Samples, read_partition
from mnist_paddle.data.folder.open import open_folder
from mnist_paddle.data.folder.write import write_folder
from mnist_paddle.data.load import load_splits
from mnist_paddle.errors import DataError
from mnist_paddle.readers import read_workers
from tests.support.sample_folders import digit_folders, drawn, names


@pytest.fixture(scope="module")
def exported(tiny_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files") / "样本"
    write_folder(folder, load_splits(tiny_data))
    return folder


@pytest.fixture
def small(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    labels = {f"{digit}.npy": digit for digit in range(10)}
    for ID, digit in labels.items():
        np.save(folder / ID, drawn(digit))
    return folder, labels


def read_all(dataset, workers, **options):
    """Return the bytes of all that Paddle's own loader gives, and the shapes of its batches."""
    loader = paddle.io.DataLoader(dataset, num_workers=workers, **options)
    batches = [(images.numpy(), labels.numpy()) for images, labels in loader]
    content = b"".join(images.tobytes() + labels.tobytes() for images, labels in batches)
    return content, [(images.shape, labels.shape) for images, labels in batches]


def test_partition_and_labels_are_those_of_the_folder(exported):
    partition, labels = read_partition(exported)
    splits = open_folder(exported)
    for word, mode in (("train", "train"), ("validation", "valid"), ("eval", "eval")):
        assert partition[word] == names(splits[mode])
        assert [labels[ID] for ID in partition[word]] == splits[mode].labels[:, 0].tolist()


def test_a_sample_is_what_its_file_holds(exported, tiny_data):
    partition, labels = read_partition(exported)
    dataset = Dataset(partition["validation"], labels, exported)
    valid = load_splits(tiny_data)["valid"]
    assert len(dataset) == len(valid) == 130
    for index in (0, 77, 129):
        image, label = dataset[index]
        np.testing.assert_array_equal(image, scale_pixels(valid.images[index]))
        assert (image.shape, image.dtype) == ((1, 28, 28), np.float32)
        assert (label.tolist(), label.dtype) == (valid.labels[index].tolist(), np.int64)


@pytest.mark.parametrize("transform", [None, affine])
def test_the_number_of_workers_changes_nothing(exported, transform):
    partition, labels = read_partition(exported)
    dataset = Dataset(partition["validation"], labels, exported, transform, seed=3)
    dataset.epoch = 2
    one, shapes = read_all(dataset, 0, batch_size=64)
    assert shapes[0] == ((64, 1, 28, 28), (64, 1))
    assert shapes[-1] == ((2, 1, 28, 28), (2, 1))
    for workers in (1, 2, 6):
        assert read_all(dataset, workers, batch_size=64) == (one, shapes)


def test_files_and_arrays_give_the_same_samples(exported, tiny_data):
    partition, labels = read_partition(exported)
    train = load_splits(tiny_data)["train"]
    files = Dataset(partition["train"], labels, exported, affine, seed=1)
    arrays = Samples(train.images, train.labels, affine, seed=1)
    order = np.random.default_rng(0).permutation(len(train))[:50]
    for one, other in zip(files.batch(order), arrays.batch(order), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_change_depends_on_seed_epoch_and_index_alone(small):
    folder, labels = small
    dataset = Dataset(list(labels), labels, folder, affine, seed=5)
    first = dataset[4][0]
    dataset[7]
    np.testing.assert_array_equal(dataset[4][0], first)
    rng = np.random.default_rng([5, 0, 4])
    np.testing.assert_array_equal(first, scale_pixels(affine(drawn(4), rng))[None])
    dataset.epoch = 1
    assert (dataset[4][0] != first).any()


@pytest.mark.parametrize("workers", [1, 2, 6])
def test_the_file_that_a_worker_cannot_read_is_named(small, workers):
    folder, labels = small
    dataset = Dataset(list(labels), labels, folder)
    (folder / "7.npy").write_bytes(b"no array")
    order = np.arange(10).reshape(5, 2)
    batches = read_workers(
        lambda number: dataset.batch(order[number]), 5, paddle.CPUPlace(), workers
    )
    seen = []

    def read():
        for _, digits in batches:
            seen.extend(digits.numpy()[:, 0].tolist())

    with pytest.raises(DataError, match=rf"{re.escape(str(folder))}/7.npy is not a .npy file."):
        read()
    assert seen == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda ids, labels: ids.append("neu.npy"), "the ID neu.npy has no label"),
        (lambda ids, labels: labels.pop("3.npy"), "the ID 3.npy has no label"),
        (lambda ids, labels: labels.update({"3.npy": 11}), "3.npy has the label 11, expected 0"),
        (
            lambda ids, labels: (ids.append("数.npy"), labels.update({"数.npy": 1})),
            "数.npy has no f",
        ),
    ],
)
def test_lists_that_do_not_fit_are_refused_at_the_start(small, change, words):
    folder, labels = small
    ids = list(labels)
    change(ids, labels)
    with pytest.raises(DataError, match=words):
        Dataset(ids, labels, folder)


def test_a_label_of_an_unknown_id_is_refused_at_the_start(small):
    folder, labels = small
    rows = [f"{ID},{digit}" for ID, digit in labels.items()]
    (folder / "labels.csv").write_text("\n".join(["ID,label", *rows, "ghost.npy,3"]))
    with pytest.raises(DataError, match=r"files that labels.csv names are missing: ghost.npy in l"):
        read_partition(folder)


def test_a_folder_of_arrays_has_no_ids(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((50, 28, 28), np.uint8))
    np.save(tmp_path / "labels.npy", np.arange(50) % 10)
    with pytest.raises(DataError, match="expected one file for each sample"):
        read_partition(tmp_path)


def test_images_and_labels_must_be_equally_many():
    with pytest.raises(DataError, match="3 images and 2 labels"):
        Samples(np.zeros((3, 1, 28, 28), np.uint8), np.zeros(2, int))


def test_pictures_are_read_by_workers_too(tmp_path):
    folder = digit_folders(tmp_path / "pictures", count=4)
    partition, labels = read_partition(folder)
    dataset = Dataset(partition["train"], labels, folder)
    assert read_all(dataset, 2, batch_size=8) == read_all(dataset, 0, batch_size=8)


def test_folders_need_no_paddle():
    code = (
        "import sys, mnist_paddle.data.folder.open, mnist_paddle.data.folder.check; "
        "sys.exit('paddle' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
