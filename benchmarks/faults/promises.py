"""Try what the docs promise about faults, many times over, for a table of the docs.

python -m benchmarks.faults.promises [--kills 200] [--commands 60] [--launches 10]
                                     [--inputs 20000] [--disks 10] [--pages]

Trainings are real processes and are killed with real signals; the full disk is a small tmpfs, which
needs root. A promise that is not kept shows in the table and makes the exit code 1. It takes a
quarter of an hour on 2 cores.
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

from benchmarks.report import machine, table, write_into_pages
from benchmarks.support.measuring import run_python
from benchmarks.support.rank_processes import pid_of_rank
from benchmarks.support.run_files import checkpoints, same_result
from benchmarks.support.trainings import LAUNCH, TRAIN, Trainings
from mnist_paddle import checkpoint
from mnist_paddle.errors import CheckpointError

MARK = "<!-- table of promises: python -m benchmarks.faults.promises -->"
Row = tuple[str, str, str]  # fault, how many times tried, outcome


class Promises(Trainings):
    """The faults, what chance decides of them, and how many promises were not kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.chance, self.broken = random.Random(0), 0

    def keep(self, promise: bool) -> bool:
        """Count a broken promise."""
        self.broken += not promise
        return promise

    def killed_forks(self, kills: int) -> list[Row]:
        folder = self.folder / "forks"
        words = ["benchmarks.support.killing", self.data, folder, kills, kills // 5, 1]
        counts = json.loads(run_python("-m", *words, OMP_NUM_THREADS="1"))
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
        whole = self.run(TRAIN, "whole")
        longest = time.monotonic() - began
        signals = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
        tried, in_training = Counter[signal.Signals](), Counter[signal.Signals]()
        runs = equal = 0
        while tried.total() < count:
            folder = self.folder / f"command{runs}"
            while True:
                process = self.start(TRAIN, folder, "--resume")
                number, delay = self.chance.choice(signals), self.chance.uniform(0, longest)
                if number != signal.SIGKILL:  # what they promise is about training
                    _wait_for_training(process)
                    delay /= 3
                try:
                    process.wait(delay)
                    break
                except subprocess.TimeoutExpired:
                    process.send_signal(number)
                output, _ = process.communicate(timeout=60)
                if process.returncode == 0:
                    break  # it came after the last step
                tried[number] += 1
                in_training[number] += (
                    process.returncode == 128 + number and f"stopped by {number.name}" in output
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
            exits = f"{in_training[number]} times a checkpoint and exit {128 + number}"
            others = tried[number] - in_training[number]
            rows.append(
                (
                    f"{name} at a random moment of training, in the same runs",
                    str(tried[number]),
                    f"{exits}, {others} after the last step; {result}",
                )
            )
        return rows

    def killed_ranks(self, count: int) -> list[Row]:
        """Kill one of two ranks at a random moment, time the launcher's end, and resume."""
        whole = self.launch(2, "ranks_whole")
        seconds, tried, runs, equal = [], 0, 0, 0
        while tried < count:
            folder = self.folder / f"ranks{runs}"
            while True:
                process = self.start(LAUNCH, folder, "--resume", ranks=2)
                _wait_for_training(process)
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
        folder = self.run(TRAIN, "damaged")
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
        whole = self.run(TRAIN, "disk_whole", *words)
        one = checkpoints(whole)[0].stat().st_size
        disk, full, equal = self.folder / "disk", 0, 0
        disk.mkdir()
        for _ in range(count):
            size = one + self.chance.randrange(len(checkpoints(whole)) * one)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]
            if subprocess.run(mount, capture_output=True).returncode:
                return [("A full disk", "not tried", "needs the right to mount a small disk")]
            try:
                process = self.start(TRAIN, disk / "run", *words)
                output, _ = process.communicate()
                whole_ones = [checkpoint.load(path) for path in checkpoints(disk / "run")]
                sentence = (
                    "is whole, --resume goes on" if whole_ones else "there is no checkpoint yet"
                )
                full += self.keep(process.returncode == 2 and sentence in output)
                subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
                self.run(TRAIN, "disk/run", *words, "--resume")
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
            found = json.loads(run_python("-m", "benchmarks.support.hostile", reader, count, 1))
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


def _wait_for_training(process: subprocess.Popen) -> None:
    for line in process.stdout or ():
        if line.startswith("epoch: "):
            return


def measure_promises(
    *,
    kills: int = 200,
    commands: int = 60,
    launches: int = 10,
    inputs: int = 20_000,
    disks: int = 10,
    pages: bool = False,
) -> None:
    """Try every fault so many times; print the table, or write it into the page."""
    with tempfile.TemporaryDirectory() as folder:
        promises = Promises(Path(folder))
        found: list[Sequence[str]] = [
            *promises.killed_forks(kills),
            *promises.stopped_commands(commands),
            *promises.killed_ranks(launches),
            *promises.damaged_checkpoints(2000),
            *promises.full_disks(disks),
            *promises.hostile_files(inputs),
        ]
    lines = [
        f"Written by `python -m benchmarks.faults.promises` on {date.today()}: {machine()}, "
        f"Paddle {paddle.__version__}. Promises broken: {promises.broken}.",
        "",
        *table(["what happens", "tried", "outcome"], found),
    ]
    if pages:
        write_into_pages(MARK, lines)
    else:
        print("\n".join(lines))
    sys.exit(promises.broken > 0)


if __name__ == "__main__":
    run(measure_promises)
