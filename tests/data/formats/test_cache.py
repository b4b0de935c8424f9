"""Claims about the cache beside the data file: never wrong, never in the way."""

import json
import logging
import os
import random
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from benchmarks.support import ROOT
from benchmarks.support.hostile import moderate
from mnist_paddle.data import MODES, load_data, write_data
from mnist_paddle.data.formats import cache as cache_form
from mnist_paddle.data.formats import json_stream
from mnist_paddle.data.formats.cache import FACTS, read_cache, write_cache
from mnist_paddle.data.formats.mnist_json import cache_path
from tests.support.data_files import document, random_splits, sentence_about, write_document


def parse_counter(monkeypatch):
    calls = []
    original = json_stream.parse_file
    monkeypatch.setattr(
        "mnist_paddle.data.formats.mnist_json.parse_file",
        lambda path: calls.append(path) or original(path),
    )
    return calls


def same(first, second):
    return (
        np.array_equal(first.images, second.images)
        and np.array_equal(first.labels, second.labels)
        and (first.name, first.digest) == (second.name, second.digest)
    )


def test_the_file_is_parsed_once_for_all_splits(tmp_path, monkeypatch):
    path = write_document(tmp_path / "once.json.gz", document())
    calls = parse_counter(monkeypatch)
    cold = load_data("valid", path)
    assert same(cold, load_data("valid", path))
    assert [len(load_data(mode, path)) for mode in MODES] == [2, 2, 2]
    assert len(calls) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == [cache_path(path).name, path.name]


def test_a_changed_file_is_parsed_again(tmp_path):
    path = write_document(tmp_path / "changed.json.gz", document(2))
    first = load_data("train", path)
    write_document(path, document(3))
    second = load_data("train", path)
    assert (len(first), len(second)) == (2, 3)
    assert first.digest != second.digest


def test_a_damaged_file_is_an_error_in_spite_of_its_cache(tmp_path):
    path = write_document(tmp_path / "damaged.json.gz", document())
    load_data("train", path)
    path.write_bytes(path.read_bytes()[:-3])
    assert "cut short" in sentence_about(path)


def test_a_damaged_cache_is_made_anew(tmp_path, monkeypatch):
    path = write_document(tmp_path / "cache.json.gz", document())
    good = load_data("eval", path)
    cache = cache_path(path)
    content = cache.read_bytes()
    calls = parse_counter(monkeypatch)
    chance = random.Random(1)
    spoiled = [b"", b"garbage", content[:100], content[:-1], content[:8] + b"{}" + content[10:]]
    for _ in range(40):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        spoiled.append(bytes(damaged))
    for damaged in spoiled:
        cache.write_bytes(damaged)
        assert same(load_data("eval", path), good)
        assert same(load_data("eval", path), good)
    assert len(calls) >= 10  # the flips in the other splits' arrays do no harm here


def test_a_flipped_bit_in_a_cached_array_is_noticed(tmp_path, monkeypatch):
    path = write_document(tmp_path / "flip.json.gz", document())
    good = load_data("eval", path)
    cache = cache_path(path)
    content = bytearray(cache.read_bytes())
    with zipfile.ZipFile(cache) as archive:
        member = archive.getinfo("eval.images.npy")
    content[member.header_offset + member.file_size - 500] ^= 1  # a pixel of the last image
    cache.write_bytes(content)
    calls = parse_counter(monkeypatch)
    assert same(load_data("eval", path), good)
    assert len(calls) == 1


@pytest.mark.parametrize("fact", ["name", "digest"])
def test_a_changed_fact_in_the_cache_is_noticed(tmp_path, fact):
    path = write_document(tmp_path / "fact.json.gz", document())
    good = load_data("eval", path)
    content = cache_path(path).read_bytes()
    old = getattr(good, fact).encode()
    assert old in content
    cache_path(path).write_bytes(content.replace(old, old[:-1] + b"?"))
    assert same(load_data("eval", path), good)


