"""Tables in README that a script writes, between two marks, so that no figure is typed by hand."""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from mnist_paddle.atomic import atomic_write

ROOT = Path(__file__).parent.parent
END = "<!-- end of the table -->"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str = "") -> list[str]:
    """Return the lines of a Markdown table; `align` has an l or r for each column, l by default."""
    marks = {"l": "---", "r": "---:"}
    rule = "|".join(marks[letter] for letter in align or "l" * len(head))
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]


def write_into_readme(start: str, lines: Sequence[str]) -> None:
    """Put the lines between the mark `start` and the next end mark; print them too."""
    readme = ROOT / "README.md"
    before, rest = readme.read_text(encoding="utf-8").split(start)
    _, after = rest.split(END, 1)
    with atomic_write(readme) as temporary:
        temporary.write_text("\n".join([before + start, *lines, END + after]), encoding="utf-8")
    print("\n".join(lines))


def machine() -> str:
    """Name the processor, its cores and this Python."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"
