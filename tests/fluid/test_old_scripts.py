"""Scripts as learners wrote them for Paddle 1.5 to 1.8 run unchanged, and learn.

Each is a process of its own, forked from one that has Paddle loaded, in an empty folder that has
only work/. The accuracies and losses are what the script itself prints, on 1,050 drawn digits, or
on fewer where it would take long.
"""

import ast
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.support import ROOT
from mnist_paddle.data import MODES, load_data, write_data
from mnist_paddle.fluid import check, names

SCRIPTS = ROOT / "benchmarks/support/old_scripts"


def images(count):
    """Run a test that takes long on so many training images, and in the large tier on all."""
    counts = [count, pytest.param(None, marks=pytest.mark.large)]
    return pytest.mark.parametrize("folder", counts, indirect=True, ids=[str(count), "all"])


# Spellings that are to work besides the one under which the table of names has a thing.
SPELLINGS = {
    *("paddle.fluid.dygraph.nn.Conv2D", "paddle.fluid.dygraph.nn.Pool2D"),
    *("paddle.fluid.dygraph.nn.Linear", "paddle.fluid.dygraph.Linear"),
    *("paddle.fluid.param_attr.ParamAttr", "paddle.fluid.ParamAttr"),
    *("paddle.fluid.dygraph.parallel.Env", "paddle.fluid.dygraph.ParallelEnv"),
    *("paddle.fluid.dygraph.parallel.prepare_context",),
    *("paddle.fluid.dygraph.parallel.DataParallel",),
    *("paddle.fluid.save_dygraph", "paddle.fluid.dygraph.save_dygraph"),
    *("paddle.fluid.load_dygraph", "paddle.fluid.dygraph.load_dygraph"),
    *("paddle.fluid.regularizer.L2Decay", "paddle.fluid.regularizer.L2DecayRegularizer"),
    *(f"paddle.fluid.optimizer.{name}" for name in ("SGD", "Momentum", "Adagrad", "Adam")),
    *(
        f"paddle.fluid.optimizer.{name}Optimizer"
        for name in ("SGD", "Momentum", "Adagrad", "Adam", "RMSProp", "Adamax", "Adadelta")
    ),
    *(
        f"paddle.fluid.initializer.{name}{ending}"
        for name in ("Normal", "Uniform", "Constant", "Xavier", "MSRA", "TruncatedNormal")
        for ending in ("", "Initializer")
    ),
}


@pytest.fixture
def folder(request, tmp_path, tiny_data):
    """Make a folder with work/mnist.json.gz, of 1,050 training images, and a picture of a digit."""
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(tiny_data, work / "mnist.json.gz")
    shutil.copy(ROOT / "work/example_0.jpg", work)
    if count := getattr(request, "param", None):
        splits = {mode: load_data(mode, tiny_data) for mode in MODES}
        pairs = {
            mode: (split.images[:count], split.labels[:count]) for mode, split in splits.items()
        }
        write_data(work / "mnist.json.gz", pairs, "tiny")
    return tmp_path


@pytest.fixture
def run(folder, script_server):
    """Run an old script as its owner would; return what it printed."""

    def run(script, *words, cpu=False):
        options = ["--cpu"] if cpu else []
        finished = script_server.run(
            "-m", "mnist_paddle.fluid", *options, SCRIPTS / script, *words, cwd=folder
        )
        assert finished.returncode == 0, f"{finished.stdout[-3000:]}\n{finished.stderr[-5000:]}"
        return finished.stdout

    return run


def numbers(pattern, text):
    """Return the numbers that a pattern with one group finds."""
    return [float(value) for value in re.findall(pattern, text)]


def number(pattern, text):
    """Return the one number that a pattern finds."""
    (value,) = numbers(pattern, text)
    return value


def assert_no_complaint(text):
    assert "WRONG" not in text, [line for line in text.splitlines() if "WRONG" in line]


# What the scripts use.


