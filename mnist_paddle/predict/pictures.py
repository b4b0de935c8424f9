"""Read the digits in many pictures: files, folders, patterns, standard input; one answer for each.

A picture that cannot be read is an answer too, with its sentence, and the others are read on.
Threads decode pictures and look for their digits, a thread for each core, while the network reads
those that are found: the first picture at once, then ever more at a time, up to 64.
"""

import glob
import hashlib
import json
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np

from ..errors import InputError, NoDigitError, PictureError
from ..kernels.cores import usable_cores
from ..pictures.decode import ENDINGS, open_picture
from ..pictures.digit import FoundDigit, find_digit, find_digits, read_exact
from .model import Prediction, TrainedModel, predict

STANDARD_INPUT = "-"
BATCH = 64  # pictures that go through the network together
AHEAD = 2 * BATCH  # pictures that are looked at before the network is ready for them
NO_DIGIT = "no digit found"
NOT_SURE = "low confidence"
EVEN = 0.5
# benchmarks.pictures.calibrate writes it
CONFIDENCE = Path(__file__).parents[1] / "weights" / "confidence.json"

Source = str | bytes  # the path of a file, or the bytes of one


@dataclass(frozen=True)
class Reading:
    """What was read in one picture; `error` is the sentence if it could not be opened at all.

    `found` and `predictions` go together: one digit, or those of a strip from left to right, or
    none where no digit is found.
    """

    path: str
    source: Source
    found: tuple[FoundDigit, ...] = ()
    predictions: tuple[Prediction, ...] = ()
    note: str = ""
    error: str = ""

    @property
    def digits(self) -> str:
        """The digits as text, one of them or those of a strip; "" if there is none."""
        return "".join(str(prediction.digit) for prediction in self.predictions)

    @property
    def least(self) -> Prediction | None:
        """The prediction that is least sure, the only one if it is no strip."""
        return min(self.predictions, key=lambda p: p.confidence or 0, default=None)


def sure_from(trained: TrainedModel) -> float:
    """Return the confidence below which a digit of this model is marked as not sure.

    benchmarks.pictures.calibrate finds it for the shipped model. Of any other model only even odds
    are known to mean little.
    """
    calibration = json.loads(CONFIDENCE.read_text(encoding="utf-8"))
    calibrated = calibration["model"] == identity(trained)
    return float(calibration["sure_from"]) if calibrated else EVEN


def identity(trained: TrainedModel) -> str:
    """Return what tells a model from others, the same for its exports: a sha256 of its header."""
    return hashlib.sha256(json.dumps(trained.header, sort_keys=True).encode()).hexdigest()


def sources_of(words: Iterable[str]) -> Iterator[tuple[str, Source]]:
    """Yield the name and source of each picture that the words stand for.

    A word is a file, a folder (its pictures and those of its folders, by name), a pattern such as
    `scans/*.png`, a `file://` address, or `-` for standard input.

    Raises:
        InputError: an address of another kind.
    """
    for word in words:
        if word == STANDARD_INPUT:
            yield "standard input", sys.stdin.buffer.read()
            continue
        if re.match("[A-Za-z][A-Za-z0-9+.-]+://", word):
            word = _local_path(word)
        if os.path.isdir(word):
            yield from ((path, path) for path in _pictures_in(word))
        elif not os.path.exists(word) and glob.has_magic(word):
            yield from ((path, path) for path in sorted(glob.glob(word, recursive=True)))
        else:
            yield word, word


def _local_path(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme.lower() != "file" or parts.netloc not in ("", "localhost"):
        raise InputError(
            f"{address}: only addresses of files on this machine are read, file:///…; "
            "download the picture first."
        )
    return url2pathname(parts.path)


def _pictures_in(folder: str) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if os.path.splitext(name)[1].lower() in ENDINGS and not name.startswith("."):
                yield os.path.join(path, name)


def read_pictures(
    trained: TrainedModel,
    sources: Iterable[tuple[str, Source]],
    exact: bool = False,
    strip: bool = False,
) -> Iterator[Reading]:
    """Read the digit in each picture, or all of them from left to right if it is a strip.

    `exact` prepares pictures as the tutorial did.

    Raises:
        CheckpointError: the network gives no finite numbers.
    """
    sure = sure_from(trained)
    for batch in _in_batches(lambda name, source: _look(name, source, exact, strip), sources):
        ink = [found.ink for reading in batch for found in reading.found]
        answers = iter(predict(trained, np.stack(ink)) if ink else ())
        for reading in batch:
            yield _with_answers(reading, tuple(islice(answers, len(reading.found))), sure)


def _in_batches(
    look: Callable[[str, Source], Reading], sources: Iterable[tuple[str, Source]]
) -> Iterator[list[Reading]]:
    """Look at the pictures in threads, ahead of who asks, and yield them in their order."""
    pictures = iter(sources)
    looks: deque[Future[Reading]] = deque()
    pool = ThreadPoolExecutor(usable_cores())
    size = 1
    try:
        while True:
            wanted = islice(pictures, AHEAD - len(looks))
            looks.extend(pool.submit(look, name, source) for name, source in wanted)
            if not looks:
                return
            yield [looks.popleft().result() for _ in range(min(size, len(looks)))]
            size = min(2 * size, BATCH)
    finally:
        pool.shutdown(cancel_futures=True)


def _look(name: str, source: Source, exact: bool, strip: bool) -> Reading:
    try:
        if exact:
            ink = read_exact(source, name)
            return Reading(name, source, (FoundDigit(ink, (0, 0, 28, 28)),))
        picture = open_picture(source, name)
        return Reading(
            name, source, tuple(find_digits(picture)) if strip else (find_digit(picture),)
        )
    except NoDigitError:
        return Reading(name, source, note=NO_DIGIT)
    except PictureError as error:
        return Reading(name, source, error=str(error))


def _with_answers(reading: Reading, answers: tuple[Prediction, ...], sure: float) -> Reading:
    notes = [reading.note, *(found.note for found in reading.found)]
    if any(answer.confidence is not None and answer.confidence < sure for answer in answers):
        notes.append(NOT_SURE)
    note = ", ".join(dict.fromkeys(filter(None, notes)))
    return Reading(reading.path, reading.source, reading.found, answers, note, reading.error)
