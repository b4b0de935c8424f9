"""The package as a whole: its laws, and the wheel that a user installs."""

import ast
import importlib.util
import os
import re
import shlex
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support import ROOT

# The tutorial's table of contents: its stages, and what puts them together.
STAGES = ("models", "losses", "optimizers", "readers", "device", "parallel", "checkpoint")
WHOLE = ("trainer", "evaluation")
PACKAGE = ROOT / "mnist_paddle"
MODULES = sorted(PACKAGE.rglob("*.py"))
CHINESE = re.compile("[一-鿿]")


def tree(file):
    return ast.parse(file.read_text(encoding="utf-8"))


def test_no_file_and_no_function_of_the_package_is_long():
    long = [file for file in MODULES if len(file.read_text(encoding="utf-8").splitlines()) > 300]
    assert long == []
    long = [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.name}"
        for file in MODULES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > 50
    ]
    assert long == []


def test_the_top_level_reads_as_a_table_of_contents():
    modules = {file.stem for file in PACKAGE.glob("*.py")}
    assert {*STAGES, *WHOLE} <= modules
    assert len(modules) <= 20


def test_every_folder_of_the_package_is_installed():
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(config["options"]["packages"].split())
    folders = {file.parent for file in MODULES}
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert listed == {*names, "mnist_paddle.configs"}


def test_scripts_are_wrappers():
    programs = {"install.py", "quickstart.py"}  # they run before anything is installed
    for file in sorted((ROOT / "scripts").iterdir()):
        if file.suffix == ".py" and file.name not in programs:
            assert len(file.read_text(encoding="utf-8").splitlines()) <= 15, file
    others = {file.name for file in (ROOT / "scripts").iterdir() if file.is_file()}
    assert {name for name in others if not name.endswith(".py")} == {
        *("docs", "install", "quickstart", "test"),
    }


def test_one_line_bends_the_path_as_python_does_for_a_script():
    files = [*MODULES]
    for folder in ("benchmarks", "lectures", "scripts", "tests"):
        files += [file for file in (ROOT / folder).rglob("*.py") if file != Path(__file__)]
    found = [
        file.relative_to(ROOT).as_posix()
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if re.search(r"sys\.path\.(insert|append|extend)", line)
    ]
    assert found == ["mnist_paddle/launch/worker.py"]


def test_the_data_stage_needs_no_paddle():
    code = "import sys, mnist_paddle.data; sys.exit('paddle' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_every_module_explains_itself_and_a_stage_in_both_languages():
    for file in MODULES:
        if file.name == "__main__.py":
            continue
        header = ast.get_docstring(tree(file)) or ""
        chinese = [line for line in header.splitlines() if CHINESE.search(line)]
        assert header.splitlines()[0].strip(), file
        stage = file.parent == PACKAGE and file.stem in (*STAGES, *WHOLE)
        if stage or (PACKAGE / "data" in file.parents and file.name != "__init__.py"):
            assert len(chinese) >= 2, file


def test_a_docstring_returns_and_does_not_tell():
    """An imperative sentence about what a function does, not what it says to whom."""
    telling = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in MODULES
        for node in ast.walk(tree(file))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (ast.get_docstring(node) or "").startswith(("Say ", "Tell whether", "Tell which"))
    ]
    assert telling == []


def test_only_one_function_names_from_generator():
    """One home per fact; a second caller would have to know the same traps.

    The fluid wing has a from_generator of its own, for old scripts, and does not use Paddle's.
    """
    fluid = sorted((PACKAGE / "fluid").rglob("*.py"))
    assert not [file for file in fluid if "base.io" in file.read_text(encoding="utf-8")]
    callers = [
        f"{file.stem}.{function.name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if file not in fluid
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and node.attr == "from_generator"
    ]
    assert callers == ["readers.read_async"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, files)):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", folder, source],
        check=True,
    )
    (path,) = folder.glob("*.whl")
    return path


