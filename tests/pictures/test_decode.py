"""Claims about opening pictures: every format, upright, and no harm from anybody's file."""

import io
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.features import check as features_of

from benchmarks.support.hostile import moderate
from mnist_paddle.errors import PictureError
from mnist_paddle.pictures import decode as picture_files
from mnist_paddle.pictures.decode import open_picture


def test_bytes_are_opened_as_a_file_is_and_errors_call_them_by_name(tmp_path):
    path = tmp_path / "p.png"
    Image.new("RGB", (40, 30), "red").save(path)
    assert open_picture(path.read_bytes()).tobytes() == open_picture(path).tobytes()
    with pytest.raises(PictureError, match=r"^my upload is not a picture"):
        open_picture(b"hello", "my upload")
    with pytest.raises(PictureError, match=r"^the picture is too large"):
        open_picture(bytes(picture_files.LARGEST_FILE + 1))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright_as_its_exif_data_say(tmp_path, orientation):
    """The camera stored the picture's corner of the four that the standard says."""
    upright = np.zeros((40, 80), np.uint8)
    upright[:20, :40] = 255  # light at the top left
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright.T[::-1],
        7: upright.T[::-1, ::-1],
        8: upright.T[:, ::-1],
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "photo.jpg"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    pixels = np.asarray(open_picture(path)).astype(int)
    assert pixels.shape == (40, 80)
    assert np.abs(pixels - upright).mean() < 5


def test_a_large_photograph_is_decoded_small(tmp_path):
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (4032, 3024), "white").save(path)
    assert open_picture(path).size == (1008, 756)
    Image.new("RGB", (1900, 900), "white").save(path)
    assert open_picture(path).size == (1900, 900)


def test_broken_pictures_are_refused_by_name(tmp_path, rng):
    picture = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (28, 28)).astype(np.uint8)).save(picture, "PNG")
    content = picture.getvalue()
    for name, bad in {"cut.png": content[:-60], "text.jpg": b"hello", "empty.png": b""}.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(PictureError, match=name):
            open_picture(tmp_path / name)
    with pytest.raises(PictureError, match=r"none\.jpg: no such file"):
        open_picture(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match=r"no such file|not a regular file"):
        open_picture(tmp_path)


SIDE = 50_000


def png(width, height):
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = b"IDAT" + zlib.compress(bytes(1 << 20))
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in (header, data, b"IEND")
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def jpeg(width, height):
    file = io.BytesIO()
    Image.new("L", (16, 16)).save(file, "JPEG")
    start = file.getvalue().index(b"\xff\xc0") + 5
    return (
        file.getvalue()[:start] + struct.pack(">2H", height, width) + file.getvalue()[start + 4 :]
    )


def tiff(width, height):
    tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (278, height)]
    tags.append((279, width * height % 2**32))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(1000)


def bmp(width, height):
    return struct.pack("<2sIIIIiiHHIIiiII", b"BM", 1000, 0, 1078, 40, width, height, 1, 8, *[0] * 6)


HUGE = {
    "png": png(SIDE, SIDE),
    "jpg": jpeg(SIDE, SIDE),
    "tif": tiff(SIDE, SIDE),
    "bmp": bmp(SIDE, SIDE) + bytes(2000),
    "gif": b"GIF89a" + struct.pack("<HHBBB", SIDE, SIDE, 0, 0, 0) + b"," + bytes(1000),
    "ppm": b"P6 50000 50000 255\n" + bytes(1000),
}


@pytest.mark.parametrize("kind", HUGE)
def test_a_picture_of_50_000_x_50_000_is_refused_before_it_is_decoded(tmp_path, kind, recwarn):
    path = tmp_path / f"huge.{kind}"
    path.write_bytes(HUGE[kind])
    with moderate(most_mib=50), pytest.raises(PictureError) as caught:
        open_picture(path)
    assert str(caught.value) == (
        f"{path} is too large: 50,000 x 50,000 pixels, expected at most 50,000,000 in all."
    )
    assert not recwarn.list


