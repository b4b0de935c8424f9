"""A trained model for other programs, compared with the original.

Four forms: Paddle's inference model, ONNX, Paddle's .pdparams (reading one needs pickle), and
safetensors. Each is a folder with a model card that says what goes in and what comes out. It is
opened again by its own runtime and compared with the original, before the folder gets its name:
a folder with that name holds a whole export that gives the same digits, or there is none.
The tutorial's save_inference_model is paddle.jit.save today.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import nn

from .. import __version__, checkpoint
from ..data import scale_pixels
from ..errors import CheckpointError, ExportError
from ..files import atomic_folder
from ..predict import TrainedModel, load_model
from ..predict.runtimes import CARD, INPUT, OUTPUT, read_card
from .onnx import convert_to_onnx, require_converter

LARGEST_DIFFERENCE = 1e-4  # of two runtimes, relative to the largest output
_OF_TRAINING = ("schedule", "position", "random")  # what only a checkpoint's header has

# How a picture becomes what goes in: as MNIST was made, and as pictures/digit.py does it.
PREPROCESSING = {
    "colour": "one channel: how dark the ink is",
    "polarity": "ink is 1 and paper is 0; a dark digit on white paper is inverted",
    "divide_by": 255,
    "box": "the digit is scaled into 20 x 20 pixels, its aspect ratio kept",
    "centre": "its centre of mass lies in the centre of the 28 x 28 pixels",
}


@dataclass(frozen=True)
class Comparison:
    """How an export compares with the original: the digits of all images are the same."""

    images: int
    source: str
    runtime: str
    max_difference: float  # of any output of any image

    def __str__(self) -> str:
        return (
            f"compared on {self.images:,} images ({self.source}), computed by {self.runtime}: "
            f"same digits, max difference {self.max_difference:.1e}"
        )


def export(
    trained: TrainedModel, form: str, folder: str | Path, images: np.ndarray, source: str
) -> Comparison:
    """Write `trained` as `form` into a new folder and compare it with the original.

    `images` `[N, 28, 28] uint8` are what both compute, `source` says where they come from. An
    earlier export of ours in `folder` is replaced.

    Raises:
        ExportError: the folder holds something else, a converter is missing or fails, or the
            export computes something else than the original. Nothing is left behind then.
        OSError: the folder cannot be written to.
    """
    if not trained.model.parameters():
        raise ExportError(
            f"{trained.path} can compute and holds no weights to export: name the model file that "
            "it was exported from."
        )
    folder = Path(folder)
    _refuse_other_content(folder)
    if form == "onnx":
        require_converter()
    trained.model.eval()
    card = describe(trained, form)
    original = _compute(trained.model, images)
    temporary = folder
    try:
        with atomic_folder(folder) as temporary:
            _WRITERS[form](trained.model, temporary, card)
            card["files"] = {file.name: _digest(file) for file in sorted(temporary.iterdir())}
            _write_card(temporary, card)
            comparison = _compare(trained, original, load_model(temporary), images, source)
            card["comparison"] = asdict(comparison)
            _write_card(temporary, card)
    except CheckpointError as error:
        reason = str(error).replace(str(temporary), str(folder))
        raise ExportError(f"the export does not open again: {reason}") from None
    except OSError as error:  # a full disk, say; not every library gives the file's name
        reason = (error.strerror or str(error)).replace(str(temporary), str(folder))
        raise OSError(error.errno, reason, str(folder)) from None
    except RuntimeError as error:  # Paddle's, of a file that it cannot write
        raise ExportError(f"{folder} cannot be exported: {error}") from None
    return comparison


def describe(trained: TrainedModel, form: str) -> dict[str, Any]:
    """Return the model card: what goes in, what comes out, and where the network comes from."""
    objective, header = trained.objective, trained.header
    meaning = (
        "one number: the digit when rounded and clipped to 0..9"
        if objective.probabilities is None
        else "a score for each class: softmax makes probabilities of them, the largest is the digit"
    )
    return {
        "form": form,
        "input": {
            "name": INPUT,
            "shape": ["batch", 1, 28, 28],
            "dtype": "float32",
            "values": "0 to 1",
        },
        "preprocessing": PREPROCESSING,
        "output": {
            "name": OUTPUT,
            "shape": ["batch", objective.outputs],
            "dtype": "float32",
            "meaning": meaning,
        },
        "classes": list("0123456789"),
        "header": {key: value for key, value in header.items() if key not in _OF_TRAINING},
        "exported_with": {"mnist_paddle": __version__, "paddle": paddle.__version__},
    }


def _write_paddle(model: nn.Layer, folder: Path, card: dict[str, Any]) -> None:
    """Write inference.json, .pdmodel with Paddle 2.6, and inference.pdiparams."""
    images = paddle.static.InputSpec([None, 1, 28, 28], "float32", INPUT)
    paddle.jit.save(model, str(folder / "inference"), input_spec=[images])


def _write_onnx(model: nn.Layer, folder: Path, card: dict[str, Any]) -> None:
    properties = {k: v if isinstance(v, str) else json.dumps(v) for k, v in card.items()}
    convert_to_onnx(lambda to: _write_paddle(model, to, card), folder / "model.onnx", properties)


def _write_pdparams(model: nn.Layer, folder: Path, card: dict[str, Any]) -> None:
    paddle.save(model.state_dict(), str(folder / "model.pdparams"))


def _write_safetensors(model: nn.Layer, folder: Path, card: dict[str, Any]) -> None:
    path = folder / "model.safetensors"
    checkpoint.save(path, checkpoint.model_tensors(model), card["header"])


_WRITERS: dict[str, Callable[[nn.Layer, Path, dict[str, Any]], None]] = {
    "paddle": _write_paddle,
    "onnx": _write_onnx,
    "pdparams": _write_pdparams,
    "safetensors": _write_safetensors,
}


def _compare(
    trained: TrainedModel,
    original: np.ndarray,
    exported: TrainedModel,
    images: np.ndarray,
    source: str,
) -> Comparison:
    """Compute the images with the export, one and then the others, and compare the outputs."""
    batches = [batch for batch in (images[:1], images[1:]) if len(batch)]
    outputs = np.concatenate([_compute(exported.model, batch) for batch in batches])
    form = exported.model.__class__.__name__
    runtimes = {
        "PaddleRuntime": f"paddle.inference {paddle.__version__}",
        "OnnxRuntime": f"onnxruntime {version('onnxruntime')}" if form == "OnnxRuntime" else "",
    }
    difference = np.abs(outputs - original).max()
    digits = [
        trained.objective.digits(paddle.to_tensor(numbers)).numpy()
        for numbers in (original, outputs)
    ]
    others = np.flatnonzero(digits[0] != digits[1])
    if len(others):
        raise ExportError(
            f"the export reads {len(others)} of {len(images)} images as other digits than the "
            f"original does, the first as {digits[1][others[0]]} instead of "
            f"{digits[0][others[0]]}; the largest difference of outputs is {difference:.1e}."
        )
    if not difference <= LARGEST_DIFFERENCE * max(1, np.abs(original).max()):  # nor NaN
        raise ExportError(
            f"the outputs of the export differ by up to {difference:.1e} from the original's."
        )
    return Comparison(
        len(images), source, runtimes.get(form, f"Paddle {paddle.__version__}"), float(difference)
    )


def _compute(model: nn.Layer, images: np.ndarray) -> np.ndarray:
    """Return the outputs `[N, K] float32` for images `[N, 28, 28] uint8`."""
    with paddle.no_grad():
        pixels = paddle.to_tensor(scale_pixels(images.reshape([-1, 1, 28, 28])))
        outputs: np.ndarray = model(pixels).numpy()
        return outputs


def _refuse_other_content(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier export of ours, evaluated or not."""
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file: name a new folder.")
    found = {file.name for file in folder.iterdir()} if folder.is_dir() else set()
    try:
        ours = {CARD, *read_card(folder)["files"]} if found else set()
    except CheckpointError:
        ours = set()
    if others := sorted(name for name in found - ours if not name.startswith("confusion_")):
        raise ExportError(f"{folder} holds {others[0]}, which is no export: name a new folder.")


def _write_card(folder: Path, card: dict[str, Any]) -> None:
    text = json.dumps(card, indent=2, ensure_ascii=False)
    (folder / CARD).write_text(text + "\n", encoding="utf-8")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
