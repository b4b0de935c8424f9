#!/usr/bin/env python
"""Write the table of the Paddle 1.x names and of what one writes today into README.

python scripts/write_fluid_table.py

The rows come from mnist_paddle/fluid/names.py; Paddle is not needed.
"""

from benchmarks.report import table, write_into_readme
from mnist_paddle.fluid.names import NAMES, line_and_note

START = "<!-- table of fluid names: scripts/write_fluid_table.py -->"
HEAD = ("Paddle 1.x · 旧写法", "today · 今天的写法", "what differs · 不同之处")


def lines() -> list[str]:
    """Return the lines of the table."""
    rows = []
    for name in NAMES:
        line, note = line_and_note(name)
        code = line if line.startswith("nothing") else f"`{line}`"
        rows.append([cell.replace("|", r"\|") for cell in (f"`{name}`", code, note)])
    return table(HEAD, rows)


if __name__ == "__main__":
    write_into_readme(START, lines())
