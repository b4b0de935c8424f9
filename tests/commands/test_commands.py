"""The commands as real processes, in an empty folder, as a user types them."""

import os
import re
import shutil
import subprocess
import sys

import numpy as np
import paddle
import pytest
from PIL import Image

from benchmarks.support import ROOT
from benchmarks.support.demo_server import running_demo
from mnist_paddle.commands import main
from mnist_paddle.data import load_data
from mnist_paddle.data.sources import prepare as sources
from mnist_paddle.predict import SHIPPED
from tests.support.data_files import idx_files


def test_training_as_a_command_writes_the_run_folder(command, tiny_data, tmp_path):
    load_data("train", tiny_data)  # so that the cache is there
    finished = command("train", "--model", "mlp", "--epochs", 1, "--data", tiny_data)
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""  # no bar where there is no terminal, no warning of Paddle's
    written = {file.name for file in (tmp_path / "work/runs/mlp_ce_sgd").iterdir()}
    assert written >= {"config.yaml", "metrics.csv", "result.json", "curve.png"}
    assert "model.safetensors" in written


def test_the_default_data_file_is_made_when_it_is_missing(command, idx_folder, tmp_path):
    words = ("train", "--model", "linear", "--epochs", 1)
    finished = command(*words, MNIST_DIR=str(idx_folder))
    assert finished.returncode == 0, finished.stderr
    assert "data: my-digits (not MNIST) from work/mnist.json.gz: train 50," in finished.stdout
    labels = load_data("eval", tmp_path / "work/mnist.json.gz").labels[:, 0]
    assert labels.tolist() == idx_files()[1][3].tolist()


def test_two_processes_with_one_seed_write_the_same_bytes(command, tiny_data, tmp_path):
    for name in "ab":
        words = ("train", "--opt", "adam", "--epochs", 1, "--limit_batches", 3)
        assert command(*words, "--data", tiny_data, "--run_dir", name).returncode == 0
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other


def test_config_yaml_of_a_run_repeats_it(command, tiny_data, tmp_path):
    words = ("train", "--model", "linear", "--lr", 0.002, "--epochs", 1, "--data", tiny_data)
    assert command(*words, "--run_dir", "a").returncode == 0
    again = command("train", "--config", "a/config.yaml", "--run_dir", "b")
    assert again.returncode == 0, again.stderr
    one, other = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert one == other


