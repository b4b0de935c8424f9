"""The commands that make data and look at them: none of them needs Paddle."""

import json
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..config import DEFAULT_DATA
from ..errors import DataError
from .app import make_default_data


def prepare_data(
    *,
    from_: Path | None = None,
    out: Path = Path(DEFAULT_DATA),
    source: Literal["auto", "idx", "folder", "download", "drawn"] = "auto",
    seed: int = 0,
) -> None:
    """Write the tutorial's data file and read it back.

    Parameters
    ----------
    from_
        Folder with MNIST's four IDX files, gzipped or not, or with samples of your own.
    out
        File to write.
    source
        auto: --from or the folder that MNIST_DIR names, else download, else drawn digits.
        folder: your own samples in --from, each picture converted once.
    seed
        Seed of the drawn digits, or of the split of your own samples.
    """
    from ..data import prepare_data

    prepare_data(out, source, from_, seed)
    _describe_data(out)


def check_data(
    *,
    data: str = DEFAULT_DATA,
    sheet: Path = Path("work/contact_sheet.png"),
    split_seed: int = 0,
    json_: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Look at every sample of a folder or a data file: what is in it, and what is odd?

    The exit code is 0 if it can be trained on, whatever is odd, and 2 if it cannot.

    Parameters
    ----------
    data
        Folder of samples, or data file; the default one is made if it is missing.
    sheet
        PNG to draw: some images of each digit.
    split_seed
        Seed of the split into train, valid and eval, of a folder that does not say it.
    json_
        Print one JSON object instead of lines.
    """
    from ..data.folder.check import check
    from ..plots import draw_contact_sheet

    make_default_data(data)
    report = check(data, split_seed=split_seed)
    total = int(report.counts.sum())
    if total:
        counts = report.counts.sum(axis=0).tolist()
        draw_contact_sheet(report.sheet, counts, sheet, f"{total:,} images, some of each digit")
    if json_:
        print(json.dumps({**report.facts(), "sheet": str(sheet) if total else None}))
    else:
        print(f"data: {report.name or 'not usable'} from {report.path}, digest {report.digest}")
        print(f"\n{report.table()}\n")
        kinds = list(report.kinds.items())
        shown = ", ".join(f"{kind}: {count:,}" for kind, count in kinds[:8])
        more = f" and {len(kinds) - 8} other kinds" if len(kinds) > 8 else ""
        print(f"kinds: {shown}{more}")
        print(f"values: {report.lowest} to {report.highest}, mean {report.mean:.1f}, of 0 to 255")
        for name, reason in report.unreadable.items():
            print(f"cannot be read: {name}: {reason}")
        for sentence in report.notes:
            print(f"note: {sentence}")
        if total:
            print(f"\n{sheet}")
    if report.fault:
        raise DataError(report.fault)


def export_files(
    *,
    out: Path,
    data: str = DEFAULT_DATA,
    format: Literal["npy", "png"] = "npy",
    layout: Literal["labels", "folders"] = "labels",
    split_seed: int = 0,
) -> None:
    """Write each image as a file of its own, with labels.csv: the tutorial's part 3.

    Parameters
    ----------
    out
        Folder to make; it must be new or empty.
    data
        Data file or folder; the default file is made if it is missing.
    format
        npy: arrays [28, 28] uint8. png: grey pictures, ink white.
    layout
        labels: all files in one folder. folders: in 0/ to 9/.
    split_seed
        Seed of the split into train, valid and eval, of a folder that does not say it.
    """
    from ..data.folder.write import write_folder
    from ..data.load import load_splits

    make_default_data(data)
    splits = load_splits(data, split_seed=split_seed)
    write_folder(out, splits, format, layout)
    sizes = ", ".join(f"{len(split):,} {mode}" for mode, split in splits.items())
    print(f"{out}: {splits['train'].name}, {sizes}.")


def make_example(*, out: Path = Path("work/example_0.jpg"), seed: int = 5) -> None:
    """Draw the example picture, a 0 that looks handwritten, dark on white, 280×280.

    Parameters
    ----------
    out
        File to write.
    seed
        Another seed draws another 0.
    """
    import numpy as np
    from PIL import Image

    from ..data.sources.drawn_digits import draw_digit
    from ..files import atomic_write

    ink = draw_digit(0, np.random.default_rng(seed), size=280)
    with atomic_write(out) as temporary:
        Image.fromarray(255 - ink).save(temporary, format="JPEG", quality=90)
    print(out)


def _describe_data(path: Path) -> None:
    from ..data import MODES, load_data

    for mode in MODES:
        split = load_data(mode, path)
        images, labels = next(split.batches())
        print(
            f"{path}: {split.name}, {mode}: {len(split)} images; first batch: "
            f"images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype}"
        )
