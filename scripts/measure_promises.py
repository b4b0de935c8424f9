#!/usr/bin/env python
"""Try what README promises about faults, many times over, and write the table of what came of it.

python scripts/measure_promises.py [--kills 200] [--commands 60] [--launches 10] [--inputs 20000]

Trainings are real processes and are killed with real signals; the full disk is a small tmpfs, the
two machines are network namespaces (both need root). A promise that is not kept shows in the table
and makes the exit code 1. It takes half an hour on 2 cores, which should have nothing else to do:
the last table gives images per second.
"""

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import paddle
from cyclopts import run
from readme import ROOT, machine, table, write_into_readme

from mnist_paddle import checkpoint
from mnist_paddle.data import load_data, write_data
from mnist_paddle.data.drawn_digits import draw_digits
from mnist_paddle.errors import CheckpointError

sys.path.insert(0, str(ROOT / "tests"))
from rank_processes import pid_of_rank
from run_files import checkpoints, rows, same_result
from two_hosts import two_hosts

START = "<!-- table of promises: scripts/measure_promises.py -->"
TRAIN, LAUNCH = ROOT / "scripts" / "train.py", ROOT / "scripts" / "launch.py"
# A CNN, 22 steps: some seconds of training in which to be stopped.
SMALL = ["--opt", "adam", "--schedule", "polynomial", "--end_lr", "0.001", "--epochs", "2"]
SMALL += ["--checkpoint_every", "3", "--log_every", "1"]
Row = tuple[str, str, str]  # fault, how many times tried, outcome


