"""The commands: what the files in scripts/ and `mnist-paddle` on the command line run.

Each is a few lines that put stages together; Paddle is imported only once the options are right.
What a user can mend is one sentence on standard error and exit code 2, never a traceback.
"""

from ..config_file import use_config_file
from .app import app, complete, main

__all__ = ["app", "complete", "main"]

# A command's module is imported when the command is asked for.
app.command(f"{__name__}.train:train", name="train", config=use_config_file)
for _name, _function in {
    "check_data": "data:check_data",
    "demo": "demo:demo",
    "evaluate": "evaluate:evaluate",
    "export": "export:export",
    "export_files": "data:export_files",
    "launch": "launch:launch",
    "make_example": "data:make_example",
    "predict": "predict:predict",
    "prepare_data": "data:prepare_data",
    "quickstart": "quickstart:quickstart",
}.items():
    app.command(f"{__name__}.{_function}", name=_name)
