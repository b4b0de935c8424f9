"""Tables that a script writes into a page, between two marks: no figure is typed by hand.

The same table stands in the English page and in the Chinese one, between the same marks.
"""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from benchmarks.support import ROOT
from mnist_paddle.files import atomic_write

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
SPEED = (ROOT / "docs" / "speed.md", ROOT / "docs" / "speed.zh-CN.md")
END = "<!-- end of the table -->"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str = "") -> list[str]:
    """Return the lines of a Markdown table; `align` has an l or r for each column, l by default."""
    marks = {"l": "---", "r": "---:"}
    rule = "|".join(marks[letter] for letter in align or "l" * len(head))
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]


def write_into_readme(start: str, lines: Sequence[str]) -> None:
    """Print the lines, and put them between the mark `start` and the next end mark of each README.

    Raises:
        ValueError: a README does not have the mark once, or no end mark after it; none is changed.
    """
    write_table(READMES, start, lines)


def write_table(pages: Sequence[Path], start: str, lines: Sequence[str]) -> None:
    """Do the same in these pages.

    Raises:
        ValueError: a page does not have the mark once, or no end mark after it; none is changed.
    """
    print("\n".join(lines))  # first: a table that took hours is not lost with a mark
    texts = {}
    for page in pages:
        before, *rest = page.read_text(encoding="utf-8").split(start)
        if len(rest) != 1 or END not in rest[0]:
            raise ValueError(
                f"{page.name} has the mark {start!r} {len(rest)} times, expected once "
                f"and {END!r} after it; nothing was written."
            )
        _, after = rest[0].split(END, 1)
        texts[page] = "\n".join([before + start, *lines, END + after])
    for page, text in texts.items():
        with atomic_write(page) as temporary:
            temporary.write_text(text, encoding="utf-8")


def machine() -> str:
    """Name the processor, its cores and this Python."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"