class Promises:
    """What the measurements share: small data, a folder to work in, chance, and how it went."""

    def __init__(self, folder: Path, data: str) -> None:
        self.folder, self.real_data, self.chance = folder, data, random.Random(0)
        self.real_name = load_data("eval", data).name
        self.broken = 0
        self.data = folder / "small.json.gz"
        sizes = {"train": 1050, "valid": 130, "eval": 170}
        splits = {mode: draw_digits(n, seed=[7, i]) for i, (mode, n) in enumerate(sizes.items())}
        write_data(self.data, splits, "small")

    def keep(self, promise: bool) -> bool:
        """Count a broken promise."""
        self.broken += not promise
        return promise

    def killed_forks(self, kills: int) -> list[Row]:
        words = [sys.executable, ROOT / "tests/killing.py", self.data, self.folder / "forks"]
        words += [str(kills), str(kills // 5), "1"]
        counts = json.loads(subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout)
        self.keep(counts["equal"] == counts["runs"])
        inside = counts["inside_a_write"]
        return [
            (
                "SIGKILL at a random moment, again and again until the run ends (MLP, a "
                "checkpoint each step)",
                f"{counts['kills']} kills, {inside} of them inside the write of a checkpoint",
                f"{counts['equal']} of {counts['runs']} runs end with the same bytes",
            )
        ]

    def stopped_commands(self, count: int) -> list[Row]:
        """Stop scripts/train.py by one of three signals at a random moment, and resume it."""
        began = time.monotonic()
        whole = self._run(TRAIN, "whole")
        longest = time.monotonic() - began
        signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
        tried, in_training = Counter[signal.Signals](), Counter[signal.Signals]()
        runs = equal = 0
        while tried.total() < count:
            folder = self.folder / f"command{runs}"
            while True:
                process = self._start(TRAIN, folder, "--resume")
                number = self.chance.choice(signals)
                try:
                    process.wait(self.chance.uniform(0, longest))
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(number)
                said, _ = process.communicate(timeout=60)
                if process.returncode == 0:
                    break  # it came after the last step
                tried[number] += 1
                in_training[number] += (
                    process.returncode == 128 + number and "is written, --resume goes on" in said
                )
                if number != signal.SIGKILL and process.returncode not in (128 + number, -number):
                    self.keep(False)
            runs += 1
            equal += self.keep(process.returncode == 0 and same_result(folder, whole))
        result = f"{equal} of {runs} runs end with the same bytes"
        kills = tried[signal.SIGKILL]
        rows = [
            ("SIGKILL to `scripts/train.py` at a random moment (CNN)", f"{kills} kills", result)
        ]
        for name, number in (("SIGTERM", signal.SIGTERM), ("Ctrl-C", signal.SIGINT)):
            exits = f"{in_training[number]} while it trained: a checkpoint, exit {128 + number}"
            before = tried[number] - in_training[number]
            rows.append(
                (
                    f"{name} at a random moment, in the same runs",
                    str(tried[number]),
                    f"{exits}; {before} before or after training; {result}",
                )
            )
        return rows

    def killed_ranks(self, count: int) -> list[Row]:
        """Kill one of two ranks at a random moment, time the launcher's end, and resume."""
        whole = self._launch(2, "ranks_whole")
        seconds, tried, runs, equal = [], 0, 0, 0
        while tried < count:
            folder = self.folder / f"ranks{runs}"
            while True:
                process = self._start(LAUNCH, folder, "--resume", ranks=2)
                for line in process.stdout or ():
                    if line.startswith("epoch: "):
                        break
                time.sleep(self.chance.uniform(0, 3))
                try:
                    rank = pid_of_rank(self.chance.randrange(2), folder.with_suffix(".log"))
                    os.kill(rank, signal.SIGKILL)
                except (AssertionError, ProcessLookupError):
                    break  # it has ended
                began = time.monotonic()
                process.communicate(timeout=120)
                if process.returncode == 0:
                    break
                seconds.append(time.monotonic() - began)
                tried += 1
                self.keep(process.returncode == 128 + signal.SIGKILL)
            process.communicate(timeout=120)
            runs += 1
            equal += self.keep(process.returncode == 0 and same_result(folder, whole))
        return [
            (
                "SIGKILL to one of two ranks, at a random moment of training",
                f"{tried} kills",
                f"`scripts/launch.py` ends after {statistics.median(seconds):.1f} s (median; at "
                f"most {max(seconds):.1f} s), exit 137; {equal} of {runs} runs, resumed, end "
                f"with the same bytes",
            )
        ]

    def damaged_checkpoints(self, count: int) -> list[Row]:
        """Flip one bit of a checkpoint, or cut it off, anywhere."""
        folder = self._run(TRAIN, "damaged")
        path = checkpoints(folder)[-1]
        content, before = path.read_bytes(), checkpoint.load(path)
        outcomes = Counter[tuple[str, str]]()
        for _ in range(count):
            kind = self.chance.choice(("one bit flipped", "cut off"))
            damaged = bytearray(content)
            place = self.chance.randrange(len(content))
            if kind == "cut off":
                del damaged[place:]
            else:
                damaged[place] ^= 1 << self.chance.randrange(8)
            path.write_bytes(damaged)
            try:
                after = checkpoint.load(path)
            except CheckpointError as error:
                outcomes[kind, "named" if self.keep(str(path) in str(error)) else "unnamed"] += 1
            else:
                same = after[1] == before[1] and all(
                    (after[0][key] == array).all() for key, array in before[0].items()
                )
                outcomes[kind, "harmless" if self.keep(same) else "unseen"] += 1
        return [
            (
                f"A checkpoint with {kind}, at a random place"
                if kind == "one bit flipped"
                else f"A checkpoint {kind} at a random place",
                str(sum(n for (k, _), n in outcomes.items() if k == kind)),
                f"{outcomes[kind, 'named']} named and refused, {outcomes[kind, 'harmless']} "
                f"without effect on the content, {outcomes[kind, 'unseen']} unseen",
            )
            for kind in ("one bit flipped", "cut off")
        ]

    def full_disks(self, count: int) -> list[Row]:
        """Train on a small disk that is full after some checkpoints; then make it larger."""
        words = ["--keep", "99"]
        whole = self._run(TRAIN, "disk_whole", *words)
        one = checkpoints(whole)[0].stat().st_size
        disk, full, equal = self.folder / "disk", 0, 0
        disk.mkdir()
        for _ in range(count):
            size = one + self.chance.randrange(len(checkpoints(whole)) * one)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
            if subprocess.run(mount, capture_output=True).returncode:
                return [("A full disk", "not tried", "needs the right to mount a small disk")]
            try:
                process = self._start(TRAIN, disk / "run", *words)
                said, _ = process.communicate()
                whole_ones = [checkpoint.load(path) for path in checkpoints(disk / "run")]
                sentence = "is whole, --resume goes on" if whole_ones else "there is none yet"
                full += self.keep(process.returncode == 2 and sentence in said)
                subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
                self._run(TRAIN, "disk/run", *words, "--resume")
                equal += self.keep(same_result(disk / "run", whole))
            finally:
                subprocess.run(["umount", disk], check=True)
        return [
            (
                "The disk is full after a random number of bytes",
                f"{count} disks",
                f"{full} times one sentence, exit 2, older checkpoints whole; given room, "
                f"{equal} of {count} runs end with the same bytes",
            )
        ]

    def hostile_files(self, count: int) -> list[Row]:
        """Read files that were spoiled at random, in a process for each kind of file."""
        result = []
        kinds = {"json_gz": "A data file", "idx": "An IDX file", "checkpoint": "A model file"}
        for reader, kind in {**kinds, "picture": "A picture"}.items():
            words = [sys.executable, ROOT / "tests/hostile.py", reader, str(count), "1"]
            finished = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(finished.stdout.splitlines()[-1])
            others = len(found["failures"]) + bool(found["printed"])
            self.keep(not others)
            result.append(
                (
                    f"{kind} from a stranger, spoiled at random",
                    f"{found['tried']} files",
                    f"{found['refused']} refused with a sentence of ours, {found['accepted']} "
                    f"read, {others} anything else; at most "
                    f"{found['peak_mib'] - found['before_mib']} MiB of memory",
                )
            )
        return result

    def equal_ranks(self) -> list[Row]:
        """Compare the weights of N ranks at batch 200/N with those of one process at 200."""
        return [
            self._equal_ranks(name, ["--opt", opt, "--lr", lr])
            for name, opt, lr in (("Momentum", "momentum", "0.01"), ("Adam", "adam", "0.001"))
        ]

    def _equal_ranks(self, name: str, words: list[str]) -> Row:
        words = [*words, "--epochs", "1", "--data", self.real_data]
        one = self._run(TRAIN, f"{name}1", *words, "--batch_size", "200", small=False)
        counts, differences = [_correct(one)], []
        for ranks in (2, 4):
            size = ["--batch_size", str(200 // ranks)]
            several = self._launch(ranks, f"{name}{ranks}", *words, *size, small=False)
            differences.append(f"{self._difference(several, one):.1e} with {ranks} ranks")
            counts.append(_correct(several))
        return (
            f"1, 2 and 4 ranks, the same global batch of 200: an epoch of {self.real_name}, "
            f"CNN, {name}",
            "once each",
            f"largest difference of a weight {', '.join(differences)}; correct on eval: "
            f"{', '.join(map(str, counts))}",
        )

    def two_machines(self) -> list[Row]:
        fault = "2 machines (network namespaces) instead of one process, the same global batch"
        words = [*SMALL, "--data", self.data, "--batch_size", "50"]
        try:
            with two_hosts() as hosts:
                processes = []
                for number in (0, 1):
                    where = ["--master", f"{hosts.addresses[0]}:8090", "--rank", number]
                    where += ["--nnodes", 2, "--nproc_per_node", 1]
                    where += ["--log_dir", self.folder / f"machine{number}.log"]
                    script = [TRAIN, *words, "--run_dir", self.folder / "machines"]
                    processes.append(hosts.run(number, [sys.executable, LAUNCH, *where, *script]))
                for process in processes:
                    said, errors = process.communicate(timeout=200)
                    if process.returncode:
                        raise RuntimeError(said + errors)
        except BaseException as skipped:  # pytest's own, where namespaces cannot be made
            if type(skipped).__name__ != "Skipped":
                raise
            return [(fault, "not tried", str(skipped))]
        one = self._run(TRAIN, "machine")
        difference = self._difference(self.folder / "machines", one)
        return [(fault, "once", f"largest difference of a weight {difference:.1e}")]

    def throughput(self, runs: int = 5) -> list[list[str]]:
        """Return a row for each number of ranks: images per second, and efficiency."""
        words = ["--epochs", "1", "--limit_batches", "60", "--data", self.real_data]
        result, alone = [], 0.0
        for ranks in (1, 2, 4):
            rates = []
            for number in range(runs):
                folder = self._launch(ranks, f"rate{ranks}_{number}", *words, small=False)
                (epoch,) = rows(folder, "epoch")
                rates.append(60 * 100 * ranks / float(epoch["seconds"]))
            rate = statistics.median(rates)
            alone = alone or rate
            spread = f"{min(rates):.0f} to {max(rates):.0f}"
            result.append([str(ranks), f"{rate:.0f}", spread, f"{rate / alone / ranks:.0%}"])
        return result

    def _words(self, script: Path, folder: Path, *more: object, ranks: int, small: bool) -> list:
        words: list[object] = [sys.executable, "-u", script]
        if script == LAUNCH:
            words += ["--nproc_per_node", ranks, "--log_dir", folder.with_suffix(".log"), TRAIN]
            words += ["--batch_size", 100 // ranks] if small else []
        words += [*SMALL, "--data", self.data] if small else []
        return [*map(str, [*words, "--run_dir", folder, *more])]

    def _start(
        self, script: Path, folder: Path, *more: object, ranks: int = 1, small: bool = True
    ) -> subprocess.Popen:
        return subprocess.Popen(
            self._words(script, folder, *more, ranks=ranks, small=small),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )

    def _run(self, script: Path, name: str, *more: object, ranks: int = 1, small: bool = True):
        """Run to the end; return the run folder."""
        process = self._start(script, self.folder / name, *more, ranks=ranks, small=small)
        said, _ = process.communicate()
        if process.returncode:
            raise RuntimeError(f"{name}: exit {process.returncode}: {said}")
        return self.folder / name

    def _launch(self, ranks: int, name: str, *more: object, small: bool = True) -> Path:
        return self._run(LAUNCH, name, *more, ranks=ranks, small=small)

    def _difference(self, run: Path, other: Path) -> float:
        ours, theirs = (checkpoint.load(f / "model.safetensors")[0] for f in (run, other))
        return max(float(abs(ours[key] - theirs[key]).max()) for key in theirs)


def _correct(run: Path) -> int:
    return json.loads((run / "result.json").read_text())["eval_correct"]


def measure_promises(
    *,
    kills: int = 200,
    commands: int = 60,
    launches: int = 10,
    inputs: int = 20_000,
    disks: int = 10,
    data: str = "work/mnist.json.gz",
) -> None:
    """Try every fault so many times, and write both tables."""
    with tempfile.TemporaryDirectory() as folder:
        promises = Promises(Path(folder), str(Path(data).resolve()))
        rates = promises.throughput()
        found: list[Sequence[str]] = [
            *promises.killed_forks(kills),
            *promises.stopped_commands(commands),
            *promises.killed_ranks(launches),
            *promises.damaged_checkpoints(2000),
            *promises.full_disks(disks),
            *promises.hostile_files(inputs),
            *promises.equal_ranks(),
            *promises.two_machines(),
        ]
    lines = [
        f"Written by `scripts/measure_promises.py` on {date.today()}: {machine()}, "
        f"Paddle {paddle.__version__}. Promises broken: {promises.broken}.",
        "",
        *table(["what happens", "tried", "outcome"], found),
        "",
        f"Data parallel on the CPU, the CNN on {promises.real_name}, 60 steps of 100 images for "
        "each rank, one thread each, 5 runs:",
        "",
        *table(["ranks", "images/s, median", "range", "efficiency"], rates, "rrrr"),
    ]
    write_into_readme(START, lines)
    sys.exit(promises.broken > 0)


if __name__ == "__main__":
    run(measure_promises)
