"""From a picture to the network's input, as the tutorial does it.

Grey, squeezed to 28×28, then inverted: a dark digit on white paper becomes high ink on paper 0.
It fits a picture that holds one centred digit, dark on light, and nothing else.
The tutorial's `Image.ANTIALIAS` is gone since Pillow 10; it was the LANCZOS filter.

从一张图片到网络的输入，做法与教程相同。
转成灰度，缩放到 28×28，再反相：白纸上的深色数字，变成墨迹高、纸面为 0 的图像。
适合只有一个居中、深色数字、浅色背景的图片。教程的 `Image.ANTIALIAS` 在 Pillow 10 中已删除，
它就是 LANCZOS 滤波。
"""

import logging
import os
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
LARGEST_FILE = 256 << 20  # bytes

# What Pillow's decoders raise for damaged files, now and then an odd one.
_DAMAGE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, SyntaxError, struct.error),
    *(ArithmeticError, RuntimeError, MemoryError, EOFError, AssertionError),
)

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
            picture = _open_picture(file)
            if picture is None:
                raise PictureError(
                    f"{path} is not a picture that can be read, such as {', '.join(FORMATS)}."
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
