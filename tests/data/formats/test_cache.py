"""Claims about the cache beside the data file: never wrong, never in the way."""

import json
import logging
import os
import random
import subprocess
import sys
import zlib

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from benchmarks.support import ROOT
from benchmarks.support.hostile import moderate
from mnist_paddle.data import MODES, load_data, write_data
from mnist_paddle.data.formats import json_stream
from mnist_paddle.data.formats.cache import FACTS, cache_path
from tests.support.data_files import document, random_splits, sentence_about, write_document


def parse_counter(monkeypatch):
    calls = []
    original = json_stream.parse_file
    monkeypatch.setattr(
        "mnist_paddle.data.mnist_json.parse_file", lambda path: calls.append(path) or original(path)
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
    with safe_open(cache, framework="numpy") as file:
        facts = file.metadata()
    tensors = load_file(cache)
    tensors["eval.images"][1, 0, 5, 5] ^= 1
    save_file(tensors, cache, metadata=facts)
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


def forged(path, arrays=None, **facts):
    """Write the cache of a data file anew, with other arrays or facts and with right sums."""
    cache = cache_path(path)
    with safe_open(cache, framework="numpy") as file:
        told = json.loads(file.metadata()[FACTS].partition(" ")[2])
    arrays = {**load_file(cache), **(arrays or {})}
    told["crc32"] = {key: zlib.crc32(array.tobytes()) for key, array in arrays.items()}
    text = json.dumps({**told, **facts})
    save_file(arrays, cache, metadata={FACTS: f"{zlib.crc32(text.encode()):08x} {text}"})


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


def huge_layout(cache):
    """A layout of very many tensors of nothing: reading it takes many times its size."""
    entry = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    text = json.dumps({str(number): entry for number in range(200_000)}).encode()
    cache.write_bytes(len(text).to_bytes(8, "little") + text)


def promise(cache):
    """A valid layout over a file of 4 TB, all of it a hole."""
    text = (
        b'{"eval.images":{"dtype":"U8","shape":[4398046511104],"data_offsets":[0,4398046511104]}}'
    )
    cache.write_bytes(len(text).to_bytes(8, "little") + text)
    os.truncate(cache, 8 + len(text) + 4398046511104)


def pipe(cache):
    cache.unlink()
    os.mkfifo(cache)


@pytest.mark.parametrize("spoil", [sparse, huge_layout, promise, pipe])
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
