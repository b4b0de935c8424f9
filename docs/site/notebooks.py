"""A notebook in one language: its text holds each paragraph in English, then in Chinese."""

import re
from typing import Any

CHINESE = re.compile("[\u4e00-\u9fff]")


def in_language(notebook: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a notebook (its JSON) whose text is in `language`, en or zh; code stays as it is."""
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell = {**cell, "source": text_in("".join(cell["source"]), language)}
        cells.append(cell)
    return {**notebook, "cells": cells}


def text_in(text: str, language: str) -> str:
    """Return the paragraphs of a language, and its part of each heading."""
    kept = []
    for paragraph in re.split(r"\n\s*\n", text):
        if heading := re.match(r"(#+ (?:\d+(?: ·|\.) )?)(.*?) · (.*)$", paragraph):
            kept.append(heading[1] + heading[2 if language == "en" else 3])
        elif not _words(paragraph) or is_chinese(paragraph) == (language == "zh"):
            kept.append(paragraph)
    return "\n\n".join(kept)


def is_chinese(paragraph: str) -> bool:
    """Return whether a paragraph is Chinese: an English one may quote a word of it."""
    return len(CHINESE.findall(paragraph)) > len(_words(paragraph)) / 2


def _words(paragraph: str) -> list[str]:
    """Return the words of a paragraph, formulas and code aside, and each Chinese character."""
    text = re.sub(r"\$\$.*?\$\$|\$[^$\n]+\$|`[^`]+`", "", paragraph, flags=re.DOTALL)
    return re.findall(rf"[A-Za-z]{{2,}}|{CHINESE.pattern}", text)
