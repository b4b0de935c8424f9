"""Pages of Markdown in two languages: what must be the same in both, and how to see that it is not.

Words differ between the languages; commands, numbers, names in code and links do not.
"""

import re
import shlex
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import zip_longest

from benchmarks.chinese import in_chinese
from benchmarks.support import ROOT

CHINESE = re.compile("[一-鿿]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
TABLE = re.compile(r"<!-- table of .*?<!-- end of the table -->", re.DOTALL)
OURS = "mnist_paddle|benchmarks|lectures"
FILE = re.compile(rf"(?<![\w./-])(?:{OURS}|scripts|configs|notebooks|tests)/[\w./-]*\w")
MODULE = re.compile(rf"(?<![\w./-])(?:{OURS})(?:\.(?!__)\w+)+")
IMPORT = re.compile(rf"from ((?:{OURS})(?:\.\w+)*) import ([\w, ]+)")


@cache
def _words(line):
    """Return the words of a command, without its comment; shlex is slow."""
    return shlex.split(line, comments=True)


@dataclass
class Section:
    """A heading and what follows it up to the next one."""

    level: int
    title: str
    code: list[str] = field(default_factory=list)  # lines of code blocks
    text: list[str] = field(default_factory=list)  # all other lines

    @property
    def commands(self):
        """The words of each line of the code blocks, without comments, options and empty lines."""
        lines = [line for line in self.code if not line.startswith(":")]
        return [words for line in lines if (words := _words(line))]

    @property
    def comments(self):
        """How many comments the code blocks have: one of several lines counts as one."""
        return len(
            re.findall(r"(?:^#.*\n)+|\S +#", "".join(f"{line}\n" for line in self.code), re.M)
        )

    @property
    def numbers(self):
        """How often each number stands in prose, tables and comments."""
        comments = [line[line.find("#") :] for line in self.code if "#" in line]
        text = LINK.sub(r"\1", CODE.sub("", "\n".join([self.title, *self.text, *comments])))
        return Counter(NUMBER.findall(text))

    @property
    def names(self):
        """The pieces of code in prose and tables, in whatever order the language wants them."""
        return Counter(CODE.findall(LINK.sub(r"\1", "\n".join([self.title, *self.text]))))

    @property
    def links(self):
        """Where the links lead; a page stands for itself in either language."""
        found = [target for _, target in LINK.findall("\n".join(self.text))]
        same = (re.sub(r"\.zh(-CN)?(?=\.\w+$)|#.*", "", one) for one in found)
        return Counter(one.replace("docs/zh/", "docs/en/") for one in same)

    @property
    def rows(self):
        """How many columns each row of the tables has."""
        return [line.count("|") for line in self.text if line.startswith("|")]


def sections(page):
    """Cut a page at its headings; what stands before the first has no title."""
    found, fenced = [Section(0, "")], False
    for line in page.splitlines():
        heading = re.match(r"(#+) (.*)", line)
        if line.startswith("```"):
            fenced = not fenced
        elif fenced:
            found[-1].code.append(line)
        elif heading:
            found.append(Section(len(heading[1]), heading[2]))
        else:
            found[-1].text.append(line)
    return found


def without_chinese_paragraphs(page):
    """Leave out what an English page says a second time, in Chinese."""
    blocks = re.split(r"(\n\s*\n)", page)
    return "".join(block for block in blocks if "|" in block or len(CHINESE.findall(block)) < 20)


COMPARED = ("level", "commands", "comments", "numbers", "names", "links", "rows")


@lru_cache(maxsize=8)
def _facts(page):
    """Return the title of each section and what must be the same in both languages."""
    return [
        (section.title, {what: getattr(section, what) for what in COMPARED})
        for section in sections(TABLE.sub("", page))
    ]


def differences(english, chinese):
    """Return in what two pages differ beside their language; an empty list if in nothing."""
    found = []
    tables = ["\n".join(in_chinese(table.splitlines())) for table in TABLE.findall(english)]
    if tables != TABLE.findall(chinese):
        found.append("a table that a script writes")
    pairs = zip_longest(_facts(without_chinese_paragraphs(english)), _facts(chinese))
    for ours, theirs in pairs:
        if ours is None or theirs is None:
            found.append(f"heading {(ours or theirs)[0]!r} has no counterpart")
            break
        for what in COMPARED:
            one, other = ours[1][what], theirs[1][what]
            if isinstance(one, Counter):  # show what differs, not all that there is
                one, other = dict(one - other), dict(other - one)
            if one != other:
                found.append(f"{what} of {ours[0]!r} / {theirs[0]!r}: {one} / {other}")
    return found


def anchors(page):
    """Return the address of each heading, as GitHub makes them."""
    titles = [section.title.lower() for section in sections(page)]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def cells(section):
    """Return the cells of each row of a section's tables, without their heads."""
    rows = [line.strip("|").split("|") for line in section.text if line.startswith("|")]
    rules = [i for i, row in enumerate(rows) if set("".join(row)) <= set("-:")]
    heads = {*rules, *(rule - 1 for rule in rules)}
    return [[cell.strip() for cell in row] for i, row in enumerate(rows) if i not in heads]


def first_cells(section):
    """Return the first cell of each row of a section's tables, without their heads."""
    return [row[0] for row in cells(section)]


def not_there(text):
    """Return the files, modules and names of ours that a text names and that do not exist."""
    modules = [*MODULE.findall(text)]
    for module, names in IMPORT.findall(text):
        modules += [f"{module}.{name.split()[0]}" for name in names.split(",")]
    missing = [name for name in FILE.findall(text) if not (ROOT / name).exists()]
    return missing + [name for name in modules if not _is_ours(name)]


def _is_ours(name):
    """Return whether there is such a module, or a name in its text; nothing is imported."""
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    above = path.parent / "__init__.py" if path.parent.is_dir() else path.parent.with_suffix(".py")
    return above.is_file() and bool(re.search(rf"\b{path.name}\b", above.read_text("utf-8")))
