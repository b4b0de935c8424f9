"""Claims about downloads: whole, genuine, continued, and every reason told."""

import gzip
import re
import threading

import pytest

from mnist_paddle.data.sources.download import DownloadError, download_mnist
from tests.support.data_files import NAMES
from tests.support.local_mirror import FILES, SUMS, assert_complete, running_mirror

IMAGES = FILES[NAMES[0]]


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def second():
    with running_mirror(FILES) as mirror:
        yield mirror


def bring(folder, *mirrors):
    download_mnist(folder, [getattr(mirror, "url", mirror) for mirror in mirrors], SUMS, timeout=2)


def reason(folder, *mirrors):
    with pytest.raises(DownloadError) as caught:
        bring(folder, *mirrors)
    sentence = str(caught.value)
    assert sentence.startswith(f"no mirror gave {NAMES[0]}.gz: ")
    return sentence


def test_a_download_brings_the_four_files_and_asks_once_for_each(tmp_path, mirror):
    bring(tmp_path / "new", mirror)
    assert_complete(tmp_path / "new")
    assert mirror.asked == [(f"{name}.gz", None) for name in NAMES]


def test_what_is_there_and_right_is_not_downloaded_again(tmp_path, mirror):
    bring(tmp_path, mirror)
    mirror.asked.clear()
    (tmp_path / f"{NAMES[1]}.gz").write_bytes(gzip.compress(b"wrong"))
    (tmp_path / f"{NAMES[3]}.gz").write_bytes(b"\x1f\x8bdamaged")
    bring(tmp_path, mirror)
    assert_complete(tmp_path)
    assert [name for name, _ in mirror.asked] == [f"{NAMES[1]}.gz", f"{NAMES[3]}.gz"]


def test_another_wrapper_around_the_right_content_is_right(tmp_path, mirror):
    for name in NAMES:
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(FILES[name], 9))
    bring(tmp_path, mirror)
    assert not mirror.asked


def test_a_cut_download_goes_on_where_it_stopped(tmp_path, mirror):
    mirror.cut_after = 20_000
    bring(tmp_path, mirror)
    assert_complete(tmp_path)
    ranges = [wanted for name, wanted in mirror.asked if name == f"{NAMES[0]}.gz"]
    assert ranges == [None, "bytes=20000-", "bytes=40000-"]


def test_the_next_run_goes_on_where_the_last_stopped(tmp_path, mirror):
    packed = mirror.files[f"/mnist/{NAMES[0]}.gz"]
    mirror.cut_after = 0
    reason(tmp_path, mirror)
    part = next(tmp_path.glob("*.part"))
    part.write_bytes(packed[:1234])
    mirror.cut_after = None
    mirror.asked.clear()
    bring(tmp_path, mirror)
    assert_complete(tmp_path)
    assert mirror.asked[0] == (f"{NAMES[0]}.gz", "bytes=1234-")


def test_a_mirror_that_ignores_the_range_starts_over(tmp_path, mirror):
    packed = mirror.files[f"/mnist/{NAMES[0]}.gz"]
    mirror.cut_after = 0
    reason(tmp_path, mirror)
    next(tmp_path.glob("*.part")).write_bytes(packed[:1234])
    mirror.cut_after, mirror.honours_range = None, False
    mirror.asked.clear()
    bring(tmp_path, mirror)
    assert_complete(tmp_path)
    assert len(mirror.asked) == 4  # what it sent was taken as it is, not asked for again


@pytest.mark.parametrize("length", [1000, 1_000_000])
def test_a_bad_part_of_an_older_run_is_thrown_away(tmp_path, mirror, length):
    """A part of wrong bytes, and one that is longer than the file (answered with 416)."""
    mirror.cut_after = 0
    reason(tmp_path, mirror)
    next(tmp_path.glob("*.part")).write_bytes(b"?" * length)
    mirror.cut_after = None
    bring(tmp_path, mirror)
    assert_complete(tmp_path)


def test_parts_of_two_mirrors_are_never_mixed(tmp_path, mirror, second):
    second.files = {path: gzip.compress(gzip.decompress(d), 9) for path, d in second.files.items()}
    mirror.cut_after = 0
    reason(tmp_path, mirror)
    next(tmp_path.glob("*.part")).write_bytes(mirror.files[f"/mnist/{NAMES[0]}.gz"][:500])
    mirror.status = 503
    bring(tmp_path, mirror, second)
    assert second.asked[0] == (f"{NAMES[0]}.gz", None)
    packed = (tmp_path / f"{NAMES[0]}.gz").read_bytes()
    assert packed == second.files[f"/mnist/{NAMES[0]}.gz"]


def test_a_mirror_that_fails_is_passed_over_and_not_asked_again(tmp_path, dead, mirror, second):
    mirror.status = 404
    bring(tmp_path, dead, mirror, second)
    assert_complete(tmp_path)
    assert len(mirror.asked) == 1
    assert len(second.asked) == 4


def test_each_mirrors_reason_is_told(tmp_path, dead, mirror, second):
    mirror.status = 404
    second.files = dict.fromkeys(second.files, b"\n<!DOCTYPE html><html>Please log in</html>")
    sentence = reason(tmp_path, dead, mirror, second)
    assert re.search(r"127.0.0.1:\d+ is out of reach \(.*refused", sentence)
    assert f"{mirror.host} answered 404 Not Found" in sentence
    assert f"{second.host} answered with an HTML page, not a gzip file" in sentence
    assert "MNIST_DIR" in sentence
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"something else", mtime=0), "sent other content than MNIST's"),
        (b"something else", "sent something that is no gzip file"),
        (gzip.compress(IMAGES)[:-5], "sent damaged gzip data"),
    ],
)
def test_wrong_content_is_never_kept(tmp_path, mirror, content, words):
    mirror.files = dict.fromkeys(mirror.files, content)
    assert f"{mirror.host} {words}" in reason(tmp_path, mirror)
    assert not list(tmp_path.iterdir())


def test_a_mirror_that_makes_no_progress_is_given_up(tmp_path, mirror):
    mirror.cut_after = 0
    assert re.search(r"stopped after 0 of [\d,]+ bytes", reason(tmp_path, mirror))
    assert len(mirror.asked) == 1


def test_an_endless_answer_is_given_up(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr("mnist_paddle.data.sources.download.LARGEST", 10_000)
    assert "sent more than 10,000 bytes" in reason(tmp_path, mirror)


def test_a_silent_mirror_is_given_up(tmp_path, mirror, second):
    release = threading.Event()
    mirror.answer = lambda request: release.wait(10)
    download_mnist(tmp_path, [mirror.url, second.url], SUMS, timeout=0.2)
    release.set()
    assert_complete(tmp_path)
