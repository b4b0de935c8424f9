"""Claims about folders of anybody's own samples: what is read, how it is split, what is refused."""

import os
import shutil
import subprocess
import sys
import threading
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from benchmarks.support import ROOT
from mnist_paddle.data import MODES, load_data, prepare_data, write_data
from mnist_paddle.data.folder.check import check
from mnist_paddle.data.folder.findings import CACHE
from mnist_paddle.data.folder.listing import list_samples
from mnist_paddle.data.folder.open import choose_modes, open_folder
from mnist_paddle.data.folder.sample_file import read_image
from mnist_paddle.data.folder.write import write_folder
from mnist_paddle.data.formats.cache import read_cache, write_cache
from mnist_paddle.data.load import load_splits
from mnist_paddle.errors import DataError
from tests.support.data_files import random_splits
from tests.support.sample_folders import (
    digit_folders,
    drawn,
    listed,
    names,
    pixels,
    warnings_of,
    write_png,
)

MAGIC = np.lib.format.magic(1, 0)


def refusal(folder, **options):
    """Return the one sentence with which a folder is refused."""
    with pytest.raises(DataError) as caught:
        open_folder(folder, **options)
    sentence = str(caught.value)
    assert sentence.endswith("."), sentence
    assert "\n" not in sentence
    return sentence


@pytest.fixture
def folder(tmp_path):
    return digit_folders(tmp_path / "我的数字")


# What comes back


@pytest.mark.parametrize("layout", ["labels", "folders"])
@pytest.mark.parametrize("format", ["npy", "png"])
def test_exported_files_are_the_same_images_labels_order_and_digest(
    tmp_path, tiny_data, format, layout
):
    splits = load_splits(tiny_data)
    out = tmp_path / "out"
    write_folder(out, splits, format, layout)
    for _ in range(2):  # read through, then from the cache
        again = load_splits(out)
        for mode, split in splits.items():
            np.testing.assert_array_equal(pixels(again[mode]), split.images)
            np.testing.assert_array_equal(again[mode].labels, split.labels)
            assert again[mode].labels.dtype == np.int64
            assert again[mode].digest == split.digest
            assert again[mode].name == "out (not MNIST)"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]


