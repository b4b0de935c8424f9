"""Stage 1, data: why does only the first start take seconds?

The pixels read from the JSON text are kept beside it as bytes, in a hidden safetensors file.
It carries the sha256 of its source: a changed source is read anew.
It carries a check sum for each part: a damaged cache is made anew. Deleting it is always safe.

第一阶段，数据：为什么只有第一次启动要花几秒钟？
从 JSON 文本读出的像素以字节形式存在旁边的一个隐藏的 safetensors 文件里。
它记着来源文件的 sha256：来源变了就重新读取。
它还记着每一部分的校验和：缓存坏了就重新生成。删除它永远是安全的。
"""

from __future__ import annotations

import json
import logging
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from ...files import atomic_write
from ..pixels import IMAGE_COLUMNS, IMAGE_ROWS
from .json_stream import MOST_IMAGES

logger = logging.getLogger("mnist_paddle")

# One key, because safetensors keeps several in no stable order. A new layout gets a new key.
FACTS = "mnist_paddle.data.1"
LARGEST_CACHE = 3 * MOST_IMAGES * (IMAGE_ROWS * IMAGE_COLUMNS + 1) + (1 << 16)  # bytes

_DIGEST = re.compile("[0-9a-f]{64}")
_NO_CACHE = (
    *(OSError, SafetensorError, ValueError, TypeError, LookupError, AttributeError),
    *(ArithmeticError, RecursionError, MemoryError),
)


@dataclass(frozen=True, eq=False)
class CachedSplit:
    """One split as the cache holds it, with what is known about the whole file."""

    images: np.ndarray  # [N, 1, 28, 28] uint8
    labels: np.ndarray  # [N] uint8
    name: str
    digest: str


def cache_path(path: Path) -> Path:
    """Return where the cache of a data file lies: beside it, hidden."""
    return path.with_name(f".{path.name}.cache.safetensors")


def write_cache(
    path: Path,
    splits: Mapping[str, tuple[np.ndarray, np.ndarray]],
    source_hash: str,
    name: str,
    digest: str,
) -> None:
    """Keep the splits of the data file `path`; without a place to write only warn."""
    arrays = {}
    for mode, (images, labels) in splits.items():
        arrays[f"{mode}.images"], arrays[f"{mode}.labels"] = images, labels
    facts = {
        "source": source_hash,
        "name": name,
        "digest": digest,
        "crc32": {key: zlib.crc32(array.data) for key, array in arrays.items()},
    }
    text = json.dumps(facts)
    try:
        with atomic_write(cache_path(path)) as temporary:
            save_file(arrays, temporary, metadata={FACTS: f"{_sum(text)} {text}"})
    except (OSError, SafetensorError) as error:
        logger.warning("No cache for %s, every start reads it anew: %s", path, error)


def read_cache(path: Path, source_hash: str, mode: str) -> CachedSplit | None:
    """Return one split of the data file `path`, None if there is no good cache of these bytes.

    The sums find damage, not malice: a cache that came with somebody's data file is looked at as
    carefully as the file.
    """
    cache = cache_path(path)
    try:
        if not cache.is_file() or not _has_moderate_size(cache):
            return None
        with safe_open(cache, framework="numpy") as file:
            check, _, text = file.metadata()[FACTS].partition(" ")
            facts = json.loads(text)
            if check != _sum(text) or facts["source"] != source_hash:
                return None
            name, digest = facts["name"], facts["digest"]
            if not (isinstance(name, str) and name.isprintable() and _DIGEST.fullmatch(digest)):
                return None
            shapes = []
            for part in ("images", "labels"):
                layout = file.get_slice(f"{mode}.{part}")
                if layout.get_dtype() != "U8":
                    return None
                shapes.append(list(layout.get_shape()))
            count = shapes[0][0]
            if count < 1 or shapes != [[count, 1, IMAGE_ROWS, IMAGE_COLUMNS], [count]]:
                return None
            images, labels = (file.get_tensor(f"{mode}.{part}") for part in ("images", "labels"))
            sums = [facts["crc32"][f"{mode}.{part}"] for part in ("images", "labels")]
            if [zlib.crc32(images.data), zlib.crc32(labels.data)] != sums or labels.max() > 9:
                return None
            return CachedSplit(images, labels, name, digest)
    except _NO_CACHE:
        return None


def _has_moderate_size(cache: Path) -> bool:
    """Say whether neither the file nor the layout at its start is larger than any of ours."""
    with cache.open("rb") as file:
        layout_size = int.from_bytes(file.read(8), "little")
        return os.fstat(file.fileno()).st_size <= LARGEST_CACHE and layout_size <= 1 << 16


def _sum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
