"""The command that predicts: pictures in, digits out.
A broken picture is reported and does not stop the others.

预测命令：读入图片，给出数字。
坏掉的图片会报告出来，不影响其余的图片。
"""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ..errors import InputError
from .app import app


@app.command(name="predict")
def predict(
    *pictures: Path, checkpoint: Path, json_: Annotated[bool, Parameter(name="--json")] = False
) -> None:
    """Read the digit in each picture: a dark digit on a light ground, alone and centred.

    Parameters
    ----------
    pictures
        Picture files.
    checkpoint
        Model file, model.safetensors of a run folder.
    json_
        Print one JSON list instead of lines.
    """
    from ..picture import read_picture
    from ..predict import load_model
    from ..predict import predict as predict_images

    if not pictures:
        raise InputError("name at least one picture file, such as work/example_0.jpg.")
    trained = load_model(checkpoint)
    answers, errors = [], []
    for path in pictures:
        try:
            answer = predict_images(trained, read_picture(path)[None])[0]
        except InputError as error:
            errors.append(str(error))
            continue
        answers.append(
            {
                "path": str(path),
                "digit": answer.digit,
                "probabilities": answer.probabilities,
                "output": answer.output,
            }
        )
        if not json_:
            print(f"{path}: {answer}")
    if json_:
        print(json.dumps(answers, ensure_ascii=False))
    if errors:
        raise InputError(" ".join(errors))
