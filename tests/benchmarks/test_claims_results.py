"""Claims about the results of benchmarks.claims: they decide the verdicts, and what is written."""

import json

import numpy as np
import pytest
import yaml
from PIL import Image

from benchmarks import report
from benchmarks.chinese import in_chinese
from benchmarks.claims.comparisons import COMPARISONS, RUNS
from benchmarks.claims.figures import draw_curves, draw_readers
from benchmarks.claims.tables import PUBLISHED, Circumstances, page_lines, write_tables
from benchmarks.claims.verdicts import (
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Outcome,
    Results,
    decide,
    with_spread,
)

TIMING = {
    "wait": 0.01,
    "reading": {
        source: {
            reader: {what: {"images_per_second": 1000.0} for what in ("alone", "training")}
            for reader in ("sync", "async", "workers", "resident")
        }
        for source in ("memory", "one file per sample")
    },
    "slow": {
        model: {
            "computing alone": 1.0,
            "reading alone": 2.0,
            "sync": 3.0,
            "async": 2.1,
            "workers": 2.0,
        }
        for model in ("mlp", "cnn")
    },
}


def make_outcome(folder, loss=1.0, valid=90.0, evaluated=90.0, nines=10.0, swing=0.0, **result):
    """Write a run folder of 2 epochs of 20 steps, and read it."""
    folder.mkdir(parents=True)
    rows = ["kind,epoch,step,lr,loss,valid_correct,valid_total,seconds"]
    for step in range(40):
        value = loss + swing * (step // 4 % 2) - step / 1000
        rows.append(f"step,{step // 20},{step},0.01,{value},,,1")
        if step % 20 == 19:
            rows.append(f"epoch,{step // 20},{step},0.01,{loss},{100 * valid:.0f},10000,1")
    (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    counts = {"valid_correct": round(100 * valid), "eval_correct": round(100 * evaluated)}
    counts |= {"valid_total": 10000, "eval_total": 10000, "epochs": 2, "train_seconds": 60.0}
    about = {"paddle": "3.3.1", "data": "MNIST", "data_digest": "0123456789abcdef"}
    (folder / "result.json").write_text(json.dumps({**counts, **about, **result}))
    outcome = Outcome(folder)
    outcome.__dict__["nines"] = nines  # else read from the model
    return outcome


@pytest.fixture
def results(tmp_path):
    """Results of every run for three seeds: all the same but for what is given for a run."""

    def make(timing=TIMING, **different):
        outcomes = {
            key: [
                make_outcome(
                    tmp_path / f"{key}_{seed}",
                    **{name: values[seed] for name, values in different.get(key, {}).items()},
                )
                for seed in range(3)
            ]
            for key in RUNS
        }
        return {
            name: Results({key: label for label, key in c.runs.items()}, outcomes, timing)
            for name, c in COMPARISONS.items()
        }

    return make


def verdict(name, number, results):
    return COMPARISONS[name].claims[number].check(results[name])


@pytest.mark.parametrize(
    ("differences", "word"),
    [
        ([1, 1.2, 0.9], SUPPORTED),
        ([-1, -1.2, -0.9], REFUTED),
        ([0, 0, 0], REFUTED),
        ([1, 1, -0.1], UNDECIDED),
        ([0.1, 0.1, 9], UNDECIDED),  # the mean is less than the spread
        ([0.2], SUPPORTED),
        ([-0.2], REFUTED),
    ],
)
def test_a_claim_needs_every_seed_and_more_than_the_spread(differences, word):
    assert decide(differences) == word


def test_spread_is_the_sample_standard_deviation():
    assert with_spread([1.0, 2.0, 3.0], 2, " %") == "2.00 ± 1.00 %"
    assert with_spread([2.0], 2, " %") == "2.00 %"


def test_a_claim_that_the_results_refute_is_reported_as_refuted(results):
    better = results(cnn_ce_large={"valid": [98.3, 98.4, 98.5], "swing": [0.1, 0.2, 0.15]})
    assert verdict("learning_rates", 1, better).word == SUPPORTED  # its loss goes up and down
    found = verdict("learning_rates", 2, better)
    assert found.word == REFUTED
    assert found.evidence == (
        "accuracy on valid: lr 0.1 98.40 ± 0.10 %, lr 0.01 90.00 ± 0.00 %; true for 0 of 3 seeds"
    )


def test_a_network_that_dies_with_one_seed_leaves_the_claim_undecided(results):
    found = results(cnn_mse={"loss": [8.3, 0.5, 0.6]})
    assert verdict("models", 1, found).word == UNDECIDED
    assert "2 of 3 seeds" in verdict("models", 1, found).evidence


def test_one_reader_with_another_result_refutes_that_they_are_the_same(results):
    found = results(mlp_workers={"evaluated": [90, 90, 90.01]})
    assert verdict("readers", 0, found).word == REFUTED
    assert verdict("readers", 0, found).evidence.endswith("2 of 3 seeds")


def test_the_verdicts_on_time_come_from_the_measurement(results):
    found = results()
    assert verdict("readers", 0, found).word == SUPPORTED
    assert verdict("readers", 1, found).word == SUPPORTED
    assert "mlp sync 1.50, async 1.05" in verdict("readers", 1, found).evidence
    assert verdict("readers", 2, found).word == REFUTED  # both read 1000 images per second


def test_losses_are_not_comparable_where_the_lower_one_reads_less(results, tmp_path):
    """A pair of epochs decides: square error 0.5 with 40 %, cross entropy 0.8 with 95 %."""
    square = {"loss": [0.5] * 3, "valid": [40] * 3}
    found = results(
        mlp_mse=square,
        cnn_mse=square,
        cnn_mse_slow=square,
        mlp_ce={"loss": [0.8] * 3, "valid": [95] * 3},
        cnn_ce={"loss": [0.4] * 3, "valid": [95] * 3},
    )
    assert verdict("losses", 2, found).word == SUPPORTED
    assert verdict("losses", 2, found).evidence.endswith(
        "square error 0.500 with 40.00 % of valid, cross entropy 0.800 with 95.00 % of valid"
    )
    for outcome in found["losses"].outcomes["mlp_ce"]:
        outcome.epoch_losses = np.array([0.45, 0.45])
    assert verdict("losses", 2, found).word == REFUTED


@pytest.mark.parametrize(
    ("right", "fault", "word"),
    [(0.1, 1.6, SUPPORTED), (0.1, 1.3, REFUTED), (1.8, 1.9, UNDECIDED)],
)
def test_the_floor_of_the_fault_is_decided_once_the_right_loss_is_below(
    results, right, fault, word
):
    found = results(cnn_ce={"loss": [right] * 3}, softmax_twice={"loss": [fault] * 3})
    assert verdict("softmax_twice", 0, found).word == word
    assert "a loss of 1.461" in COMPARISONS["softmax_twice"].claims[0].says


def test_the_page_gets_all_tables_and_every_claim_in_the_list_of_its_verdict(
    results, tmp_path, monkeypatch
):
    """In copies of the pages: the rest of them stays as it is."""
    found = results(
        cnn_ce_large={"valid": [98.3, 98.4, 98.5]},
        adam={"evaluated": [98.44, 98.5, 98.6]},
        cnn_ce={"evaluated": [96.9, 97.0, 97.1]},
    )
    how = Circumstances("python -m benchmarks.claims all --seeds 0 1 2", (0, 1, 2), 2)
    lines = page_lines(found, how, "../compare")
    starts = [
        next(number for number, line in enumerate(lines) if line.startswith(f"**{word}"))
        for word in ("Matches", "Differs", "Open questions")
    ]
    matches, differs, opened = (
        "\n".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], None], strict=True)
    )
    assert "- 0.1 is too large: it reads less than 0.01 (part 1, item 15): accuracy" in differs
    assert "- Reading in another way changes the time and not the result" in matches
    assert "- Paddle's quick start: 98.44 % published, here “Adam” reaches" in matches
    assert "- VisualDL's guide, run by a user: 97.90 % published" in differs
    assert "97.00 ± 0.10 % on eval, 0.90 away" in differs
    assert "published an accuracy" in opened
    claims = sum(len(comparison.claims) for comparison in COMPARISONS.values())
    assert sum(" (part " in line or " (not in " in line for line in lines[starts[0] :]) == claims
    text = "\n".join(lines)
    for name, comparison in COMPARISONS.items():
        assert f"[{comparison.title}](../compare/{name}.png)" in text
    figures = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))["figures"]
    for figure in figures:
        assert f"| {figure['recipe']} |" in text
        assert figure["source"] in text
        assert ("ours" in figure) == ("but" in figure)
    assert {figure["ours"] for figure in figures if "ours" in figure} <= set(RUNS)

    mark = "<!-- table of the comparisons: python -m benchmarks.claims -->"
    monkeypatch.setattr(report, "PAGES", {"en": tmp_path / "en", "zh": tmp_path / "zh"})
    for folder in report.PAGES.values():
        folder.mkdir()
        (folder / "page.md").write_text(f"first\n{mark}\n{report.END}\nlast\n", encoding="utf-8")
    report.write_into_pages(mark, lines)
    for folder, written in (("en", text), ("zh", "\n".join(in_chinese(lines)))):
        page = (tmp_path / folder / "page.md").read_text(encoding="utf-8")
        assert page == f"first\n{mark}\n{written}\n{report.END}\nlast\n"


def test_every_comparison_has_a_table_and_every_kind_of_figure_is_drawn(results, tmp_path):
    found = results()
    how = Circumstances("python -m benchmarks.claims all", (0, 1, 2), 2)
    for name, comparison in COMPARISONS.items():
        write_tables(tmp_path / name, name, found[name], how)
        text = (tmp_path / name / "table.md").read_text(encoding="utf-8")
        assert all(f"| {label} | 2 | 90.00 ± 0.00 |" in text for label in comparison.runs)
    for name in ("losses", "readers", "softmax_twice"):
        picture = tmp_path / name / "curves.png"
        if COMPARISONS[name].timed:
            draw_readers(TIMING, picture)
        else:
            draw_curves(COMPARISONS[name], found[name], picture)
        with Image.open(picture) as image:
            assert image.size >= (1500, 800)