def test_the_gpu_is_used_or_refused_in_one_sentence(command, tmp_path):
    """Never a silent second best: without a usable GPU nothing is trained."""
    if paddle.is_compiled_with_cuda() and paddle.device.cuda.device_count():
        pytest.skip("this machine has a GPU; the refusal cannot be seen here")
    finished = command("train", "--gpu")
    assert finished.returncode == 2
    assert finished.stderr.startswith("error: --gpu needs ")
    assert finished.stderr.count("\n") == 1
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["train", "--data", "nope.json.gz"], "nope.json.gz: no such file"),
        (["trian"], 'Did you mean "train"?'),
        (["predict", "a.jpg", "--checkpoint", "none"], "none: no such model file"),
        (["predict", "--checkpoint", "none"], "name at least one picture file"),
        (["evaluate", "--checkpoint", "none"], "none: no such model file"),
        (["evaluate", "--data", "nope.json.gz"], "nope.json.gz: no such file"),
        (["check_data", "--data", "nope.json.gz"], "nope.json.gz: no such file"),
        (["export_files", "--data", "nope.json.gz", "--out", "x"], "nope.json.gz: no such file"),
        (["prepare_data", "--source", "idx", "--from", "none"], "none"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(command, words, sentence, tmp_path):
    finished = command(*words, MNIST_DIR="")
    assert finished.returncode == 2
    assert sentence in finished.stderr
    assert finished.stderr.startswith("error: ")
    assert finished.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_without_paddle_a_sentence_says_what_to_install(tmp_path, tiny_data):
    (tmp_path / "paddle.py").write_text("raise ModuleNotFoundError(name='paddle')")
    finished = subprocess.run(
        [sys.executable, "-m", "mnist_paddle", "train", "--data", str(tiny_data)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 2
    assert "pip install paddlepaddle, or paddlepaddle-gpu" in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_evaluate_alone_reads_with_the_model_in_the_box(command, tiny_data, tmp_path):
    """The program's digits are others than those that it was trained on."""
    finished = command("evaluate", "--data", tiny_data)
    assert finished.returncode == 0, finished.stderr
    assert "digits.safetensors, trained on mnist-and-drawn" in finished.stdout
    (correct, total) = re.search(r"^(\d+)/(\d+) ", finished.stdout, re.MULTILINE).groups()
    assert total == "170"
    assert int(correct) >= 150
    assert (tmp_path / "work" / "confusion_eval.png").is_file()


@pytest.fixture(scope="module")
def strange_folder(tmp_path_factory, tiny_data):
    """A folder with names in Chinese, accents and spaces in it: data, IDX files, model, picture."""
    folder = tmp_path_factory.mktemp("any") / "数字 é x"
    (folder / "原始 é").mkdir(parents=True)
    shutil.copy(tiny_data, folder / "数据.json.gz")
    for name, content in idx_files()[0].items():
        (folder / "原始 é" / name).write_bytes(content)
    shutil.copy(SHIPPED, folder / "模型 é.safetensors")
    shutil.copy(ROOT / "work" / "example_0.jpg", folder / "零 é.jpg")
    (folder / "tmp é x").mkdir()
    return folder


DATA, MODEL = ["--data", "数据.json.gz"], ["--checkpoint", "模型 é.safetensors"]
SMALL = ["--model", "linear", "--epochs", "1", "--limit_batches", "2"]


@pytest.mark.parametrize(
    ("script", "words", "written"),
    [
        ("train", [*SMALL, *DATA, "--run_dir", "运行 é"], "运行 é/model.safetensors"),
        ("evaluate", [*MODEL, *DATA], "confusion_eval.png"),
        ("predict", ["零 é.jpg", *MODEL, "--csv", "表 é.csv", "--show", "图 é.png"], "图 é.png"),
        ("check_data", [*DATA, "--sheet", "样张 é.png"], "样张 é.png"),
        ("export_files", [*DATA, "--out", "文件 é"], "文件 é/labels.csv"),
        ("prepare_data", ["--from", "原始 é", "--out", "新 é.json.gz"], "新 é.json.gz"),
        ("make_example", ["--out", "例 é.jpg"], "例 é.jpg"),
        ("export", ["导出 é", "--to", "paddle", *MODEL, *DATA], "导出 é/model_card.json"),
        (
            "launch",
            [
                "--nproc_per_node=2",
                "--log_dir",
                "日志 é",
                "train",
                *SMALL,
                *DATA,
                "--run_dir",
                "二",
            ],
            "二/model.safetensors",
        ),
    ],
)
def test_each_command_is_a_real_process_in_a_strange_folder_and_a_plain_locale(
    script, words, written, strange_folder
):
    """Names are bytes for a process without UTF-8; and what it writes for a moment has spaces."""
    variables = {"PYTHONUTF8": "0", "LC_ALL": "C", "TMPDIR": str(strange_folder / "tmp é x")}
    finished = subprocess.run(
        [sys.executable, ROOT / "scripts" / f"{script}.py", *words],
        cwd=strange_folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        capture_output=True,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stderr.decode(errors="replace")
    assert b"Traceback" not in finished.stderr
    assert (strange_folder / written).is_file()
    if script == "predict":
        assert " 0  " in finished.stdout.decode(errors="replace")


def test_the_pad_is_served_from_a_strange_folder(strange_folder, monkeypatch):
    variables = {"PYTHONUTF8": "0", "LC_ALL": "C", "TMPDIR": str(strange_folder / "tmp é x")}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with running_demo(strange_folder, *MODEL) as demo:
        status, answer = demo.read((strange_folder / "零 é.jpg").read_bytes(), "image/jpeg")
    assert (status, answer["digit"]) == (200, 0)


def test_every_command_has_its_real_process():
    tested = {"train", "evaluate", "predict", "check_data", "export_files", "prepare_data"}
    assert set(COMMANDS) == {*tested, "make_example", "export", "launch", "demo"}


SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in ROOT.glob("scripts/*.py")}
COMMANDS = [name for name, text in SCRIPTS.items() if f'main("{name}")' in text]


def loaded_after(*words, program):
    """Run a script or code in a process of its own; return the names of the modules it loaded."""
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, sep='\\n')); " + program
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.split()


def test_help_loads_neither_paddle_nor_what_only_other_commands_need():
    program = "from mnist_paddle.commands import main; main('train', ['--help'])"
    loaded = loaded_after(program=program)
    assert "mnist_paddle.commands.train" in loaded
    others = {"paddle", "numpy", "PIL", "matplotlib", "yaml", "tqdm", "mnist_paddle.launch"}
    assert not others & set(loaded)
    assert not {f"mnist_paddle.commands.{name}" for name in ("predict", "demo")} & set(loaded)


def test_predict_loads_nothing_large_but_paddle():
    program = "from mnist_paddle.commands import main; main('predict', sys.argv[1:])"
    loaded = loaded_after(ROOT / "work" / "example_0.jpg", program=program)
    assert "paddle" in loaded
    by_paddle = set(loaded_after(program="import paddle"))
    for name in ("matplotlib", "scipy", "yaml", "onnxruntime", "visualdl", "starlette"):
        assert name not in loaded or name in by_paddle


def test_the_list_of_commands_says_what_each_does(command):
    shown = command("--help").stdout
    assert re.search(r"^\W*train +Train a network on the data file", shown, re.MULTILINE)


def test_prepare_data_writes_drawn_digits_and_prints_shapes(monkeypatch, capsys, tmp_path):
    """The sizes are printed with their own split's name, the types are dtypes."""
    sizes = {"train": 60, "valid": 12, "eval": 14}
    draw = sources.draw_splits
    monkeypatch.setattr(sources, "draw_splits", lambda seed, _: draw(seed, tuple(sizes.values())))
    out = tmp_path / "drawn.json.gz"
    with pytest.raises(SystemExit):
        main(tokens=["prepare_data", "--source", "drawn", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    for mode, size in sizes.items():
        (line,) = [line for line in lines if f" {mode}: " in line]
        assert f" {mode}: {size} images" in line
        assert f"images ({min(size, 100)}, 1, 28, 28) float32" in line
        assert f"labels ({min(size, 100)}, 1) int64" in line
    assert all("drawn-digits-seed-0 (not MNIST)" in line for line in lines[-3:])


def test_the_example_picture_is_what_its_script_draws(command, tmp_path):
    assert command("make_example").returncode == 0
    made = np.asarray(Image.open(tmp_path / "work" / "example_0.jpg")).astype(int)
    committed = np.asarray(Image.open(ROOT / "work" / "example_0.jpg")).astype(int)
    assert made.shape == committed.shape == (280, 280)
    assert np.abs(made - committed).mean() < 2  # another libjpeg may round otherwise
    assert committed[0, 0] > 240
    assert committed.min() < 60
