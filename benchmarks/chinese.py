"""The words of the tables in Chinese: chinese.yaml has each once.

In its keys `{}` stands for anything, `{n}` for a number; in its values `{}` for what was found.
"""

import re
from collections.abc import Iterable
from functools import cache

import yaml

from benchmarks.support import ROOT

WORDS = ROOT / "benchmarks" / "chinese.yaml"


def in_chinese(lines: Iterable[str]) -> list[str]:
    """Return the lines of a table and the sentences beside it, with Chinese words."""
    return [_line(line) for line in lines]


def _line(line: str) -> str:
    return " | ".join(map(translate, line.split(" | "))) if line[:1] == "|" else translate(line)


def translate(text: str) -> str:
    """Return a cell or a sentence in Chinese; one that has no words in chinese.yaml as it is."""
    inner = text.strip("| *")
    for pattern, chinese in _words():
        if found := pattern.fullmatch(inner):
            return text.replace(inner, chinese.format(*found.groups()))
    return text


@cache
def _words() -> list[tuple[re.Pattern[str], str]]:
    words = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return [(re.compile(_pattern(english), re.DOTALL), words[english]) for english in words]


def _pattern(english: str) -> str:
    return re.escape(english).replace(r"\{\}", "(.*?)").replace(r"\{n\}", r"([\d.,]+)")
