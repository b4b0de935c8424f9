import io
import json
import os
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hostile import moderate
from PIL import Image
from PIL.features import check as features_of

from mnist_paddle import checkpoint
from mnist_paddle import picture as picture_module
from mnist_paddle.config import Config
from mnist_paddle.data import load_data
from mnist_paddle.errors import CheckpointError, PictureError
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.picture import read_picture
from mnist_paddle.predict import TrainedModel, load_model, predict
from mnist_paddle.trainer import train_and_evaluate


@pytest.fixture(scope="module")
def runs(tiny_data, tmp_path_factory):
    """A short training of every model with every loss: the folder that holds their run folders."""
    folder = tmp_path_factory.mktemp("runs")
    for model in ("linear", "mlp", "cnn"):
        for loss in ("mse", "ce"):
            settings = {"model": model, "loss": loss, "opt": "adam", "lr": 0.003, "hidden": 12}
            run_dir = str(folder / f"{model}_{loss}")
            config = Config(
                **settings, data=str(tiny_data), run_dir=run_dir, epochs=1, limit_batches=4
            )
            train_and_evaluate(config)
    return folder


@pytest.fixture
def picture(tmp_path, tiny_data):
    """An image of the data as a picture file: dark ink on white."""
    image = load_data("eval", tiny_data).images[3, 0]
    path = tmp_path / "picture.png"
    Image.fromarray(255 - image).save(path)
    return path, image


@pytest.mark.parametrize("model", ["linear", "mlp", "cnn"])
def test_a_model_file_rebuilds_its_own_network(runs, tiny_data, model):
    """The tutorial's predict knew one of four shapes that were saved under one name."""
    split = load_data("eval", tiny_data)
    for loss in ("mse", "ce"):
        trained = load_model(runs / f"{model}_{loss}" / "model.safetensors")
        answers = predict(trained, split.images)
        correct = sum(
            a.digit == label for a, label in zip(answers, split.labels[:, 0], strict=True)
        )
        assert correct == trained.header["metrics"]["eval_correct"]
        assert all((a.probabilities is None) == (loss == "mse") for a in answers)


def test_a_checkpoint_predicts_as_the_model_of_the_same_run(runs, tiny_data):
    images = load_data("valid", tiny_data).images
    for loss in ("mse", "ce"):
        folder = runs / f"cnn_{loss}"
        newest = max((folder / "checkpoints").glob("step_*.safetensors"))
        one, other = (
            predict(load_model(path), images) for path in (folder / "model.safetensors", newest)
        )
        assert one == other


def test_probabilities_sum_to_one_and_the_digit_is_the_most_probable(runs, tiny_data):
    trained = load_model(runs / "cnn_ce" / "model.safetensors")
    for answer in predict(trained, load_data("valid", tiny_data).images):
        assert sum(answer.probabilities) == pytest.approx(1, abs=1e-5)
        assert answer.digit == int(np.argmax(answer.probabilities))


def test_a_square_error_digit_is_its_output_rounded_and_clipped(runs, tiny_data):
    trained = load_model(runs / "linear_mse" / "model.safetensors")
    for answer in predict(trained, load_data("valid", tiny_data).images):
        assert answer.digit == min(9, max(0, round(answer.output)))


def test_an_image_of_the_data_comes_through_a_picture_unchanged(picture):
    path, image = picture
    np.testing.assert_array_equal(read_picture(path), image)


def test_a_picture_of_any_size_and_colour_becomes_28_by_28_ink_high(tmp_path):
    path = tmp_path / "p.jpg"
    canvas = Image.new("RGB", (300, 200), "white")
    canvas.paste((20, 20, 90), (120, 50, 180, 150))
    canvas.save(path)
    pixels = read_picture(path)
    assert (pixels.shape, pixels.dtype) == ((28, 28), np.uint8)
    assert pixels[14, 14] > 200
    assert pixels[0, 0] < 5


def test_broken_pictures_are_refused_by_name(tmp_path, picture):
    path, _ = picture
    content = path.read_bytes()
    for name, bad in {"cut.png": content[:-60], "text.jpg": b"hello", "empty.png": b""}.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(PictureError, match=name):
            read_picture(tmp_path / name)
    with pytest.raises(PictureError, match=r"none\.jpg: no such picture file"):
        read_picture(tmp_path / "none.jpg")
    with pytest.raises(PictureError, match="no such picture file"):
        read_picture(tmp_path)


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
        read_picture(path)
    assert str(caught.value) == (
        f"{path} is too large: 50,000 x 50,000 pixels, expected at most 50,000,000 in all."
    )
    assert not recwarn.list


