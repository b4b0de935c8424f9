"""From a folder to a trained network: one file per sample gives the network of the data file."""

import shutil

import numpy as np
import pytest
from PIL import Image

from benchmarks.support.run_files import model_bytes
from mnist_paddle import checkpoint
from mnist_paddle.data import draw_digits, load_splits, prepare_data, write_data
from mnist_paddle.data.folder.write import write_folder
from mnist_paddle.errors import CheckpointError, DataError

READING = (
    {"reader": "sync"},
    {"reader": "async"},
    {"reader": "workers", "num_workers": 2},
    {"reader": "resident"},
)


@pytest.fixture(scope="module")
def sample_folder(tiny_data, tmp_path_factory):
    """The tiny data as one file per sample. The name of a folder is that of its data."""
    folder = tmp_path_factory.mktemp("samples") / "tiny"
    write_folder(folder, load_splits(tiny_data))
    return folder


@pytest.mark.parametrize(
    ("format", "layout", "readers"),
    [
        ("npy", "labels", READING),
        ("png", "folders", READING),
        pytest.param("npy", "folders", READING[:1], marks=pytest.mark.large),
        pytest.param("png", "labels", READING[:1], marks=pytest.mark.large),
    ],
)
def test_one_file_per_sample_trains_to_the_bytes_of_the_data_file(
    train, tiny_data, tmp_path, format, layout, readers
):
    write_folder(tmp_path / "tiny", load_splits(tiny_data), format, layout)
    settings = {"model": "mlp", "opt": "adam", "epochs": 2}
    whole = train("file", **settings)
    for number, reading in enumerate(readers):
        result = train(f"{number}", **settings, **reading, data=str(tmp_path / "tiny"))
        assert model_bytes(tmp_path / f"{number}") == model_bytes(tmp_path / "file"), reading
        assert result["data_digest"] == whole["data_digest"]
        assert result["eval_correct"] == whole["eval_correct"]


@pytest.fixture(scope="module")
def real_mnist(mnist_dir, tmp_path_factory):
    """The real MNIST as a data file, and as 70,000 files in a folder of any name."""
    folder = tmp_path_factory.mktemp("mnist")
    prepare_data(folder / "mnist.json.gz", "idx", mnist_dir)
    write_folder(folder / "any name", load_splits(folder / "mnist.json.gz"))
    return folder / "mnist.json.gz", folder / "any name"


@pytest.mark.large
def test_the_real_mnist_as_files_is_known_as_mnist(real_mnist):
    data, files = map(load_splits, real_mnist)
    assert {split.name for split in files.values()} == {"MNIST"}
    for mode in data:
        assert files[mode].digest == data[mode].digest


@pytest.mark.large
def test_the_real_mnist_as_files_trains_to_the_bytes_of_the_data_file(real_mnist, tmp_path):
    from mnist_paddle.config import Config
    from mnist_paddle.trainer import train_and_evaluate

    data, files = real_mnist
    for name, source, reading in (
        ("file", data, {}),
        *((f"files_{i}", files, reading) for i, reading in enumerate(READING[:3])),
    ):
        settings = {"model": "mlp", "opt": "adam", "epochs": 1, "data": str(source)}
        train_and_evaluate(Config(**settings, **reading, run_dir=str(tmp_path / name)))
        assert model_bytes(tmp_path / name) == model_bytes(tmp_path / "file"), reading


def test_a_sample_that_disappears_is_named(sample_folder, tmp_path):
    folder = tmp_path / "tiny"
    shutil.copytree(sample_folder, folder)
    splits = load_splits(folder)
    victim = splits["train"].images.name(500)
    images = splits["train"].images
    (folder / victim).unlink()
    for take in (lambda: images[np.array([1, 500])], lambda: images[500]):
        with pytest.raises(DataError, match=victim):
            take()


