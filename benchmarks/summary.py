"""Put a few figures of the docs' tables into README: they are read from the pages, not typed.

python -m benchmarks.summary
"""

from cyclopts import run

from benchmarks.chinese import in_chinese
from benchmarks.report import PAGES, put_between, table
from benchmarks.support import ROOT
from mnist_paddle.files import atomic_write

READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
MARK = "<!-- table of results: python -m benchmarks.summary -->"
ROWS = {  # what README calls it, and how its row of the page on speed begins
    "the tutorial's CNN and SGD, 5 epochs, plain Paddle": "the tutorial's CNN: SGD",
    "pytorch/examples, mnist, 4 epochs": "pytorch/examples",
    "tuomaso/train_mnist_fast, 1 epoch": "tuomaso/train_mnist_fast",
    "`configs/speedrun.yaml`, 1 epoch": "a single epoch",
    "the tutorial's CNN, another recipe, `configs/best.yaml`": "the same, with test-time",
    "another network, `configs/state_of_the_art.yaml`": "another network: `configs",
}


def lines() -> list[str]:
    """Return the table of README."""
    page = (PAGES["en"] / "speed.md").read_text(encoding="utf-8").splitlines()
    rows, head = [], []
    found = {}
    for line in page:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "seconds of training" in cells:
            head = cells
        found[cells[0]] = dict(zip(head, cells, strict=False))
    for what, begins in ROWS.items():
        (row,) = [row for name, row in found.items() if name.startswith(begins)]
        rows.append([what, row["eval, %"], row["seconds of training"]])
    return table(["", "of 10,000 test images right, %", "seconds of training"], rows, "lrr")


def write_summary() -> None:
    """Write the table into README, in both languages."""
    for language, readme in READMES.items():
        written = lines() if language == "en" else in_chinese(lines())
        text = put_between(readme.read_text(encoding="utf-8"), MARK, written)
        with atomic_write(readme) as temporary:
            temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(write_summary)
