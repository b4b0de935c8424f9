"""Draw the teaching figures, for slides: each computes what it shows from data and real networks.

python -m lectures [NAME…|all] [--out work/figures] [--data work/mnist.json.gz]
                   [--language en|zh|both] [--checkpoint FILE]

Writes OUT/NAME.png, in Chinese OUT/NAME.zh.png, 1920×1080 pixels: sigmoid, log, softmax,
learning_rate, optimizers, likelihood, samples, layers, mistakes. The same data, model and versions
give the same pixels.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from mnist_paddle.commands import app, main
from mnist_paddle.config import DEFAULT_DATA
from mnist_paddle.files import atomic_write

Name = Literal[
    "sigmoid",
    "log",
    "softmax",
    "learning_rate",
    "optimizers",
    "likelihood",
    "samples",
    "layers",
    "mistakes",
    "all",
]


def draw_figures(
    *names: Name,
    out: Path = Path("work/figures"),
    data: str = DEFAULT_DATA,
    language: Literal["en", "zh", "both"] = "en",
    checkpoint: Path | None = None,
) -> None:
    """Draw the teaching figures of these names, or all.

    Parameters
    ----------
    names
        Figures to draw; none means all.
    out
        Folder to write to.
    data
        Data file or folder of pictures; the default file is made if it is missing.
    language
        Language of the words in the figures; zh needs a font with Chinese characters.
    checkpoint
        Model file of a CNN that was trained with cross entropy [default: the shipped model].
    """
    # here: Paddle takes its time to load, and a wrong option is an error at once
    from lectures.figures import FIGURES
    from lectures.material import Material
    from lectures.paper import Translator, chinese_font, paper
    from mnist_paddle.device import use_device

    languages = ["en", "zh"] if language == "both" else [language]
    if "zh" in languages:
        chinese_font()  # or nothing is begun
    use_device(gpu=False)
    material = Material(data, checkpoint)
    for name in FIGURES if not names or "all" in names else dict.fromkeys(names):
        facts = FIGURES[name].compute(material)
        for each in languages:
            path = out / (f"{name}.png" if each == "en" else f"{name}.{each}.png")
            with paper(each), atomic_write(path) as temporary:
                FIGURES[name].draw(facts, Translator(each)).savefig(temporary, format="png")
            print(path, flush=True)


def run(words: Sequence[str] | None = None) -> None:
    """Run the command with these words, or with those of the command line, and end the process."""
    if "figures" not in app:
        usage = "Usage: python -m lectures [NAMES...] [OPTIONS]"
        app.command(draw_figures, name="figures", usage=usage)
    main("figures", words)


if __name__ == "__main__":
    run()
