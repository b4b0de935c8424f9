"""The errors that a user can mend; every module may import this one, it imports nothing of ours.

A script prints such an error as one sentence and ends with exit code 2.
Anything else that is raised is a fault of ours and keeps its traceback.
These classes say who has to act; the sentence says what to do.
"""


class InputError(ValueError):
    """Say in one sentence what was given, where, what was expected and what to do."""


class ConfigError(InputError):
    """Refuse an option or a configuration file."""


class DataError(InputError):
    """Refuse a data file, naming the file, the split and the index."""


class PictureError(InputError):
    """Refuse a picture, naming its file."""


class NoDigitError(PictureError):
    """Say that a picture is sound but shows no digit."""


class CheckpointError(InputError):
    """Refuse a model or checkpoint file, naming it."""


class ExportError(InputError):
    """Say why a model cannot be exported, and what is missing for it."""


class DeviceError(InputError):
    """Say which device was asked for and what is missing for it."""


class TrainingError(InputError):
    """Stop a training whose settings cannot work, naming epoch and batch."""


class Stopped(Exception):
    """End a training that a signal stopped; the process exits with 128 + `signal`.

    No InputError: nothing is wrong.
    """

    def __init__(self, signal: int, message: str) -> None:
        super().__init__(message)
        self.signal = signal
