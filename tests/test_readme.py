"""README and TROUBLESHOOTING: the same in both languages, and true to the code."""

import ast
import re

import pytest

from benchmarks.support import ROOT
from tests.support.pages import (
    CHINESE,
    CODE,
    LINK,
    NUMBER,
    anchors,
    differences,
    first_cells,
    sections,
    without_chinese_paragraphs,
)

NAMES = ("README", "TROUBLESHOOTING", "docs/speed")
PAGES = [f"{name}{ending}" for name in NAMES for ending in (".md", ".zh-CN.md")]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pair(name):
    return read(f"{name}.md"), read(f"{name}.zh-CN.md")


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_commands_numbers_names_and_links(name):
    assert differences(*pair(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_chinese_page_is_in_chinese(name):
    for section in sections(read(f"{name}.zh-CN.md")):
        assert CHINESE.search(section.title) or section.title in ("", "mnist-paddle")
        assert CHINESE.search("".join(section.text)) or not "".join(section.text).strip()


def places(pattern, page, most=60):
    """Return at most so many matches, evenly spread over the page."""
    found = list(re.finditer(pattern, page, re.MULTILINE))
    assert found
    return found[:: -(-len(found) // most)]


def changed(page, match, new):
    return page[: match.start()] + new + page[match.end() :]


CHANGES = {
    "a number": (NUMBER.pattern, lambda old: old[:-1] + ("1" if old[-1] != "1" else "2")),
    "a name in code": (
        r"^(?!python |pip |#)[^`\n]*`[^`\n]+`",
        lambda old: f"{old[: old.index('`')]}`something_else`",
    ),
    "a link": (LINK.pattern, lambda old: old.replace("](", "](another_")),
    "a heading": (r"^##+ .*\n", lambda old: ""),
    "the level of a heading": (r"^##+ ", lambda old: f"#{old}"),
    "a row of a table": (r"^\|.*\|\n", lambda old: ""),
    "a command": (r"^(python|pip|scripts/\w+) \S+", lambda old: f"{old}_x"),
    "a command left out": (r"^(python|pip|scripts/\w+) .*\n", lambda old: ""),
    "a comment left out": (r"(?<=\n\n)# .*\n(?=python)", lambda old: ""),
}


CASES = [("README", change) for change in CHANGES]
CASES += [("TROUBLESHOOTING", change) for change in list(CHANGES)[:6]]  # it has no code blocks


@pytest.mark.parametrize(("name", "change"), CASES)
def test_a_change_in_one_language_alone_is_seen(name, change):
    pattern, edit = CHANGES[change]
    english, chinese = pair(name)
    english = without_chinese_paragraphs(english)
    for match in places(pattern, chinese):
        assert differences(english, changed(chinese, match, edit(match[0]))), match[0]
    for match in places(pattern, english):
        assert differences(changed(english, match, edit(match[0])), chinese), match[0]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    for _, target in LINK.findall(read(name)):
        if target.startswith("https://"):
            continue
        path, _, place = target.partition("#")
        file = (ROOT / name).parent / path
        assert file.is_file(), target
        assert not place or place in anchors(read(file)), target


def strings_of_the_code():
    """Yield each string of the package and the scripts, with … for what is filled in."""
    for file in [*(ROOT / "mnist_paddle").rglob("*.py"), *(ROOT / "scripts").rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                pieces = [getattr(part, "value", None) for part in node.values]
                yield "".join(piece if isinstance(piece, str) else "…" for piece in pieces)
    for name in ("install", "quickstart", "test"):
        yield (ROOT / "scripts" / name).read_text(encoding="utf-8")


def our_messages():
    """Return the messages that TROUBLESHOOTING.md says are ours."""
    page = sections(read("TROUBLESHOOTING.md"))
    (start,) = [i for i, section in enumerate(page) if section.title == "Our own messages"]
    cells = [cell for section in page[start:] for cell in first_cells(section)]
    return [message for cell in cells for message in CODE.findall(cell)]


def pattern_of(message):
    """Return what finds a message of the page: … stands for anything."""
    return ".*".join(re.escape(piece) for piece in message.split("…"))


def test_every_message_of_ours_occurs_in_the_code():
    texts = list(strings_of_the_code())
    messages = our_messages()
    assert len(messages) > 50
    for message in messages:
        assert len(re.findall("[A-Za-z]", message)) >= 7, message
        assert any(re.search(pattern_of(message), text, re.DOTALL) for text in texts), message
    invented = pattern_of("… is eaten by a grue; bring a lamp.")
    assert not any(re.search(invented, text, re.DOTALL) for text in texts)


def test_every_name_of_the_glossary_is_in_the_code():
    words = set()
    for file in (ROOT / "mnist_paddle").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                words.add(node.value)
            for name in ("id", "attr", "arg", "name", "asname"):
                words.add(getattr(node, name, None))
    tables = []
    for page, title in zip(pair("README"), ("Glossary", "术语表"), strict=True):
        (glossary,) = [section for section in sections(page) if section.title == title]
        tables.append([line for line in glossary.text if line[:2] == "| "])
    assert tables[0] == tables[1]
    assert len(tables[0]) > 30
    for row in tables[0][1:]:
        term, translation, names = row.strip("| ").split(" | ")
        assert not CHINESE.search(term)
        assert CHINESE.search(translation)
        for name in CODE.findall(names):
            assert name in words, name
    assert "gradient_soup" not in words


MARK = "<!-- table of numbers: scripts/x.py -->"


@pytest.fixture
def readmes(tmp_path, monkeypatch):
    """Two small README files, and the module that writes into them."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    from benchmarks import report as readme

    paths = (tmp_path / "README.md", tmp_path / "README.zh-CN.md")
    for path, word in zip(paths, ("before", "之前"), strict=True):
        path.write_text(
            f"{word}\n{MARK}\nold\n{readme.END}\nafter {readme.END}\n", encoding="utf-8"
        )
    monkeypatch.setattr(readme, "READMES", paths)
    return readme, paths


def test_a_script_writes_its_table_into_both_languages(readmes, capsys):
    readme, paths = readmes
    for table in (["| a |", "|---|"], ["| b |"]):  # the second one takes the place of the first
        readme.write_into_readme(MARK, table)
        assert capsys.readouterr().out == "\n".join(table) + "\n"
        for path, word in zip(paths, ("before", "之前"), strict=True):
            text = "\n".join([word, MARK, *table, readme.END, f"after {readme.END}\n"])
            assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("spoil", [(MARK, ""), (MARK, MARK * 2), ("<!-- end", "<!-- and")])
@pytest.mark.parametrize("number", [0, 1])
def test_a_mark_that_is_missing_in_one_leaves_both_as_they_were(readmes, capsys, number, spoil):
    readme, paths = readmes
    spoilt = paths[number].read_text(encoding="utf-8").replace(*spoil)
    paths[number].write_text(spoilt, encoding="utf-8")
    before = [path.read_bytes() for path in paths]
    with pytest.raises(ValueError, match=re.escape(f"{paths[number].name} has the mark")):
        readme.write_into_readme(MARK, ["| measured for hours |"])
    assert [path.read_bytes() for path in paths] == before
    assert capsys.readouterr().out == "| measured for hours |\n"  # it is not lost
