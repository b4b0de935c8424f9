"""What a training leaves behind: one folder, from which the run can be understood and repeated.

config.yaml holds every setting, metrics.csv a row per step and per epoch, result.json the summary,
curve.png the picture, model.safetensors the network. Files are written whole or not at all;
metrics.csv grows line by line. A folder that cannot be written to is found out before training.

一次训练留下一个文件夹，凭它就能看懂并重做这次训练。
config.yaml 是全部设置，metrics.csv 每步、每轮各一行，result.json 是总结，
curve.png 是曲线，model.safetensors 是网络。不能写的文件夹在训练之前就会报错。
"""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from .atomic import atomic_write
from .errors import CheckpointError, ConfigError

COLUMNS = (
    "kind",  # step or epoch
    "epoch",  # from 0
    "step",  # of the whole training, from 0
    "lr",
    "loss",  # of this batch, or the mean over the epoch's images
    "valid_correct",
    "valid_total",
    "seconds",  # of training since the epoch began
)


class RunFolder:
    """The files of one run; close it when the training ends."""

    MODEL = "model.safetensors"
    CHECKPOINT = "checkpoint.safetensors"

    def __init__(self, path: str | Path, keep_rows: int = 0, visualdl: bool = False) -> None:
        """Open the folder, keeping the first `keep_rows` rows of metrics.csv.

        They are what a resumed run has behind it; a killed process may have left more, and the
        last of them torn.

        Raises:
            OSError: the folder cannot be made or written to.
            ConfigError: a VisualDL log is wanted and VisualDL is not installed.
            CheckpointError: metrics.csv has fewer rows than are to be kept.
        """
        self.path = Path(path)
        self.model = self.path / self.MODEL
        self.checkpoint = self.path / self.CHECKPOINT
        kept = self.rows()[:keep_rows]
        if len(kept) < keep_rows:
            raise CheckpointError(
                f"{self.path / 'metrics.csv'} has {len(kept)} rows, and the checkpoint beside it "
                f"comes after {keep_rows}: they are of two runs; start anew without --resume."
            )
        self._visualdl = _open_visualdl(self.path) if visualdl else None
        self.path.mkdir(parents=True, exist_ok=True)
        if not keep_rows:  # a new run: nobody shall go on from an older one's checkpoint
            self.checkpoint.unlink(missing_ok=True)
        with atomic_write(self.path / "metrics.csv") as temporary:
            _write_rows(temporary, kept)
        self._file = (self.path / "metrics.csv").open("a", newline="", encoding="utf-8")
        self._writer = csv.DictWriter(self._file, COLUMNS)

    def add(self, **values: Any) -> None:
        """Append one row to metrics.csv and, when asked for, to the VisualDL log."""
        self._writer.writerow(values)
        if values["kind"] == "epoch":
            self._file.flush()
        if self._visualdl is not None:
            scalars = {"loss": values["loss"], "lr": values["lr"]}
            if values["kind"] == "epoch":
                scalars["valid_accuracy"] = values["valid_correct"] / values["valid_total"]
            for name, value in scalars.items():
                tag = f"{values['kind']}/{name}"
                self._visualdl.add_scalar(tag=tag, step=values["step"], value=value)

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of metrics.csv as they stand in the file."""
        path = self.path / "metrics.csv"
        if not path.is_file():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def write_config(self, config: dict[str, Any]) -> None:
        """Write every setting; `scripts/train.py --config` reads it back."""
        with atomic_write(self.path / "config.yaml") as temporary:
            text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
            temporary.write_text(text, encoding="utf-8")

    def write_result(self, result: dict[str, Any]) -> None:
        """Write the summary of the run."""
        with atomic_write(self.path / "result.json") as temporary:
            text = json.dumps(result, indent=2, ensure_ascii=False)
            temporary.write_text(text + "\n", encoding="utf-8")

    def close(self) -> None:
        """Flush and close the logs."""
        self._file.close()
        if self._visualdl is not None:
            self._visualdl.close()


def _write_rows(path: Path, rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _open_visualdl(path: Path) -> Any:
    try:
        from visualdl import LogWriter
    except ModuleNotFoundError:
        raise ConfigError(
            "--visualdl needs VisualDL: pip install visualdl, or leave the option out."
        ) from None
    return LogWriter(logdir=str(path / "visualdl"))