def test_the_limit_of_pixels_is_below_the_one_where_pillow_warns(tmp_path, monkeypatch, recwarn):
    assert picture_module.MOST_PIXELS < Image.MAX_IMAGE_PIXELS
    path = tmp_path / "p.png"
    Image.new("1", (12_000, 12_000)).save(path)  # here Pillow warns and goes on
    with pytest.raises(PictureError, match="12,000 x 12,000 pixels, expected at most"):
        read_picture(path)
    Image.new("L", (60, 50)).save(path)
    monkeypatch.setattr(picture_module, "MOST_PIXELS", 3000)
    read_picture(path)
    monkeypatch.setattr(picture_module, "MOST_PIXELS", 2999)
    with pytest.raises(PictureError, match="60 x 50 pixels, expected at most 2,999"):
        read_picture(path)
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
    assert read_picture(path).shape == (28, 28)
    path.write_bytes(make(absurd))
    assert path.stat().st_size < 10 << 20
    with moderate(most_mib=50, most_seconds=2), pytest.raises(PictureError, match=words):
        read_picture(path)


def test_a_picture_file_of_a_sparse_terabyte_is_refused_at_once(tmp_path):
    path = tmp_path / "p.webp"
    Image.new("L", (9, 9)).save(path)
    os.truncate(path, 1 << 40)
    with moderate(), pytest.raises(PictureError, match="is too large: 1,099,511,627,776 bytes"):
        read_picture(path)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero", tmp_path, tmp_path / "none"):
        with pytest.raises(PictureError, match="no such picture file"):
            read_picture(path)


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
    ours = "from mnist_paddle.picture import read_picture; import sys; read_picture(sys.argv[1])"
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
        read_picture(path)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "group4", "packbits"])
def test_a_compressed_tiff_is_refused_and_nothing_printed(tmp_path, compression, capfd):
    """Found by the fuzz: libtiff prints what it finds wrong, past Python's warnings."""
    path = tmp_path / "p.tif"
    Image.new("1", (28, 28)).save(path, compression=compression)
    content = bytearray(path.read_bytes())
    content[8:12] = b"\xff\x07\xff\x07"
    for spoiled in (path.read_bytes(), content):
        path.write_bytes(spoiled)
        with pytest.raises(PictureError, match=r"p\.tif is a compressed TIFF; save it as PNG"):
            read_picture(path)
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
    pixels = read_picture(path)
    assert pixels[14, 14] > 240
    assert pixels[2, 2] < 15


def test_the_words_of_pillow_are_kept_to_itself(tmp_path, recwarn, caplog):
    """Found by the fuzz: an absurd TIFF was logged, and the log printed, beside the error."""
    path = tmp_path / "p.tif"
    path.write_bytes(tiff(28, 28)[:10] + struct.pack("<HHII", 277, 4, 1, 8195) + tiff(28, 28)[22:])
    with pytest.raises(PictureError):
        read_picture(path)
    assert not caplog.records
    assert not recwarn.list


def with_model(header, **changes):
    return {**header, "model": {**header["model"], **changes}}


def test_a_header_that_describes_no_network_of_ours_is_refused(tmp_path, runs):
    tensors, header = checkpoint.load(runs / "cnn_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    cases = [
        {},
        *({**header, "objective": value} for value in ("hinge", None, [], {}, 10**300, "mse")),
        *({**header, "model": value} for value in (None, [], "cnn", 5, {"name": "rnn"})),
        *({**header, "data": value} for value in (None, [], {"name": "\x1b[31m"}, {"name": 3})),
        *(with_model(header, name=value) for value in ("transformer", None, [], {}, "mlp")),
        *(with_model(header, outputs=value) for value in (7, 10**12, -1, 10.0, "10", True, None)),
        with_model(header, layers=3),
    ]
    for bad in cases:
        checkpoint.save(path, tensors, bad)
        with pytest.raises(CheckpointError, match=r"m\.safetensors: (its header|weight)") as caught:
            load_model(path)
        assert "\n" not in str(caught.value)
    checkpoint.save(path, tensors, with_model(header, name="linear"))
    with pytest.raises(CheckpointError, match=r"weight conv1\.bias has shape"):
        load_model(path)