def test_the_wheel_holds_the_package_and_its_configs_and_no_data(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    shipped = {name for name in names if name.startswith("mnist_paddle/configs/")}
    ours = {f"mnist_paddle/configs/{file.name}" for file in (ROOT / "configs").glob("*.yaml")}
    assert shipped == ours
    assert "mnist_paddle/py.typed" in names
    assert "mnist_paddle/demo/page.html" in names
    assert not [name for name in names if name.endswith((".gz", "-ubyte")) or "test" in name]


@pytest.mark.large
def test_the_installed_wheel_trains_evaluates_and_predicts_from_an_empty_folder(
    wheel, tiny_data, tmp_path
):
    site, empty = tmp_path / "site", tmp_path / "empty"
    install = ["-m", "pip", "install", "-q", "--no-deps", "--target", site, wheel]
    subprocess.run([sys.executable, *install], check=True)
    empty.mkdir()

    def run(*words, program=(site / "bin" / "mnist-paddle",)):
        finished = subprocess.run(
            [*program, *map(str, words)],
            cwd=empty,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    where = "import mnist_paddle; print(mnist_paddle.__file__)"
    found = subprocess.run(
        [sys.executable, "-c", where],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    ).stdout
    assert found.startswith(str(site))

    run("train", "--config", "03_mlp_mse", "--data", tiny_data, "--epochs", 1)
    model = empty / "work/runs/03_mlp_mse/model.safetensors"
    assert "/170 " in run("evaluate", "--checkpoint", model, "--data", tiny_data)
    picture = run("make_example").strip()
    assert run("predict", picture, "--checkpoint", model).startswith(f"{picture}: ")

    words = ["--config", "03_mlp_mse", "--data", tiny_data, "--epochs", 1, "--run_dir", "two"]
    assert "ranks: 2; " in run("launch", "--nproc_per_node", 2, "train", *words)
    (empty / "old.py").write_text(
        "import paddle.fluid as fluid\n"
        "with fluid.dygraph.guard():\n"
        "    print(fluid.layers.mean(fluid.layers.fill_constant([4], 'float32', 3)).numpy())\n"
    )
    assert run("old.py", program=(sys.executable, "-m", "mnist_paddle.fluid")) == "[3.]\n"


@pytest.mark.large
def test_the_real_mnist_trains_a_cnn_to_read_it(mnist_dir, tmp_path):
    """An accuracy gate with a ceiling: a model that is too good has seen the answers."""
    from mnist_paddle.config import Config
    from mnist_paddle.data import prepare_data
    from mnist_paddle.trainer import train_and_evaluate

    data = tmp_path / "mnist.json.gz"
    prepare_data(data, "idx", mnist_dir)
    settings = {"opt": "adam", "lr": 0.003, "epochs": 1, "limit_batches": 150}
    result = train_and_evaluate(Config(**settings, data=str(data), run_dir=str(tmp_path / "run")))
    assert result["data"] == "MNIST"
    assert (result["valid_total"], result["eval_total"]) == (10000, 10000)
    accuracy = result["eval_correct"] / result["eval_total"]
    assert 0.93 <= accuracy <= 0.985
    difference = result["valid_correct"] - result["eval_correct"]
    assert np.abs(difference) < 200


def test_every_command_of_the_pages_is_understood():
    """Parse them as the command line would, without running them."""
    from mnist_paddle.commands import app, complete

    pages = [ROOT / "README.md", *(ROOT / "docs" / "en").rglob("*.md")]
    lines = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    commands = [shlex.split(line, comments=True)[1:] for line in lines if line[:7] == "python "]
    assert len(commands) >= 12
    for script, *words in commands:
        if script == "-m":  # these have tests of their own
            assert importlib.util.find_spec(words[0]), words
            continue
        assert os.access(ROOT / script, os.X_OK), script
        name = Path(script).stem
        if f'main("{name}")' in (ROOT / script).read_text(encoding="utf-8"):
            app.parse_args(complete([name, *words]), exit_on_error=False, print_error=False)
