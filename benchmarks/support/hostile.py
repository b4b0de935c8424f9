"""Spoil good files in many ways and read them: each ends in a result or in an error of ours.

python -m benchmarks.support.hostile READER COUNT SEED prints one JSON line: how many files were
tried, accepted and refused, the seconds, the memory. The same READER and SEED give the same files.
"""

import faulthandler
import gzip
import io
import json
import logging
import os
import random
import struct
import sys
import tempfile
import time
import traceback
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import paddle
from PIL import Image
from safetensors.numpy import save as pack_tensors

from mnist_paddle import checkpoint
from mnist_paddle.data import MODES, load_data, write_data
from mnist_paddle.data.formats.cache import FACTS
from mnist_paddle.data.formats.idx import read_idx_file
from mnist_paddle.data.formats.mnist_json import cache_path
from mnist_paddle.errors import InputError, NoDigitError
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.optimizers import make_optimizer, make_schedule
from mnist_paddle.pictures.digit import find_digit, open_picture
from mnist_paddle.predict import load_model, predict

SECONDS_PER_FILE = 20  # a file that takes longer ends the process, whatever it is doing
MOST_FAILURES = 5  # described in full before a reader is given up

Spoil = Callable[[random.Random], bytes]  # makes one file
Read = Callable[[Path], None]  # returns, or raises an InputError


def spoil_bytes(content: bytes, chance: random.Random, words: tuple[bytes, ...] = ()) -> bytes:
    """Change a few places: bits, bytes, numbers, words; cut, repeat, leave out."""
    spoiled = bytearray(content)
    # Files say what they are at their start; half of the changes are there.
    reach = chance.choice((len(spoiled), min(len(spoiled), 200)))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place = chance.randrange(max(1, min(reach, len(spoiled))))
        length = chance.choice((0, 1, 1, 2, 4, 50))
        piece = bytes(spoiled[place : place + length])
        change = chance.randrange(8 if words else 7)
        if change == 0 and place < len(spoiled):
            spoiled[place] ^= 1 << chance.randrange(8)
        elif change == 1:
            spoiled[place : place + 1] = bytes([chance.choice((0, 1, 127, 128, 255))])
        elif change == 2:
            number = chance.choice((0, 1, 2**15, 2**16 - 1, 50_000, 2**31 - 1, 2**31, 2**32 - 1))
            packed = struct.pack(chance.choice("<>") + "I", number)[-chance.choice((2, 4)) :]
            spoiled[place : place + len(packed)] = packed
        elif change == 3:
            spoiled[place : place + length] = chance.randbytes(length)
        elif change == 4:
            spoiled[place:place] = piece * chance.choice((1, 2, 100))
        elif change == 5:
            del spoiled[place : place + length]
        elif change == 6 and chance.random() < 0.3:
            del spoiled[place:]
        elif change == 7:
            spoiled[place : place + length] = chance.choice(words)
    return bytes(spoiled)


JSON_WORDS = (
    *(b"[", b"]", b",", b'"', b"-", b"{", b"}", b"[]", b"{}", b"null", b"true", b"NaN", b"1e999"),
    *(b"\xe9", b"\0", b" ", b"0", b"1", b"255", b"9" * 400, b"[" * 2000, b" " * 5000, b'"\\ud800"'),
)


def json_gz(folder: Path) -> tuple[Spoil, Read]:
    """One image per split; half of the files are spoiled packed, half before they are packed."""
    image = (np.arange(784) % 256 / 255).round(3).tolist()
    text = json.dumps([[[image], [mode]] for mode in range(3)], separators=(",", ":")).encode()
    packed = gzip.compress(text, 9, mtime=0)

    def spoil(chance: random.Random) -> bytes:
        if chance.random() < 0.5:
            return spoil_bytes(packed, chance)
        return gzip.compress(spoil_bytes(text, chance, JSON_WORDS), 1, mtime=0)

    def read(path: Path) -> None:
        split = load_data("valid", path)
        assert (split.images.shape[1:], split.images.dtype) == ((1, 28, 28), np.uint8)
        assert split.labels.max() <= 9

    return spoil, read


