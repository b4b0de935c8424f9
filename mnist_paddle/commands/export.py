"""The command that exports: a trained model in, a folder for other programs out.
What was written is opened again and compared with the original.
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from ..config import DEFAULT_DATA
from ..kernels import environment

IMAGES = 1000  # that the export and the original are compared on


def export(
    folder: Annotated[Path, Parameter(name=["--out", "-o"])],
    *,
    to: Literal["paddle", "onnx", "pdparams", "safetensors"],
    checkpoint: Path | None = None,
    data: str = DEFAULT_DATA,
) -> None:
    """Write a trained model for other programs and compare it with the original on 1,000 images.

    Examples: --checkpoint work/runs/cnn_ce_adam/model.safetensors --to onnx work/export/onnx.

    Parameters
    ----------
    folder
        Folder to write; an earlier export in it is replaced, anything else is left alone.
    to
        paddle: inference model of paddle.jit.save. onnx: needs the extra onnx (onnx26 with Paddle
        2.6). pdparams: paddle.save of the weights; reading it needs pickle.
    checkpoint
        Model file, model.safetensors of a run folder; the shipped model by default.
    data
        Data file whose eval images are compared; without the default one, digits are drawn.
    """
    environment.import_paddle()
    from ..data import draw_digits, load_data
    from ..device import use_device
    from ..export import export as write_export
    from ..predict import default_model, load_model

    use_device(gpu=False)  # where the runtimes compute that it is compared with
    trained = load_model(checkpoint or default_model())
    if data == DEFAULT_DATA and not Path(data).exists():
        images, source = draw_digits(IMAGES, seed=0)[0], "drawn digits"
    else:
        split = load_data("eval", data)
        images, source = split.images[:IMAGES], f"eval of {split.name}"
    comparison = write_export(trained, to, folder, images.reshape([-1, 28, 28]), source)
    print(f"{folder}: {', '.join(sorted(file.name for file in folder.iterdir()))}")
    print(comparison)
