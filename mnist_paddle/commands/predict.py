"""The command that predicts: pictures in, digits out.
A broken picture is reported and does not stop the others.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ..errors import InputError
from ..kernels import environment

if TYPE_CHECKING:
    from ..predict.pictures import Reading


def predict(
    *pictures: Annotated[str, Parameter(allow_leading_hyphen=True)],
    checkpoint: Path | None = None,
    json_: Annotated[bool, Parameter(name="--json")] = False,
    csv: Path | None = None,
    show: Path | None = None,
    exact: bool = False,
    strip: bool = False,
) -> None:
    """Read the digit in each picture: photographed, scanned or drawn, any pen on any paper.

    Each line has the picture, the digit, how sure the network is of it, and its second choice.
    A picture that cannot be read is reported, the others are read; the exit code is 2 then.

    Parameters
    ----------
    pictures
        Picture files, folders of them, patterns such as 'scans/*.png', file:// addresses, or -
        for standard input.
    checkpoint
        Model file, model.safetensors of a run folder [default: the shipped model].
    json_
        Print one JSON list instead of lines.
    csv
        Write a table: path, digit, confidence, second, second_confidence, note.
    show
        Draw what was read (30 digits at most) into this PNG file: picture, network input, bars.
    exact
        Prepare pictures as the tutorial did: squeeze, invert. For one centred dark digit on white.
    strip
        Read all digits of a picture, from left to right, as a number.
    """
    if not pictures:
        raise InputError("name at least one picture file, such as work/example_0.jpg.")
    if exact and strip:
        raise InputError("--exact takes the picture as one digit, --strip as several: choose one.")
    environment.import_paddle()
    from ..pictures.decode import FORMATS
    from ..predict import default_model, load_model
    from ..predict.pictures import read_pictures, sources_of

    trained = load_model(checkpoint or default_model())
    readings = _print(read_pictures(trained, sources_of(pictures), exact, strip), json_)
    _write(readings, csv, show)
    if not readings:
        raise InputError(
            f"no picture in {', '.join(pictures)}; expected files of {', '.join(FORMATS)}."
        )
    if any(reading.error for reading in readings):
        sys.exit(2)


def _print(found: Iterable["Reading"], json_: bool) -> list["Reading"]:
    """Print each reading as it comes, or all of them as one JSON list; return them."""
    from ..predict.output import as_json, as_line

    readings = []
    for reading in found:
        readings.append(reading)
        if reading.error:
            print(f"error: {reading.error}", file=sys.stderr)
        elif not json_:
            print(as_line(reading))
    if json_:
        print(as_json(readings))
    return readings


def _write(readings: list["Reading"], csv: Path | None, show: Path | None) -> None:
    """Write the table and the figure, where they are wanted."""
    from ..predict.output import write_csv

    if csv:
        write_csv(readings, csv)
    if show:
        from ..predict.plot import draw_readings  # matplotlib takes its time

        draw_readings(readings, show)