def cache(folder: Path) -> tuple[Spoil, Read]:
    """The hidden file beside good data: as bytes, or with other arrays and facts and right sums.

    Whatever it is, the data are read; nothing is refused.
    """
    data = folder / "digits.json.gz"
    splits = {mode: (np.full([2, 28, 28], 9, np.uint8), np.array([3, 4])) for mode in MODES}
    write_data(data, splits, "tiny")
    load_data("valid", data)
    content = cache_path(data).read_bytes()
    with np.load(cache_path(data)) as file:
        arrays = dict(file)
    facts = json.loads(arrays.pop(FACTS).tobytes())

    def spoil(chance: random.Random) -> bytes:
        change = chance.randrange(4)
        if change == 0:
            return spoil_bytes(content, chance, JSON_WORDS)
        if change == 1:
            return spoil_member(content, chance)
        changed = spoil_tensors(arrays, chance) if change == 2 else arrays
        text = json.dumps(spoil_tree(facts, chance) if change == 3 else facts)
        packed = io.BytesIO()
        np.savez(packed, **{FACTS: np.frombuffer(text.encode(), np.uint8), **changed})
        return packed.getvalue()

    def read(path: Path) -> None:
        path.replace(cache_path(data))
        split = load_data("valid", data)
        assert (split.images.shape[1:], split.images.dtype) == ((1, 28, 28), np.uint8)
        assert len(split.images) == len(split.labels)
        assert split.labels.max() <= 9
        assert split.name.isprintable()

    return spoil, read