def used_in_scripts():
    """Return the spellings in the scripts, and the keys of the table that they mean."""
    spellings, keys = set(), set()
    for script in SCRIPTS.glob("*.py"):
        tree = ast.parse(script.read_text(encoding="utf-8"))
        found = set(check.names_in(script))
        keys |= {names.canonical(name) for name in found}
        spellings |= {name if name.startswith(".") else f"paddle.{name}" for name in found}
        keys |= {f".{node.attr}" for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return spellings, keys


def test_the_scripts_use_every_name_and_every_spelling():
    spellings, keys = used_in_scripts()
    unused = sorted(set(names.NAMES) - keys) + sorted(SPELLINGS - spellings)
    print("not used by any old script:", *unused, sep="\n  ")
    assert not unused


def test_there_are_fourteen_scripts_and_the_check_finds_nothing_missing(capsys):
    scripts = sorted(map(str, SCRIPTS.glob("*.py")))
    assert len(scripts) >= 14
    assert check.main(scripts) == 0, capsys.readouterr().out


# What the scripts print.


def test_linear_regression(run, folder):
    text = run("linear_regression.py")
    losses = numbers(r"mean loss ([\d.]+)", text)
    assert len(losses) == 6
    assert losses[-1] < losses[0] * 0.8
    assert number(r"valid square error: ([\d.]+)", text) < 8.0  # guessing the mean reaches 8.25
    assert re.search(r"epoch: 0, batch: 0, loss is: \[\d+\.\d+\]", text)
    assert "saved: True" in text
    assert (folder / "mnist.pdparams").is_file()


def test_mlp_with_tabs(run):
    text = run("mlp_tabs.py", "12")
    hits, total = re.search(r"valid: (\d+)/(\d+)", text).groups()
    assert int(total) == 130
    assert int(hits) >= 0.75 * 130
    assert re.findall(r"dygraph mode: (\w+)", text) == ["True", "False"]
    assert re.search(r"step 0 loss \[\d\.\d+\]", text)


@images(750)
def test_cnn_with_square_error(run):
    text = run("cnn_square_error.py")
    losses = numbers(r"mean loss ([\d.]+)", text)
    assert losses[-1] < 0.6 * losses[0]
    assert "parameters: 11521" in text
    assert "optimizer state: None" in text
    assert "fc.weight (980, 1)" in text


@images(550)
def test_cnn_with_cross_entropy_written_for_a_gpu(run):
    text = run("cnn_cross_entropy.py", cpu=True)
    assert number(r"acc=([\d.]+)", text) > 0.75
    assert number(r"loss=([\d.]+), acc", text) < 1.0
    assert "cost of one batch: [50, 1] and its mean: [1]" in text
    assert 2.0 < number(r"epoch: 0, batch: 0, loss is: \[([\d.]+)\]", text) < 3.0


def test_every_optimizer_in_a_loop(run):
    text = run("four_optimizers.py", cpu=True)
    rows = re.findall(r"(\w+): first ([\d.]+) last ([\d.]+) lr ([\d.]+)", text)
    assert len(rows) == 12
    for name, first, last, _ in rows:
        assert float(last) < 0.75 * float(first), name
    assert numbers(r"\nlr ([\d.]+)", text) == pytest.approx([0.1, 0.2, 0.3, 0.25])


def test_async_reading_with_every_generator(run):
    text = run("async_reading.py")
    rows = re.findall(r"(set_\w+): (\d+) samples, first ([\d.]+) last ([\d.]+)", text)
    assert [row[0] for row in rows] == [
        *("set_batch_generator", "set_sample_list_generator", "set_sample_generator")
    ]
    for name, samples, first, last in rows:
        assert int(samples) == 2100, name
        assert float(last) < 0.6 * float(first), name
    assert text.count("batch [50, 1, 28, 28] [50, 1]") == 3


def test_accuracy_from_a_forward_with_two_inputs(run):
    text = run("accuracy_two_inputs.py")
    accuracy = number(r"valid accuracy: ([\d.]+)", text)
    assert accuracy > 0.85
    assert number(r"top 2: ([\d.]+)", text) >= accuracy
    assert "shape of acc [1]" in text
    assert re.search(r"loss is: \[[\d.]+\], acc is \[[\d.]+\]", text)
    assert "without a label: [30, 10]" in text


@pytest.mark.large
def test_looking_inside_the_layers(run):
    text = run("look_inside.py")
    assert "conv1-- kernel_size:[20, 1, 5, 5], padding:[2, 2], stride:[1, 1]" in text
    assert "pool1-- pool_type:max, pool_size:[2, 2], pool_stride:[2, 2]" in text
    assert "fc-- weight_size:[980, 10], bias_size:[10], activation:softmax" in text
    assert "outputs4_shape: [100, 20, 7, 7]" in text
    assert "gradient of fc: ndarray (980, 10) not all zero: True" in text
    assert number(r"gradient after clear_gradients, sum: ([\d.]+)", text) == 0
    losses = numbers(r"batch: \d+, loss is: \[([\d.]+)\]", text)
    assert len(losses) == 10
    assert losses[-1] < 0.75 * losses[0]
    assert "mnist_0 | " in text


def test_l2_and_l1_shrink_the_weights(run):
    text = run("l2_regularization.py")
    rows = re.findall(r"(.+): norm ([\d.]+) loss ([\d.]+) acc ([\d.]+)", text)
    norms = {title: float(norm) for title, norm, _, _ in rows}
    accuracies = {title: float(accuracy) for title, _, _, accuracy in rows}
    assert len(norms) == 8
    for title, norm in norms.items():
        assert accuracies[title] > 0.8, title
        if title != "none":
            assert norm < 0.9 * norms["none"], title
    assert norms["L2Decay"] == norms["L2DecayRegularizer"] == norms["fluid.regularizer.L2Decay"]
    assert norms["by ParamAttr"] == norms["by fluid.ParamAttr"] != norms["L2Decay"]


def test_a_loss_curve_without_a_screen_is_saved_and_its_path_printed(run, folder):
    text = run("loss_curve.py")
    assert number(r"last ([\d.]+)", text) < 0.5 * number(r"first ([\d.]+)", text)
    pictures = sorted(folder.rglob("*.png"))
    assert len(pictures) == 2
    assert all(picture.name in text for picture in pictures)
    assert text.strip().endswith("end of script")


def test_a_resumed_run_goes_on_as_the_one_that_was_never_interrupted(run):
    whole, again = run("resume.py").split("again in the same process")
    other = run("resume.py", "restart")
    pattern = r"epoch: (\d+), batch: (\d+), loss: ([\d.e-]+), lr: ([\d.]+)"
    rows = re.findall(pattern, whole)
    late = [row for row in rows if int(row[0]) >= 1]
    assert len(rows) == 15
    assert late == re.findall(pattern, other)  # to the last digit
    assert late == re.findall(pattern, again)
    assert float(rows[-1][2]) < 0.5 * float(rows[0][2])
    assert number(r"acc of the last batch: ([\d.]+)", whole) > 0.8
    for epoch, batch, _, rate in rows:  # the step of a batch is taken at the rate before it
        step = int(epoch) * 21 + int(batch)
        formula = [(0.01 - 0.001) * (1 - s / 66) + 0.001 for s in (step, step + 1)]
        assert np.isclose(formula, float(rate), atol=1e-7).any()
    assert "'mnist_epoch0.pdopt', 'mnist_epoch0.pdparams'" in whole


@images(550)
def test_predict_from_a_jpg(run):
    text = run("predict_picture.py")
    assert number(r"本次预测的数字是:  (\d)", text) == 0
    assert number(r"probability: ([\d.]+)", text) > 0.5
    assert number(r"sum: ([\d.]+)", text) == pytest.approx(1, abs=1e-3)


def test_a_multi_gpu_script_as_one_process(run):
    text = run("multi_process.py", cpu=True)
    assert "rank 0 of 1" in text
    assert numbers(r"batches (\d+)", text) == [42, 42]
    assert number(r"epoch 1 .* last ([\d.]+)", text) < 0.75 * number(
        r"epoch 0 .* first ([\d.]+)", text
    )
    assert "saved ['mnist.pdparams']" in text


def test_paddle_dataset_mnist(run):
    text = run("dataset_reader.py", "--steps=40")
    shape = r"one sample: \(784,\) float32 from -1\.0 to (0\.\d+|1\.0) label int"
    assert re.search(shape, text)
    assert number(r"acc is: ([\d.]+)", text) > 0.6
    assert "checkpoint saved" in text


def test_the_style_of_1_5_with_name_scopes(run):
    text = run("name_scope_16.py")
    assert re.search(r"name: mnist_0\b", text)
    assert number(r"train accuracy: ([\d.]+)", text) > 0.8
    assert "parameters: [[10, 1, 5, 5], [10], [16, 10, 5, 5], [16], [256, 10], [10]]" in text


def test_jit_and_traced_layers(run):
    text = run("jit_traced.py")
    for name in ("Decl", "Plain"):
        first = number(rf"{name} first loss \[([\d.]+)\]", text)
        assert number(rf"{name} last loss \[([\d.]+)\]", text) < 0.6 * first
    assert number(r"jit.load difference: ([\d.e+-]+)", text) < 1e-5
    assert number(r"traced difference: ([\d.e+-]+)", text) < 1e-5
    assert "files in traced_model: True" in text
    assert "declarative function: [2. 2.] [-2. -2.]" in text


def test_the_other_layer_classes(run):
    text = run("layer_classes.py")
    assert number(r"accuracy: ([\d.]+)", text) > 0.85
    assert "dropout is quiet in eval: True" in text
    assert "running statistics saved: True True" in text
    assert "global pool: [300, 1, 1, 1]" in text
    assert number(r"restored equals: ([\d.e+-]+)", text) < 1e-6
    assert "dropout in training: [0.0, 1.0]" in text
    assert "dropout in evaluation: [0.5]" in text
    assert number(r"embedding loss ([\d.]+)", text) < 0.01


def test_every_function_agrees_with_numpy(run):
    text = run("functions.py")
    assert_no_complaint(text)
    assert text.count(": ok") >= 60
    assert "scalar forms agree: True" in text
    assert re.search(r"mean looks like \[\d\.\d+\]", text)


def cosine(step):
    return 0.1 * 0.5 * (np.cos(step // 2 * np.pi / 4) + 1)


def cycled(step):
    periods = max(1.0, np.ceil(step / 3))
    return (0.1 - 0.01) * (1 - step / (3 * periods)) + 0.01


FORMULAS = {
    "PolynomialDecay": lambda s: (0.1 - 0.01) * (1 - min(s, 5) / 5) ** 2 + 0.01,
    "PolynomialDecay cycle": cycled,
    "ExponentialDecay": lambda s: 0.1 * 0.5 ** (s // 2),
    "NaturalExpDecay": lambda s: 0.1 * np.exp(-0.5 * s / 4),
    "InverseTimeDecay": lambda s: 0.1 / (1 + 0.5 * s / 4),
    "PiecewiseDecay": lambda s: 0.1 if s < 2 else 0.05 if s < 4 else 0.01,
    "CosineDecay": cosine,
    "NoamDecay": lambda s: 64**-0.5 * min((s + 1) ** -0.5, (s + 1) * 3**-1.5),
    "LinearLrWarmup": lambda s: 0.1 * (s + 1) / 4 if s + 1 < 4 else 0.1,
}


def test_initializers_schedules_and_clips(run):
    text = run("schedules_and_clips.py")
    drawn = {
        name: tuple(map(float, values))
        for name, *values in re.findall(r"(\w+) mean (\S+) std (\S+) max (\S+)", text)
    }
    assert len(drawn) == 12
    expected = {  # mean, spread, largest
        "Normal": (1.0, 0.1, None),
        "Uniform": (0, 0.4 / 12**0.5, 0.2),
        "Constant": (0.5, 0, 0.5),
        "TruncatedNormal": (0, 0.088, 0.2),
    }
    for name, (mean, spread, largest) in expected.items():
        for spelling in (name, f"{name}Initializer"):
            assert drawn[spelling][:2] == pytest.approx((mean, spread), abs=0.003), spelling
            if largest:
                assert drawn[spelling][2] == pytest.approx(largest, abs=0.002), spelling
    assert drawn["Xavier"][2] == pytest.approx((6 / 500) ** 0.5, abs=0.001)
    assert drawn["XavierInitializer"][1] == pytest.approx((2 / 500) ** 0.5, abs=0.001)
    assert drawn["MSRA"][1] == pytest.approx((2 / 300) ** 0.5, abs=0.001)
    assert drawn["MSRAInitializer"][2] == pytest.approx((6 / 300) ** 0.5, abs=0.001)

    for name, formula in FORMULAS.items():
        (line,) = re.findall(rf"^{name}: (.+)$", text, re.MULTILINE)
        rates = [float(rate) for rate in line.split()]
        assert rates == pytest.approx([formula(step) for step in range(7)], abs=2e-6), name

    largest = dict(re.findall(r"(GradientClip\w+): largest ([\d.]+)", text))
    assert float(largest["GradientClipByValue"]) == pytest.approx(0.01)
    norms = dict(re.findall(r"(GradientClip\w+): .* norms (.+)", text))
    each = [float(norm) for norm in norms["GradientClipByNorm"].split()]
    assert each == pytest.approx([0.1, 0.1], abs=1e-4)
    together = [float(norm) for norm in norms["GradientClipByGlobalNorm"].split()]
    assert np.hypot(*together) == pytest.approx(0.1, abs=1e-4)
    assert number(r"acc ([\d.]+)", text.split("# training")[1]) > 0.7
    assert "optimizer state restored True" in text


def test_a_static_graph_with_paddle_dataset(run):
    text = run("static_softmax.py")
    costs = numbers(r"Cost ([\d.]+)", text)
    assert costs[-1] < 0.6 * costs[0]
    assert numbers(r"acc: ([\d.]+)", text)[-1] > 0.6
    assert number(r"inference difference: ([\d.e+-]+)", text) < 1e-5


@images(550)
def test_a_static_convnet(run):
    text = run("static_convnet.py")
    accuracy = number(r"valid accuracy: ([\d.]+)", text)
    assert accuracy > 0.85
    assert "dropout is off in the test program: True" in text
    assert number(r"after startup: ([\d.]+)", text) < 0.5
    assert number(r"after load: ([\d.]+)", text) == accuracy
    assert number(r"inference difference: ([\d.e+-]+)", text) < 1e-4


@pytest.mark.large
def test_a_static_group_of_convolutions(run):
    text = run("static_conv_group.py")
    accuracy = number(r"train accuracy ([\d.]+)", text)
    assert accuracy > 0.8
    assert "testing changes nothing: True" in text
    assert number(r"without the first layer ([\d.]+)", text) < 0.3
    assert f"loaded again {accuracy:.4f} (8, 1, 3, 3)" in text


@images(550)
def test_the_cnn_of_the_tutorial(run):
    """Its small steps only begin to learn on few digits; benchmarks.claims.old_script goes on."""
    text = run("tutorial_cnn.py", "1", "3", "10")
    first = number(r"epoch: 0, batch: 0, loss is: \[([\d.]+)\]", text)
    assert number(r"last loss: ([\d.]+)", text) < 0.75 * first
    hits, total = re.search(r"valid: (\d+)/(\d+)", text).groups()
    assert int(hits) > 0.6 * int(total)


def test_a_decay_of_a_static_graph_steps_with_each_run(run):
    """static.minimize(today's optimizer, decay object, loss) does it, if the optimizer calls it."""
    text = run("static_decay.py")
    expected = [0.1, 0.1, 0.05, 0.05, 0.01, 0.01]
    assert numbers(r"rate ([\d.]+)", text) == pytest.approx(expected, abs=1e-4)


@pytest.mark.large
def test_a_multi_gpu_script_as_two_processes(folder):
    """In small, and to the digit, it is in test_launch.py."""
    words = ["--nproc_per_node", "2", "--cpu", "--log_dir", "./mylog"]
    finished = subprocess.run(
        [sys.executable, ROOT / "scripts/launch.py", *words, SCRIPTS / "multi_process.py"],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert finished.returncode == 0, finished.stdout[-2000:] + finished.stderr[-3000:]
    logs = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("mylog/workerlog.*"))]
    assert len(logs) == 2
    for rank, text in enumerate(logs):
        assert f"rank {rank} of 2" in text
        assert numbers(r"batches (\d+)", text) == [21, 21]  # each took half of the 42
    weights = [number(r"weight ([\d.]+)", text) for text in logs]
    assert weights[0] == weights[1]
    assert "saved ['mnist.pdparams']" in logs[0]
    assert "saved" not in logs[1]
    losses = [numbers(r"(?:first|last) ([\d.]+)", text) for text in logs]
    assert np.mean(losses, axis=0)[-1] < 0.75 * np.mean(losses, axis=0)[0]
