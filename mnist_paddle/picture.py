"""From a picture to the network's input, as the tutorial does it.

Grey, squeezed to 28×28, then inverted: a dark digit on white paper becomes high ink on paper 0.
It fits a picture that holds one centred digit, dark on light, and nothing else.
The tutorial's `Image.ANTIALIAS` is gone since Pillow 10; it was the LANCZOS filter.

从一张图片到网络的输入，做法与教程相同。
转成灰度，缩放到 28×28，再反相：白纸上的深色数字，变成墨迹高、纸面为 0 的图像。
适合只有一个居中、深色数字、浅色背景的图片。教程的 `Image.ANTIALIAS` 在 Pillow 10 中已删除，
它就是 LANCZOS 滤波。
"""

import io
import logging
import os
import re
import struct
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageFile

from .errors import PictureError

# Pictures that are only decoded. Pillow knows 30 formats more, among them programs that it hands
# to another program (EPS to Ghostscript), drawings that the system runs (WMF), and rarities.
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
MOST_PIXELS = 50_000_000  # 200 MB as colours; Pillow begins to warn at 89 million
LARGEST_FILE = 32 << 20  # bytes; a photograph has 5 to 20 million
MOST_SCANS = 100  # of a JPEG: each goes over the whole picture; a progressive one has 10
MOST_PARTS = 100_000  # segments of a JPEG, strips of a TIFF

# What Pillow's decoders raise for damaged files, now and then an odd one.
_DAMAGE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, SyntaxError, struct.error),
    *(ArithmeticError, RuntimeError, MemoryError, EOFError, AssertionError),
)

_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd9-\xfe])")  # no restarts, no stuffing

logging.getLogger("PIL").setLevel(logging.CRITICAL)  # it logs what it then raises


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture as `[28, 28] uint8`, ink 255 and paper 0, as MNIST stores it.

    Source: part 1, item 13: `1 - v/255`; the division is the data module's `scale_pixels`.

    Raises:
        PictureError: no such file, not a picture, or one that is damaged or absurdly large.
    """
    if not os.path.isfile(path):  # a pipe would be waited for
        raise PictureError(f"{path}: no such picture file.")
    try:
        with open(path, "rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a picture that is read all the same
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_FILE:
                raise PictureError(
                    f"{path} is too large: {size:,} bytes, expected at most {LARGEST_FILE:,}."
                )
            content = file.read(size)
            if fault := _costly_structure(content):
                raise PictureError(f"{path} {fault}; save it as PNG.")
            picture = _open_picture(io.BytesIO(content))
            if picture is None:
                raise PictureError(
                    f"{path} is not a picture that can be read, expected {', '.join(FORMATS)}."
                )
            with picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise PictureError(
                        f"{path} is too large: {picture.width:,} x {picture.height:,} pixels, "
                        f"expected at most {MOST_PIXELS:,} in all."
                    )
                if any(tile[0] == "libtiff" for tile in picture.tile):
                    # libtiff prints what it thinks of a damaged file, and nothing can stop it.
                    raise PictureError(f"{path} is a compressed TIFF; save it as PNG.")
                grey = picture.convert("L").resize((28, 28), Image.Resampling.LANCZOS)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, for sizes that come later
        raise PictureError(
            f"{path} is too large: expected at most {MOST_PIXELS:,} pixels in all."
        ) from None
    except _DAMAGE as error:
        reason = ascii(str(error))[1:-1][:200] or type(error).__name__
        raise PictureError(f"{path} is damaged: {reason}.") from None
    return 255 - np.asarray(grey)


def _costly_structure(content: bytes) -> str:
    """Say what would cost Pillow minutes or gigabytes, few as the bytes are; "" if nothing does."""
    if content.startswith(b"\xff\xd8"):
        segments = scans = place = 0
        while (match := _JPEG_MARKER.search(content, place)) and match[1] != b"\xd9":
            segments += 1
            scans += match[1] == b"\xda"
            if scans > MOST_SCANS or segments > MOST_PARTS:
                return f"is a JPEG of more than {MOST_SCANS} scans or {MOST_PARTS:,} segments"
            place = match.end() + int.from_bytes(content[match.end() : match.end() + 2], "big")
    elif content[:2] in (b"II", b"MM"):
        order = "<" if content.startswith(b"II") else ">"
        if 43 in content[2:4]:
            return "is a BigTIFF"
        (start,) = struct.unpack_from(f"{order}I", content, 4)
        (entries,) = struct.unpack_from(f"{order}H", content, start)
        for place in range(start + 2, start + 2 + 12 * entries, 12):
            if place + 12 > len(content):  # cut short, as Pillow will find
                break
            _, kind, count = struct.unpack_from(f"{order}HHI", content, place)
            if kind not in (1, 2, 6, 7) and count > MOST_PARTS:  # bytes and text stay as they are
                return f"is a TIFF with {count:,} values in one place"
    return ""


def _open_picture(file: BinaryIO) -> ImageFile.ImageFile | None:
    """Return the picture with its size, not yet decoded, or None if it has no format of ours.

    Image.open does the same, but warns or raises at a number of pixels of its own, before one can
    ask for the size.
    """
    Image.init()
    start = file.read(16)
    for name in FORMATS:
        if name not in Image.OPEN:  # AVIF came with Pillow 11.3
            continue
        factory, accept = Image.OPEN[name]
        try:
            accepted = not accept or accept(start)
            if accepted and not isinstance(accepted, str):  # a str: Pillow was built without it
                file.seek(0)
                return factory(file, "")
        except (SyntaxError, LookupError, TypeError, struct.error):  # it is not of this format
            continue
    return None
