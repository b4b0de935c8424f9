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
        elif not re.search("[A-Za-z]", paragraph) or is_chinese(paragraph) == (language == "zh"):
            kept.append(paragraph)
    return "\n\n".join(kept)


def is_chinese(paragraph: str) -> bool:
    """Return whether a paragraph is Chinese: an English one may quote a word of it."""
    return len(CHINESE.findall(paragraph)) > len(re.findall(r"[A-Za-z]{2,}", paragraph)) / 2
