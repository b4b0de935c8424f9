"""The commands: what the files in scripts/ and `mnist-paddle` on the command line run.

Each is a few lines that put stages together; Paddle is imported only once the options are right.
What a user can mend is one sentence on standard error and exit code 2, never a traceback.

命令：scripts/ 里的文件和命令行上的 `mnist-paddle` 运行的就是它们。
每个命令只有几行，把各个步骤组合起来；选项检查通过之后才导入 Paddle。
用户能改正的错误，只在标准错误上打印一句话，退出码为 2，不打印调用栈。
"""

from ..config_files import use_config_file
from .app import app, complete, main

__all__ = ["app", "complete", "main"]

# A command's module is imported when the command is asked for.
app.command(f"{__name__}.training:train", name="train", config=use_config_file)
for _name, _function in {
    "check_data": "checking:check_data",
    "demo": "demo:demo",
    "evaluate": "evaluating:evaluate",
    "export": "exporting:export",
    "export_files": "checking:export_files",
    "launch": "launching:launch",
    "make_example": "data:make_example",
    "predict": "predicting:predict",
    "prepare_data": "data:prepare_data",
}.items():
    app.command(f"{__name__}.{_function}", name=_name)
