"""The commands: what the files in scripts/ and `mnist-paddle` on the command line run.

Each is a few lines that put stages together; Paddle is imported only once the options are right.
What a user can mend is one sentence on standard error and exit code 2, never a traceback.

命令：scripts/ 里的文件和命令行上的 `mnist-paddle` 运行的就是它们。
每个命令只有几行，把各个步骤组合起来；选项检查通过之后才导入 Paddle。
用户能改正的错误，只在标准错误上打印一句话，退出码为 2，不打印调用栈。
"""

import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from cyclopts import App, CycloptsError, Parameter

from .config import DEFAULT_DATA, NEWEST, Config, use_config_file
from .errors import InputError, Stopped
from .launcher import Launch, separate_script
from .launcher import launch as start_processes

app = App(
    name="mnist-paddle",
    help="The PaddlePaddle MNIST tutorial on today's Paddle.",
    version_flags=[],
    default_parameter=Parameter(name_transform=lambda name: name.rstrip("_")),
)


def main(command: str | None = None, tokens: Sequence[str] | None = None) -> None:
    """Run one command, or the one that the first word names, and end the process on bad input."""
    _log_to_standard_error()
    words = [*([command] if command else []), *(sys.argv[1:] if tokens is None else tokens)]
    try:
        app(complete(words), exit_on_error=False, print_error=False)
    except (CycloptsError, InputError) as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        if error.name != "paddle":
            raise
        _fail(
            "Paddle is not installed: pip install paddlepaddle, "
            "or paddlepaddle-gpu for an NVIDIA GPU (Python 3.12 at most)."
        )
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}." if error.filename else f"{error}.")
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(128 + stopped.signal)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


def complete(words: Sequence[str]) -> list[str]:
    """Spell out what the command line may leave out: `--resume` alone is `--resume newest`."""
    words = list(words)
    if words[:1] == ["launch"]:
        return ["launch", *separate_script(words[1:])]
    if words[:1] == ["train"]:
        for word, following in zip(words, [*words[1:], "-"], strict=True):
            if word == "--resume" and following.startswith("-"):
                words[words.index(word)] = f"--resume={NEWEST}"
    return words


def _log_to_standard_error() -> None:
    logger = logging.getLogger("mnist_paddle")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # Paddle takes over the root logger
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler())


def _fail(sentence: str) -> NoReturn:
    print(f"error: {' '.join(sentence.split())}", file=sys.stderr)
    sys.exit(2)


@app.command(name="train", config=use_config_file)
def train(*, config: Path | None = None, options: Config = Config()) -> None:  # noqa: B008
    """Train a network on the data file and write the run folder.

    Examples: --model cnn --loss ce --opt adam --lr 0.001 --epochs 3,
    or --config configs/05_cnn_ce_sgd.yaml --seed 2.

    Parameters
    ----------
    config
        YAML file with any of the options below; ours are in configs/. The command line goes first.
    """
    from .device import use_device
    from .parallel import start_ranks
    from .trainer import train_and_evaluate

    use_device(options.gpu)  # an error now, not after the data has been made
    with start_ranks(options.gpu).one_first():
        _make_default_data(options.data)
    train_and_evaluate(options)


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
    from . import evaluation
    from .data import load_data
    from .device import use_device
    from .figures import draw_confusion
    from .predict import load_model

    place = use_device(gpu)
    trained = load_model(checkpoint)
    _make_default_data(data)
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
    from .picture import read_picture
    from .predict import load_model
    from .predict import predict as predict_images

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


@app.command(name="prepare_data")
def prepare_data(
    *,
    from_: Path | None = None,
    out: Path = Path(DEFAULT_DATA),
    source: Literal["auto", "idx", "download", "drawn"] = "auto",
    seed: int = 0,
) -> None:
    """Write the tutorial's data file and read it back.

    Parameters
    ----------
    from_
        Folder with MNIST's four IDX files, gzipped or not.
    out
        File to write.
    source
        auto: --from or the folder that MNIST_DIR names, else download, else drawn digits.
    seed
        Seed of the drawn digits.
    """
    from . import data

    data.prepare_data(out, source, from_, seed)
    _describe_data(out)


@app.command(name="make_example")
def make_example(*, out: Path = Path("work/example_0.jpg"), seed: int = 5) -> None:
    """Draw the example picture, a 0 that looks handwritten, dark on white, 280×280.

    Parameters
    ----------
    out
        File to write.
    seed
        Another seed draws another 0.
    """
    import numpy as np
    from PIL import Image

    from .atomic import atomic_write
    from .data.drawn_digits import draw_digit

    ink = draw_digit(0, np.random.default_rng(seed), size=280)
    with atomic_write(out) as temporary:
        Image.fromarray(255 - ink).save(temporary, format="JPEG", quality=90)
    print(out)


@app.command(name="launch")
def launch(
    *words: Annotated[str, Parameter(allow_leading_hyphen=True)],
    options: Launch = Launch(),  # noqa: B008
) -> None:
    """Start several processes of a script, or of one of our commands, and end with their exit code.

    Examples: --nproc_per_node 2 scripts/train.py --model cnn,
    or --gpus 0,1,2,3 --log_dir ./mylog scripts/train.py --model cnn --gpu.

    Parameters
    ----------
    words
        Script (.py) or command (train), then its own options.
    """
    commands = {name for name in app if not name.startswith("-") and name != "launch"}
    sys.exit(start_processes(words, options, commands))


def _make_default_data(path: str) -> None:
    """Make the default data file if it is missing; a file that the user named must be there."""
    if path == DEFAULT_DATA and not Path(path).exists():
        from . import data

        data.prepare_data(path)


def _describe_data(path: Path) -> None:
    from .data import MODES, load_data

    for mode in MODES:
        split = load_data(mode, path)
        images, labels = next(split.batches())
        print(
            f"{path}: {split.name}, {mode}: {len(split)} images; first batch: "
            f"images {images.shape} {images.dtype}, labels {labels.shape} {labels.dtype}"
        )
