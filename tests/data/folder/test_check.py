"""Claims about check_data: what is in the data and what is odd is said; and about export_files."""

import json

import numpy as np
import pytest
from PIL import Image

from mnist_paddle.data import MODES, load_data, write_data
from mnist_paddle.data.folder.check import check
from mnist_paddle.data.folder.open import open_folder
from tests.support.data_files import random_splits
from tests.support.sample_folders import digit_folders, drawn, write_png


def notes_about(report, words):
    return [note for note in report.notes if words in note]


def written(tmp_path, change):
    """Write a data file of random images, after `change(images, labels)` of each split."""
    splits = random_splits((60, 20, 20))
    for mode, (images, labels) in splits.items():
        images[:, 1, 1] = np.arange(1, len(images) + 1)  # no two alike, none blank
        images[:, 2, 2], images[:, 3, 3] = 255, MODES.index(mode)
        images[:, [0, -1]] = images[:, :, [0, -1]] = 0
        labels[:] = np.arange(len(labels)) % 10
    change(splits)
    write_data(tmp_path / "data.json.gz", splits, "random")
    return tmp_path / "data.json.gz"


def test_good_data_have_no_notes_and_are_counted(tiny_data):
    report = check(tiny_data)
    assert report.notes == []
    assert not report.fault
    for place, mode in enumerate(MODES):
        split = load_data(mode, tiny_data)
        expected = np.bincount(split.labels[:, 0], minlength=10)
        np.testing.assert_array_equal(report.counts[place], expected)
    images = np.concatenate([load_data(mode, tiny_data).images for mode in MODES])
    assert (report.lowest, report.highest) == (images.min(), images.max())
    assert report.mean == pytest.approx(images.mean())
    assert report.digest == load_data("eval", tiny_data).digest


def test_duplicates_are_told_apart_by_where_they_are(tmp_path):
    def change(splits):
        (train, labels), (valid, valid_labels), (evaluation, _) = splits.values()
        train[7] = train[3]  # within; 3 and 7 have other labels
        train[20] = train[10]  # within, the same label
        valid[4], valid_labels[4] = train[30], labels[30]  # between
        evaluation[0] = valid[4]  # between, the third of three

    report = check(written(tmp_path, change))
    assert report.duplicates_within == 2
    assert report.duplicates_between == 2
    assert report.duplicates_with_other_label == 1
    assert notes_about(report, "train image 3 = train image 7")
    assert notes_about(report, "train image 30 = valid image 4")
    assert notes_about(report, "two labels")


def test_blank_inverted_and_rare_are_said(tmp_path):
    def change(splits):
        train, labels = splits["train"]
        train[5] = 0
        train[6] = 200
        train[8:11] = 255 - train[8:11]
        labels[labels == 9] = 1
        labels[20:] = 2

    report = check(written(tmp_path, change))
    assert (report.blank, report.light) == (2, 3)
    assert notes_about(report, "2 blank, such as train image 5, train image 6.")
    assert notes_about(report, "3 with a light border, such as train image 8, train image 9")
    assert notes_about(report, "train has nothing of the digit(s) 9.")
    assert notes_about(report, "of the digit 2 and 2 of ")
    assert report.duplicates_within == 0  # blank ones are not twins


def test_a_folder_is_reported_with_sizes_modes_and_names(tmp_path):
    folder = digit_folders(tmp_path / "图", count=5)
    write_png(folder / "3" / "large.png", 255 - drawn(3, size=60))
    Image.fromarray(drawn(4, 9)).convert("RGB").save(folder / "4" / "x.png")
    np.save(folder / "5" / "x.npy", drawn(5, 9))
    (folder / "6" / "坏.png").write_bytes(b"x")
    (folder / "7" / "same.png").write_bytes((folder / "7" / "000.png").read_bytes())
    report = check(folder)
    assert report.kinds["28 x 28 L"] == 51
    assert report.kinds["60 x 60 L"] == report.kinds["28 x 28 RGB"] == 1
    assert report.kinds["28 x 28 npy"] == 1
    assert list(report.unreadable) == ["6/坏.png"]
    assert report.duplicates_within + report.duplicates_between == 1
    assert notes_about(report, "7/000.png = 7/same.png")
    assert report.digest == open_folder(folder)["train"].digest
    assert report.counts.sum(axis=0).tolist() == [5, 5, 5, 6, 6, 6, 5, 6, 5, 5]


