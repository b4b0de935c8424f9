"""Train every config of configs/ on one data file, for a table of the docs.

python -m benchmarks.claims.stages [--jobs 2] [--data work/mnist.json.gz] [--seeds 0 1] [--pages]

A run that is there already, with the same settings and data, is not repeated. A config
for the GPU runs on the CPU where there is none, and its row says so. One more row: a network
that was trained on drawn digits alone, evaluated on the same data file.
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter, run
from tqdm import tqdm

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support import ROOT
from benchmarks.support.trainings import train_once
from mnist_paddle.config_file import CONFIGS, read_config_file
from mnist_paddle.data import Split, load_data, prepare_data
from mnist_paddle.device import use_device
from mnist_paddle.errors import DeviceError
from mnist_paddle.evaluation import evaluate
from mnist_paddle.predict import load_model

DRAWN_DATA = ROOT / "work" / "drawn.json.gz"
MARK = "<!-- table of stages: python -m benchmarks.claims.stages -->"
QUICKSTART = {"model": "cnn", "loss": "ce", "opt": "adam", "lr": 0.001, "epochs": 3}
# Valid and eval accuracy of a stand-in script, one seed, Paddle 3.3.1: floors, not targets.
FLOORS = {
    "01_linear_mse": (23.5, 22.1),
    "03_mlp_mse": (40.4, 37.3),
    "05_cnn_ce_sgd": (97.2, 96.9),
    "08_cnn_ce_momentum": (98.5, 98.5),
    "09_cnn_ce_adagrad": (98.7, 98.7),
    "10_cnn_ce_adam": (98.2, 98.3),
}


def measure_stages(
    *,
    jobs: int = 2,
    data: str = "work/mnist.json.gz",
    seeds: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (0, 1),
    pages: bool = False,
) -> None:
    """Train every config that has no result yet; print the table, or write it into the page."""
    if not DRAWN_DATA.exists():
        prepare_data(DRAWN_DATA, "drawn")
    stages = {name: {**values, "data": data} for name, values in _stages().items()}
    stages["drawn"] = {**QUICKSTART, "data": str(DRAWN_DATA.relative_to(ROOT))}
    with ThreadPoolExecutor(jobs) as pool:
        futures = [
            pool.submit(train_once, _folder(name, seed), {**values, "seed": seed})
            for seed in seeds
            for name, values in stages.items()
        ]
        for future in tqdm(futures, desc="stages", unit="run", disable=None):
            future.result()
    rows = [_row(name, seeds) for name in stages if name != "drawn"]
    rows.append(_drawn_row(load_data("eval", data), seeds))
    lines = _table(rows, seeds)
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))


def _stages() -> dict[str, dict[str, Any]]:
    """Return the settings of each row by its name."""
    stages: dict[str, dict[str, Any]] = {}
    for file in sorted(CONFIGS.glob("[0-9]*.yaml")):  # the stages; not the records
        values = read_config_file(file)
        if values.get("gpu") and not _gpu_is_usable():
            stages[f"{file.stem} (on the CPU)"] = {**values, "gpu": False}
        else:
            stages[file.stem] = values
        if file.stem == "04_cnn_mse":
            stages["04_cnn_mse with lr 0.001"] = {**values, "lr": 0.001}
    return {**stages, "quickstart": QUICKSTART}


def _gpu_is_usable() -> bool:
    try:
        use_device(gpu=True)
    except DeviceError:
        return False
    return True


def _folder(name: str, seed: int) -> Path:
    return ROOT / "work" / "stages" / f"seed_{seed}" / name.replace(" ", "_")


def _result(name: str, seed: int) -> dict[str, Any]:
    return json.loads((_folder(name, seed) / "result.json").read_text(encoding="utf-8"))


def _row(name: str, seeds: Sequence[int]) -> list[str]:
    results = [_result(name, seed) for seed in seeds]
    cells = [
        f"{result[f'{mode}_correct']}/{result[f'{mode}_total']} "
        f"{result[f'{mode}_correct'] / result[f'{mode}_total']:.2%}"
        for mode in ("valid", "eval")
        for result in results
    ]
    floors = " / ".join(str(floor) for floor in FLOORS.get(name, ())) or "–"
    return [name, str(results[0]["parameters"]), str(results[0]["epochs"]), *cells, floors]


def _drawn_row(split: Split, seeds: Sequence[int]) -> list[str]:
    place = use_device(gpu=False)
    scores = []
    for seed in seeds:
        trained = load_model(_folder("drawn", seed) / "model.safetensors")
        scores.append(str(evaluate(trained.network, trained.objective, split, place)))
    name = f"trained on {_result('drawn', seeds[0])['data']}, evaluated on {split.name}"
    return [name, *_row("drawn", seeds)[1:3], *["–"] * len(seeds), *scores, "–"]


def _table(rows: list[list[str]], seeds: Sequence[int]) -> list[str]:
    result = _result("quickstart", seeds[0])
    columns = [f"{mode}, seed {seed}" for mode in ("valid", "eval") for seed in seeds]
    head = ["config", "parameters", "epochs", *columns, "floor, %"]
    return [
        f"Written by `python -m benchmarks.claims.stages --seeds {' '.join(map(str, seeds))}` on "
        f"{date.today()}: {machine()}, Paddle {result['paddle']}, data: {result['data']} "
        f"(`{result['data_digest'][:12]}`). Floors: valid / eval of a stand-in script, one seed.",
        "",
        *table(head, rows, "l" + "r" * (len(head) - 1)),
    ]


if __name__ == "__main__":
    run(measure_stages)
