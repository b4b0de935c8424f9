"""Pages of Markdown in two languages: what must be the same in both, and how to see that it is not.

Words differ between the languages; commands, numbers, names in code and links do not.
"""

import re
import shlex
from collections import Counter
from dataclasses import dataclass, field
from itertools import zip_longest

CHINESE = re.compile("[一-鿿]")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[([^\]]*)\]\(([^)\s]+)\)")
TABLE = re.compile(r"<!-- table of .*?<!-- end of the table -->", re.DOTALL)


@dataclass
class Section:
    """A heading and what follows it up to the next one."""

    level: int
    title: str
    code: list[str] = field(default_factory=list)  # lines of code blocks
    text: list[str] = field(default_factory=list)  # all other lines

    @property
    def commands(self):
        """The words of each line of the code blocks, without comments and empty lines."""
        lines = [shlex.split(line, comments=True) for line in self.code]
        return [line for line in lines if line]

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
        return Counter(re.sub(r"#.*", "", one).replace(".zh-CN.md", ".md") for one in found)

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


def differences(english, chinese):
    """Say in what two pages differ beside their language; an empty list if in nothing."""
    found = []
    if TABLE.findall(english) != TABLE.findall(chinese):
        found.append("a table that a script writes")
    english, chinese = (TABLE.sub("", page) for page in (english, chinese))
    pairs = zip_longest(sections(without_chinese_paragraphs(english)), sections(chinese))
    for ours, theirs in pairs:
        if ours is None or theirs is None:
            found.append(f"heading {(ours or theirs).title!r} has no counterpart")
            break
        for what in ("level", "commands", "comments", "numbers", "names", "links", "rows"):
            one, other = getattr(ours, what), getattr(theirs, what)
            if isinstance(one, Counter):  # show what differs, not all that there is
                one, other = dict(one - other), dict(other - one)
            if one != other:
                found.append(f"{what} of {ours.title!r} / {theirs.title!r}: {one} / {other}")
    return found


def anchors(page):
    """Return the address of each heading, as GitHub makes them."""
    titles = [section.title.lower() for section in sections(page)]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in titles}


def first_cells(section):
    """Return the first cell of each row of a section's tables, without their heads."""
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.text if line[:2] == "| "]
    return rows[1:]
