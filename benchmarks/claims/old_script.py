"""Train the tutorial's CNN twice: its old script through mnist_paddle.fluid, and scripts/train.py.

python -m benchmarks.claims.old_script
python -m benchmarks.claims.old_script --seeds 0 1 2 --epochs 2

Both use cross entropy, SGD 0.01 and 100 images per batch on work/mnist.json.gz. A seed means other
weights and another order in each, so not one number should be equal, but their means should differ
no more than chance allows. Ends with 1 if they differ by more.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, stdev
from typing import Annotated

from cyclopts import Parameter, run

from benchmarks.support import ROOT

OLD = ROOT / "benchmarks" / "support" / "old_scripts" / "tutorial_cnn.py"
FINEST = 0.1  # percent: no two means of a few trainings are told apart closer than this


def run_module(*words: object) -> str:
    """Run a module in the repository on one thread; return what it prints."""
    finished = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise SystemExit(f"exit {finished.returncode}: {finished.stderr[-2000:]}")
    return finished.stdout


def train_old(seed: int, epochs: int) -> float:
    """Return the old script's accuracy on valid, in percent."""
    text = run_module("mnist_paddle.fluid", OLD, seed, epochs)
    found = re.search(r"valid: (\d+)/(\d+)", text)
    if not found:
        raise SystemExit(f"{OLD} printed no accuracy: {text[-500:]}")
    return 100 * int(found[1]) / int(found[2])


def train_today(seed: int, epochs: int, folder: Path) -> float:
    """Return the same of our command."""
    words = ["--config", "05_cnn_ce_sgd", "--seed", seed, "--epochs", epochs, "--run_dir", folder]
    run_module("mnist_paddle", "train", *words)
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    return 100 * result["valid_correct"] / result["valid_total"]


def compare(
    *,
    seeds: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (0, 1, 2),
    epochs: int = 2,
) -> None:
    """Train both with each seed, print their accuracies, and whether they agree."""
    old, new = [], []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            start = time.perf_counter()
            old.append(train_old(seed, epochs))
            middle = time.perf_counter()
            new.append(train_today(seed, epochs, Path(folder) / f"seed_{seed}"))
            print(
                f"seed {seed}: fluid {old[-1]:.2f}% in {middle - start:.0f} s, "
                f"train.py {new[-1]:.2f}% in {time.perf_counter() - middle:.0f} s",
                flush=True,
            )
    spreads = [stdev(values) if len(values) > 1 else 0.0 for values in (old, new)]
    allowed = max(2 * sum(spread**2 for spread in spreads) ** 0.5, FINEST)
    difference = mean(old) - mean(new)
    within = abs(difference) <= allowed
    print(
        f"on valid, {epochs} epochs, seeds {list(seeds)}: fluid {mean(old):.2f} ± "
        f"{spreads[0]:.2f}%, train.py {mean(new):.2f} ± {spreads[1]:.2f}%; the difference of "
        f"{difference:+.2f} lies {'within' if within else 'OUTSIDE'} the spread of the seeds "
        f"({allowed:.2f})."
    )
    sys.exit(not within)


if __name__ == "__main__":
    run(compare)
