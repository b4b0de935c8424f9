"""What does a training leave behind? One folder, from which it can be understood and repeated.

config.yaml holds every setting, metrics.csv a row per step and per epoch, result.json the summary,
curve.png the picture, model.safetensors the network, checkpoints/ what --resume goes on from. Files
are written whole or not at all; metrics.csv grows line by line. A folder that cannot be written to,
or that another process is using, is found out before training. Of several ranks, rank 0 writes.
"""

import csv
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout

from ..errors import CheckpointError, ConfigError
from ..files import atomic_write
from .progress import log

COLUMNS = (
    "kind",  # step or epoch
    "epoch",  # from 0
    "step",  # of the whole training, from 0
    "lr",
    "loss",  # of this batch, or the mean over the epoch's images
    "valid_correct",  # empty where valid is trained on
    "valid_total",
    "seconds",  # of training since the epoch began
)


class RunFolder:
    """The files of one run; locked from the moment it is made until it is closed.

    One that does not write, of another rank than 0, does nothing at all.
    """

    MODEL = "model.safetensors"
    METRICS = "metrics.csv"
    CHECKPOINTS = "checkpoints"

    def __init__(self, path: str | Path, visualdl: bool = False, writes: bool = True) -> None:
        """Make the folder and lock it; what is in it stays as it is until `begin`.

        Raises:
            OSError: the folder cannot be made or written to.
            ConfigError: another process is using it, or VisualDL is wanted and not installed.
        """
        self.path, self.writes = Path(path), writes
        self.model = self.path / self.MODEL
        self._metrics = self.path / self.METRICS
        self._visualdl: Any = None
        self._file: Any = None
        if not writes:
            return
        self._log_writer = _visualdl_writer() if visualdl else None
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.path / ".lock", timeout=0)
        try:
            self._lock.acquire()
        except Timeout:
            raise ConfigError(
                f"{self.path} is in use by another training: wait until it ends, "
                f"or give this one another --run_dir."
            ) from None

    def begin(self, keep_rows: int = 0, rows_from: Path | None = None) -> None:
        """Open the logs, keeping the first `keep_rows` rows of metrics.csv.

        They are what a resumed run has behind it; a killed process may have left more, and the
        last of them torn. `rows_from` is the folder of the run that they are taken from, this
        one's by default. A new run removes the checkpoints of an older one.

        Raises:
            OSError: the folder cannot be written to.
            CheckpointError: there are fewer rows than are to be kept.
        """
        if not self.writes:
            return
        source = (rows_from or self.path) / self.METRICS
        kept = _read_rows(source)[:keep_rows]
        if len(kept) < keep_rows:
            raise CheckpointError(
                f"{source} has {len(kept)} rows, and the checkpoint comes after {keep_rows}: "
                f"they are of two runs; start anew without --resume."
            )
        if not keep_rows:  # nobody shall go on from an older run's checkpoint
            self.remove_checkpoints(self.checkpoints())
        with atomic_write(self._metrics) as temporary:
            _write_rows(temporary, kept)
        self._file = self._metrics.open("a", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, COLUMNS)
        if self._log_writer is not None:
            self._visualdl = self._log_writer(logdir=str(self.path / "visualdl"))

    def log(self, line: str) -> None:
        """Print a line; ranks that do not write print nothing."""
        if self.writes:
            log(line)

    def add(self, **values: Any) -> None:
        """Append one row to metrics.csv and, when asked for, to the VisualDL log."""
        if not self.writes:
            return
        with self._naming_metrics():
            self._writer.writerow(values)
            if values["kind"] == "epoch":
                self._file.flush()
        if self._visualdl is not None:
            scalars = {"loss": values["loss"], "lr": values["lr"]}
            if "valid_total" in values:
                scalars["valid_accuracy"] = values["valid_correct"] / values["valid_total"]
            for name, value in scalars.items():
                tag = f"{values['kind']}/{name}"
                self._visualdl.add_scalar(tag=tag, step=values["step"], value=value)

    def sync(self) -> None:
        """Bring every row so far to the disk: a checkpoint that counts on them follows."""
        with self._naming_metrics():
            self._file.flush()
            os.fsync(self._file.fileno())

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of metrics.csv as they stand in the file."""
        return _read_rows(self._metrics)

    def checkpoint(self, step: int) -> Path:
        """Return where the checkpoint after `step` steps lies."""
        return self.path / self.CHECKPOINTS / f"step_{step:08d}.safetensors"

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints that are there, the newest first."""
        return sorted(self.path.glob(f"{self.CHECKPOINTS}/step_*.safetensors"), reverse=True)

    def remove_checkpoints(self, paths: Iterable[Path]) -> None:
        """Remove checkpoints, and what a process that was killed while writing one left behind."""
        for path in (*paths, *self.path.glob(f"{self.CHECKPOINTS}/.step_*.safetensors")):
            path.unlink(missing_ok=True)

    def write_config(self, config: dict[str, Any]) -> None:
        """Write every setting; `scripts/train.py --config` reads it back."""
        if not self.writes:
            return
        with atomic_write(self.path / "config.yaml") as temporary:
            text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")

    def write_result(self, result: dict[str, Any]) -> None:
        """Write the summary of the run."""
        with atomic_write(self.path / "result.json") as temporary:
            text = json.dumps(result, indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")

    def close(self) -> None:
        """Flush and close the logs, and let others use the folder."""
        if not self.writes:
            return
        try:
            if self._file is not None:
                with self._naming_metrics():
                    self._file.close()
            if self._visualdl is not None:
                self._visualdl.close()
        finally:
            self._lock.release()

    @contextmanager
    def _naming_metrics(self) -> Iterator[None]:
        """Give an error of writing, a full disk say, the name of the file."""
        try:
            yield
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._metrics)) from None


def _read_rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:  # a torn last row
        return list(csv.DictReader(file))


def _write_rows(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _visualdl_writer() -> Any:
    try:
        from visualdl import LogWriter
    except ModuleNotFoundError:
        raise ConfigError(
            "--visualdl needs VisualDL: pip install visualdl, or leave the option out."
        ) from None
    return LogWriter
