"""Stage 1, data: how does work/mnist.json.gz become batches?

load_data(mode) reads one split, checked and from a cache; calling the result starts a pass.
Training data come in a new order in every pass, the others as they lie in the file.
The order depends on seed and epoch alone; the last short batch is kept.

阶段 1，数据：work/mnist.json.gz 怎样变成一批一批的数据？
load_data(mode) 读取一个数据集，经过检查并带缓存；调用它的结果就开始新的一轮。
训练数据每一轮换一次顺序，其余数据保持文件中的顺序。
顺序只由种子和轮数决定；最后不满的一批也会保留。

The tutorial kept Python lists in memory, parsed the file again for each split and had no seed.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ...errors import DataError
from ...files import atomic_write, open_regular, printable
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS
from ..split import MODES, Split
from .cache import is_digest, read_cache, write_cache
from .gzip_stream import check_size
from .json_stream import parse_file

logger = logging.getLogger("mnist_paddle")

DATA_FILE = "work/mnist.json.gz"
MNIST_DIGEST = "c97a2c607853b499a01d274c02fa5de533f80f6f09404e77aa0e02ec99b4c1f5"
COMPRESSION = 6  # 22 MB; level 1 would save 2 s once and cost 9 MB


def load_data(mode: str, path: str | Path = DATA_FILE) -> Split:
    """Read one split of a data file: "train", "valid" or "eval".

    The first call takes seconds and leaves a cache beside the file, the next ones a moment.

    Raises:
        DataError: an unknown mode, no such file, or a file that is not what it should be.
        OSError: the file cannot be read.

    Source: tutorial part 0, items 0.2, 0.3, 0.6, 0.10.
    """
    if mode not in MODES:
        raise DataError(f"load_data got the mode {mode!r}, expected one of {', '.join(MODES)}.")
    path = Path(path)
    if not path.is_file():
        shown = printable(str(path))
        raise DataError(f"{shown}: no such file; make it with scripts/prepare_data.py.")
    check_size(path)
    split = _read_cached(path, mode)
    if split is None:
        logger.info("Reading %s; the next time its cache will do.", printable(str(path)))
        split = _parse_and_cache(path, mode)
    split.images.flags.writeable = False
    return split


def cache_path(path: Path) -> Path:
    """Return where the cache of a data file lies: beside it, hidden."""
    return path.with_name(f".{path.name}.cache.npz")


def _read_cached(path: Path, mode: str) -> Split | None:
    """Return a split from the cache, None if there is no good one of this very file."""
    cached = read_cache(cache_path(path), (f"{mode}.images", f"{mode}.labels"))
    if cached is None:
        return None
    facts, (images, labels) = cached
    name, digest = facts.get("name"), facts.get("digest")
    if facts.get("source") != _file_hash(path) or not is_digest(digest):
        return None
    if not (isinstance(name, str) and name.isprintable()):
        return None
    count = len(labels) if labels.ndim == 1 else 0
    fits = count > 0 and images.shape == (count, 1, IMAGE_ROWS, IMAGE_COLUMNS)
    if not fits or images.dtype != np.uint8 or labels.dtype != np.uint8 or labels.max() > 9:
        return None
    return _split(mode, images, labels, name, digest)


def _parse_and_cache(path: Path, mode: str) -> Split:
    parsed = parse_file(path)
    digest = content_digest(parsed.splits)
    stem = parsed.stored_name or path.name.split(".")[0]
    name = "MNIST" if digest == MNIST_DIGEST else f"{stem} (not MNIST)"
    arrays = {}
    for each, (images, labels) in parsed.splits.items():
        arrays[f"{each}.images"], arrays[f"{each}.labels"] = images, labels
    facts = {"source": parsed.source_hash, "name": name, "digest": digest}
    write_cache(cache_path(path), arrays, facts)
    return _split(mode, *parsed.splits[mode], name, digest)


def _split(mode: str, images: np.ndarray, labels: np.ndarray, name: str, digest: str) -> Split:
    return Split(mode, images, labels.astype(np.int64).reshape(-1, 1), name, digest)


def _file_hash(path: Path) -> str:
    digest = hashlib.sha256()
    with open_regular(path, DataError) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_digest(splits: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> str:
    """Return the identity of a data set: sha256 of images and labels as uint8, in MODES order."""
    digest = hashlib.sha256()
    for mode in MODES:
        for array in splits[mode]:
            digest.update(np.ascontiguousarray(array, np.uint8).data)
    return digest.hexdigest()


def write_data(
    path: str | Path, splits: Mapping[str, tuple[np.ndarray, np.ndarray]], name: str
) -> None:
    """Write a data file: pixels as k/255, and the same bytes for the same content and name.

    `splits` has for each mode images [N, 28, 28] or [N, 1, 28, 28] uint8 and labels [N] or [N, 1],
    whole numbers 0..9. `name` is what load_data will call them.

    Raises:
        DataError: shapes, dtypes, labels or the name are not such.
        OSError: the file cannot be written.
    """
    path = Path(path)
    checked = _check_splits(splits)
    if not name or not name.isprintable() or len(name) > 100 or set(name) & set("/\\"):
        raise DataError(f"the name of the data is {name!r}, expected 1 to 100 plain characters.")
    if not name.isascii():
        raise DataError(f"the name of the data is {name!r}, but a gzip header holds only ASCII.")
    total = sum(len(images) for images, _ in checked.values())
    with (
        atomic_write(path) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile(f"{name}.json", "wb", COMPRESSION, raw, mtime=0) as file,
        tqdm(total=total, desc=f"writing {path.name}", unit=" images", disable=None) as bar,
    ):
        for number, mode in enumerate(MODES):
            images, labels = checked[mode]
            file.write(b",[[" if number else b"[[[")
            for start in range(0, len(images), 512):
                block = images[start : start + 512]
                file.write((b"," if start else b"") + _image_text(block))
                bar.update(len(block))
            file.write(b"],[" + ",".join(map(str, labels.tolist())).encode() + b"]]")
        file.write(b"]")


PIXEL_TEXT = [repr(value / 255) for value in range(256)]


def _image_text(images: np.ndarray) -> bytes:
    """Write images [B, 784] uint8 as JSON lists, separated by commas."""
    lists = (",".join(map(PIXEL_TEXT.__getitem__, image.tobytes())) for image in images)
    return f"[{'],['.join(lists)}]".encode()


def _check_splits(
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]],
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return for each mode images [N, 784] uint8 and labels [N]; refuse what cannot be written."""
    if set(splits) != set(MODES):
        raise DataError(f"write_data got the splits {sorted(splits)}, expected {', '.join(MODES)}.")
    checked = {}
    for mode in MODES:
        images, labels = map(np.asarray, splits[mode])
        count = len(images) if images.ndim else 0
        shapes = {(count, IMAGE_ROWS, IMAGE_COLUMNS), (count, 1, IMAGE_ROWS, IMAGE_COLUMNS)}
        if images.dtype != np.uint8 or images.shape not in shapes or not count:
            raise DataError(
                f"the images of {mode} are {list(images.shape)} {images.dtype}, expected "
                f"[N, {IMAGE_ROWS}, {IMAGE_COLUMNS}] uint8 with at least one image."
            )
        if labels.dtype.kind not in "iu" or labels.shape not in {(count,), (count, 1)}:
            raise DataError(
                f"the labels of {mode} are {list(labels.shape)} {labels.dtype}, expected "
                f"[{count}] whole numbers, one for each image."
            )
        labels = labels.reshape(count)
        wrong = np.flatnonzero((labels < 0) | (labels > 9))
        if len(wrong):
            raise DataError(
                f"{mode} label {wrong[0]} is {labels[wrong[0]]}, "
                "expected a whole number from 0 to 9."
            )
        checked[mode] = images.reshape(count, -1), labels
    return checked
