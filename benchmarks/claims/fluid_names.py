"""List the Paddle 1.x names and what one writes today, for a table of the docs.

python -m benchmarks.claims.fluid_names [--pages]

The rows come from mnist_paddle/fluid/names/in_scripts.py; Paddle is not needed.
"""

from cyclopts import run

from benchmarks.report import table, write_into_pages
from mnist_paddle.fluid.names import NAMES, line_and_note

MARK = "<!-- table of fluid names: python -m benchmarks.claims.fluid_names -->"
HEAD = ("Paddle 1.x · 旧写法", "today · 今天的写法", "what differs · 不同之处")


def lines() -> list[str]:
    """Return the lines of the table."""
    rows = []
    for name in NAMES:
        line, note = line_and_note(name)
        code = line if line.startswith("nothing") else f"`{line}`"
        rows.append([cell.replace("|", r"\|") for cell in (f"`{name}`", code, note)])
    return table(HEAD, rows)


def list_fluid_names(*, pages: bool = False) -> None:
    """Print the table, or write it into the page."""
    if pages:
        write_into_pages(MARK, lines())
    else:
        print("\n".join(lines()))


if __name__ == "__main__":
    run(list_fluid_names)