def spoil_member(content: bytes, chance: random.Random) -> bytes:
    """Change one member of a zip file, its header or its numbers; the check sums are right."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as archive,
        zipfile.ZipFile(packed, "w", chance.choice((0, 0, 0, zipfile.ZIP_DEFLATED))) as spoiled,
    ):
        victim = chance.choice(archive.namelist())
        for name in archive.namelist():
            member = archive.read(name)
            words = (*JSON_WORDS, b"'|O'", b"'<f8'", b"'<U9'", b"(", b"(1,)", b"True", b"2L")
            spoiled.writestr(name, spoil_bytes(member, chance, words) if name == victim else member)
    return packed.getvalue()


def idx(folder: Path) -> tuple[Spoil, Read]:
    """Images and labels, packed and plain; spoiled before or after they are packed."""
    images = struct.pack(">4I", 0x803, 3, 28, 28) + np.arange(3 * 784).astype(np.uint8).tobytes()
    labels = struct.pack(">2I", 0x801, 5) + bytes([0, 9, 5, 3, 1])

    def spoil(chance: random.Random) -> bytes:
        content = chance.choice((images, labels))
        form = chance.randrange(3)
        if form == 2:
            return spoil_bytes(gzip.compress(content, 9, mtime=0), chance)
        content = spoil_bytes(content, chance)
        return gzip.compress(content, 1, mtime=0) if form == 1 else content

    def read(path: Path) -> None:
        with path.open("rb") as file:
            dimensions = 1 if b"\1" in file.read(4) else 3
        array = read_idx_file(path, dimensions)
        assert array.dtype == np.uint8
        assert array.shape[1:] == (28, 28)[: dimensions - 1]

    return spoil, read


def pack_model(tensors: checkpoint.Tensors, header: object) -> bytes:
    """Return a model file with the right digest, whatever its header."""
    stored = {"header": header, "sha256": checkpoint._digest(tensors, header)}  # type: ignore
    return pack_tensors(tensors, {checkpoint.HEADER_KEY: json.dumps(stored)})


def small_model(name: str, loss: str) -> tuple[checkpoint.Tensors, dict]:
    model = build_model(name, OBJECTIVES[loss].outputs, 3)
    header = {
        "model": {"name": name, "outputs": OBJECTIVES[loss].outputs, "hidden": 3},
        "objective": loss,
        "data": {"name": "tiny (not MNIST)", "digest": "0" * 64},
        "metrics": {"eval_correct": 1, "eval_total": 2},
    }
    return checkpoint.model_tensors(model), header


def small_training() -> tuple[paddle.nn.Layer, paddle.optimizer.Optimizer]:
    model = build_model("mlp", 10, 3)
    schedule = make_schedule("polynomial", 0.01, 100)
    return model, make_optimizer("adam", schedule, model.parameters())


def train_step(model: paddle.nn.Layer, optimizer: paddle.optimizer.Optimizer) -> None:
    model(paddle.ones([2, 1, 28, 28])).mean().backward()
    optimizer.step()
    optimizer.clear_grad()
    optimizer._learning_rate.step()


HOSTILE_VALUES = (
    *(None, True, False, 0, 1, -1, 4, 10**9, 10**12, 10**300, -(2**63), 0.5, float("nan")),
    *(float("inf"), "", "mlp", "cnn", "ce", "x" * 5000, "\ud800", "\n\x1b[31m", [], {}, [[[]]]),
    *([1] * 50, {"name": "mlp"}, {"a": {"b": {}}}, "__import__('os')", "../../../etc/passwd"),
)


def spoil_tree(tree: dict, chance: random.Random) -> object:
    """Change one place of a header: another value, a key more or less, or all of it."""
    tree = json.loads(json.dumps(tree))
    place = tree
    while True:
        if not place or chance.random() < 0.05:
            return chance.choice((tree, {}, {"header": tree}))
        key = chance.choice(sorted(place))
        if isinstance(place[key], dict) and chance.random() < 0.8:
            place = place[key]
            continue
        change = chance.randrange(6)
        if change == 0:
            del place[key]
        elif change == 1:
            place[chance.choice(("name", "hidden", "lambda", "self", "position", "x"))] = 1
        else:
            place[key] = chance.choice(HOSTILE_VALUES)
        return tree


def spoil_tensors(tensors: checkpoint.Tensors, chance: random.Random) -> checkpoint.Tensors:
    """Change one tensor: its name, shape, type or numbers; or one more, one less."""
    tensors = dict(tensors)
    name = chance.choice(sorted(tensors))
    array = tensors.pop(name)
    change = chance.randrange(8)
    types = (np.float64, np.float16, np.int64, np.uint8, np.bool_)
    if change == 0:
        tensors[chance.choice(("x", "", "/", "model/", "optimizer/", "\n", name + "/x"))] = array
    elif change == 1:
        tensors[name] = array.reshape(chance.choice(([-1], [1, -1], [-1, 1], [1] * 40 + [-1])))
    elif change == 2:
        tensors[name] = array.astype(chance.choice(types))
    elif change == 3:
        numbers = (np.nan, np.inf, -np.inf, 1e38, 1e-45) if array.dtype.kind == "f" else (0, 99)
        tensors[name] = np.full_like(array, chance.choice(numbers))
    elif change == 4:
        tensors[name] = array[:0]
    elif change == 5:
        tensors.update({name: array, "optimizer/output.bias/_new": array[:1]})
    elif change == 6:
        tensors[name] = np.zeros(chance.choice(((), (0, 2**40), (1,), (7, 11))), np.float32)
    return tensors


def checkpoints(folder: Path) -> tuple[Spoil, Read]:
    """Model files and a training checkpoint: a third spoiled as bytes, the rest behind the digest.

    What is accepted must predict, and a training checkpoint must train on.
    """
    paddle.seed(0)
    kinds = ("linear", "mse"), ("mlp", "ce"), ("mlp", "mse"), ("cnn", "ce")
    seeds = [small_model(*kind) for kind in kinds]
    model, optimizer = small_training()
    train_step(model, optimizer)
    state = {"schedule": optimizer.state_dict()["LR_Scheduler"], "position": {"epoch": 1}}
    seeds.append((checkpoint.training_tensors(model, optimizer), {**seeds[1][1], **state}))
    packed = [pack_model(*seed) for seed in seeds]
    # The way a file of ours is written, and this one, must be the same for the fuzz to reach far.
    checkpoint.save(folder / "saved", *seeds[0])
    assert checkpoint.load(folder / "saved")[1] == checkpoint.load_bytes(packed[0], "packed")[1]
    image = np.full([1, 28, 28], 7, np.uint8)

    def spoil(chance: random.Random) -> bytes:
        number = chance.choice((0, 0, 1, 1, 2, 3, 4, 4, 4))
        tensors, header = seeds[number]
        change = chance.randrange(6)
        if change < 2:
            return spoil_bytes(packed[number], chance, JSON_WORDS)
        if change == 2:
            return spoil_layout(packed[number], chance)
        if change in (3, 5):
            tensors = spoil_tensors(tensors, chance)
        if change in (4, 5):
            header = spoil_tree(header, chance)
        return pack_model(tensors, header)

    def read(path: Path) -> None:
        trained = load_model(path)
        (answer,) = predict(trained, image)
        str(answer)
        if "position" in trained.header:
            tensors, header = checkpoint.load(path)
            model, optimizer = small_training()
            schedule = header.get("schedule")
            checkpoint.restore_training(model, optimizer, tensors, schedule, path)
            train_step(model, optimizer)

    return spoil, read


def spoil_layout(packed: bytes, chance: random.Random) -> bytes:
    """Change what a safetensors file says of its tensors: types, shapes, offsets, metadata."""
    size = int.from_bytes(packed[:8], "little")
    layout = json.loads(packed[8 : 8 + size])
    entry = layout[chance.choice(sorted(layout))]
    key = chance.choice(sorted(entry))
    types = ("F64", "BF16", "F8_E4M3", "F8_E5M2", "F4", "F6_E2M3", "BOOL", "C64", "U8", "Q9")
    numbers = (0, 1, -1, 10**12, 2**63, 2**64 - 1, 2**64, 10**30, 1.5, None)
    if key == "dtype":
        entry[key] = chance.choice(types)
    elif key in ("shape", "data_offsets") and entry[key] and chance.random() < 0.7:
        entry[key][chance.randrange(len(entry[key]))] = chance.choice(numbers)
    else:
        entry[key] = chance.choice(HOSTILE_VALUES)
    text = json.dumps(layout).encode()
    return len(text).to_bytes(8, "little") + text + packed[8 + size :]


def pictures(folder: Path) -> tuple[Spoil, Read]:
    """Small pictures of every format that is read, spoiled as bytes."""
    grey = Image.fromarray((np.arange(13 * 11) * 7 % 256).astype(np.uint8).reshape(13, 11))
    colours, palette = grey.convert("RGB"), grey.convert("P")
    alpha = grey.convert("RGBA")
    forms = [
        *((grey, "PNG"), (alpha, "PNG"), (palette, "PNG", {"transparency": 3})),
        *((grey.convert("I;16"), "PNG"), (grey.convert("1"), "PNG")),
        *((grey, "JPEG"), (colours, "JPEG", {"progressive": True}), (colours, "MPO")),
        *((palette, "GIF"), (grey, "GIF", {"save_all": True, "append_images": [grey, palette]})),
        *((grey, "BMP"), (colours, "BMP"), (palette, "BMP"), (grey.convert("1"), "BMP")),
        *((grey, "TIFF"), (colours, "TIFF"), (alpha, "TIFF"), (grey.convert("F"), "TIFF")),
        *((colours, "WEBP", {"lossless": True}), (alpha, "WEBP"), (colours, "WEBP")),
        *((grey.convert("1"), "TIFF"), (palette, "TIFF"), (grey.convert("I;16"), "TIFF")),
        *((grey, "PPM"), (colours, "PPM"), (grey.convert("1"), "PPM")),
    ]
    if "AVIF" in Image.SAVE:
        forms.append((colours, "AVIF"))
    seeds = []
    for picture, name, *options in forms:
        file = io.BytesIO()
        picture.save(file, name, **(options[0] if options else {}))
        seeds.append(file.getvalue())
    seeds += [b"P2\n3 2\n255\n" + b"1 2 3 4 5 6\n", b"P1 3 2\n1 0 1 0 1 0\n"]
    for seed in seeds:  # all of them are good
        open_picture(seed)

    def read(path: Path) -> None:
        picture = open_picture(path)
        with suppress(NoDigitError):
            pixels = find_digit(picture).ink
            assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)

    def spoil(chance: random.Random) -> bytes:
        spoiled = spoil_bytes(chance.choice(seeds), chance)
        return mend_png(spoiled) if chance.random() < 0.7 else spoiled

    return spoil, read


def mend_png(content: bytes) -> bytes:
    """Put right the check sum of each chunk of a PNG, so that decoding goes on to what is wrong."""
    mended, place = bytearray(content), 8
    while content.startswith(b"\x89PNG") and place + 12 <= len(mended):
        end = place + 8 + int.from_bytes(mended[place : place + 4], "big")
        if end + 4 > len(mended):
            break
        mended[end : end + 4] = zlib.crc32(mended[place + 4 : end]).to_bytes(4, "big")
        place = end + 4
    return bytes(mended)


READERS = {
    "json_gz": json_gz,
    "idx": idx,
    "checkpoint": checkpoints,
    "picture": pictures,
    "cache": cache,
}


def memory_mib(key: str) -> float:
    """Return VmRSS, the memory in use, or VmHWM, the most there was; 0 where it is not told."""
    status = Path("/proc/self/status")
    for line in status.read_text().splitlines() if status.exists() else ():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    return 0


@contextmanager
def moderate(most_mib: float = 100, most_seconds: float = 10) -> Iterator[None]:
    """Fail if the block takes more memory, at its peak, or more time."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")  # let VmHWM begin anew
    before, start = memory_mib("VmHWM"), time.monotonic()
    yield
    assert time.monotonic() - start < most_seconds
    assert memory_mib("VmHWM") - before < most_mib


