"""The Paddle 1.x names, and the line that one would write today instead of each.

NAMES holds what MNIST scripts use, MORE what is provided besides, ELSEWHERE what is not, but whose
replacement is known. Aliases are not repeated: `canonical` reduces every spelling to one, by rule.
Only Python's own library is imported here: the check and the docs' table need no Paddle.
"""

import re

from .aliases import ENDINGS, SHORTER
from .in_scripts import NAMES
from .not_provided import ELSEWHERE
from .provided import MORE

__all__ = [
    "ELSEWHERE",
    "MORE",
    "NAMES",
    "SHORTER",
    "canonical",
    "is_known",
    "line_and_note",
    "modern",
]


def is_known(key: str) -> bool:
    """Return whether a name stands in one of the tables."""
    return key in NAMES or key in MORE or key in ELSEWHERE


def canonical(name: str) -> str:
    """Reduce a spelling to the key of the table: fluid.dygraph.nn.Linear → fluid.dygraph.Linear.

    A leading `paddle.` may stand or not; a name that no rule knows comes back without it.
    """
    name = name.removeprefix("paddle.")
    for long, short in SHORTER:
        if name == long or name.startswith(f"{long}."):
            name = short + name[len(long) :]
    for prefix, ending in ENDINGS:
        shorter = name.removesuffix(ending)
        if name.startswith(prefix) and is_known(shorter):
            name = shorter
    return name


def modern(name: str) -> str | None:
    """Return the line to write today for a 1.x name in any spelling, None if nobody knows one."""
    key = canonical(name)
    return NAMES.get(key) or MORE.get(key) or ELSEWHERE.get(key)


def line_and_note(name: str) -> tuple[str, str]:
    """Split what `modern` says into the line of code and the note behind it, "" for none."""
    line, _, note = (modern(name) or "").partition("; ")
    while re.match(r"\w+\.\w+\([^;]*\)(;|$)", note):  # a second statement, not a note
        statement, _, note = note.partition("; ")
        line += f"; {statement}"
    return line, note
