"""Kill a training with SIGKILL at random moments, resume it until it ends, compare the bytes.

python -m benchmarks.support.killing DATA FOLDER KILLS INSIDE SEED prints how it went as JSON.

Every training is a process of its own, forked from this one, which has Paddle loaded but has
computed nothing: that saves the two seconds of the import, and is real in everything else. Writing
is slowed down, piece by piece, so that many of the kills fall inside the write of a checkpoint.
"""

import contextlib
import json
import os
import random
import select
import shutil
import signal
import sys
import time
from pathlib import Path

import paddle  # noqa: F401  loaded before the forks

from benchmarks.support.run_files import same_result
from mnist_paddle import checkpoint, trainer
from mnist_paddle.config import Config

PAUSE = 0.003  # seconds, at each of some ten places within a write
SETTINGS = {"model": "mlp", "epochs": 3, "limit_batches": 5, "checkpoint_every": 1, "opt": "adam"}
SETTINGS |= {"schedule": "polynomial", "end_lr": 0.001}


def train(data, folder, report):
    """Train in this process; write "(" to `report` where a checkpoint begins, ")" where it ends."""
    save, save_content = checkpoint.save, Path.write_bytes

    def noted_save(path, *arguments):
        inside = "checkpoints" in Path(path).parts
        if inside:
            os.write(report, b"(")
        save(path, *arguments)
        if inside:
            os.write(report, b")")

    def slow_save_file(tensors, path, metadata):
        whole = Path(f"{path}.whole")
        safe_save_file(tensors, whole, metadata)
        content = whole.read_bytes()
        whole.unlink()
        save_content(Path(path), b"")
        for part in range(8):
            with Path(path).open("ab") as file:
                file.write(content[len(content) * part // 8 : len(content) * (part + 1) // 8])
            time.sleep(PAUSE)

    def slow_fsync(descriptor):
        time.sleep(PAUSE)
        fsync(descriptor)

    safe_save_file, fsync = checkpoint.save_file, os.fsync
    checkpoint.save, checkpoint.save_file, os.fsync = noted_save, slow_save_file, slow_fsync
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):
        config = Config(**SETTINGS, data=str(data), run_dir=str(folder), resume=True)
        trainer.train_and_evaluate(config)


def attempt(data, folder, kill_after):
    """Train in a child that is killed after so many seconds.

    Return None if it had ended before, else whether it died inside the write of a checkpoint.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            train(data, folder, writer)
            os._exit(0)
        except BaseException as error:
            print(f"training failed: {error!r}", file=sys.stderr)
            os._exit(1)
    os.close(writer)
    descriptor = os.pidfd_open(child)
    select.select([descriptor], [], [], kill_after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(descriptor)
    with os.fdopen(reader, "rb") as file:
        notes = file.read()
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0, "a training ended by itself, and not well"
        return None
    return notes.count(b"(") > notes.count(b")")


def main(data, folder, kills, inside, seed):
    """Kill until `kills` are done and `inside` of them fell inside a write; print the counts."""
    chance, folder = random.Random(seed), Path(folder)
    started = time.perf_counter()
    assert attempt(data, folder / "whole", 600) is None
    seconds = time.perf_counter() - started
    counts = {"kills": 0, "inside_a_write": 0, "runs": 0, "equal": 0}
    while counts["kills"] < kills or counts["inside_a_write"] < inside:
        run = folder / f"run{counts['runs']}"
        while (died := attempt(data, run, chance.uniform(0, seconds))) is not None:
            counts["kills"] += 1
            counts["inside_a_write"] += died
        counts["runs"] += 1
        counts["equal"] += same_result(run, folder / "whole")
        shutil.rmtree(run)
    print(json.dumps(counts))


if __name__ == "__main__":
    data, folder, *numbers = sys.argv[1:]
    main(data, folder, *map(int, numbers))
