"""Put the picture of README together: the pad that reads a digit, and what the network learned.

python -m lectures.cover work/runs/quickstart

The pad is the real page in Chromium, drawn on with the mouse and read by the network of the run;
beside it the run's own curve.png, and the teaching figure of its layers.
"""

import io
import tempfile
from pathlib import Path

from cyclopts import run
from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.support import ROOT
from benchmarks.support.browser import CHROMIUM, FLAGS, Pad
from benchmarks.support.demo_server import running_demo
from lectures.material import Material
from lectures.paper import Translator, paper
from lectures.pictures import draw_layers, layers_of_one_digit
from mnist_paddle.config import DEFAULT_DATA
from mnist_paddle.files import atomic_write

OUT = {"en": ROOT / "docs" / "picture.png", "zh": ROOT / "docs" / "picture.zh.png"}
DIGIT = 3
HEIGHT = 900  # pixels; the right column is 800 wide, two pictures of 16:9
COLOURS = 64


def draw_cover(folder: Path, *, data: str = DEFAULT_DATA) -> None:
    """Draw docs/picture.png and docs/picture.zh.png from the run folder of a CNN."""
    model = (folder / "model.safetensors").resolve()
    layers = layers_of_one_digit(Material(data, model))
    curve = Image.open(folder / "curve.png")
    for language, out in OUT.items():
        content = io.BytesIO()
        with paper(language):
            draw_layers(layers, Translator(language)).savefig(content, format="png")
        left = photograph(model, language)
        whole = Image.new("RGB", (left.width + 800, HEIGHT), "white")
        whole.paste(left, (0, 0))
        for row, picture in enumerate([curve, Image.open(content)]):
            fitting = picture.convert("RGB").resize((800, 450), Image.Resampling.LANCZOS)
            whole.paste(fitting, (left.width, 450 * row))
        with atomic_write(out) as temporary:
            small = whole.quantize(COLOURS, dither=Image.Dither.NONE)
            small.save(temporary, format="png", optimize=True)
        print(out)


def photograph(model: Path, language: str) -> Image.Image:
    """Return a screenshot of the pad after DIGIT was drawn on it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder), "--checkpoint", model) as demo,
        sync_playwright() as driver,
    ):
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        size = {"width": 800, "height": HEIGHT}
        pad = Pad(browser.new_page(viewport=size, locale=language), demo.address)
        pad.page.goto(demo.address)
        pad.draw(DIGIT)
        return Image.open(io.BytesIO(pad.page.screenshot()))


if __name__ == "__main__":
    run(draw_cover)