def test_the_limit_of_pixels_is_below_the_one_where_pillow_warns(tmp_path, monkeypatch, recwarn):
    assert picture_files.MOST_PIXELS < Image.MAX_IMAGE_PIXELS
    path = tmp_path / "p.png"
    Image.new("1", (12_000, 12_000)).save(path)  # here Pillow warns and goes on
    with pytest.raises(PictureError, match="12,000 x 12,000 pixels, expected at most"):
        open_picture(path)
    Image.new("L", (60, 50)).save(path)
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 3000)
    open_picture(path)
    monkeypatch.setattr(picture_files, "MOST_PIXELS", 2999)
    with pytest.raises(PictureError, match="60 x 50 pixels, expected at most 2,999"):
        open_picture(path)
    assert not recwarn.list


def jpeg_of_many_scans(scans):
    """A small file of a large picture, and its last scan again and again."""
    file = io.BytesIO()
    Image.new("L", (2000, 2000)).save(file, "JPEG", progressive=True)
    content = file.getvalue()
    return content[:-2] + content[content.rindex(b"\xff\xda") : -2] * scans + b"\xff\xd9"


def jpeg_of_many_segments(segments):
    content = jpeg(16, 16)
    return content[:2] + b"\xff\xe1\0\2" * segments + content[2:]


