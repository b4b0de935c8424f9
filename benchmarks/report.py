"""Tables that a script writes into a page, between two marks: no figure is typed by hand.

python -m benchmarks.report

The same table stands in the English page and in the Chinese one, between the same marks, there with
Chinese words; the command puts them there again when chinese.yaml has changed.
"""

import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

from cyclopts import run

from benchmarks.chinese import in_chinese
from benchmarks.support import ROOT
from mnist_paddle.files import atomic_write

PAGES = {language: ROOT / "docs" / language for language in ("en", "zh")}
END = "<!-- end of the table -->"
TABLE = re.compile(rf"(?P<mark><!-- table of .*? -->)\n(?P<lines>.*?){END}", re.DOTALL)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], align: str = "") -> list[str]:
    """Return the lines of a Markdown table; `align` has an l or r for each column, l by default."""
    marks = {"l": "---", "r": "---:"}
    rule = "|".join(marks[letter] for letter in align or "l" * len(head))
    return [f"| {' | '.join(head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in rows)]


def write_into_pages(mark: str, lines: Sequence[str]) -> None:
    """Print the lines, and put them between `mark` and the next end mark of the page that has it.

    There is one such page in each language; the Chinese one gets the words of chinese.yaml.

    Raises:
        ValueError: not one page has the mark, or it lacks an end mark; none is changed.
    """
    print("\n".join(lines))  # first: a table that took hours is not lost with a mark
    texts = {}
    for language, page in find_pages(mark).items():
        written = lines if language == "en" else in_chinese(lines)
        texts[page] = put_between(page.read_text(encoding="utf-8"), mark, written)
    for page, text in texts.items():
        with atomic_write(page) as temporary:
            temporary.write_text(text, encoding="utf-8")


def put_between(text: str, mark: str, lines: Sequence[str]) -> str:
    """Return a page with the lines between `mark`, which it has once, and the next end mark."""
    before, rest = text.split(mark)
    return "\n".join([before + mark, *lines, END + rest.split(END, 1)[1]])


def find_pages(mark: str) -> dict[str, Path]:
    """Return the page with the mark in each language: ask before measuring for hours.

    Raises:
        ValueError: not one page has the mark, or it lacks an end mark.
    """
    found = {}
    for language, folder in PAGES.items():
        texts = {page: page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.md"))}
        pages = [page for page, text in texts.items() for _ in range(text.count(mark))]
        if len(pages) != 1 or END not in texts[pages[0]].split(mark)[1]:
            raise ValueError(
                f"docs/{language} has the mark {mark!r} {len(pages)} times, expected once "
                f"and {END!r} after it; nothing was written."
            )
        found[language] = pages[0]
    return found


def translate_pages() -> None:
    """Write every table of the English pages into the Chinese ones again, in today's words."""
    for english in sorted(PAGES["en"].rglob("*.md")):
        chinese = PAGES["zh"] / english.relative_to(PAGES["en"])
        text = chinese.read_text(encoding="utf-8")
        for found in TABLE.finditer(english.read_text(encoding="utf-8")):
            text = put_between(text, found["mark"], in_chinese(found["lines"].splitlines()))
        with atomic_write(chinese) as temporary:
            temporary.write_text(text, encoding="utf-8")


def machine() -> str:
    """Name the processor, its cores and this Python."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    run(translate_pages)
