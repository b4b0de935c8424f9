"""The pages: the same in both languages, and true to the code."""

import ast
import re
import shutil

import pytest

from benchmarks import report, summary
from benchmarks.chinese import in_chinese
from benchmarks.support import ROOT
from tests.support.pages import (
    CHINESE,
    CODE,
    LINK,
    NUMBER,
    TABLE,
    anchors,
    cells,
    differences,
    first_cells,
    not_there,
    sections,
    without_chinese_paragraphs,
)

NAMES = {path.name.partition(".")[0] for path in ROOT.glob("*.md")} - {"SECURITY"}  # three lines
PAIRS = {name: (ROOT / f"{name}.md", ROOT / f"{name}.zh-CN.md") for name in sorted(NAMES)}
for english in sorted(report.PAGES["en"].rglob("*.md")):
    name = english.relative_to(report.PAGES["en"]).as_posix()
    PAIRS[name] = (english, report.PAGES["zh"] / name)
PAGES = {str(path.relative_to(ROOT)): path for pair in PAIRS.values() for path in pair}


def pair(name):
    english, chinese = PAIRS[name]
    return english.read_text(encoding="utf-8"), chinese.read_text(encoding="utf-8")


def test_every_page_is_there_in_both_languages():
    english, chinese = (
        {path.relative_to(folder) for path in folder.rglob("*.md")}
        for folder in report.PAGES.values()
    )
    assert english == chinese
    assert len(english) > 20


@pytest.mark.parametrize("name", PAIRS)
def test_both_languages_have_the_same_commands_numbers_names_and_links(name):
    assert differences(*pair(name)) == []


@pytest.mark.parametrize("name", PAIRS)
def test_the_chinese_page_is_in_chinese(name):
    for section in sections(pair(name)[1]):
        assert CHINESE.search(section.title) or section.title in ("", "mnist-paddle")
        assert CHINESE.search("".join(section.text)) or not "".join(section.text).strip()


def places(pattern, page, most=25):
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


CASES = [("commands.md", change) for change in list(CHANGES)[-3:]]
CASES += [("processes.md", change) for change in list(CHANGES)[:2]]
CASES += [("troubleshooting.md", change) for change in list(CHANGES)[:6]]  # it has no code blocks


@pytest.mark.parametrize(("name", "change"), CASES)
def test_a_change_in_one_language_alone_is_seen(name, change):
    pattern, edit = CHANGES[change]
    english, chinese = pair(name)
    english = without_chinese_paragraphs(english)
    for match in places(pattern, chinese):
        assert differences(english, changed(chinese, match, edit(match[0]))), match[0]
    for match in places(pattern, english):
        assert differences(changed(english, match, edit(match[0])), chinese), match[0]


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for _, target in LINK.findall(PAGES[page].read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, place = target.partition("#")
        file = PAGES[page].parent / path
        if file.suffix == ".ipynb":  # docs/build.py puts them beside the pages
            file = ROOT / "notebooks" / file.name
        assert file.is_file(), target
        assert not place or place in anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("page", [page for page in PAGES if "CHANGELOG" not in page])
def test_every_file_and_module_of_ours_that_a_page_names_is_there(page):
    assert not_there(PAGES[page].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("`scripts/train.py`, `mnist_paddle/data/` and configs/.", []),
        ("`python -m benchmarks.claims`, `mnist_paddle.data.load_data`", []),
        ("from mnist_paddle.data import load_data, Split\n", []),
        ("`scripts/compare.py`", ["scripts/compare.py"]),
        ("`benchmarks/clams/`", ["benchmarks/clams"]),
        ("python -m mnist_paddle.tta", ["mnist_paddle.tta"]),
        ("mnist_paddle.data.unload_data", ["mnist_paddle.data.unload_data"]),
        ("from mnist_paddle import data, datum\n", ["mnist_paddle.datum"]),
    ],
)
def test_what_is_not_there_is_seen(text, missing):
    assert not_there(text) == missing


@pytest.mark.parametrize("page", pair("reading_the_code.md"), ids=["English", "Chinese"])
def test_the_table_of_the_code_shows_every_room_and_module_of_the_top_level(page):
    """How to read the code: what the table names is there, and nothing is left out."""
    titles = {"How to read the code", "怎样读代码"}
    (section,) = [section for section in sections(page) if section.title in titles]
    shown = [name for row in cells(section) if len(row) == 3 for name in CODE.findall(row[1])]
    names = {name.removeprefix("mnist_paddle/").rstrip("/") for name in shown}
    there = {path.name for path in (ROOT / "mnist_paddle").iterdir() if path.suffix == ".py"}
    there |= {path.parent.name for path in (ROOT / "mnist_paddle").glob("*/__init__.py")}
    assert names == there - {"__init__.py", "__main__.py"}


def test_what_the_changelog_calls_new_is_there_and_what_it_calls_old_is_gone():
    page = sections(pair("CHANGELOG")[0])
    rows = [row for section in page for row in cells(section)]
    assert len(rows) > 35
    for old, new in rows:
        module, *names = CODE.findall(new)
        module = module.removeprefix("python -m ")
        assert not_there(module) == [], new
        assert not_there(f"from {module} import {', '.join(names)}\n" if names else "") == [], new
        gone, *names_before = CODE.findall(old)
        assert not (ROOT / gone).is_file(), old
        assert not (ROOT / f"{gone.replace('.', '/')}.py").is_file(), old
        if names_before and not names:
            assert not_there(f"from {module} import {', '.join(names_before)}\n") == [], new


