"""From the bytes of a picture to what the pad shows: the digit, how sure, and what was seen.

The first reading of a process is slow; `load_reader` does one, of a picture of its own.
"""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from ..errors import NoDigitError
from ..pictures.digit import find_digit, open_picture
from ..predict import TrainedModel, default_model, load_model, predict
from ..predict.pictures import NO_DIGIT, NOT_SURE, sure_from


def load_reader(checkpoint: Path | None) -> Callable[[bytes], dict[str, Any]]:
    """Return `read_digit` with the model of a file, or with the shipped one.

    Raises:
        CheckpointError: it is no model file, or its network gives no finite numbers.
    """
    trained = load_model(checkpoint or default_model())
    warm_up(trained)
    sure = sure_from(trained)
    return lambda content: read_digit(trained, content, sure)


def read_digit(trained: TrainedModel, content: bytes, sure: float) -> dict[str, Any]:
    """Read the digit in a picture file's bytes.

    Return `{digit, probabilities [10], confidence, second, second_confidence, output, note,
    ink [28][28], box [left, top, right, bottom], size [width, height]}`, where `digit` is None if
    there is none. A square-error model has an output and no probabilities. An answer with less
    confidence than `sure` has a note that says so.

    Raises:
        PictureError: not a picture that can be read.
    """
    picture = open_picture(content, "the picture")
    answer = dict.fromkeys(
        ("digit", "probabilities", "confidence", "second", "second_confidence", "output", "ink")
    ) | {"note": NO_DIGIT, "box": None, "size": picture.size}
    try:
        found = find_digit(picture)
    except NoDigitError:
        return answer
    prediction = predict(trained, found.ink[None])[0]
    unsure = prediction.confidence is not None and prediction.confidence < sure
    return answer | {
        "digit": prediction.digit,
        "probabilities": prediction.probabilities,
        "confidence": prediction.confidence,
        "second": prediction.second,
        "second_confidence": prediction.second_confidence,
        "output": prediction.output,
        "note": ", ".join(filter(None, [found.note, NOT_SURE if unsure else ""])),
        "ink": found.ink.tolist(),
        "box": found.box,
    }


def warm_up(trained: TrainedModel) -> None:
    """Read a picture, so that the first stroke is answered as fast as all others.

    Raises:
        CheckpointError: the network gives no finite numbers.
    """
    picture, file = Image.new("L", (280, 280), 255), io.BytesIO()
    ImageDraw.Draw(picture).line([(140, 60), (140, 220)], width=18)
    picture.save(file, "PNG")
    read_digit(trained, file.getvalue(), sure=0)
