"""The tables of the comparisons: table.md and table.csv of each, and all of them for the docs."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import yaml

from benchmarks.claims.comparisons import COMPARISONS, Comparison
from benchmarks.claims.verdicts import (
    MEASURES,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Results,
    Verdict,
    with_spread,
)
from benchmarks.report import machine, table
from mnist_paddle.files import atomic_write

PUBLISHED = Path(__file__).parent / "published.yaml"
COLUMNS = ("valid", "eval", "last_loss", "seconds")
HEAD = ["valid, %", "eval, %", "loss, last epoch", "training, s"]


@dataclass(frozen=True)
class Circumstances:
    """What the results depend on beside the settings."""

    command: str
    seeds: Sequence[int]
    jobs: int

    def sentence(self, results: Results) -> str:
        result = next(iter(results.outcomes.values()))[0].result
        seeds = ", ".join(map(str, self.seeds))
        means = f"seed {seeds}: no spread"
        if len(self.seeds) > 1:
            means = f"mean ± sample standard deviation over the seeds {seeds}"
        return (
            f"Written by `{self.command}` on {date.today()}: {machine()}, Paddle "
            f"{result['paddle']}, data: {result['data']} (`{result['data_digest'][:12]}`). "
            f"Values: {means}. Time is that of training, without evaluations, on one thread, "
            f"{self.jobs} trainings side by side."
        )


def rule() -> str:
    """Return how the verdicts are reached."""
    return (
        f"A claim on two runs is {SUPPORTED} if it is true for every seed and the mean difference "
        f"is at least the spread of the differences, {REFUTED} if the opposite is, and else "
        f"{UNDECIDED}."
    )


def verdicts(comparison: Comparison, results: Results) -> list[tuple[str, str, Verdict]]:
    """Return place, sentence and verdict of each claim."""
    return [(claim.place, claim.says, claim.check(results)) for claim in comparison.claims]


def write_tables(
    folder: Path, name: str, results: Results, circumstances: Circumstances
) -> list[str]:
    """Write table.md and table.csv into the folder; return the lines of table.md."""
    comparison = COMPARISONS[name]
    claims = [[place, says, v.word, v.evidence] for place, says, v in verdicts(comparison, results)]
    lines = [
        f"# {comparison.title}",
        "",
        circumstances.sentence(results),
        "",
        *table(["run", "epochs", *HEAD], _rows(results), "lrrrrr"),
        "",
        *table(["where", "what it says, in our words", "verdict", "measured"], claims),
        "",
        rule(),
        "",
        "![curves](curves.png)",
    ]
    with atomic_write(folder / "table.md") as temporary:
        temporary.write_text("\n".join([*lines, ""]), encoding="utf-8")
    _write_csv(folder / "table.csv", results, circumstances.seeds)
    return lines


def _rows(results: Results) -> list[list[str]]:
    return [
        [
            label,
            str(results.outcomes[run][0].result["epochs"]),
            *(with_spread(results.values(m, run), MEASURES[m].decimals) for m in COLUMNS),
        ]
        for run, label in results.labels.items()
    ]


def _write_csv(path: Path, results: Results, seeds: Sequence[int]) -> None:
    """Write a row for each run: of each measure the mean, the spread, and the value of each seed.

    The spread of one seed is empty.
    """
    with atomic_write(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        parts = ("mean", "spread", *(f"seed_{seed}" for seed in seeds))
        rows.writerow(["run", "epochs", *(f"{m}_{part}" for m in COLUMNS for part in parts)])
        for run, label in results.labels.items():
            row: list[Any] = [label, results.outcomes[run][0].result["epochs"]]
            for measure in COLUMNS:
                values = results.values(measure, run)
                spread = round(stdev(values), 6) if len(values) > 1 else ""
                row += [round(mean(values), 6), spread, *(round(value, 6) for value in values)]
            rows.writerow(row)


def page_lines(
    all_results: Mapping[str, Results], circumstances: Circumstances, pictures: str
) -> list[str]:
    """Return what the docs show of all comparisons; `pictures` is the folder of their figures."""
    rows, claims = [], []
    for name, results in all_results.items():
        comparison = COMPARISONS[name]
        link = f"[{comparison.title}]({pictures}/{name}.png)"
        for number, row in enumerate(_rows(results)):
            rows.append([link if number == 0 else "", *row])
        claims += verdicts(comparison, results)
    figures = yaml.safe_load(PUBLISHED.read_text(encoding="utf-8"))
    outcomes = {run: o for r in all_results.values() for run, o in r.outcomes.items()}
    beside = _beside_published(figures["figures"], outcomes)
    lists = {
        word: [f"{says} ({place}): {v.evidence}." for place, says, v in claims if v.word == word]
        for word in (SUPPORTED, REFUTED, UNDECIDED)
    }
    return [
        circumstances.sentence(next(iter(all_results.values()))),
        "",
        *table(["comparison", "run", "epochs", *HEAD], rows, "llrrrrr"),
        "",
        "What others have published for the same job:",
        "",
        *table(["system", "recipe", "accuracy, %", "source"], _published_rows(figures["figures"])),
        "",
        f"**Matches.** {rule()} Supported here:",
        "",
        *_list([*lists[SUPPORTED], *beside[True]]),
        "",
        "**Differs.** Refuted here:",
        "",
        *_list([*lists[REFUTED], *beside[False]]),
        "",
        "**Open questions.** Undecided here:",
        "",
        *_list([*lists[UNDECIDED], *figures["open_questions"]]),
    ]


def _list(sentences: Sequence[str]) -> list[str]:
    return [f"- {sentence}" for sentence in sentences] or ["- nothing"]


def _published(figure: Mapping[str, Any]) -> str:
    return " to ".join(f"{accuracy:.2f}" for accuracy in figure["accuracy"])


def _published_rows(figures: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    return [[f["system"], f["recipe"], _published(f), f["source"]] for f in figures]


def _beside_published(
    figures: Sequence[Mapping[str, Any]], outcomes: Mapping[str, Any]
) -> dict[bool, list[str]]:
    """Compare each figure that has a run of ours beside it; sentences by whether they are the same.

    They are if they differ by no more than two standard errors: of the accuracies on so many
    images, and of our seeds.
    """
    labels: dict[str, str] = {}
    for comparison in COMPARISONS.values():
        for label, key in comparison.runs.items():
            labels.setdefault(key, label)  # of several names the first
    sentences: dict[bool, list[str]] = {True: [], False: []}
    for figure in figures:
        run = figure.get("ours")
        if run is None:
            continue
        ours = [outcome.accuracy("eval") for outcome in outcomes[run]]
        total = outcomes[run][0].result["eval_total"]
        spread = stdev(ours) if len(ours) > 1 else 0.0
        low, high = min(figure["accuracy"]), max(figure["accuracy"])
        allowed = 2 * math.sqrt(2 * low * (100 - low) / total + spread**2)
        away = max(low - mean(ours), mean(ours) - high, 0.0)
        sentences[away <= allowed].append(
            f"{figure['system']}: {_published(figure)} % published, here “{labels[run]}” reaches "
            f"{with_spread(ours, 2)} % on eval, {away:.2f} away, where two standard errors are "
            f"{allowed:.2f}. Theirs has {figure['but']}."
        )
    return sentences
