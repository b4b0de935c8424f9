"""Readings as a line, as JSON and as a table.
The digit, the confidence, the second choice and the note are the same in all of them.
"""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..files import atomic_write
from .pictures import Reading

COLUMNS = ("path", "digit", "confidence", "second", "second_confidence", "note")


def as_line(reading: Reading) -> str:
    """Return the picture, the digit, the confidence, the second choice and the note as text.

    Of a strip it is the confidence of the digit that is least sure.
    """
    least = reading.least
    if least is None:
        return f"{reading.path}: {reading.note}"
    words = [f"{reading.path}: {reading.digits}"]
    if least.confidence is None:
        words.append(f"output {least.output:.3f}")
    else:
        words.append(f"{least.confidence:.1%}")
        words.append(f"(or {least.second} {least.second_confidence:.1%})")
    return "  ".join([*words, *([reading.note] if reading.note else [])])


def as_row(reading: Reading) -> dict[str, Any]:
    """Return a reading by the names of COLUMNS; the digits of a strip are one number, as text."""
    least = reading.least
    return {
        "path": reading.path,
        "digit": reading.digits if len(reading.predictions) != 1 else least and least.digit,
        "confidence": least and least.confidence,
        "second": least and least.second,
        "second_confidence": least and least.second_confidence,
        "note": reading.error or reading.note,
    }


def as_json(readings: Sequence[Reading]) -> str:
    """Return one JSON list, an object for each picture that could be opened.

    It has COLUMNS, `digits` (each with its box in the picture, its ten probabilities or the raw
    output), and for a single digit `probabilities` and `output`.
    """
    answers = []
    for reading in readings:
        if reading.error:
            continue
        answer = as_row(reading)
        answer["digit"] = answer["digit"] if reading.predictions else None
        answer["digits"] = [
            {
                "digit": prediction.digit,
                "probabilities": prediction.probabilities,
                "output": prediction.output,
                "box": found.box,
            }
            for prediction, found in zip(reading.predictions, reading.found, strict=True)
        ]
        if len(reading.predictions) == 1:
            answer["probabilities"] = reading.predictions[0].probabilities
            answer["output"] = reading.predictions[0].output
        answers.append(answer)
    return json.dumps(answers, ensure_ascii=False)


def write_csv(readings: Sequence[Reading], path: str | Path) -> None:
    """Write a table of COLUMNS, a line for each picture; the note of a broken one says why."""
    with (
        atomic_write(path) as temporary,
        open(temporary, "w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(as_row(reading) for reading in readings)
