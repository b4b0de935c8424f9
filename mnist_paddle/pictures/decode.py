"""Open a picture file of anybody's: decoded, turned upright, or refused in one sentence.

Only formats that are merely decoded, within limits that are checked before anything is decoded.
A large photograph is decoded at a fraction of its size (JPEG can do that), so it takes no longer.
A compressed TIFF is decoded by another process: its library prints what it thinks of a damaged
file, and what it may do wrong with one is done there.
"""

import io
import logging
import re
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile

from ..errors import PictureError
from ..files import printable, read_bounded

# Pictures that are only decoded. Pillow knows 30 formats more, among them programs that it hands
# to another program (EPS to Ghostscript), drawings that the system runs (WMF), and rarities.
FORMATS = ("JPEG", "MPO", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF")
# Names of pictures: what a folder is searched for. A file that is named may be called anything.
ENDINGS = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
    *(".webp", ".ppm", ".pgm", ".pbm", ".pnm", ".avif"),
)
UNREADABLE_ENDINGS = (".heic", ".heif")  # Apple's pictures, which cannot be read: to be named so
MOST_PIXELS = 50_000_000  # 200 MB as colours; Pillow begins to warn at 89 million
LARGEST_FILE = 32 << 20  # bytes; a photograph has 5 to 20 million
MOST_SCANS = 100  # of a JPEG: each goes over the whole picture; a progressive one has 10
MOST_PARTS = 100_000  # segments of a JPEG, strips of a TIFF
LONGEST_WAIT = 60  # seconds for another process to decode a compressed TIFF
LONG_SIDE = 1000  # pixels; a JPEG is decoded at 1/2, 1/4 or 1/8 as long as it keeps that many

# What Pillow's decoders raise for damaged files, now and then an odd one.
_DAMAGE = (
    *(OSError, ValueError, TypeError, LookupError, AttributeError, SyntaxError, struct.error),
    *(ArithmeticError, RuntimeError, MemoryError, EOFError, AssertionError),
)

_JPEG_MARKER = re.compile(rb"\xff([\x01-\xcf\xd9-\xfe])")  # no restarts, no stuffing
_ORIENTATION = 0x0112  # the EXIF tag: how the camera was held
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class _Silence:
    """Silence what Pillow warns of and logs while a picture is read: it raises it as well.

    Filters and loggers belong to the whole process, so that each thread would put back what it
    found: they are silent from the first thread in to the last out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._filters = warnings.catch_warnings()
        self._level = logging.NOTSET

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._filters = warnings.catch_warnings()
                self._filters.__enter__()
                warnings.simplefilter("ignore")
                self._level = _PILLOW.level
                _PILLOW.setLevel(logging.CRITICAL)
            self._inside += 1

    def __exit__(self, *exception: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._filters.__exit__(None, None, None)
                _PILLOW.setLevel(self._level)


_PILLOW = logging.getLogger("PIL")
_SILENCE = _Silence()


def open_picture(source: str | Path | bytes, name: str | None = None) -> Image.Image:
    """Decode a picture file, or the bytes of one, and turn it upright as its EXIF data say.

    `name` is what errors call it; a file's path by default. Of several frames the first is taken.

    Raises:
        PictureError: no such file, not a picture, or one that is damaged or absurdly large.
    """
    if isinstance(source, bytes):
        name, content = name or "the picture", source
        if len(content) > LARGEST_FILE:
            size = len(content)
            raise PictureError(
                f"{name} is too large: it has {size:,} bytes, expected at most {LARGEST_FILE:,}."
            )
    else:
        name = name or printable(str(source))
        content = read_bounded(source, LARGEST_FILE, PictureError)
    try:
        with _SILENCE:
            return _decode(content, name)
    except PictureError:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, for sizes that come later
        raise PictureError(
            f"{name} is too large: expected at most {MOST_PIXELS:,} pixels in all."
        ) from None
    except _DAMAGE as error:
        reason = printable(str(error), 200) or type(error).__name__
        raise PictureError(f"{name} is damaged: {reason}.") from None


def _decode(content: bytes, name: str) -> Image.Image:
    if fault := _costly_structure(content):
        raise PictureError(f"{name} {fault}; save it as PNG.")
    picture = _open_picture(io.BytesIO(content))
    if picture is None:
        raise PictureError(
            f"{name} is not a picture that can be read, expected {', '.join(FORMATS)}."
        )
    with picture:
        width, height = picture.size
        if width * height > MOST_PIXELS:
            raise PictureError(
                f"{name} is too large: {width:,} x {height:,} pixels, "
                f"expected at most {MOST_PIXELS:,} in all."
            )
        if any(tile[0] == "libtiff" for tile in picture.tile):
            return _decoded_elsewhere(content, name)
        if max(width, height) > LONG_SIDE:
            share = LONG_SIDE / max(width, height)
            picture.draft(None, (max(1, int(width * share)), max(1, int(height * share))))
        picture.load()
        return _upright(picture)


def _upright(picture: Image.Image) -> Image.Image:
    orientation = picture.getexif().get(_ORIENTATION)
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture


def _decoded_elsewhere(content: bytes, name: str) -> Image.Image:
    """Decode a compressed TIFF in a process of its own, whose messages are dropped."""
    try:
        decoded = subprocess.run(
            [sys.executable, "-m", __name__],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],  # python -m imports from where it is started
            timeout=LONGEST_WAIT,
        )
    except subprocess.TimeoutExpired:
        raise PictureError(f"{name} takes more than {LONGEST_WAIT} seconds to decode.") from None
    if decoded.returncode:
        raise PictureError(f"{name} is damaged: its compressed pixels cannot be decoded.")
    picture = Image.open(io.BytesIO(decoded.stdout))
    picture.load()
    return picture


def _decode_for_another_process() -> None:
    """Read a TIFF from standard input, write it upright and uncompressed to standard output."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = Image.open(sys.stdin.buffer, formats=["TIFF"])
        picture.load()
        plain = _upright(picture).copy()  # without what else the file said
        file = io.BytesIO()
        plain.save(file, "TIFF", compression="raw")
    sys.stdout.buffer.write(file.getbuffer())


def _costly_structure(content: bytes) -> str:
    """Return what would cost Pillow minutes or gigabytes, "" if nothing does."""
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
    ask for the size. Pillow loads its five common formats first, all others only for other files.
    """
    start = file.read(16)
    Image.preinit()
    picture = _open_as_known(file, start)
    if picture is None:
        Image.init()
        picture = _open_as_known(file, start)
    return picture


def _open_as_known(file: BinaryIO, start: bytes) -> ImageFile.ImageFile | None:
    for name in FORMATS:
        if name not in Image.OPEN:  # not loaded, or AVIF, which came with Pillow 11.3
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


if __name__ == "__main__":
    _decode_for_another_process()
