"""TROUBLESHOOTING: what it says of Paddle's messages is what this Paddle does."""

import json
import re
import subprocess
import sys
from importlib.metadata import version

import paddle
import pytest

from benchmarks.support import ROOT
from tests.support.foreign_messages import FAILURES
from tests.support.pages import CODE, first_cells, sections

PAGE = (ROOT / "docs" / "en" / "troubleshooting.md").read_text(encoding="utf-8")

# From which version of which package on a message is heard, where Paddle alone does not decide.
SINCE = {
    "only 0-dimensional arrays can be converted to Python scalars": ("numpy", "2.4"),
    "module 'PIL.Image' has no attribute 'ANTIALIAS'": ("pillow", "10"),
}


def numbers(text):
    return [int(part) for part in re.findall(r"\d+", text)]


def run(*words, **options):
    return subprocess.run(
        [sys.executable, *map(str, words)], capture_output=True, text=True, timeout=120, **options
    )


@pytest.fixture(scope="module")
def said():
    """What was said when each message of Paddle's was made to happen; remedies are tried too."""
    if paddle.__version__ not in PAGE:
        pytest.skip(f"the page does not speak of Paddle {paddle.__version__}")
    finished = run(ROOT / "tests" / "support" / "foreign_messages.py")
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


@pytest.mark.parametrize("message", FAILURES)
def test_a_message_of_the_page_is_what_is_said(said, message):
    on_the_page = [
        name
        for section in sections(PAGE)
        for cell in first_cells(section)
        for name in CODE.findall(cell)
    ]
    assert message in on_the_page
    if message in SINCE:
        package, since = SINCE[message]
        if numbers(version(package)) < numbers(since):
            pytest.skip(f"{package} {version(package)} does not say so yet")
    pattern = ".*".join(re.escape(piece) for piece in message.split("…"))
    assert re.search(pattern, said[message], re.DOTALL), said[message]


def test_a_file_named_paddle_hides_paddle(tmp_path):
    (tmp_path / "paddle.py").write_text("import paddle\npaddle.to_tensor(1)\n")
    said = run("paddle.py", cwd=tmp_path).stderr
    assert "partially initialized module 'paddle'" in said or "consider renaming" in said  # 3.13
    where = run("-c", "import paddle; print(paddle.__file__)", cwd=tmp_path)
    assert "partially initialized module 'paddle'" in where.stderr or str(tmp_path) in where.stdout
    (tmp_path / "paddle.py").write_text("")
    assert str(tmp_path) in run("-c", "import paddle; print(paddle.__file__)", cwd=tmp_path).stdout
    (tmp_path / "script.py").write_text("import paddle.fluid\n")
    assert "'paddle' is not a package" in run("script.py", cwd=tmp_path).stderr


def test_the_ccache_warning_can_be_silenced():
    code = "import warnings; warnings.warn('No ccache found. Please be aware')"
    assert "UserWarning: No ccache found" in run("-c", code).stderr
    assert run("-W", "ignore:No ccache found", "-c", code).stderr == ""
    prepare = "from mnist_paddle.kernels.environment import prepare; prepare()"
    assert run("-c", f"{prepare}; {code}", cwd=ROOT).stderr == ""


def test_the_old_launcher_starts_one_process_without_a_gpu(tmp_path):
    if paddle.is_compiled_with_cuda():
        pytest.skip("the page speaks of the CPU build")
    (tmp_path / "script.py").write_text("import os; print(os.environ['PADDLE_TRAINERS_NUM'])\n")
    launcher = ("-m", "paddle.distributed.launch", "--log_dir", "log")
    finished = run(*launcher, "--selected_gpus=0,1", "script.py", cwd=tmp_path)
    assert "Compatible mode enable with args ['--selected_gpus=0,1']" in finished.stderr
    assert finished.returncode == 0
    assert [path.name for path in (tmp_path / "log").glob("workerlog.*")] == ["workerlog.0"]
