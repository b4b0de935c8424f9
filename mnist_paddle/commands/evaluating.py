"""The command that evaluates: how many digits of a split does a model read?
It prints the accuracy of each digit and the confusion matrix, and draws it.

评估命令：模型能认出一个数据集里的多少个数字？
打印每个数字的正确率和混淆矩阵，并画成图。
"""

from pathlib import Path
from typing import Literal

from ..config import DEFAULT_DATA
from .app import app, make_default_data


@app.command(name="evaluate")
def evaluate(
    *,
    checkpoint: Path,
    data: str = DEFAULT_DATA,
    mode: Literal["train", "valid", "eval"] = "eval",
    gpu: bool = False,
) -> None:
    """Count how many digits of one split a trained model reads, and which it takes for which.

    Parameters
    ----------
    checkpoint
        Model file, model.safetensors of a run folder.
    data
        Data file; the default one is made if it is missing.
    mode
        Split to read.
    gpu
        Compute on the first GPU.
    """
    from .. import evaluation
    from ..data import load_data
    from ..device import use_device
    from ..figures import draw_confusion
    from ..predict import load_model

    place = use_device(gpu)
    trained = load_model(checkpoint)
    make_default_data(data)
    split = load_data(mode, data)
    score = evaluation.evaluate(trained.model, trained.objective, split, place)
    trained_on = trained.header.get("data", {}).get("name", "unknown data")
    print(f"model: {checkpoint}, trained on {trained_on}")
    print(f"data: {split.name} from {data}, {mode}")
    print(f"\n{score}\n")
    print(score.table())
    picture = checkpoint.parent / f"confusion_{mode}.png"
    draw_confusion(score.confusion, picture, f"{split.name}, {mode}: {score}")
    print(f"\n{picture}")
