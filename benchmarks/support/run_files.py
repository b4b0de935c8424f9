"""What a run folder holds, as tests compare it."""

import csv


def rows(folder, kind):
    """Return the rows of metrics.csv of that kind, "step" or "epoch"."""
    with (folder / "metrics.csv").open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["kind"] == kind]


def metrics_without_time(folder):
    """Return metrics.csv, its header too, without the one column of seconds."""
    lines = (folder / "metrics.csv").read_bytes().split(b"\r\n")
    return [line.rpartition(b",")[0] for line in lines]


def model_bytes(folder):
    return (folder / "model.safetensors").read_bytes()


def same_result(folder, other):
    """Return whether two runs ended with the same bytes, but for time."""
    return (model_bytes(folder), metrics_without_time(folder)) == (
        model_bytes(other),
        metrics_without_time(other),
    )


def checkpoints(folder):
    """Return the run's checkpoints, the oldest first."""
    return sorted((folder / "checkpoints").glob("step_*.safetensors"))