def contents(cache):
    """Return the arrays and the facts of a cache."""
    with np.load(cache) as file:
        arrays = dict(file)
    return arrays, json.loads(arrays.pop(FACTS).tobytes())


def forged(path, arrays=None, **facts):
    """Write the cache of a data file anew, with other arrays or facts and with right sums."""
    cache = cache_path(path)
    told_arrays, told = contents(cache)
    write_cache(cache, {**told_arrays, **(arrays or {})}, {**told, **facts})


IMAGES = np.zeros((2, 1, 28, 28), np.uint8)
FORGERIES = {
    "labels of 10": {"arrays": {"eval.labels": np.array([3, 10], np.uint8)}},
    "labels of another type": {"arrays": {"eval.labels": np.array([3, 3])}},
    "labels in columns": {"arrays": {"eval.labels": np.array([[3], [3]], np.uint8)}},
    "a label less": {"arrays": {"eval.labels": np.array([3], np.uint8)}},
    "no images": {"arrays": {"eval.images": IMAGES[:0], "eval.labels": IMAGES[:0, 0, 0, 0]}},
    "one number": {"arrays": {"eval.images": np.array(3, np.uint8)}},
    "flat images": {"arrays": {"eval.images": IMAGES.reshape(2, 784)}},
    "images of 27 rows": {"arrays": {"eval.images": IMAGES[:, :, 1:]}},
    "images of floats": {"arrays": {"eval.images": IMAGES.astype(np.float32)}},
    "images of truth values": {"arrays": {"eval.images": IMAGES.astype(bool)}},
    "a name that is a number": {"name": 3},
    "a name that colours the terminal": {"name": "\x1b[31mMNIST"},
    "a digest that is a list": {"digest": []},
    "a digest that is a word": {"digest": "none"},
    "no digest": {"digest": None},
    "no source": {"source": None},
    "too many facts": {"more": "x" * (1 << 17)},
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_cache_with_right_sums_is_made_anew(tmp_path, monkeypatch, name):
    path = write_document(tmp_path / "forged.json.gz", document())
    good = load_data("eval", path)
    calls = parse_counter(monkeypatch)
    forged(path)
    assert same(load_data("eval", path), good)
    assert not calls  # so that it is the forgery below that is noticed
    forged(path, **FORGERIES[name])
    assert same(load_data("eval", path), good)
    assert len(calls) == 1
    assert same(load_data("eval", path), good)
    assert len(calls) == 1


def sparse(cache):
    os.truncate(cache, 1 << 40)


MEMBERS = 600_000


def huge_directory(cache, extension=b""):
    """Very many members of nothing: zipfile takes many times as much memory for their list."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", *(0,) * 9, 1, *(0,) * 6) + b"x"
    directory = entry * MEMBERS
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, len(directory), 0, 0)
    cache.write_bytes(directory + extension + end)


def huge_directory_in_64_bits(cache):
    """The same, but how long the list is, is said in the extension for large files alone."""
    size = MEMBERS * 47
    longer = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, MEMBERS, MEMBERS, size, 0)
    huge_directory(cache, longer + struct.pack("<4sIQI", b"PK\6\7", 0, size, 1))
    content = cache.read_bytes()
    cache.write_bytes(content[:-10] + bytes(10))


def repacked(cache, name, write, compression, size=None):
    """Write a cache anew, with the member `name` as `write` writes it, whatever size it has."""
    arrays, facts = contents(cache)
    arrays[FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    with zipfile.ZipFile(cache, "w", compression, compresslevel=1) as archive:
        for each, array in arrays.items():
            with archive.open(f"{each}.npy", "w") as member:
                if each == name:
                    write(member)
                else:
                    np.lib.format.write_array(member, array)
        if size is not None:
            archive.getinfo(f"{name}.npy").file_size = size


def header(shape):
    return {"descr": "|u1", "fortran_order": False, "shape": shape}


def promise(cache):
    """Sound check sums, but an array of 4 TB is promised."""

    def write(member):
        np.lib.format.write_array_header_1_0(member, header((1 << 32, 1, 28, 28)))
        member.write(bytes(100))

    repacked(cache, "eval.images", write, zipfile.ZIP_STORED)


def bomb(cache):
    """A few bytes that unpack to 157 MB, and say that they are as few as they look."""

    def write(member):
        np.lib.format.write_array_header_1_0(member, header((200_000, 1, 28, 28)))
        for _ in range(200):
            member.write(bytes(784_000))

    repacked(cache, "eval.images", write, zipfile.ZIP_BZIP2, size=1000)


def pipe(cache):
    cache.unlink()
    os.mkfifo(cache)


@pytest.mark.parametrize(
    "spoil", [sparse, huge_directory, huge_directory_in_64_bits, promise, bomb, pipe]
)
def test_an_absurd_cache_is_no_cache(tmp_path, spoil):
    path = write_document(tmp_path / "absurd.json.gz", document())
    good = load_data("eval", path)
    spoil(cache_path(path))
    with moderate():
        assert same(load_data("eval", path), good)


def test_without_a_place_for_the_cache_it_goes_on(tmp_path, caplog):
    path = write_document(tmp_path / "full.json.gz", document())
    cache_path(path).mkdir()  # nothing can be renamed to a folder's name
    with caplog.at_level(logging.WARNING, "mnist_paddle"):
        assert [len(load_data("train", path)) for _ in range(2)] == [2, 2]
    assert "No cache" in caplog.text
    assert len(list(tmp_path.iterdir())) == 2


def test_processes_that_load_at_once_see_the_same(tmp_path):
    path = tmp_path / "shared.json.gz"
    write_data(path, random_splits(), "random")
    code = (
        "import sys; from mnist_paddle.data import load_data, MODES\n"
        "for mode in MODES:\n"
        "    split = load_data(mode, sys.argv[1])\n"
        "    print(len(split), split.images.sum(), split.digest)"
    )
    command = [sys.executable, "-c", code, str(path)]
    running = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) for _ in range(3)]
    answers = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(answers) == 1
    assert load_data("train", path).digest.encode() in answers.pop()
    assert len(list(tmp_path.iterdir())) == 2


def test_arrays_and_facts_come_back_and_nothing_else_is_a_cache(tmp_path):
    path = tmp_path / "some.npz"
    assert read_cache(path) is None
    arrays = {"a": np.arange(6, dtype=">i4").reshape(2, 3, order="F"), "b": np.array(["数", ""])}
    write_cache(path, arrays, {"name": "数字", "count": [1, None]})
    facts, (b, a) = read_cache(path, ("b", "a"))
    assert facts == {"name": "数字", "count": [1, None]}
    np.testing.assert_array_equal(a, arrays["a"])
    np.testing.assert_array_equal(b, arrays["b"])
    assert read_cache(path, ("c",)) is None
    with zipfile.ZipFile(path, "a") as archive, archive.open("longer.npy", "w") as member:
        np.lib.format.write_array(member, arrays["a"])
        member.write(b"x")
    assert read_cache(path, ("a",)) is not None
    assert read_cache(path, ("longer",)) is None
    np.savez(path, **arrays)
    assert read_cache(path) is None
    np.savez(path, **{FACTS: np.array([{"name": "x"}], object)})  # a pickle
    assert read_cache(path) is None


def test_a_cache_too_large_to_be_read_is_not_written(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(cache_form, "LARGEST_CACHE", cache_form.LARGEST_DIRECTORY + 1000)
    with caplog.at_level(logging.WARNING, "mnist_paddle"):
        write_cache(tmp_path / "large.npz", {"a": np.zeros(1000, np.uint8)}, {})
    assert "No cache" in caplog.text
    assert list(tmp_path.iterdir()) == []