@pytest.mark.parametrize("reading", READING[:3], ids=lambda reading: reading["reader"])
def test_a_file_that_breaks_in_the_middle_is_named_by_every_reader(
    fork_server, sample_folder, tmp_path, reading
):
    """Whoever reads it, a thread, a process or the loop itself: one sentence, exit code 2."""
    folder = tmp_path / "tiny"
    shutil.copytree(sample_folder, folder)
    victim = load_splits(folder)["train"].images.name(500)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mnist_paddle.run import setup\n"
        "load = setup.load_splits\n"
        "def load_and_break(*words, **settings):\n"
        "    splits = load(*words, **settings)\n"
        f"    Path({str(folder / victim)!r}).write_bytes(b'no longer a sample')\n"
        "    return splits\n"
        "setup.load_splits = load_and_break\n"
        "from mnist_paddle.commands import main\n"
        "main('train', sys.argv[1:])\n"
    )
    options = [f"--{key}={value}" for key, value in reading.items()]
    words = ("--model=mlp", f"--data={folder}", *options)
    finished = fork_server.run("-c", program, *words, cwd=tmp_path)
    assert finished.returncode == 2, finished.stderr
    errors = [line for line in finished.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert errors[0].startswith("error: stopped after step ")
    assert victim in errors[0]
    assert errors[0].endswith("there is no checkpoint yet.")
    assert "Traceback" not in finished.stderr


def test_pictures_in_folders_train_evaluate_and_predict(command, tmp_path):
    """The five lines of README, on pictures of another size."""
    folder = tmp_path / "我的数字"
    images, labels = draw_digits(200, seed=[9, 0])
    for number, (image, label) in enumerate(zip(images, labels.reshape(-1), strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(255 - image.reshape(28, 28)).resize((112, 140))
        picture.save(folder / str(label) / f"图{number}.jpg")
    checked = command("check_data", "--data", folder)
    assert checked.returncode == 0, checked.stderr
    trained = command(
        *("train", "--data", folder, "--opt", "adam", "--lr", 0.003, "--epochs", 8),
        *("--early_stop", 3, "--augment", "shift", "--batch_size", 20, "--run_dir", "mine"),
    )
    assert trained.returncode == 0, trained.stderr
    assert "我的数字 (not MNIST)" in trained.stdout
    model = ("--checkpoint", "mine/model.safetensors")
    evaluated = command("evaluate", "--data", folder, *model)
    assert evaluated.returncode == 0, evaluated.stderr
    result = trained.stdout.split("\neval: ")[1].splitlines()[0]
    assert result in evaluated.stdout  # the split is that of the training
    correct, total = map(int, result.split()[0].split("/"))
    assert total == 30
    assert correct >= 12  # of 30, after 140 pictures to learn from; 3 would be chance
    predicted = command("predict", *sorted(folder.glob("3/*.jpg"))[:3], *model)
    assert predicted.returncode == 0, predicted.stderr
    assert len(predicted.stdout.splitlines()) == 3


def test_another_split_of_the_folder_is_other_data(train, tmp_path):
    """A resumed training must not train on what it is evaluated on."""
    folder = tmp_path / "digits"
    images, labels = draw_digits(300, seed=[9, 1])
    for number, (image, label) in enumerate(zip(images, labels.reshape(-1), strict=True)):
        (folder / str(label)).mkdir(parents=True, exist_ok=True)
        np.save(folder / str(label) / f"{number}.npy", image.reshape(28, 28))
    settings = {"model": "mlp", "data": str(folder), "epochs": 1}
    first = train("first", **settings)
    second = train("second", **settings, split_seed=1)
    assert first["data_digest"] != second["data_digest"]
    with pytest.raises(CheckpointError, match="split_seed"):
        train("first", **{**settings, "epochs": 2}, split_seed=1, resume=True)
    _, header = checkpoint.load(tmp_path / "second" / "model.safetensors")
    assert header["config"]["split_seed"] == 1


def test_a_data_file_made_of_a_folder_trains_as_the_folder_does(train, sample_folder, tmp_path):
    out = tmp_path / "tiny.json.gz"
    splits = load_splits(sample_folder)
    write_data(out, {m: (s.images[np.arange(len(s))], s.labels) for m, s in splits.items()}, "tiny")
    train("folder", model="linear", epochs=1, data=str(sample_folder))
    train("made", model="linear", epochs=1, data=str(out))
    assert model_bytes(tmp_path / "folder") == model_bytes(tmp_path / "made")
