"""Exported models, opened again: by Paddle's predictor, by onnxruntime, or as weights.

export/write.py writes a folder with a model card, a JSON file that says which network it is, what
it was trained for, and the digest of every file beside it. What is opened here computes as the
network did from which it was exported, on the CPU. A stranger's file runs nothing: a .pdparams is a
pickle and could run any program, so it is looked through first and refused if it holds more than
arrays; a Paddle program may hold only the operations that our networks are made of.
"""

import hashlib
import io
import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import Tensor, nn

from .. import checkpoint
from ..errors import CheckpointError
from ..files import printable, read_bounded

CARD = "model_card.json"
LARGEST_CARD = 1 << 20  # bytes; ours have a few thousand
# What an export of each form may consist of, beside the card.
FORMS = {
    "paddle": (
        *("inference.json", "inference.pdmodel"),  # the program: of Paddle 3, of Paddle 2.6
        *("inference.pdiparams", "inference.pdiparams.info"),
    ),
    "onnx": ("model.onnx",),
    "pdparams": ("model.pdparams",),
    "safetensors": ("model.safetensors",),
}
SUFFIXES = (".onnx", ".pdparams", ".json", ".pdmodel", ".pdiparams")
INPUT, OUTPUT = "images", "outputs"  # the names of what goes in and what comes out

# The operations of our networks, by their names in programs of Paddle 3 and of Paddle 2.6. Paddle
# has others that write files or run Python.
_OPERATIONS = {
    *("p", "1.data", "1.full_int_array", "1.fetch", "feed", "fetch", "scale"),
    *("1.flatten", "1.reshape", "flatten_contiguous_range", "reshape2"),
    *("1.matmul", "1.linear_v2", "1.add", "matmul_v2", "elementwise_add"),
    *("1.conv2d", "1.pool2d", "1.relu", "1.sigmoid", "conv2d", "pool2d", "relu", "sigmoid"),
    *("1.slice", "1.concat", "0.combine", "1.full", "slice", "concat"),
    *("1.batch_norm_", "1.mean", "batch_norm", "reduce_mean"),
}


@dataclass(frozen=True)
class Exported:
    """What an exported model holds: its header, and either weights or a layer that computes."""

    header: dict[str, Any]
    tensors: checkpoint.Tensors
    runtime: nn.Layer | None


class PaddleRuntime(nn.Layer):
    """Compute with Paddle's predictor: `[B, 1, 28, 28] float32` in, `[B, outputs] float32` out."""

    def __init__(self, program: Path, parameters: Path) -> None:
        super().__init__()
        from paddle import inference

        config = inference.Config(str(program), str(parameters))
        config.disable_glog_info()
        self.predictor = inference.create_predictor(config)
        (given,), (got,) = self.predictor.get_input_names(), self.predictor.get_output_names()
        self.given, self.got = (
            self.predictor.get_input_handle(given),
            self.predictor.get_output_handle(got),
        )

    def forward(self, images: Tensor) -> Tensor:
        self.given.copy_from_cpu(np.ascontiguousarray(images.numpy()))
        self.predictor.run()
        return paddle.to_tensor(self.got.copy_to_cpu())


