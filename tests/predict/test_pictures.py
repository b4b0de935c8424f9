"""Claims about reading many pictures: their order, what is waited for, what is left behind."""

import io
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from benchmarks.support.rendered_pictures import enlarge, pack, paint
from mnist_paddle.data import draw_digits
from mnist_paddle.pictures.digit import find_digit, open_picture
from mnist_paddle.predict import default_model, load_model, predict
from mnist_paddle.predict.pictures import AHEAD, BATCH, read_pictures


@pytest.fixture(scope="module")
def trained():
    """The shipped model."""
    return load_model(default_model())


@pytest.fixture(scope="module")
def pictures():
    """Two hundred pictures by name, each a digit, some of them large; the 50th is none."""
    images, _ = draw_digits(200, seed=[21])
    sides = [900 if place % 40 == 0 else 60 + place for place in range(200)]
    contents = [
        pack(paint(enlarge(ink, side), 240, 30)) for ink, side in zip(images, sides, strict=True)
    ]
    contents[50] = b"no picture"
    return [(f"{place}.png", content) for place, content in enumerate(contents)]


def test_many_pictures_are_read_as_one_by_one_and_in_their_order(trained, pictures):
    readings = list(read_pictures(trained, pictures))
    assert [reading.path for reading in readings] == [name for name, _ in pictures]
    broken = readings.pop(50)
    assert broken.error.startswith("50.png is not a picture")
    contents = [content for _, content in pictures[:50] + pictures[51:]]
    alone = np.stack([find_digit(open_picture(content)).ink for content in contents])
    np.testing.assert_array_equal([reading.found[0].ink for reading in readings], alone)
    for reading, answer in zip(readings, predict(trained, alone), strict=True):
        assert reading.digits == str(answer.digit)
        assert reading.least.confidence == pytest.approx(answer.confidence, abs=1e-4)


def test_the_first_answer_waits_for_no_other_and_few_are_held(trained, pictures):
    taken, sizes = [], []

    def sources():
        for place in range(2000):
            taken.append(place)
            yield pictures[place % 50]

    def looked_at(trained, images):
        sizes.append(len(images))
        return predict(trained, images)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mnist_paddle.predict.pictures.predict", looked_at)
        readings = read_pictures(trained, sources())
        next(readings)
        assert sizes == [1]
        for _ in range(400):
            next(readings)
    assert max(sizes) == BATCH
    assert len(taken) <= 401 + BATCH + AHEAD
    before = threading.active_count()
    readings.close()
    assert threading.active_count() < before


def test_a_fault_in_a_thread_is_raised_where_the_answers_are_asked_for(
    trained, pictures, monkeypatch
):
    def fault(content, name):
        raise ZeroDivisionError(name)

    monkeypatch.setattr("mnist_paddle.predict.pictures.open_picture", fault)
    with pytest.raises(ZeroDivisionError, match=r"^0\.png$"):
        list(read_pictures(trained, pictures))


def test_no_warning_comes_out_of_any_thread_and_the_filters_stay_as_they_were():
    """Their list belongs to the process: threads that each put it back leave it changed."""
    file = io.BytesIO()
    exif = b"Exif\0\0II*\0\x08\0\0\0\x05\0cut off"
    Image.new("L", (30, 30)).save(file, "JPEG", exif=exif)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Image.open(file).getexif()
        assert caught  # it does warn
        caught.clear()
        before = list(warnings.filters)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(open_picture, [file.getvalue()] * 2000))
        assert warnings.filters == before
    assert not caught
