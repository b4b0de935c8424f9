"""`python -m mnist_paddle.fluid --check SCRIPT.py` and the table it reads from."""

import builtins
import importlib
import os
import re
import subprocess
import sys

import pytest

from benchmarks.claims import fluid_names
from benchmarks.support import ROOT
from mnist_paddle.fluid import check, layers, names


@pytest.fixture
def script(tmp_path):
    """Write a script; return its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "old.py"
        path.write_text(text, encoding=encoding)
        return str(path)

    return write


def found(path):
    return {name: lines for name, lines in check.names_in(path).items() if name[0] != "."}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import paddle.fluid as fluid\nfluid.layers.mean(1)", "fluid.layers.mean"),
        ("import paddle.fluid as F\nF.layers.mean(1)", "fluid.layers.mean"),
        ("import paddle.fluid\npaddle.fluid.layers.mean(1)", "fluid.layers.mean"),
        ("import paddle as p\np.fluid.layers.mean(1)", "fluid.layers.mean"),
        ("from paddle import fluid\nfluid.layers.mean(1)", "fluid.layers.mean"),
        ("import paddle.fluid.layers as L\nL.mean(1)", "fluid.layers.mean"),
        ("from paddle.fluid import layers\nlayers.mean(1)", "fluid.layers.mean"),
        ("from paddle.fluid.layers import *\nmean(1)", "fluid.layers.mean"),
        ("import paddle.fluid as fluid\nL = fluid.layers; L.mean(1)", "fluid.layers.mean"),
        ("from paddle.fluid.dygraph import nn\nnn.Linear(1, 1)", "fluid.dygraph.nn.Linear"),
        ("import paddle\npaddle.batch(1)", "batch"),
        ("import paddle\npaddle.dataset.mnist.train()", "dataset.mnist.train"),
    ],
)
def test_every_form_of_import_is_understood(script, text, name):
    assert found(script(text)) == {name: [2]}


def test_an_imported_name_is_found_where_it_is_imported_and_used(script):
    path = script("from paddle.fluid.layers import mean as average\n\naverage(1)\naverage(2)\n")
    assert found(path) == {"fluid.layers.mean": [1, 3, 4]}


def test_names_of_the_script_itself_are_not_taken_for_those_of_a_star_import(script):
    path = script("from paddle.fluid.layers import *\ndef mean(x): pass\nmean(1)\nsqrt(2)\n")
    assert set(found(path)) == {"fluid.layers.sqrt"}


def test_all_that_a_star_import_brings_is_provided():
    spellings = [f"fluid.layers.{name}" for name in layers.__all__]
    assert len(spellings) > 100
    assert [name for name in spellings if not check.is_provided(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        *("fluid.Variable", "fluid.core.VarDesc", "fluid.io.firstn", "fluid.DataLoader"),
        *("fluid.clip.GradClipByValue", "fluid.get_cuda_device_count"),
    ],
)
def test_names_without_a_line_in_the_table_are_found_in_our_sources(name):
    assert names.modern(name) is None
    assert check.is_provided(name)
    assert not check.is_provided(f"{name}_of_old")


def test_methods_and_other_libraries_are_found(script):
    path = script(
        "import paddle.fluid as fluid\nfrom PIL import Image\nim.resize((9, 9), Image.ANTIALIAS)\n"
        "opt.minimize(loss)\nmodel.set_dict(x)\nmodel.state_dict()\n"
    )
    assert check.names_in(path) == {"Image.ANTIALIAS": [3], ".minimize": [4], ".set_dict": [5]}


def test_a_script_of_today_has_nothing_to_report(script, capsys):
    path = script("import numpy as np\nimport matplotlib.pyplot as plt\nplt.show()\nx.minimize()\n")
    assert check.main([path]) == 0
    assert "no name of Paddle 1.x" in capsys.readouterr().out


def test_what_is_provided_ends_with_0_and_todays_line(script, capsys):
    path = script("import paddle.fluid as fluid\nfluid.layers.cross_entropy(a, b)\n")
    assert check.main([path]) == 0
    text = capsys.readouterr().out
    assert "provided" in text
    assert "paddle.nn.functional.cross_entropy" in text
    assert "it took probabilities" in text
    assert "[line 2]" in text
    assert "1 names of Paddle 1.x, 1 provided, 0 not." in text


def test_what_is_not_provided_ends_with_1_and_its_replacement(script, capsys):
    path = script(
        "import paddle.fluid as fluid\nfluid.layers.dynamic_lstm(x, 4)\nfluid.layers.no_such(x)\n"
    )
    assert check.main([path]) == 1
    text = capsys.readouterr().out
    assert re.search(r"fluid.layers.dynamic_lstm +NOT HERE +→ paddle.nn.LSTM", text)
    assert re.search(r"fluid.layers.no_such +NOT HERE +→ no replacement is known", text)
    assert "2 names of Paddle 1.x, 0 provided, 2 not. An issue" in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("print 'loss', loss\n", "line 1 is not Python .*; it is written for Python 2"),
        ("x = (\n", "line 1 is not Python"),
        ("\0", "cannot be checked"),
    ],
)
def test_a_file_that_is_no_script_is_one_sentence_and_2(script, capsys, text, sentence):
    assert check.main([script(text)]) == 2
    error = capsys.readouterr().err
    assert re.search(sentence, error)
    assert error.count("\n") == 1


def test_a_missing_file_and_another_encoding(script, capsys, tmp_path):
    assert check.main([str(tmp_path / "absent.py")]) == 2
    assert "No such file" in capsys.readouterr().err
    gbk = "# coding: gbk\n# 手写数字\nimport paddle.fluid as fluid\nfluid.CPUPlace()\n"
    assert check.main([script(gbk, "gbk")]) == 0


def test_several_scripts_end_with_the_worst(script, tmp_path):
    good = tmp_path / "good.py"
    good.write_text("import paddle.fluid as fluid\nfluid.CPUPlace()\n")
    bad = script("import paddle.fluid as fluid\nfluid.layers.no_such(1)\n")
    assert check.main([str(good), bad]) == 1
    assert check.main([bad, str(tmp_path / "absent.py"), str(good)]) == 2


def test_the_command_needs_no_paddle(script, tmp_path):
    (tmp_path / "paddle.py").write_text("raise ImportError('no Paddle here')\n")
    path = script("import paddle.fluid as fluid\nfluid.layers.mean(1)\n")
    finished = subprocess.run(
        [sys.executable, "-m", "mnist_paddle.fluid", "--check", path],
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr
    assert "1 provided" in finished.stdout


# The table.


@pytest.fixture(scope="module")
def installed():
    """Have paddle.fluid in this process while these tests run."""
    import paddle

    from mnist_paddle import fluid

    fluid.install()
    yield paddle
    fluid.uninstall()


def value_of(dotted, start):
    """Follow a dotted name, importing modules where needed; None if it ends nowhere."""
    value = start
    path = start.__name__
    for part in dotted.split("."):
        path += f".{part}"
        try:
            value = getattr(value, part)
        except AttributeError:
            try:
                value = importlib.import_module(path)
            except ImportError:
                return None
    return value


def in_modules(tables):
    outside = ("Image.", "plt.")
    return [key for table in tables for key in table if not key.startswith((".", *outside))]


def test_what_the_table_says_is_provided_is_there(installed):
    keys = in_modules([names.NAMES, names.MORE])
    assert len(keys) > 200
    assert [key for key in keys if value_of(key, installed) is None] == []


def test_what_the_table_says_is_not_provided_is_not_there(installed):
    assert [key for key in names.ELSEWHERE if value_of(key, installed) is not None] == []


def test_a_name_that_is_not_there_is_refused_with_its_replacement(installed):
    for key in names.ELSEWHERE:
        if key.startswith("fluid.layers."):
            module, _, name = key.rpartition(".")
            with pytest.raises(AttributeError) as refused:
                getattr(value_of(module, installed), name)
            assert names.modern(key) in str(refused.value)


@pytest.mark.parametrize(
    "spelling",
    [
        *("fluid.executor.Executor", "fluid.compiler.CompiledProgram", "fluid.core.Scope"),
        *("fluid.data_feeder.DataFeeder", "fluid.parallel_executor.ParallelExecutor"),
        *("fluid.framework.Program", "fluid.framework.program_guard"),
        *("fluid.layers.nn.fc", "fluid.layers.tensor.cast", "fluid.layers.loss.cross_entropy"),
        *("fluid.layers.metric_op.accuracy", "fluid.layers.io.data", "fluid.layers.ops.sigmoid"),
        *("fluid.layers.learning_rate_scheduler.exponential_decay",),
        *("fluid.nets.simple_img_conv_pool", "fluid.unique_name.guard"),
        *("fluid.dygraph.container.Sequential", "fluid.dygraph.checkpoint.save_dygraph"),
        *("fluid.dygraph.layers.Layer", "fluid.dygraph.base.to_variable"),
    ],
)
def test_a_name_can_be_imported_from_the_module_that_it_stood_in(installed, spelling):
    assert check.is_provided(spelling)
    module, _, name = spelling.rpartition(".")
    assert hasattr(importlib.import_module(f"paddle.{module}"), name)


def test_every_modern_line_names_what_todays_paddle_has(installed):
    import paddle

    unknown = []
    for table in (names.NAMES, names.MORE, names.ELSEWHERE):
        for key in table:
            for dotted in re.findall(r"\bpaddle((?:\.\w+)+)", names.modern(key)):
                if value_of(dotted[1:], paddle) is None:
                    unknown.append(f"{key}: paddle{dotted}")
    assert unknown == []


def test_the_code_of_every_modern_line_is_python():
    compiled = 0
    for table in (names.NAMES, names.MORE, names.ELSEWHERE):
        for key in table:
            line, _ = names.line_and_note(key)
            if "paddle" in line and " " not in line.split("(")[0] and "..." not in line:
                builtins.compile(line.removeprefix("@"), key, "exec")
                compiled += 1
    assert compiled > 200


def test_no_name_stands_in_two_tables_and_no_alias_stands_in_any():
    tables = (names.NAMES, names.MORE, names.ELSEWHERE)
    keys = [key for table in tables for key in table]
    assert len(keys) == len(set(keys))
    assert [key for key in keys if names.canonical(key) != key] == []


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("paddle.fluid.dygraph.nn.Conv2D", "fluid.dygraph.Conv2D"),
        ("fluid.dygraph.parallel.Env", "fluid.dygraph.ParallelEnv"),
        ("fluid.optimizer.SGDOptimizer", "fluid.optimizer.SGD"),
        ("fluid.regularizer.L2DecayRegularizer", "fluid.regularizer.L2Decay"),
        ("fluid.initializer.MSRAInitializer", "fluid.initializer.MSRA"),
        ("fluid.param_attr.ParamAttr", "fluid.ParamAttr"),
        ("fluid.save_dygraph", "fluid.dygraph.save_dygraph"),
        ("fluid.core.CPUPlace", "fluid.CPUPlace"),
        ("fluid.optimizer.LookaheadOptimizer", "fluid.optimizer.LookaheadOptimizer"),
    ],
)
def test_every_spelling_comes_down_to_one_key(spelling, key):
    assert names.canonical(spelling) == key
    assert names.modern(spelling)


def test_the_table_of_the_page_is_what_its_script_writes():
    page = (ROOT / "docs" / "en" / "old_code.md").read_text(encoding="utf-8")
    written = page.split(fluid_names.MARK)[1].split("<!-- end of the table -->")[0]
    assert written.strip().splitlines() == fluid_names.lines()
