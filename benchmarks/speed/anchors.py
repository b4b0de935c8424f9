"""Measure on this machine the two programs that others compare themselves with.

python -m benchmarks.speed.anchors --python PYTHON --examples FOLDER --train_mnist_fast FOLDER

PYTHON is one that has torch and torchvision; the folders are clones of github.com/pytorch/examples
and github.com/tuomaso/train_mnist_fast, each with MNIST's four raw files in data/MNIST/raw. Both
run as they are, on the CPU: the example until it reads 99 % of eval, the last notebook RUNS times.
Results go into work/records/anchors.json; speedrun.py puts them into its table. Six minutes on 2
cores, which should have nothing else to do.
"""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

from cyclopts import run

from benchmarks.support import ROOT
from benchmarks.support.measuring import users_environment
from mnist_paddle.files import atomic_write

ANCHORS = ROOT / "work" / "records" / "anchors.json"
GOAL = 9900  # images of eval
NOTEBOOK = "8_Final_00s76.ipynb"
# Appended to the notebook's code: its own main() trains and tests; the training alone is timed.
TIMED = """
import json, time
seconds, accuracies, train_untimed = [], [], train
def train(*arguments):
    started = time.perf_counter()
    train_untimed(*arguments)
    seconds.append(time.perf_counter() - started)
for _ in range(RUNS):
    accuracies.append(main())
print(json.dumps({"seconds": seconds, "accuracies": accuracies}))
"""


def measure_example(python: Path, clone: Path) -> dict:
    """Run pytorch/examples' mnist until it reads 99 % of eval; time its training alone."""
    command = [python, "-u", "main.py", "--no-accel"]
    process = subprocess.Popen(
        command, cwd=clone / "mnist", env=users_environment(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    seconds, accuracies, started, last = [], [], 0.0, 0.0
    for line in process.stdout:
        if line.startswith("Train Epoch"):
            last = time.perf_counter()
            started = last if "[0/" in line else started
        elif found := re.search(r"Accuracy: (\d+)/10000", line):
            seconds.append(last - started)
            accuracies.append(int(found[1]) / 100)
            if int(found[1]) >= GOAL:
                process.terminate()
                break
    process.wait()
    if not seconds:
        sys.exit(f"{clone}: main.py ended with {process.returncode} before its first test.")
    return {"seconds": [sum(seconds)], "accuracies": accuracies[-1:], "epochs": len(seconds)}


def measure_notebook(python: Path, clone: Path, runs: int) -> dict:
    """Run train_mnist_fast's last notebook: one epoch, its data in memory before."""
    if not (clone / "data" / "train_data.pt").exists():
        subprocess.run(
            [python, "-c", "import data_saver; data_saver.save_data()"], cwd=clone, check=True
        )
    code = []
    for cell in json.loads((clone / NOTEBOOK).read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if source.startswith("%%timeit"):
            break
        if cell["cell_type"] == "code":
            code.append(re.sub("^%.*", "", source, flags=re.MULTILINE))
    words = [python, "-c", "\n".join([*code, f"RUNS = {runs}", TIMED])]
    done = subprocess.run(
        words, cwd=clone, env=users_environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return {**json.loads(done.stdout.splitlines()[-1]), "epochs": 1}


def measure_anchors(
    *, python: Path, examples: Path, train_mnist_fast: Path, runs: int = 10
) -> None:
    """Run both, and write what was measured."""
    python = python.absolute()  # not resolved: a virtual environment's is a link
    version = "import torch; print(torch.__version__)"
    torch = subprocess.run([python, "-c", version], stdout=subprocess.PIPE, text=True, check=True)
    found = {
        "tuomaso/train_mnist_fast, last notebook": measure_notebook(python, train_mnist_fast, runs),
        "pytorch/examples, mnist": measure_example(python, examples),
    }
    ANCHORS.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(ANCHORS) as temporary:
        content = {"torch": torch.stdout.strip(), "anchors": found}
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
    print(ANCHORS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    run(measure_anchors)
