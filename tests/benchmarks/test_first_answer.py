"""How long a command takes to its first answer: what is timed, in turns, and the tables of it."""

import time

import pytest

from benchmarks.speed import first_answer
from benchmarks.support import ROOT


def test_the_time_ends_with_the_line_that_is_waited_for_and_the_process_with_it(tmp_path):
    code = (
        "import time; time.sleep(0.3); print('no'); print('answer 7', flush=True); time.sleep(60)"
    )
    lines = []
    started = time.monotonic()
    seconds = first_answer.seconds_to("^answer", ["-c", code], tmp_path, lines.append)
    assert 0.3 < seconds <= time.monotonic() - started < 20
    assert lines == ["answer 7"]


def test_a_process_that_does_not_answer_is_an_error_with_its_own_words(tmp_path):
    with pytest.raises(RuntimeError, match=r"has no line 'answer'.*\n?.*the reason"):
        first_answer.seconds_to("answer", ["-c", "raise SystemExit('the reason')"], tmp_path)


def test_programs_take_turns_and_the_first_run_of_each_is_not_counted(tmp_path):
    order = []

    def measurement(program):
        order.append(program.name)
        return float(len(order))

    programs = [tmp_path / "now", tmp_path / "before"]
    found = first_answer.take_turns({"a": measurement}, programs, runs=2)
    assert order == ["now", "before"] * 3
    assert found == {"a": [[3, 5], [4, 6]]}


def test_tables_hold_medians_and_ranges_of_both_commits():
    found = {"`predict`": [[1.5, 1.25, 9.0], [2.0, 2.5, 3.0]]}
    pieces = [{"Python": 0.1, "Paddle": 1.0}, {"Python": 0.2, "Paddle": 3.0}]
    lines = first_answer.tables(found, pieces, "abc")
    assert "|  | seconds | range | at abc | range |" in lines
    assert "| `predict` | 1.50 | 1.25 to 9.00 | 2.50 | 2.00 to 3.00 |" in lines
    assert lines[-2:] == ["| Python | 0.15 | 0.10 to 0.20 |", "| Paddle | 2.00 | 1.00 to 3.00 |"]
    alone = first_answer.tables({"`predict`": [[1.0]]}, pieces, None)
    assert alone[:1] == ["|  | seconds | range |"]


@pytest.mark.large
def test_the_commands_answer_as_it_waits_for(tiny_data, tmp_path):
    """Every measurement once, on small data, with the programs of this commit."""
    measured = first_answer.measurements(tiny_data, tmp_path / "run")
    seconds = {name: measurement(ROOT) for name, measurement in measured.items()}
    assert len(seconds) == 5
    assert all(0 < figure < 100 for figure in seconds.values())
    pieces = first_answer.measure_pieces(ROOT)
    assert list(pieces)[-1] == "the picture"
    assert max(pieces, key=pieces.get) == "Paddle"
