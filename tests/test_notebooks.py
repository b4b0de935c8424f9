"""Claims about notebooks/: they run, they show what they show, in both languages, and stay small.

A notebook runs once, in a new kernel of this Python in an empty folder, and is compared with the
file: the text of every output must be the same, but in cells with the tag `varies`, whose text
depends on processor, Paddle's version or the clock; those must have outputs of the same kinds.
"""

import os
import re

import nbformat
import pytest

from benchmarks.support import ROOT
from lectures.run_notebooks import execute
from tests.support.pages import not_there

PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SHORT = "01_data"  # the one that always runs; the others take minutes together
EXECUTED = [p if p.stem == SHORT else pytest.param(p, marks=pytest.mark.large) for p in PATHS]
LARGEST = 400_000  # bytes of a file
CHINESE = re.compile("[一-鿿]")
LEFT_OUT = ("|", "$$", "```", "<")  # tables, formulas, code, pictures: no prose of one language


def read(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def outputs_of(cell):
    """Return kind and text of each output: a stream is one however often it was flushed."""
    kept = []
    for output in cell.get("outputs", []):
        if output.output_type != "stream":
            data = output.get("data", {})
            kept.append((output.output_type, *sorted(data), data.get("text/plain")))
        elif kept and kept[-1][0] == output.name:
            kept[-1] = (output.name, kept[-1][1] + output.text)
        else:
            kept.append((output.name, output.text))
    return kept


def paragraphs(source):
    """Return the headings of a text cell, and its prose, paragraph by paragraph."""
    blocks = [block.strip() for block in re.split(r"\n\s*\n", source) if block.strip()]
    headings = [block for block in blocks if block.startswith("#")]
    return headings, [block for block in blocks if not block.startswith(("#", *LEFT_OUT))]


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


def test_there_are_notebooks():
    assert PATHS


def test_every_text_cell_is_in_english_first_and_then_in_chinese(path):
    for cell in read(path).cells:
        if cell.cell_type != "markdown":
            continue
        headings, prose = paragraphs(cell.source)
        for heading in headings:
            assert CHINESE.search(heading), heading
            assert re.search("[A-Za-z]{3}", heading), heading
        chinese = [bool(CHINESE.search(paragraph)) for paragraph in prose]
        assert chinese == sorted(chinese), cell.source
        assert 2 * sum(chinese) == len(chinese), cell.source
        assert headings or prose, cell.source


def test_the_file_holds_the_outputs_of_one_run_and_nothing_of_the_machine(path):
    notebook = read(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    kinds = [kind for cell in code for kind, *_ in outputs_of(cell)]
    assert "error" not in kinds
    assert "stderr" not in kinds  # warnings and progress bars
    assert {"stdout", "display_data"} <= set(kinds)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert {key for cell in notebook.cells for key in cell.metadata} <= {"tags"}
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    assert tags <= {"varies"}
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/tmp/|/home/|/work/|/Users/|site-packages", text)
    assert len(text.encode()) < LARGEST


def test_every_file_and_module_of_ours_that_it_names_is_there(path):
    assert not_there("\n".join(cell.source for cell in read(path).cells)) == []


@pytest.mark.parametrize("path", EXECUTED, ids=lambda path: path.stem)
def test_it_runs_and_shows_what_the_file_shows(path):
    committed, executed = read(path), execute(path)
    for before, after in zip(committed.cells, executed.cells, strict=True):
        was, now = outputs_of(before), outputs_of(after)
        if "varies" in before.metadata.get("tags", []):
            was, now = ([output[:-1] for output in outputs] for outputs in (was, now))
        assert now == was, before.source


def test_a_kernel_ends_with_its_notebook(tmp_path):
    cell = nbformat.v4.new_code_cell("import os; print(os.getpid())")
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "pid.ipynb")
    pid = int(execute(tmp_path / "pid.ipynb").cells[0].outputs[0].text)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