def tiff_of_many_strips(strips):
    """One row of one pixel in each strip, all of them the same byte."""
    tags = [(256, 4, 1, 1), (257, 4, 1, strips), (258, 4, 1, 8), (259, 4, 1, 1), (262, 4, 1, 1)]
    tags += [(273, 3, strips, 200), (278, 4, 1, 1), (279, 4, 1, 1)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    start = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries
    return start.ljust(200, b"\0") + b"\xc8\0" * strips


COSTLY = {
    "scans": (jpeg_of_many_scans, 80, 5000, "is a JPEG of more than 100 scans"),
    "segments": (jpeg_of_many_segments, 90_000, 2_000_000, "or 100,000 segments"),
    "strips": (tiff_of_many_strips, 10_000, 4_000_000, "is a TIFF with 4,000,000 values in one"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_small_file_that_costs_minutes_or_gigabytes_is_refused(tmp_path, name):
    make, allowed, absurd, words = COSTLY[name]
    path = tmp_path / "costly"
    path.write_bytes(make(allowed))
    assert open_picture(path).size[0] > 0
    path.write_bytes(make(absurd))
    assert path.stat().st_size < 10 << 20
    with moderate(most_mib=50, most_seconds=2), pytest.raises(PictureError, match=words):
        open_picture(path)


def test_a_picture_file_of_a_sparse_terabyte_is_refused_at_once(tmp_path):
    path = tmp_path / "p.webp"
    Image.new("L", (9, 9)).save(path)
    os.truncate(path, 1 << 40)
    with (
        moderate(),
        pytest.raises(PictureError, match="is too large: it has 1,099,511,627,776 bytes"),
    ):
        open_picture(path)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero", tmp_path, tmp_path / "none"):
        with pytest.raises(PictureError, match=r"no such file|not a regular file"):
            open_picture(path)


def test_a_postscript_picture_is_never_given_to_ghostscript(tmp_path):
    """The test can fail: Pillow's own Image.open does start the program that is called gs."""
    gs = tmp_path / "gs"
    gs.write_text(f"#!/bin/sh\necho started >> {tmp_path}/log\necho 10\n")
    gs.chmod(0o755)
    path = tmp_path / "digit.png"  # its name does not help it
    path.write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n%%EndComments\n"
        f"({tmp_path}/written) (w) file closefile\nshowpage\n%%EOF\n"
    )
    ours = "import sys; from mnist_paddle.pictures import open_picture as o; o(sys.argv[1])"
    pillows = "from PIL import Image; import sys; Image.open(sys.argv[1]).load()"
    for code, starts in ((ours, False), (pillows, True)):
        finished = subprocess.run(
            [sys.executable, "-c", code, str(path)],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert finished.returncode != 0
        assert (tmp_path / "log").exists() == starts
        if not starts:
            assert "digit.png is not a picture that can be read, expected JPEG" in finished.stderr
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("kind", ["ICO", "PCX", "TGA", "PSD", "PDF", "ICNS", "JPEG2000", "SGI"])
def test_other_formats_of_pillow_are_refused(tmp_path, kind):
    path = tmp_path / "p.png"
    if kind == "PSD":
        path.write_bytes(b"8BPS" + bytes(100))
    else:
        Image.new("RGB", (32, 32)).save(path, kind)
    with pytest.raises(PictureError, match=r"p\.png is not a picture that can be read"):
        open_picture(path)


@pytest.mark.parametrize(
    ("compression", "mode"),
    [
        *((each, "1") for each in ("group3", "group4", "packbits", "tiff_lzw")),
        *(("tiff_lzw", mode) for mode in ("L", "P", "RGB", "RGBA", "CMYK", "I;16", "F")),
        *(("tiff_adobe_deflate", "RGB"), ("jpeg", "L")),
    ],
)
def test_a_compressed_tiff_is_read_upright(tmp_path, compression, mode):
    canvas = Image.new("L", (56, 40), 255)
    canvas.paste(0, (4, 6, 20, 14))
    canvas = canvas.convert("I").convert(mode) if mode == "I;16" else canvas.convert(mode)
    path = tmp_path / "p.tif"
    canvas.save(path, compression=compression, tiffinfo={274: 6})
    expected = np.asarray(canvas.transpose(Image.Transpose.ROTATE_270).convert("F"))
    found = open_picture(path)
    assert found.mode == mode
    atol = 30 if compression == "jpeg" else 2
    np.testing.assert_allclose(np.asarray(found.convert("F")), expected, atol=atol)


def test_a_module_beside_the_picture_is_not_run(tmp_path, monkeypatch):
    Image.new("L", (40, 40), 255).save(tmp_path / "p.tif", compression="tiff_lzw")
    for name in ("PIL", "mnist_paddle"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert open_picture("p.tif").size == (40, 40)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_a_spoiled_compressed_tiff_is_refused_and_nothing_printed(tmp_path, compression, capfd):
    """Found by the fuzz: libtiff prints what it finds wrong, past Python's warnings."""
    path = tmp_path / "p.tif"
    Image.effect_noise((64, 64), 50).convert("1").save(path, compression=compression)
    content = path.read_bytes()
    (start,) = struct.unpack_from("<I", content, 4)
    path.write_bytes(content[:8] + bytes([255] * (start - 8)) + content[start:])
    with pytest.raises(PictureError, match=r"p\.tif is damaged: its compressed pixels cannot"):
        open_picture(path)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "kind", ["JPEG", "MPO", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "AVIF"]
)
def test_each_format_of_the_list_is_read(tmp_path, kind):
    if kind == "AVIF" and not features_of("avif"):
        pytest.skip("this Pillow was built without AVIF")
    path = tmp_path / "picture"
    canvas = Image.new("RGB", (56, 56), "white")
    canvas.paste("black", (20, 20, 36, 36))
    canvas.save(path, kind)
    pixels = np.asarray(open_picture(path).convert("L"))
    assert pixels[28, 28] < 15
    assert pixels[4, 4] > 240


def test_the_words_of_pillow_are_kept_to_itself(tmp_path, recwarn, caplog):
    """Found by the fuzz: an absurd TIFF was logged, and the log printed, beside the error."""
    path = tmp_path / "p.tif"
    path.write_bytes(tiff(28, 28)[:10] + struct.pack("<HHII", 277, 4, 1, 8195) + tiff(28, 28)[22:])
    with pytest.raises(PictureError):
        open_picture(path)
    assert not caplog.records
    assert not recwarn.list