@pytest.mark.parametrize(
    "hidden", [10**9, 10**5, 10**300, 0, -1, -12, 12.0, "12", True, None, [12]]
)
def test_a_header_promises_no_more_than_the_weights_bear_out(tmp_path, runs, hidden):
    """Found by the fuzz: -1 hidden units came through, as the square of -1 is a small number."""
    tensors, header = checkpoint.load(runs / "mlp_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    checkpoint.save(path, tensors, with_model(header, hidden=hidden))
    with moderate(), pytest.raises(CheckpointError, match=r"m\.safetensors: its header.*hidden"):
        load_model(path)


def test_weights_of_another_type_or_shape_are_refused(tmp_path, runs):
    tensors, header = checkpoint.load(runs / "mlp_ce" / "model.safetensors")
    path = tmp_path / "m.safetensors"
    for name, array, words in (
        ("output.bias", np.zeros(10), "is float64, the network wants float32"),
        ("output.bias", np.zeros(0, np.float32), r"has shape \[0\], the network wants \[10\]"),
        ("hidden1.weight", np.zeros((784, 13), np.float32), "has shape"),
        ("\x1b[31m\n", np.zeros(1, np.float32), r"weight \\x1b\[31m\\n has shape \[1\]"),
    ):
        checkpoint.save(path, {**tensors, name: array}, header)
        with pytest.raises(CheckpointError, match=words):
            load_model(path)


def test_predict_command_prints_a_digit_per_picture_and_json(command, runs, picture):
    path, image = picture
    model = runs / "cnn_ce" / "model.safetensors"
    expected = predict(load_model(model), image[None])[0]
    finished = command("predict", path, path, "--checkpoint", model)
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines() == [f"{path}: {expected}"] * 2

    (answer,) = json.loads(command("predict", path, "--json", "--checkpoint", model).stdout)
    assert answer["digit"] == expected.digit
    assert answer["probabilities"] == pytest.approx(expected.probabilities)
    (answer,) = json.loads(
        command(
            "predict", path, "--json", "--checkpoint", runs / "mlp_mse/model.safetensors"
        ).stdout
    )
    assert answer["probabilities"] is None
    assert answer["digit"] == min(9, max(0, round(answer["output"])))


def test_predict_command_reads_on_past_a_broken_picture_and_ends_with_2(command, runs, picture):
    path, _ = picture
    model = runs / "cnn_ce" / "model.safetensors"
    finished = command("predict", "none.jpg", path, "--checkpoint", model)
    assert finished.returncode == 2
    assert finished.stderr == "error: none.jpg: no such picture file.\n"
    assert finished.stdout.startswith(f"{path}: ")


def test_evaluate_command_counts_as_training_did(command, runs, tiny_data, tmp_path):
    folder = runs / "cnn_ce"
    result = json.loads((folder / "result.json").read_text())
    for mode in ("eval", "valid"):
        finished = command(
            *("evaluate", "--checkpoint", folder / "model.safetensors"),
            *("--data", tiny_data, "--mode", mode),
        )
        assert finished.returncode == 0, finished.stderr
        correct, total = result[f"{mode}_correct"], result[f"{mode}_total"]
        assert f"{correct}/{total} {correct / total:.2%}" in finished.stdout.splitlines()
        table = [
            line.split() for line in finished.stdout.splitlines() if line[:5].strip().isdigit()
        ]
        counts = np.array([[int(cell) for cell in line[-10:]] for line in table])
        assert counts.shape == (10, 10)
        assert (np.trace(counts), counts.sum()) == (correct, total)
        assert (folder / f"confusion_{mode}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("loss", ["mse", "ce"])
def test_a_network_with_spoilt_weights_is_an_error_not_a_digit(loss):
    model = build_model("linear", OBJECTIVES[loss].outputs)
    model.output.weight.set_value(np.full(model.output.weight.shape, np.nan, np.float32))
    trained = TrainedModel(model, OBJECTIVES[loss], {}, "spoilt.safetensors")
    with pytest.raises(CheckpointError, match=r"spoilt\.safetensors: .* not finite numbers"):
        predict(trained, np.zeros([1, 28, 28], np.uint8))
