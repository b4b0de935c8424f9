"""Find the confidence from which on `predict` states a digit without a mark.

python -m benchmarks.pictures.calibrate --checkpoint mnist_paddle/weights/digits.safetensors

Valid's images, rendered as pictures of every kind, are read; so are pictures that show no single
digit. The mark goes on at the confidence that KEPT of the digits that are read right reach. It is
written to mnist_paddle/weights/confidence.json, with how many others are marked.
"""

import json
from pathlib import Path

import numpy as np
from cyclopts import run

from benchmarks.support.rendered_others import others
from benchmarks.support.rendered_pictures import KINDS, render
from mnist_paddle.data import load_data
from mnist_paddle.files import atomic_write
from mnist_paddle.predict import default_model, load_model
from mnist_paddle.predict.pictures import CONFIDENCE, NO_DIGIT, Reading, identity, read_pictures

KEPT = 0.97


def calibrate(
    *,
    checkpoint: Path | None = None,
    data: Path = Path("work/mnist.json.gz"),
    each: int = 100,
    seed: int = 1,
) -> None:
    """Read EACH pictures of every kind, choose the confidence and write it."""
    trained = load_model(checkpoint or default_model())
    split = load_data("valid", data)
    right, wrong = [], []
    for place, kind in enumerate(KINDS):
        rng = np.random.default_rng([seed, 0, place])
        chosen = rng.integers(0, len(split.images), each)
        pictures = [(kind, render(kind, split.images[i, 0], rng)) for i in chosen]
        for i, reading in zip(chosen, read_pictures(trained, pictures), strict=True):
            if reading.predictions:
                correct = reading.digits == str(split.labels[i, 0])
                (right if correct else wrong).append(reading.predictions[0].confidence)
    sure_from = float(np.floor(1000 * np.quantile(right, 1 - KEPT)) / 1000)
    result = {
        "sure_from": sure_from,
        "model": identity(trained),
        "data": split.name,
        "seed": seed,
        "right": _marked(np.array(right) < sure_from),
        "wrong": _marked(np.array(wrong) < sure_from),
        "others": {},
    }
    for place, (kind, make) in enumerate(others(split.images[:, 0]).items()):
        rng = np.random.default_rng([seed, 1, place])
        readings = read_pictures(trained, [(kind, make(rng)) for _ in range(each)])
        marks = np.array([_is_marked(reading, sure_from) for reading in readings])
        result["others"][kind] = _marked(marks)
    with atomic_write(CONFIDENCE) as temporary:
        temporary.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(CONFIDENCE.read_text(encoding="utf-8"), end="")


def _is_marked(reading: Reading, sure_from: float) -> bool:
    least = reading.least
    if least is None:
        return reading.note == NO_DIGIT
    other_notes = any(found.note for found in reading.found)
    return other_notes or (least.confidence or 0) < sure_from


def _marked(marks: np.ndarray) -> str:
    return f"{int(marks.sum())}/{len(marks)} marked"


if __name__ == "__main__":
    run(calibrate)