def strings_of_the_code():
    """Yield each string of what a user runs, with … for what is filled in."""
    folders = ("mnist_paddle", "scripts", "benchmarks", "lectures")
    for file in [file for folder in folders for file in (ROOT / folder).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                pieces = [getattr(part, "value", None) for part in node.values]
                yield "".join(piece if isinstance(piece, str) else "…" for piece in pieces)
    for name in ("install", "quickstart", "test"):
        yield (ROOT / "scripts" / name).read_text(encoding="utf-8")


def our_messages():
    """Return the messages that the page on troubleshooting says are ours."""
    page = sections(pair("troubleshooting.md")[0])
    (start,) = [i for i, section in enumerate(page) if section.title == "Our own messages"]
    cells = [cell for section in page[start:] for cell in first_cells(section)]
    return [message for cell in cells for message in CODE.findall(cell)]


def occurs(message, text):
    """Return whether a text holds a message of the page; there … stands for anything."""
    pieces = message.split("…")
    pattern = ".*".join(map(re.escape, pieces))
    return all(piece in text for piece in pieces) and re.search(pattern, text, re.DOTALL)


def test_every_message_of_ours_occurs_in_the_code():
    texts = list(strings_of_the_code())
    messages = our_messages()
    assert len(messages) > 50
    for message in messages:
        assert len(re.findall("[A-Za-z]", message)) >= 7, message
        assert any(occurs(message, text) for text in texts), message
    assert not any(occurs("… is eaten by a grue; bring a lamp.", text) for text in texts)


def test_every_name_of_the_glossary_is_in_the_code():
    words = set()
    for file in (ROOT / "mnist_paddle").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                words.add(node.value)
            for name in ("id", "attr", "arg", "name", "asname"):
                words.add(getattr(node, name, None))
    tables = []
    for page, title in zip(pair("glossary.md"), ("Glossary", "术语表"), strict=True):
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


MARK = "<!-- table of numbers: python -m benchmarks.x -->"


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """Two small pages, in the place of those that scripts write into."""
    monkeypatch.setattr(report, "PAGES", {"en": tmp_path / "en", "zh": tmp_path / "zh"})
    paths = {language: folder / "page.md" for language, folder in report.PAGES.items()}
    for path, word in zip(paths.values(), ("before", "之前"), strict=True):
        path.parent.mkdir()
        path.write_text(
            f"{word}\n{MARK}\nold\n{report.END}\nafter {report.END}\n", encoding="utf-8"
        )
    return paths


def test_a_script_writes_its_table_into_both_languages(pages, capsys):
    first = ["| source | n |", "|---|---:|", "| `memory` | 3 |"]
    for table in (first, ["| b |"]):  # the second one takes the place of the first
        report.write_into_pages(MARK, table)
        assert capsys.readouterr().out == "\n".join(table) + "\n"
        for (language, path), word in zip(pages.items(), ("before", "之前"), strict=True):
            written = table if language == "en" else in_chinese(table)
            text = "\n".join([word, MARK, *written, report.END, f"after {report.END}\n"])
            assert path.read_text(encoding="utf-8") == text
    assert in_chinese(first)[0] == "| 数据来源 | n |"


@pytest.mark.parametrize("spoil", [(MARK, ""), (MARK, MARK * 2), ("<!-- end", "<!-- and")])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_mark_that_is_missing_in_one_leaves_both_as_they_were(pages, capsys, language, spoil):
    spoilt = pages[language].read_text(encoding="utf-8").replace(*spoil)
    pages[language].write_text(spoilt, encoding="utf-8")
    before = [path.read_bytes() for path in pages.values()]
    with pytest.raises(ValueError, match=f"docs/{language} has the mark"):
        report.write_into_pages(MARK, ["| measured for hours |"])
    assert [path.read_bytes() for path in pages.values()] == before
    assert capsys.readouterr().out == "| measured for hours |\n"  # it is not lost


def test_every_table_that_a_script_writes_is_in_chinese_on_the_chinese_page():
    """Names in code, of systems, and formulas aside: what is left in English is a name."""
    found = []
    for name in PAIRS:
        for table in TABLE.findall(pair(name)[1]):
            rows = [line for line in table.splitlines() if line.startswith("|")]
            heads = [cell.strip() for cell in rows[0].strip("|").split("|")]
            found += [head for head in heads if re.search("[a-z]{4}", CODE.sub("", head))]
    assert found == []


@pytest.mark.parametrize("page", pair("README"), ids=["English", "Chinese"])
def test_readme_fits_into_a_minute(page):
    assert len(page.splitlines()) <= 200
    assert len(page.split()) <= 1200
    assert page.index("](docs/picture") < page.index("## ")  # a picture first


def test_the_table_of_readme_is_what_its_script_writes():
    for page, translated in zip(pair("README"), (list, in_chinese), strict=True):
        written = page.split(summary.MARK)[1].split(report.END)[0].strip().splitlines()
        assert written == translated(summary.lines())


def test_the_program_of_readme_does_what_it_says(tiny_data, tmp_path, monkeypatch, capsys):
    block = re.compile(r"```python\n(.*?)```", re.DOTALL)
    english, chinese = map(block.findall, pair("README"))
    assert english == chinese
    (program,) = english
    (tmp_path / "work").mkdir()
    shutil.copyfile(tiny_data, tmp_path / "work" / "mnist.json.gz")
    monkeypatch.chdir(tmp_path)
    exec(program, {})
    *_, right, digits = capsys.readouterr().out.splitlines()
    correct, total = right.split(" of ")
    assert int(correct) > 0.5 * int(total)
    assert len(ast.literal_eval(digits)) == 5
