"""One frozen dataclass holds everything a training can be told; YAML and command line fill it.

Every field is an option (`--batch_size 64`) and a key of a YAML file (`batch_size: 64`,
config_file.py); the command line wins over the file, the file over the defaults, and the defaults
are the tutorial's. A value of the wrong kind is refused, in the file as on the command line.
"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from cyclopts import Group, Parameter, Token

from .errors import ConfigError

DEFAULT_DATA = "work/mnist.json.gz"


def _whole_number(type_: Any, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is not a whole number") from None


# cyclopts by itself turns 2.5 into 2
WholeNumber = Annotated[int, Parameter(converter=_whole_number)]

NEWEST = "newest"  # what --resume means when no file follows it


def _checkpoint_name(type_: Any, tokens: Sequence[Token]) -> str | None:
    value = tokens[0].value
    return {"true": NEWEST, "false": None}.get(value.lower(), value)  # resume: true in a file


def _number_or_auto(type_: Any, tokens: Sequence[Token]) -> int | str:
    value = tokens[0].value
    if value == "auto":
        return value
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"{value!r} is neither a whole number nor auto") from None


Generator = Literal["finite", "reshuffled", "infinite", "random_block", "wrap_around"]


def _as_it_is(type_: Any, tokens: Sequence[Token]) -> str:
    return tokens[0].value  # Config says what is wrong with it


Reader = Annotated[Literal["sync", "async", "workers", "resident"], Parameter(converter=_as_it_is)]
Processes = Annotated[WholeNumber | Literal["auto"], Parameter(converter=_number_or_auto)]
Resume = Annotated[str | None, Parameter(converter=_checkpoint_name, negative=())]


def _group(title: str) -> Parameter:
    """Put a setting under a heading of `train --help`."""
    return Parameter(group=Group.create_ordered(title))


DATA, NETWORK, LEARNING = _group("Data"), _group("Network"), _group("Learning")
ORDER, READING = _group("Order of the images"), _group("Reading")
DEVICE, RUN = _group("Device"), _group("Run folder")


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of one training run; an impossible value raises ConfigError."""

    data: Annotated[str, DATA] = DEFAULT_DATA
    "Data file, or folder of pictures; the default file is made if it is missing."
    split_seed: Annotated[WholeNumber, DATA] = 0
    "Decides which pictures of a folder become train, valid and eval."
    use_valid: Annotated[bool, DATA] = False
    "Train on the valid images too, when every choice is made; valid then proves nothing."
    strict: Annotated[bool, DATA] = False
    "Refuse a folder with pictures that cannot be read; otherwise they are left out."
    augment: Annotated[Literal["none", "shift", "affine", "elastic"], DATA] = "none"
    "Change each training image a little, each time that it is taken."
    max_shift: Annotated[float, DATA] = 2.0
    "Augmentation: by how many pixels an image is moved at most; shift moves by whole ones."
    model: Annotated[Literal["linear", "mlp", "cnn", "lenet", "vgg"], NETWORK] = "cnn"
    "Network."
    hidden: Annotated[WholeNumber, NETWORK] = 10
    "Width of the MLP's two hidden layers."
    tta: Annotated[bool, NETWORK] = False
    "Outside training look at each image at nine places, a pixel apart, and take the mean."
    loss: Annotated[Literal["mse", "ce"], LEARNING] = "ce"
    "Loss: square error (1 output) or cross entropy (10 outputs)."
    label_smoothing: Annotated[float, LEARNING] = 0.0
    "Cross entropy: the share of each label that is given to all ten digits alike."
    opt: Annotated[Literal["sgd", "momentum", "adagrad", "adam", "adamw"], LEARNING] = "sgd"
    "Optimizer."
    beta1: Annotated[float, LEARNING] = 0.9
    "Adam, AdamW: how much of the mean gradient is kept from step to step."
    beta2: Annotated[float, LEARNING] = 0.999
    "Adam, AdamW: how much of the mean squared gradient is kept from step to step."
    lr: Annotated[float, LEARNING] = 0.01
    "Learning rate; with a schedule, its highest value."
    schedule: Annotated[Literal["constant", "polynomial", "cosine", "onecycle"], LEARNING] = (
        "constant"
    )
    "How the learning rate changes from step to step."
    end_lr: Annotated[float, LEARNING] = 0.0
    "Learning rate at the last step; polynomial, cosine and onecycle go there."
    scale_lr: Annotated[bool, LEARNING] = False
    "Multiply lr and end_lr by the number of processes of scripts/launch.py."
    weight_decay: Annotated[float, LEARNING] = 0.0
    "Coefficient of the L2 penalty; AdamW takes so much of each weight off, times the rate."
    epochs: Annotated[WholeNumber, LEARNING] = 5
    "Passes over the training images."
    batch_size: Annotated[WholeNumber, LEARNING] = 100
    "Images per step; with scripts/launch.py in each process, with --procs of all together."
    limit_batches: Annotated[WholeNumber | None, LEARNING] = None
    "Train on at most this many batches per epoch."
    steps_per_epoch: Annotated[WholeNumber | None, LEARNING] = None
    "Batches in an epoch [default: as many as hold every image once]."
    early_stop: Annotated[WholeNumber | None, LEARNING] = None
    "Stop after so many epochs without a better result on valid; keep the best epoch's model."
    generator: Annotated[Generator, ORDER] = "reshuffled"
    "Order of the images: which of them each batch holds."
    seed: Annotated[WholeNumber, ORDER] = 1  # with 0, the tutorial's square-error CNN dies at once
    "Decides the initial weights and the order of the images."
    reader: Annotated[Reader, READING] = "sync"
    "Make batches in turn with computing, ahead in a thread, in processes, or on the device."
    capacity: Annotated[WholeNumber, READING] = 5
    "Batches that the async reader may hold ready."
    num_workers: Annotated[WholeNumber, READING] = 2
    "Processes of the workers reader."
    gpu: Annotated[bool, DEVICE] = False
    "Compute on the first GPU."
    fast: Annotated[bool, DEVICE] = True
    "Compute convolutions with pooling on the CPU in half of the time of Paddle's own."
    procs: Annotated[Processes, DEVICE] = 1
    "Processes on the CPU that share out each batch; auto: as many as the cores serve."
    run_dir: Annotated[str | None, RUN] = None
    "Folder of the results [default: work/runs/MODEL_LOSS_OPT]."
    checkpoint_every: Annotated[WholeNumber | None, RUN] = None
    "Write a checkpoint every so many steps too, not only after each epoch."
    keep: Annotated[WholeNumber, RUN] = 2
    "Checkpoints to keep, the newest."
    resume: Annotated[Resume, RUN] = None
    "Go on from the run folder's newest good checkpoint, or from the FILE that is named."
    allow_changes: Annotated[bool, RUN] = False
    "Go on although settings are not those of the checkpoint."
    log_every: Annotated[WholeNumber, RUN] = 200
    "Print the loss every so many batches."
    check_shapes: Annotated[bool, RUN] = False
    "Print the shapes of the first batch and of every layer before training."
    visualdl: Annotated[bool, RUN] = False
    "Write a VisualDL log into the run folder too."
    verbose: Annotated[bool, RUN] = False
    "Print what is set for Paddle before it is loaded, and who set it."

    def __post_init__(self) -> None:
        if self.reader in get_args(Generator):
            raise ConfigError(
                f"{self.reader} is no reader but an order of the images: write --generator "
                f"{self.reader}."
            )
        for field in dataclasses.fields(self):
            _check_value(field, getattr(self, field.name))
        if isinstance(self.resume, bool):
            object.__setattr__(self, "resume", NEWEST if self.resume else None)
        self._check_processes()
        if self.reader == "resident" and self.augment != "none":
            raise ConfigError(
                "the resident reader keeps the images on the device as they are: choose another "
                "--reader with --augment, or leave --augment out."
            )
        if self.label_smoothing and self.loss != "ce":
            raise ConfigError(
                "--label_smoothing shares out the labels of cross entropy: add --loss ce, or "
                "leave it out."
            )
        if self.use_valid and self.early_stop:
            raise ConfigError(
                "--early_stop chooses an epoch by valid, and --use_valid trains on valid: "
                "leave one of them out."
            )
        if self.run_dir is None:
            object.__setattr__(self, "run_dir", f"work/runs/{self.model}_{self.loss}_{self.opt}")

    def _check_processes(self) -> None:
        if self.procs == 1:
            return
        if self.gpu:
            raise ConfigError(
                "--procs starts processes on the CPU: for several GPUs write "
                "scripts/launch.py --gpus 0,1 scripts/train.py --gpu."
            )
        if self.procs != "auto" and self.batch_size % self.procs:
            raise ConfigError(
                f"a batch of {self.batch_size} images cannot be shared out equally to "
                f"{self.procs} processes: choose --procs auto, or a --batch_size that "
                f"{self.procs} divides."
            )