class OnnxRuntime(nn.Layer):
    """Compute with onnxruntime: `[B, 1, 28, 28] float32` in, `[B, outputs] float32` out."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what it logs of a bad file it raises as well
        self.session = onnxruntime.InferenceSession(
            content, options, providers=["CPUExecutionProvider"]
        )
        (given,), (got,) = self.session.get_inputs(), self.session.get_outputs()
        self.given, self.got = given.name, got.name

    def forward(self, images: Tensor) -> Tensor:
        (outputs,) = self.session.run([self.got], {self.given: images.numpy()})
        return paddle.to_tensor(outputs)

    def metadata(self) -> dict[str, str]:
        """Return what the file says of itself."""
        return dict(self.session.get_modelmeta().custom_metadata_map)


def open_export(path: str | Path) -> Exported | None:
    """Open an exported folder, or a file of one; None for any other file, a model file say.

    An ONNX file says itself what it is; the other forms need the model card beside them.

    Raises:
        CheckpointError: it is damaged, not an export of this package, or onnxruntime is missing.
    """
    path = Path(path)
    if not path.is_dir() and path.suffix.lower() not in SUFFIXES:
        return None
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise CheckpointError(f"{path}: no such model file; scripts/export.py writes one.")
    if path.suffix.lower() == ".onnx" and path.is_file():
        content = read_bounded(path, checkpoint.LARGEST_FILE, CheckpointError)
        if (folder / CARD).is_file() and path.name in (card := read_card(folder))["files"]:
            _compare_digest(path, content, card)
        return _open_onnx(path, content)
    card = read_card(folder)
    contents = {
        name: read_bounded(folder / name, checkpoint.LARGEST_FILE, CheckpointError)
        for name in card["files"]
    }
    for name, content in contents.items():
        _compare_digest(folder / name, content, card)
    if card["form"] == "paddle":
        return _open_paddle(folder, contents, card)
    ((name, content),) = contents.items()
    if card["form"] == "onnx":
        return _open_onnx(folder / name, content)
    if card["form"] == "pdparams":
        return Exported(card["header"], _read_pdparams(folder / name, content), None)
    tensors, header = checkpoint.load_bytes(content, folder / name)
    return Exported(header, tensors, None)


def read_card(folder: Path) -> dict[str, Any]:
    """Read the model card of an exported folder.

    Raises:
        CheckpointError: there is none, or it is not one of this package.
    """
    path = folder / CARD
    if not path.is_file():
        raise CheckpointError(
            f"{folder} has no {CARD}: nothing says which network it holds; "
            "export the model with scripts/export.py, or name a model.safetensors."
        )
    try:
        card: dict[str, Any] = json.loads(read_bounded(path, LARGEST_CARD, CheckpointError))
        form, files = card["form"], card["files"]
        whole = files and set(files) <= set(FORMS[form]) and isinstance(card["header"], dict)
        whole = whole and (form == "paddle" or len(files) == 1)
        if not whole or not all(isinstance(digest, str) for digest in files.values()):
            raise ValueError("it names other files")
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise CheckpointError(
            f"{path} is not a model card of this package ({_plain(error)}); export the model again."
        ) from None
    return card


def _open_paddle(folder: Path, contents: dict[str, bytes], card: dict[str, Any]) -> Exported:
    program = next((name for name in FORMS["paddle"][:2] if name in contents), None)
    if program is None or "inference.pdiparams" not in contents:
        raise CheckpointError(f"{folder} is not whole: {CARD} names no program or no weights.")
    if program.endswith(".json") and int(paddle.__version__.split(".")[0]) < 3:
        raise CheckpointError(  # it would crash
            f"{folder} was exported with Paddle 3, and Paddle {paddle.__version__} cannot read "
            "that; export it with this Paddle, or as ONNX."
        )
    try:
        operations = _operations_of(program, contents[program])
        if others := operations - _OPERATIONS:
            raise ValueError(f"it holds the operation {min(others)!r}, which no network here has")
        runtime = PaddleRuntime(folder / program, folder / "inference.pdiparams")
        _try(runtime, card["header"])
    except Exception as error:  # Paddle raises many kinds for a program that it cannot use
        raise CheckpointError(f"{folder / program} cannot be used ({_plain(error)}).") from None
    return Exported(card["header"], {}, runtime)


def _operations_of(name: str, content: bytes) -> set[str]:
    """Name the operations of a Paddle program, without running it: it has one block, no others."""
    if name.endswith(".json"):
        (region,) = json.loads(content)["program"]["regions"]
        (block,) = region["blocks"]
        if any("regions" in operation for operation in block["ops"]):
            raise ValueError("it holds an operation with a block of its own")
        return {operation["#"] for operation in block["ops"]}
    program: Any = paddle.base.core.ProgramDesc(content)
    if program.num_blocks() != 1:
        raise ValueError(f"it has {program.num_blocks()} blocks")
    block = program.block(0)
    return {block.op(number).type() for number in range(block.op_size())}


def _open_onnx(path: Path, content: bytes) -> Exported:
    try:
        runtime = OnnxRuntime(content)
    except ModuleNotFoundError:
        raise CheckpointError(
            f"{path}: reading it needs onnxruntime, which is not installed: scripts/install onnx, "
            "or pip install onnxruntime."
        ) from None
    except Exception as error:  # onnxruntime has its own kinds, each straight from Exception
        raise CheckpointError(f"{path} cannot be read as ONNX ({_plain(error)}).") from None
    try:
        header = json.loads(runtime.metadata()["header"])
    except (KeyError, ValueError, RecursionError):
        raise CheckpointError(
            f"{path} has no header of this package: nothing says what its outputs mean; "
            "export the model with scripts/export.py."
        ) from None
    try:
        _try(runtime, header)
    except Exception as error:
        raise CheckpointError(f"{path} cannot be used ({_plain(error)}).") from None
    return Exported(header, {}, runtime)


def _try(runtime: nn.Layer, header: dict[str, Any]) -> None:
    """Compute two images; raise ValueError if the outputs are not what the header says."""
    outputs = runtime(paddle.zeros([2, 1, 28, 28]))
    expected = [2, header["model"]["outputs"]]
    if list(outputs.shape) != expected or outputs.dtype != paddle.float32:
        raise ValueError(f"outputs {list(outputs.shape)} {outputs.dtype}, expected {expected}")


class _ArraysOnly(pickle.Unpickler):
    """Read a pickle of arrays in dicts and lists; anything else that it asks for is refused."""

    NAMES = (
        *(("numpy", "ndarray"), ("numpy", "dtype")),
        *(("numpy._core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "_reconstruct")),
    )

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.NAMES:
            raise pickle.UnpicklingError(f"it holds {module}.{name}, which a program could run")
        return super().find_class(module, name)


def _read_pdparams(path: Path, content: bytes) -> checkpoint.Tensors:
    """Read a state dict that paddle.save wrote, once it is sure to hold arrays and nothing else."""
    try:
        stream = io.BytesIO(content)
        found = _ArraysOnly(stream).load()
        if stream.read(1):
            raise ValueError("something follows the weights")
        arrays = [v for k, v in found.items() if k != "StructuredToParameterName@@"]
        plain = all(type(array) is np.ndarray and array.dtype.kind in "fiu" for array in arrays)
        if not plain or not all(isinstance(key, str) for key in found):
            raise ValueError("it is not a dict of arrays")
        tensors: checkpoint.Tensors = paddle.load(io.BytesIO(content), return_numpy=True)
        return tensors
    except Exception as error:  # a pickle may raise whatever it likes
        raise CheckpointError(
            f"{path} is not read: a .pdparams file is a pickle, and this one is not of weights "
            f"alone ({_plain(error)})."
        ) from None


def _compare_digest(path: Path, content: bytes, card: dict[str, Any]) -> None:
    if hashlib.sha256(content).hexdigest() != card["files"][path.name]:
        raise CheckpointError(
            f"{path} is damaged: its content does not match the digest in {CARD}; "
            "export the model again."
        )


def _plain(error: Exception) -> str:
    """Return what a library or a stranger's file says as one short line."""
    return printable(" ".join(str(error).split()) or type(error).__name__, 200)
