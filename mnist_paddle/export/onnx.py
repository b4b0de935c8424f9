"""From Paddle's inference model to ONNX: paddle2onnx converts, in a process of its own.

It prints what it does, and a version that does not fit Paddle ends the process that calls it; here
either becomes one sentence. Of paddle2onnx, 2.1 converts what Paddle 3 saves and 1.3 what Paddle
2.6 saves; neither has a wheel for Python 3.13. Its own simplifier is left out: it installs packages
while it runs.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import paddle

from ..errors import ExportError
from ..predict.runtimes import INPUT, OUTPUT

OPSET = 13  # of 2020: what every runtime of today knows
LONGEST = 300  # seconds; the conversion takes two, most of them to import Paddle

# mnist_paddle goes first: Paddle 2.6 crashes a Python that imports zlib after it.
_PROGRAM = f"""
import os, sys
out = os.fdopen(os.dup(1), "wb")  # for the model alone: what paddle2onnx prints goes to the errors
os.dup2(2, 1)
import mnist_paddle, paddle2onnx
out.write(paddle2onnx.export(*sys.argv[1:], None, opset_version={OPSET}))
"""


def require_converter() -> None:
    """Check what is missing before any work is done.

    Raises:
        ExportError: paddle2onnx, onnx or onnxruntime is not installed.
    """
    missing = [name for name in ("paddle2onnx", "onnx", "onnxruntime") if find_spec(name) is None]
    if "paddle2onnx" in missing and sys.version_info >= (3, 13):
        raise ExportError(
            "ONNX needs paddle2onnx, which has no wheel for Python 3.13: "
            "export with Python 3.10 to 3.12, or to another form."
        )
    if missing:
        extra, fitting = _what_fits()
        names = " ".join(fitting if name == "paddle2onnx" else name for name in missing)
        raise ExportError(
            f"ONNX needs {', '.join(missing)}, not installed here: "
            f"scripts/install {extra}, or pip install {names}."
        )


def convert_to_onnx(
    save: Callable[[Path], None], path: Path, properties: Mapping[str, str]
) -> None:
    """Convert the inference model that `save(folder)` writes, and store `properties` with it.

    Input and output are named, and their batch dimension is free.

    Raises:
        ExportError: paddle2onnx fails.
    """
    import onnx

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        save(Path(folder))
        (program,) = (*Path(folder).glob("*.json"), *Path(folder).glob("*.pdmodel"))
        content = _run_paddle2onnx(program)
    try:
        model = onnx.load_model_from_string(content)
        _name_ends(model.graph)
        onnx.helper.set_model_props(model, dict(properties))
        onnx.checker.check_model(model, full_check=True)
    except Exception as error:  # protobuf and onnx have kinds of their own
        raise ExportError(f"paddle2onnx made no ONNX model ({error}).") from None
    path.write_bytes(model.SerializeToString())


def _run_paddle2onnx(program: Path) -> bytes:
    """Return the ONNX model that paddle2onnx makes of a program and the weights beside it."""
    try:
        finished = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(program), str(program.with_suffix(".pdiparams"))],
            env={**os.environ, "PYTHONSAFEPATH": "1"},  # nothing from the current folder
            capture_output=True,
            timeout=LONGEST,
        )
        code, content = finished.returncode, finished.stdout
        lines = finished.stderr.decode(errors="replace").strip().splitlines()[-1:]
        problem = ": ".join([f"exit code {code}", *lines])
    except subprocess.TimeoutExpired:
        code, content, problem = 1, b"", f"no end after {LONGEST} seconds"
    if code or not content:
        extra, fitting = _what_fits()
        raise ExportError(
            f"paddle2onnx does not convert the model ({problem}); Paddle {paddle.__version__} "
            f"needs the extra {extra}: pip install {fitting} onnx onnxruntime."
        )
    return content


def _name_ends(graph: Any) -> None:
    """Give input and output our names and a batch dimension that is called so."""
    (given,), (got,) = graph.input, graph.output
    for old, new in ((given.name, INPUT), (got.name, OUTPUT)):
        for node in graph.node:
            node.input[:] = [new if name == old else name for name in node.input]
            node.output[:] = [new if name == old else name for name in node.output]
    given.name, got.name = INPUT, OUTPUT
    for end in (given, got):
        end.type.tensor_type.shape.dim[0].dim_param = "batch"


def _what_fits() -> tuple[str, str]:
    """Return the extra, and the paddle2onnx, for this Paddle."""
    if int(paddle.__version__.split(".")[0]) < 3:
        return "onnx26", "'paddle2onnx<2'"
    return "onnx", "'paddle2onnx>=2.1'"