class Gone(NamedTuple):
    """A setting that there was: its default, and what to do instead."""

    default: Any
    instead: str


_NO_TEACHER = "it brought no gain where it was measured (docs/en/speed.md); leave it out"
GONE = {
    "teacher": Gone(None, _NO_TEACHER),
    "teacher_temperature": Gone(1.0, _NO_TEACHER),
}

# The least and the greatest value that make sense; a learning rate of 0 trains nothing.
_RANGES = {
    "hidden": (1, 10_000),
    "max_shift": (0, 14),
    "label_smoothing": (0, math.nextafter(1, 0)),
    "beta1": (0, math.nextafter(1, 0)),
    "beta2": (0, math.nextafter(1, 0)),
    "end_lr": (0, math.inf),
    "weight_decay": (0, math.inf),
    "epochs": (1, math.inf),
    "batch_size": (1, math.inf),
    "limit_batches": (1, math.inf),
    "steps_per_epoch": (1, math.inf),
    "early_stop": (1, math.inf),
    "capacity": (1, 100_000),
    "num_workers": (1, 64),
    "procs": (1, 64),
    "split_seed": (0, 2**32 - 1),
    "seed": (0, 2**32 - 1),
    "checkpoint_every": (1, math.inf),
    "keep": (1, math.inf),
    "log_every": (1, math.inf),
    "lr": (math.ulp(0), math.inf),
}


def _check_value(field: dataclasses.Field[Any], value: Any) -> None:
    type_, *_ = get_args(field.type)  # of Annotated
    choices = get_args(type_) if get_origin(type_) is Literal else ()
    if choices and value not in choices:
        raise ConfigError(f"{field.name} must be one of {', '.join(choices)}, not {value!r}.")
    if field.name not in _RANGES or value is None or (field.name, value) == ("procs", "auto"):
        return
    whole = type_ is not float
    kind = "whole number" if whole else "finite number"
    right_type = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right_type or not math.isfinite(value):
        raise ConfigError(f"{field.name} must be a {kind}, not {value!r}.")
    least, greatest = _RANGES[field.name]
    if value < least:
        bound = "above 0" if least == math.ulp(0) else f"at least {least}"
        raise ConfigError(f"{field.name} must be {bound}, not {value}.")
    if value > greatest:
        bound = "below 1" if greatest < 1 else f"at most {greatest}"
        raise ConfigError(f"{field.name} must be {bound}, not {value}.")