def test_the_contact_sheet_shows_images_of_their_label(tmp_path):
    folder = digit_folders(tmp_path / "few", count=4)
    for digit, images in enumerate(check(folder).sheet):
        assert len(images) == 4
        expected = {drawn(digit, number).tobytes() for number in range(4)}
        assert {image.tobytes() for image in images} == expected


def test_the_command_prints_a_table_and_draws_a_sheet(command, tiny_data, tmp_path):
    finished = command("check_data", "--data", tiny_data)
    assert finished.returncode == 0, finished.stderr
    assert "data: tiny (not MNIST) from" in finished.stdout
    (row,) = [line for line in finished.stdout.splitlines() if line.startswith("train ")]
    counts = np.bincount(load_data("train", tiny_data).labels[:, 0])
    assert row.split()[1:11] == [f"{count:,}" for count in counts]
    assert row.split()[-1] == "1,050"
    with Image.open(tmp_path / "work" / "contact_sheet.png") as sheet:
        assert sheet.width > 600
        assert len(np.unique(np.asarray(sheet.convert("L")))) > 50


def test_the_command_speaks_json(command, tmp_path):
    folder = digit_folders(tmp_path / "图\n", count=4)
    (folder / "2" / "bad.png").write_bytes(b"x")
    finished = command("check_data", "--data", folder, "--json", "--sheet", "s.png")
    facts = json.loads(finished.stdout)
    assert (finished.returncode, facts["usable"]) == (0, True)
    assert sum(map(sum, facts["counts"].values())) == 40
    assert list(facts["unreadable"]) == ["2/bad.png"]
    assert (tmp_path / "s.png").is_file()


@pytest.mark.parametrize(
    ("digits", "words"),
    [([4], "all samples of train are of the digit 4"), ([], "bad is empty; expected")],
)
def test_data_that_cannot_be_trained_on_end_with_2(command, tmp_path, digits, words):
    folder = tmp_path / "bad"
    folder.mkdir()
    digit_folders(folder, digits=digits)
    finished = command("check_data", "--data", folder)
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.count("\n") == 1
    assert words in finished.stderr
    assert ("not usable" in finished.stdout) == bool(digits)  # what there is, is shown all the same


def test_a_missing_data_file_is_one_sentence(command, tmp_path):
    finished = command("check_data", "--data", "nope")
    assert finished.returncode == 2
    assert "nope: no such file" in finished.stderr
    assert list(tmp_path.iterdir()) == []


def test_exported_files_check_as_their_source(command, tiny_data, tmp_path):
    finished = command("export_files", "--data", tiny_data, "--out", "files", "--format", "png")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout == "files: tiny (not MNIST), 1,050 train, 130 valid, 170 eval.\n"
    one, other = check(tiny_data), check(tmp_path / "files")
    np.testing.assert_array_equal(one.counts, other.counts)
    assert (one.digest, one.mean) == (other.digest, other.mean)
    for images, others in zip(one.sheet, other.sheet, strict=True):
        np.testing.assert_array_equal(images, others)
    again = command("export_files", "--data", tiny_data, "--out", "files")
    assert again.returncode == 2
    assert "files: is there already" in again.stderr


@pytest.mark.parametrize("script", ["check_data", "export_files"])
def test_help_needs_no_paddle(command, script, tmp_path):
    (tmp_path / "paddle.py").write_text("raise SystemExit('Paddle was imported')")
    finished = command(script, "--help")
    assert finished.returncode == 0, finished.stderr
    assert "Usage:" in finished.stdout