def gzip_bomb(start: bytes, repeated: bytes, times: int) -> bytes:
    """Pack `start` and then `times` times `repeated`, without making all of it; its end is cut."""
    packer = zlib.compressobj(9, wbits=31)
    packed = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(repeated) + packer.flush(zlib.Z_FULL_FLUSH)
    return packed + block * times


def fuzz(reader: str, count: int, seed: int) -> dict[str, object]:
    """Read `count` spoiled files; the memory is that of the whole process, so give it one."""
    failures, accepted, refused = [], 0, 0
    with tempfile.TemporaryDirectory(prefix=f"hostile_{reader}_") as name:
        folder = Path(name)
        path = folder / "input"  # after a crash it lies there
        spoil, read = READERS[reader](folder)
        logging.getLogger("mnist_paddle").setLevel(logging.WARNING)
        before = memory_mib("VmRSS")
        start = time.monotonic()
        printed = (folder / "printed").open("w+")
        stderr = os.dup(2)
        os.dup2(printed.fileno(), 2)
        for number in range(count):
            path.write_bytes(spoil(random.Random(f"{seed} {number}")))
            faulthandler.dump_traceback_later(SECONDS_PER_FILE, exit=True, file=stderr)
            try:
                read(path)
            except InputError as error:
                refused += 1
                sentence = str(error)
                if "\n" in sentence or str(path) not in sentence or len(sentence) > 1000:
                    failures.append(f"file {number}: not a sentence: {sentence!r}")
            except BaseException:  # a panic of Rust is no Exception
                failures.append(f"file {number}: {traceback.format_exc()}")
            else:
                accepted += 1
            if len(failures) == MOST_FAILURES:
                break
        faulthandler.cancel_dump_traceback_later()
        seconds = time.monotonic() - start
        os.dup2(stderr, 2)
        os.close(stderr)
        printed.seek(0)
        text = printed.read()
        printed.close()
    return {
        "reader": reader,
        "seed": seed,
        "tried": accepted + refused,
        "accepted": accepted,
        "refused": refused,
        "seconds": round(seconds, 1),
        "before_mib": round(before),
        "peak_mib": round(memory_mib("VmHWM")),
        "printed": text[:1000],
        "failures": failures,
    }


if __name__ == "__main__":
    print(json.dumps(fuzz(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