def test_an_array_on_the_disk_is_the_images_it_holds(tmp_path):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (500, 28, 28), np.uint8), rng.integers(0, 10, 500)
    for number, (stored, kind) in enumerate(
        [(images, np.uint8), (images[:, None], "<i8"), (np.asfortranarray(images), ">i4")]
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        np.save(folder / "images.npy", stored)
        np.save(folder / "labels.npy", labels.astype(kind))
        splits = open_folder(folder)
        modes = choose_modes(labels)
        for place, mode in enumerate(MODES):
            np.testing.assert_array_equal(pixels(splits[mode])[:, 0], images[modes == place])
            np.testing.assert_array_equal(splits[mode].labels[:, 0], labels[modes == place])


def test_images_in_files_are_indexed_as_an_array_is(folder, tmp_path):
    files = open_folder(folder)["train"].images
    array = files[np.arange(len(files))]
    (tmp_path / "array").mkdir()
    np.save(tmp_path / "array/images.npy", array)
    np.save(tmp_path / "array/labels.npy", np.arange(len(array)) % 10)
    mapped = open_folder(tmp_path / "array")["train"].images
    for images, expected in ((files, array), (mapped, mapped[np.arange(len(mapped))])):
        chosen = np.array([5, 0, 5, len(images) - 1])
        np.testing.assert_array_equal(images[chosen], expected[chosen])
        np.testing.assert_array_equal(images[3], expected[3])
        part = images[1::3]
        assert type(part) is type(images)
        np.testing.assert_array_equal(part[1:][np.arange(4)], expected[1::3][1:5])
        assert images[chosen].dtype == np.uint8
        with pytest.raises(IndexError):
            images[np.array([len(images)])]


def test_a_grey_picture_of_28x28_is_taken_pixel_for_pixel(tmp_path):
    image = drawn(5)
    colour, palette = Image.fromarray(image).convert("RGB"), Image.fromarray(image).convert("P")
    Image.fromarray(image).save(tmp_path / "grey.png")
    Image.fromarray(255 - image).save(tmp_path / "light.png")
    Image.fromarray(image).save(tmp_path / "a.bmp")
    Image.fromarray(image).save(tmp_path / "a.pgm")
    Image.fromarray(image).save(tmp_path / "a.gif")
    colour.save(tmp_path / "colour.png")
    palette.save(tmp_path / "palette.png")
    np.save(tmp_path / "a.npy", image)
    np.save(tmp_path / "b.npy", np.asfortranarray(image)[None])
    for path in sorted(tmp_path.iterdir()):
        np.testing.assert_array_equal(read_image(str(path)), image, err_msg=path.name)
    Image.fromarray(image > 127).save(tmp_path / "bit.png")
    np.testing.assert_array_equal(read_image(str(tmp_path / "bit.png")), 255 * (image > 127))


def test_another_size_or_mode_is_converted_as_for_prediction_and_counted(folder, caplog):
    from mnist_paddle.pictures.digit import read_picture

    large = folder / "3" / "large.png"
    write_png(large, 255 - drawn(3, size=200))
    red = folder / "4" / "red.png"
    write_png(red, np.stack([drawn(4), 0 * drawn(4), 0 * drawn(4)], axis=2))
    splits, warnings = warnings_of(caplog, folder)
    assert any("2 of 102 pictures are not 28x28 and grey" in line for line in warnings)
    everything = {name: split for split in splits.values() for name in names(split)}
    for path, name in ((large, "3/large.png"), (red, "4/red.png")):
        split = everything[name]
        image = split.images[names(split).index(name)][0]
        np.testing.assert_array_equal(image, read_picture(path))
        assert image.max() > 200


def test_large_pictures_are_said_to_be_slow_and_converted_once(caplog, tmp_path):
    folder = digit_folders(tmp_path / "large", count=4, digits=[1, 4, 7])
    for file in folder.rglob("*.png"):
        Image.open(file).resize((600, 600)).save(file)
    splits, warnings = warnings_of(caplog, folder)
    assert any(f"prepare_data.py --from {folder} --out " in line for line in warnings)
    out = tmp_path / "mine.json.gz"
    prepare_data(out, "auto", folder)
    for mode in MODES:
        loaded = load_data(mode, out)
        np.testing.assert_array_equal(loaded.images, pixels(splits[mode]))
        np.testing.assert_array_equal(loaded.labels, splits[mode].labels)
        assert loaded.digest == splits[mode].digest


# The split


def test_each_digit_is_split_by_the_stated_rule():
    for count in range(1, 60):
        modes = choose_modes(np.full(count, 7))
        sizes = [int((modes == mode).sum()) for mode in range(3)]
        share = max(1, int(0.15 * count + 0.5)) if count >= 3 else 0
        assert sizes == [count - 2 * share, share, share]
    modes = choose_modes(np.full(20, 7), split_seed=4)
    order = np.random.default_rng([4, 7]).permutation(20)
    assert sorted(np.flatnonzero(modes == 1)) == sorted(order[:3])
    assert sorted(np.flatnonzero(modes == 2)) == sorted(order[3:6])


def test_the_split_depends_on_names_and_seed_alone(folder, tmp_path):
    first = {mode: set(names(split)) for mode, split in open_folder(folder).items()}
    rows = [f"{digit}/{number:03}.png,{digit}" for number in range(10) for digit in range(10)]
    listed(folder, np.random.default_rng(0).permutation(rows).tolist())
    assert {mode: set(names(split)) for mode, split in open_folder(folder).items()} == first
    (folder / "labels.csv").unlink()
    shutil.rmtree(folder / "3")  # another digit's samples change nothing
    rest = {mode: {n for n in set_ if n[0] != "3"} for mode, set_ in first.items()}
    assert {mode: set(names(split)) for mode, split in open_folder(folder).items()} == rest
    other = open_folder(folder, split_seed=1)
    assert set(names(other["eval"])) != rest["eval"]
    assert sum(len(split) for split in other.values()) == 90


def test_a_picture_that_cannot_be_read_moves_no_other(folder):
    before = {mode: names(split) for mode, split in open_folder(folder).items()}
    for number in (1, 4, 7):
        (folder / "5" / f"{number:03}.png").write_bytes(b"no picture")
    gone = {f"5/{number:03}.png" for number in (1, 4, 7)}
    after = {mode: names(split) for mode, split in open_folder(folder).items()}
    assert after == {mode: [n for n in all_ if n not in gone] for mode, all_ in before.items()}


def test_a_column_split_is_obeyed_and_keeps_the_order_of_the_list(folder):
    rows = []
    for number in reversed(range(10)):
        for digit in range(10):
            split = ("Training", "val", "TEST")[min(2, number // 4)]
            rows.append(f"{digit}/{number:03}.png,{digit},{split}")
    listed(folder, rows, "file,label,split")
    splits = open_folder(folder)
    for mode, word in zip(MODES, ("Training", "val", "TEST"), strict=True):
        expected = [row.split(",")[0] for row in rows if row.endswith(word)]
        assert names(splits[mode]) == expected
        assert splits[mode].labels[:, 0].tolist() == [int(name[0]) for name in expected]


def test_few_samples_of_a_digit_go_to_train_and_this_is_said(tmp_path, caplog):
    folder = digit_folders(tmp_path / "few")
    for number in range(2, 10):
        (folder / "6" / f"{number:03}.png").unlink()
    splits, warnings = warnings_of(caplog, folder)
    assert any("fewer than 3 samples of the digit(s) 6" in line for line in warnings)
    assert {"6/000.png", "6/001.png"} <= set(names(splits["train"]))


# labels.csv, whoever wrote it


@pytest.mark.parametrize(
    ("header", "row", "encoding"),
    [
        ("file,label", "{},{}", "utf-8"),
        ("file;label", "{};{}", "utf-8-sig"),
        ("\ufeffFilename\tClass", "{}\t{}.0", "utf-8"),
        ("id,path,Digit", "x,{},{}", "utf-8"),
        ("文件名,标签", '"{}",{}', "utf-8-sig"),
        ("image,label\r", "./{}, {} \r", "utf-8"),
    ],
)
def test_labels_csv_of_many_writers_is_understood(tmp_path, header, row, encoding):
    folder = tmp_path / "listed"
    rows = []
    for digit in (3, 8):
        for number in range(5):
            name = f"图片/数字{digit}_{number}.png"
            write_png(folder / name, drawn(digit, number))
            rows.append(row.format(name, digit))
    (folder / "labels.csv").write_text(
        "\n".join([header, *rows, ""]), encoding=encoding, newline=""
    )
    splits = open_folder(folder)
    assert sum(len(split) for split in splits.values()) == 10
    for split in splits.values():
        assert [name[5] for name in names(split)] == [str(n) for n in split.labels[:, 0]]


def test_names_that_are_not_utf_8_are_read_and_shown_escaped(tmp_path, caplog):
    folder = tmp_path / "gbk"
    folder.mkdir()
    rows = [b"file,label"]
    for digit in (1, 2):
        for number in range(5):
            name = f"数字数{digit}_{number}.png".encode("gbk")
            Image.fromarray(drawn(digit, number)).save(tmp_path / "a.png")
            os.rename(tmp_path / "a.png", os.path.join(os.fsencode(folder), name))
            rows.append(name + b",%d" % digit)
    (folder / "labels.csv").write_bytes(b"\n".join(rows))
    splits = open_folder(folder)
    assert sum(len(split) for split in splits.values()) == 10
    broken = os.path.join(os.fsencode(folder), "数字数1_0.png".encode("gbk"))
    with open(broken, "wb") as file:
        file.write(b"x")
    _, warnings = warnings_of(caplog, folder)
    (line,) = [line for line in warnings if "cannot be read" in line]
    assert "\\udcca" in line
    line.encode("utf-8")  # can be printed anywhere
    shutil.copy(folder / "labels.csv", tmp_path)
    for file in folder.glob("*.png"):
        file.unlink()
    assert "save it as CSV UTF-8" in refusal(folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "expected a header"),
        ("a.png,3\nb.png,4\n", "begins with 'a.png,3', expected a header"),
        ("file,label\n0/000.png,x\n", "line 2: the label is 'x', expected a digit"),
        ("file,label\n0/000.png,10\n", "line 2: the label is '10'"),
        ("file,label\n\n0/000.png,3.5\n", "line 3: the label is '3.5'"),
        ("file,label\n0/000.png\n", "line 2 has 1 column"),
        ("file,label\n/etc/passwd,3\n", "line 2: the file is '/etc/passwd', expected the name"),
        ("file,label\n../x.png,3\n", "line 2: the file is '../x.png'"),
        ("file,label\n,3\n", "line 2: the file is ''"),
        ("file,label\n0/000.png,0\n0/nope.png,0\nb,1\n", "0/nope.png in line 3; b in line 4"),
        ("file,label\n0/000.png,0\n./0/000.png,1\n", "names 0/000.png 2 times"),
        ("file,label,split\n0/000.png,0,maybe\n", "line 2: the split is 'maybe'"),
        ("file,label,split\n0/000.png,0,train\n1/000.png,1,train\n", "no samples are in valid"),
        ('file,label\n"0/000.png,0\n', "line 2: unexpected end"),
        ("file,label\n", "no samples are in it"),
        ("\ufffe", "UTF-16"),
    ],
)
def test_a_wrong_list_is_refused_with_the_line(folder, content, words):
    encoding = "utf-16-be" if content == "\ufffe" else "utf-8"
    (folder / "labels.csv").write_text(content, encoding=encoding)
    assert words in refusal(folder)


def test_pictures_without_a_label_are_left_out_with_a_count_or_refused(folder, caplog):
    listed(folder, [f"{digit}/{n:03}.png,{digit}" for digit in range(9) for n in range(10)])
    _, warnings = warnings_of(caplog, folder)
    assert any("10 picture(s) that labels.csv does not name" in line for line in warnings)
    assert "does not name" in refusal(folder, strict=True)


# Bad input: one sentence, at the start


def test_a_folder_without_samples_is_refused(tmp_path, idx_folder):
    empty = tmp_path / "empty"
    assert "no such folder" in refusal(empty)
    empty.mkdir()
    assert "is empty; expected the folders 0 to 9, or labels.csv" in refusal(empty)
    (empty / "7").mkdir()
    (empty / "7" / "notes.txt").write_text("x")
    assert "no samples are in it" in refusal(empty)
    assert "ignored: .txt 1" in refusal(empty)
    assert "prepare_data.py --from" in refusal(idx_folder)
    pictures = digit_folders(tmp_path / "pictures")
    os.rename(pictures / "3", tmp_path / "three")
    assert "holds 000.png, 001.png" in refusal(tmp_path / "three")


def test_folders_named_otherwise_are_named(folder):
    os.rename(folder / "0", folder / "zero")
    (folder / "10").mkdir()
    assert "holds 10/, zero/ beside the folders of digits" in refusal(folder)
    for digit in range(1, 10):
        shutil.rmtree(folder / str(digit))
    assert "holds 10/, zero/; expected the folders 0 to 9" in refusal(folder)


def test_one_digit_only_is_nothing_to_learn(tmp_path):
    folder = digit_folders(tmp_path / "one", digits=[4])
    assert "all samples of train are of the digit 4" in refusal(folder)


def test_a_missing_digit_is_said(tmp_path, caplog):
    folder = digit_folders(tmp_path / "some", digits=[1, 2, 7])
    (folder / "5").mkdir()
    _, warnings = warnings_of(caplog, folder)
    assert any("no samples of the digit(s) 0, 3, 4, 5, 6, 8, 9" in line for line in warnings)


def test_too_few_samples_for_three_splits_are_refused(tmp_path):
    folder = digit_folders(tmp_path / "two", count=2)
    assert "no samples are in valid" in refusal(folder)


def spoil(folder):
    """Make one bad file of each kind; return their names and what is said of them."""
    content = (folder / "2" / "000.png").read_bytes()
    bad = folder / "2"
    (bad / "text.png").write_text("hello")
    (bad / "empty.jpg").write_bytes(b"")
    (bad / "cut.png").write_bytes(content[: len(content) // 2])
    Image.fromarray(drawn(2, size=300)).save(bad / "截断.jpg")
    photo = (bad / "截断.jpg").read_bytes()
    (bad / "截断.jpg").write_bytes(photo[: len(photo) // 2])
    Image.new("1", (30000, 30000)).save(bad / "bomb.png")
    os.symlink("loop.png", bad / "loop.png")
    os.symlink("nowhere", bad / "dangling.png")
    os.mkfifo(bad / "pipe.png")
    os.mkfifo(bad / "pipe.npy")
    np.save(bad / "float.npy", np.zeros((28, 28)))
    np.save(bad / "size.npy", np.zeros((28, 29), np.uint8))
    np.save(bad / "object.npy", np.array([{}], object), allow_pickle=True)

    def npy(shape):
        header = b"{'descr': '|u1', 'fortran_order': False, 'shape': %b, }\n" % shape
        return MAGIC + len(header).to_bytes(2, "little") + header + drawn(2).tobytes()

    (bad / "short.npy").write_bytes(npy(b"(28, 28)")[:-1])
    (bad / "long.npy").write_bytes(npy(b"(28, 28)") + b"x")
    (bad / "header.npy").write_bytes(npy(b"(28, 28)")[:20])
    (bad / "huge.npy").write_bytes(npy(b"(9999999999, 28)"))
    (bad / "deep.npy").write_bytes(MAGIC + b"\xa0\x0f" + b"(" * 4000)
    (bad / "a\nb\x1b.png").write_bytes(b"x")
    return {
        "text.png": "picture",
        "empty.jpg": "picture",
        "cut.png": "",
        "截断.jpg": "",
        "bomb.png": "too large",
        "loop.png": "symbolic links",
        "dangling.png": "no such file",
        "pipe.png": "not a regular file",
        "pipe.npy": "not a regular file",
        "float.npy": "[28, 28] float64, expected [28, 28] uint8",
        "size.npy": "[28, 29] uint8",
        "object.npy": "not a .npy file of numbers, or damaged: Object arrays",
        "short.npy": "damaged: EOF: reading array data, expected 784 bytes got 783",
        "long.npy": "goes on after the 784 values that its header promises",
        "header.npy": "damaged: EOF: reading array header",
        "huge.npy": "damaged: ",
        "deep.npy": "damaged: ",
        "a\\nb\\x1b.png": "picture",
    }


def test_every_bad_file_is_named_with_its_reason_and_skipped_or_refused(
    folder, caplog, monkeypatch
):
    expected = spoil(folder)
    splits, warnings = warnings_of(caplog, folder)
    with monkeypatch.context() as patch:  # the second start knows it without reading them
        patch.setattr("mnist_paddle.data.folder.images.read_sample", None)
        assert warnings_of(caplog, folder)[1] == warnings
    (line,) = [line for line in warnings if "cannot be read" in line]
    assert f"{len(expected)} of {100 + len(expected)} samples cannot be read" in line
    assert "\n" not in line
    assert sum(len(split) for split in splits.values()) == 100
    report = check(folder)
    assert set(report.unreadable) == {f"2/{name}" for name in expected}
    for name, words in expected.items():
        assert words in report.unreadable[f"2/{name}"], name
    assert f"--strict: {folder}: {len(expected)} of " in refusal(folder, strict=True)
    spoilt = [name for split in splits.values() for name in names(split)]
    assert len(pixels(splits["train"])) > 0
    assert not {f"2/{name}" for name in expected} & set(spoilt)


def test_a_file_that_breaks_later_is_named_when_it_is_read(folder):
    train = open_folder(folder)["train"]
    (folder / names(train)[3]).unlink()
    with pytest.raises(DataError, match=f"{names(train)[3]}: no such file"):
        train.images[np.arange(10)]


def test_nothing_readable_is_refused(tmp_path):
    folder = digit_folders(tmp_path / "bad", count=3)
    for file in folder.rglob("*.png"):
        file.write_bytes(b"x")
    assert "nothing is left of" in refusal(folder)
    assert "30 of 30 samples cannot be read" in refusal(folder)


def test_a_loop_of_links_is_refused_and_does_not_hang(folder):
    os.symlink("..", folder / "3" / "again")
    assert "again leads to" in refusal(folder) or "which is read already" in refusal(folder)
    (folder / "3" / "again").unlink()
    os.symlink("5", folder / "extra")
    assert "extra/" in refusal(folder)
    (folder / "extra").unlink()
    shutil.rmtree(folder / "4")
    os.symlink("5", folder / "4")  # one picture with two labels
    assert "5 leads to" in refusal(folder)
    os.symlink("self", folder.parent / "self")
    assert "no such folder" in refusal(folder.parent / "self")


@pytest.mark.parametrize("name", ["labels.csv", "images.npy", "labels.npy"])
def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path, name):
    folder = tmp_path / "pipes"
    folder.mkdir()
    np.save(folder / "images.npy", np.zeros((9, 28, 28), np.uint8))
    np.save(folder / "labels.npy", np.zeros(9, int))
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(refusal(folder)), daemon=True)
    thread.start()
    thread.join(20)
    assert answers
    assert f"{name}: is not a regular file." in answers[0]


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (np.zeros((5, 28, 28)), np.zeros(5, int), r"[5, 28, 28] float64, expected [N, 28, 28]"),
        (np.zeros((5, 784), np.uint8), np.zeros(5, int), "[5, 784] uint8"),
        (np.zeros((5, 28, 28), np.uint8), np.zeros(4, int), "[4] int64, expected [5]"),
        (np.zeros((5, 28, 28), np.uint8), np.zeros(5), "[5] float64, expected [5]"),
        (np.zeros((5, 28, 28), np.uint8), np.full(5, 10), "has 10 at place 0"),
        (np.zeros((0, 28, 28), np.uint8), np.zeros(0, int), "no samples are in it"),
        (np.zeros((5, 28, 28), np.uint8), np.array([None] * 5), "Python objects in dtype"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path, images, labels, words):
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "labels.npy", labels, allow_pickle=True)
    assert words in refusal(tmp_path)


def test_an_array_cut_short_or_too_long_is_refused_not_a_crash(tmp_path):
    np.save(tmp_path / "images.npy", np.zeros((50, 28, 28), np.uint8))
    np.save(tmp_path / "labels.npy", np.arange(50) % 10)
    content = (tmp_path / "images.npy").read_bytes()
    (tmp_path / "images.npy").write_bytes(content[:-5000])
    assert "damaged: mmap length is greater than file size" in refusal(tmp_path)
    (tmp_path / "images.npy").write_bytes(content + b"x")
    sentence = "has 39,329 bytes, but its header promises [50, 28, 28] uint8 in 39,328."
    assert sentence in refusal(tmp_path)


# The cache


def test_the_second_start_reads_no_sample(folder, monkeypatch):
    before = open_folder(folder)
    monkeypatch.setattr("mnist_paddle.data.folder.images.read_sample", None)
    after = open_folder(folder)
    assert {m: names(s) for m, s in after.items()} == {m: names(s) for m, s in before.items()}
    assert after["train"].digest == before["train"].digest


def test_any_change_is_read_anew(folder):
    digests = [open_folder(folder)["train"].digest]
    path = folder / "1" / "002.png"
    status = path.stat()
    write_png(path, drawn(1, 99))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # the time of the old content
    digests.append(open_folder(folder)["train"].digest)
    one, other = folder / "2" / "001.png", folder / "2" / "002.png"
    one.rename(folder / "x")
    other.rename(one)
    (folder / "x").rename(other)
    digests.append(open_folder(folder)["train"].digest)
    path.unlink()
    digests.append(open_folder(folder)["train"].digest)
    digests.append(open_folder(folder, split_seed=1)["train"].digest)
    listed(folder, [f"{d}/{n:03}.png,{9 - d}" for d in range(10) for n in range(3, 10)])
    digests.append(open_folder(folder)["train"].digest)
    assert len(set(digests)) == len(digests)


KEPT = ("unreadable", "reasons")


def test_a_damaged_or_lying_cache_does_no_harm(folder):
    digest = open_folder(folder)["train"].digest
    cache = folder / CACHE
    content = cache.read_bytes()
    facts, arrays = read_cache(cache, KEPT)
    kept = dict(zip(KEPT, arrays, strict=True))
    no, index = np.frombuffer(b"no\n", np.uint8), np.array([1])
    lies = []
    for fact_changes, array_changes in (
        ({"digest": 5}, {}),
        ({"digest": "x" * 64}, {}),
        ({"pictures": "many"}, {}),
        ({"pictures": -1}, {}),
        ({"surprise": 1}, {}),
        ({}, {"unreadable": np.array([100]), "reasons": no}),
        ({}, {"unreadable": np.array([-1]), "reasons": no}),
        ({}, {"unreadable": np.array(["a"]), "reasons": no}),
        ({}, {"unreadable": index[None], "reasons": no}),
        ({}, {"unreadable": index, "reasons": no[:0]}),
        ({}, {"unreadable": index, "reasons": np.array([2])}),
        ({}, {"unreadable": index, "reasons": np.repeat(no, 1000)}),
    ):
        write_cache(cache, {**kept, **array_changes}, {**facts, **fact_changes})
        lies.append(cache.read_bytes())
    damaged = (b"", b"\xff", content[:-9], content.replace(b"pict", b"pixt"), content[:100])
    for spoilt in (*damaged, *lies):
        cache.write_bytes(spoilt)
        splits = open_folder(folder)
        assert splits["train"].digest == digest
        assert sum(len(split) for split in splits.values()) == 100
        assert cache.read_bytes() == content
    cache.unlink()
    os.mkfifo(cache)
    assert open_folder(folder)["train"].digest == digest


def test_a_folder_that_cannot_be_written_to_is_read_all_the_same(folder, monkeypatch, caplog):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mnist_paddle.files.tempfile.mkstemp", refuse)  # root may write anywhere
    splits, warnings = warnings_of(caplog, folder)
    assert sum(len(split) for split in splits.values()) == 100
    assert any("No cache in" in line and "Permission denied" in line for line in warnings)
    assert not (folder / CACHE).exists()


# Memory


def test_a_listing_takes_a_hundred_bytes_for_a_sample(tmp_path):
    """At 1,000,000 samples 100 MB, as Python keeps strings: about 85 for a name of 18 letters."""
    for number in range(2000):
        path = tmp_path / str(number % 10) / f"{number // 1000:04}" / f"{number:07}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    list_samples(tmp_path)  # what is imported or cached once
    tracemalloc.start()
    listing = list_samples(tmp_path)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert listing.images.name(1_777) == "8/0001/0001778.npy"
    assert 2000 * 60 < kept < 2000 * 100
    assert peak < 2000 * 150


PEAK = """
import resource, sys
import numpy as np
from mnist_paddle.data import open_folder
train = open_folder(sys.argv[1])["train"]
for _ in range(100):
    next(train.batches(100, seed=_))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_an_array_on_the_disk(tmp_path):
    """Ten times the images, 141 MB more on the disk: less than 8 MB more in memory."""
    peaks = []
    for count in (20_000, 200_000):
        folder = tmp_path / str(count)
        folder.mkdir()
        images = np.lib.format.open_memmap(folder / "images.npy", "w+", np.uint8, (count, 28, 28))
        images[:, 5:20, 10] = np.arange(count)[:, None] % 251
        del images
        np.save(folder / "labels.npy", np.arange(count) % 10)
        finished = subprocess.run(
            [sys.executable, "-c", PEAK, folder], cwd=ROOT, capture_output=True, text=True
        )
        assert finished.returncode == 0, finished.stderr
        peaks.append(int(finished.stdout))
    labels_and_order = 180_000 * (8 + 8 + 8 + 8 + 2) / 1024  # kB
    assert peaks[1] - peaks[0] < labels_and_order + 8_000


# Writing


def test_an_export_is_whole_or_not_there(tmp_path, tiny_data, monkeypatch):
    splits = load_splits(tiny_data)
    out = tmp_path / "out"
    calls = []

    def fail(image, format):
        calls.append(format)
        if len(calls) == 700:
            raise OSError(28, "No space left on device")
        return b""

    monkeypatch.setattr("mnist_paddle.data.folder.write._content", fail)
    with pytest.raises(OSError, match="No space"):
        write_folder(out, splits)
    assert list(tmp_path.iterdir()) == []


def test_an_export_never_writes_into_other_files(tmp_path, tiny_data):
    splits = load_splits(tiny_data)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "precious").write_text("x")
    for out in (tmp_path / "mine", tmp_path / "mine" / "precious"):
        with pytest.raises(DataError, match="is there already"):
            write_folder(out, splits)
    (tmp_path / "empty").mkdir()
    write_folder(tmp_path / "empty", splits)
    assert (tmp_path / "empty" / "labels.csv").is_file()
    assert (tmp_path / "mine" / "precious").read_text() == "x"


def test_images_that_would_not_come_back_from_png_are_refused(tmp_path):
    path = tmp_path / "light.json.gz"
    splits = {mode: (255 - images, labels) for mode, (images, labels) in random_splits().items()}
    write_data(path, splits, "light")
    with pytest.raises(DataError, match="choose the format npy"):
        write_folder(tmp_path / "out", load_splits(path), "png")
    write_folder(tmp_path / "out", load_splits(path), "npy")
    assert open_folder(tmp_path / "out")["eval"].digest == load_splits(path)["eval"].digest


def test_a_killed_export_leaves_no_folder(tmp_path, tiny_data):
    code = (
        "import itertools, sys, time, mnist_paddle.data.folder.write as w\n"
        "from mnist_paddle.data import load_splits\n"
        "content, count = w._content, itertools.count()\n"
        "def stop_in_the_middle(*words):\n"
        "    if next(count) == 700:\n"
        "        print('x', flush=True)\n"
        "        time.sleep(60)\n"
        "    return content(*words)\n"
        "w._content = stop_in_the_middle\n"
        "w.write_folder(sys.argv[2], load_splits(sys.argv[1]))\n"
    )
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-c", code, tiny_data, out], cwd=ROOT, stdout=subprocess.PIPE
    )
    process.stdout.readline()
    process.kill()
    process.wait()
    process.stdout.close()
    assert not out.exists()
