"""Stage 1, data: how is a data file written out as one file per sample?

One .npy or PNG for each image, and labels.csv, which names all of them with label and split.
The folder appears whole or not at all: it is made under another name beside and then renamed.

阶段 1，数据：怎样把一个数据文件导出成一个样本一个文件？
每张图像一个 .npy 或 PNG 文件，labels.csv 列出全部文件及其标签和数据集。
文件夹要么完整出现，要么不出现：先用另一个名字在旁边写好，再改名。

Source: tutorial part 3, which reads such files and does not say how they are made.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from ...errors import DataError
from ...files import atomic_folder, printable
from ..formats.labels_csv import LABELS
from ..formats.npy import SAMPLE_HEADER
from ..split import Split
from .sample_file import has_light_border

FORMATS = ("npy", "png")
LAYOUTS = ("labels", "folders")
BLOCK = 256  # images taken from a split at once


def write_folder(
    out: str | os.PathLike[str],
    splits: Mapping[str, Split],
    format: str = "npy",
    layout: str = "labels",
) -> None:
    """Write each image of the splits as a file of its own, and labels.csv, into a new folder.

    `layout` "labels" puts all files into one folder, "folders" into `0/` to `9/`; either has
    labels.csv. What open_folder reads from it are the same pixels, labels, order and digest.

    Raises:
        DataError: `out` is there and not empty, an unknown format or layout, or an image that
            would not come back from a PNG as it was.
        OSError: it cannot be written; nothing is left of it.
    """
    out = Path(out)
    if format not in FORMATS or layout not in LAYOUTS:
        raise DataError(
            f"the format is {format!r} and the layout {layout!r}, expected {' or '.join(FORMATS)} "
            f"and {' or '.join(LAYOUTS)}."
        )
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        shown = printable(str(out))
        raise DataError(f"{shown}: is there already; name a folder that is new or empty.")
    with atomic_folder(out) as temporary:
        _write_samples(temporary, splits, format, layout)


def _write_samples(folder: Path, splits: Mapping[str, Split], format: str, layout: str) -> None:
    if layout == "folders":
        for digit in range(10):
            (folder / str(digit)).mkdir()
    total = sum(len(split) for split in splits.values())
    with (
        (folder / LABELS).open("w", encoding="utf-8", newline="") as file,
        tqdm(total=total, desc=f"writing {format}", unit=" files", disable=None) as bar,
    ):
        rows = csv.writer(file)
        rows.writerow(["file", "label", "split"])
        for mode, split in splits.items():
            digits = len(str(len(split) - 1))
            for start in range(0, len(split), BLOCK):
                images = split.images[np.arange(start, min(start + BLOCK, len(split)))]
                for index, image in enumerate(images[:, 0], start):
                    label = int(split.labels[index, 0])
                    name = f"{mode}_{index:0{digits}}.{format}"
                    name = f"{label}/{name}" if layout == "folders" else name
                    if format == "png" and has_light_border(image):
                        raise DataError(
                            f"{mode} image {index} has a light border, so its PNG would be taken "
                            "for dark ink on light paper; choose the format npy."
                        )
                    (folder / name).write_bytes(_content(image, format))
                    rows.writerow([name, label, mode])
                bar.update(len(images))


def _content(image: np.ndarray, format: str) -> bytes:
    """Return the bytes of a file that holds the image, `[28, 28] uint8`."""
    if format == "npy":
        return SAMPLE_HEADER + np.ascontiguousarray(image).tobytes()
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    return file.getvalue()
