import itertools
import json

import numpy as np
import pytest
import yaml

from benchmarks.support.run_files import metrics_without_time, model_bytes, rows
from mnist_paddle import checkpoint
from mnist_paddle.config import Config
from mnist_paddle.data import load_data
from mnist_paddle.data.generators import ENDLESS, GENERATORS
from mnist_paddle.errors import ConfigError, TrainingError
from mnist_paddle.evaluation import evaluate
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from tests.support.tiers import small


def test_a_cnn_learns_to_read_digits(train, tmp_path):
    result = train(opt="adam", lr=0.003, epochs=4)
    accuracy = result["eval_correct"] / result["eval_total"]
    assert 0.7 <= accuracy < 1  # 170 drawn digits after 44 steps; all right would be suspicious
    losses = [float(row["loss"]) for row in rows(tmp_path / "run", "epoch")]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 3


def test_every_model_learns_with_every_loss(train, tmp_path):
    """Each lowers its own loss; the losses themselves cannot be compared with each other."""
    for model, loss in itertools.product(("linear", "mlp", "cnn"), ("mse", "ce")):
        train(f"{model}{loss}", model=model, loss=loss, opt="adam", lr=0.003, epochs=2)
        first, last = (float(r["loss"]) for r in rows(tmp_path / f"{model}{loss}", "epoch"))
        assert last < first, (model, loss)


def test_the_first_loss_is_that_of_a_network_that_knows_nothing(train, tmp_path):
    train(model="mlp", epochs=1, limit_batches=1)
    (row,) = rows(tmp_path / "run", "step")
    assert float(row["loss"]) == pytest.approx(np.log(10), abs=0.4)


def test_the_same_command_gives_the_same_bytes(train, tmp_path):
    for folder in ("a", "b"):
        train(folder, opt="adam", epochs=2, limit_batches=4)
    train("other", opt="adam", epochs=2, limit_batches=4, seed=2)
    assert model_bytes(tmp_path / "a") == model_bytes(tmp_path / "b")
    assert metrics_without_time(tmp_path / "a") == metrics_without_time(tmp_path / "b")
    assert model_bytes(tmp_path / "a") != model_bytes(tmp_path / "other")


def test_async_training_gives_the_bytes_of_sync(train, tmp_path):
    for reader in ("sync", "async"):
        train(reader, model="mlp", reader=reader, epochs=2)
    assert model_bytes(tmp_path / "sync") == model_bytes(tmp_path / "async")


@pytest.mark.parametrize("generator", small(*sorted(GENERATORS)))
def test_every_reader_trains_to_the_same_bytes_with_every_generator(train, tmp_path, generator):
    settings = {"model": "mlp", "opt": "adam", "generator": generator, "epochs": 2}
    if generator in ENDLESS:
        settings["steps_per_epoch"] = 13  # more than the 11 of a pass
    for reader in ("sync", "async", "workers", "resident"):
        result = train(reader, **settings, reader=reader)
        assert model_bytes(tmp_path / reader) == model_bytes(tmp_path / "sync"), reader
    assert len(rows(tmp_path / "sync", "step")) == (26 if generator in ENDLESS else 22)
    assert result["eval_total"] == 170


@pytest.mark.parametrize("augment", small("affine", "shift"))
def test_augmented_images_are_the_same_whoever_makes_them(train, tmp_path, augment):
    settings = {"model": "mlp", "opt": "adam", "augment": augment, "epochs": 2}
    train("plain", **{**settings, "augment": "none"})
    for folder, reading in (
        ("sync", {}),
        ("async", {"reader": "async"}),
        ("two", {"reader": "workers", "num_workers": 2}),
        ("three", {"reader": "workers", "num_workers": 3}),
    ):
        train(folder, **settings, **reading)
        assert model_bytes(tmp_path / folder) == model_bytes(tmp_path / "sync"), folder
    assert model_bytes(tmp_path / "sync") != model_bytes(tmp_path / "plain")


def test_an_epoch_of_a_generator_that_never_ends_is_so_many_batches(train, capsys):
    train(model="mlp", generator="infinite", steps_per_epoch=30, epochs=1)
    assert "generator: infinite, an epoch is 30 batches of it" in capsys.readouterr().out


def test_a_pass_does_not_have_more_batches_than_it_has(train):
    with pytest.raises(ConfigError, match=r"a pass over 1050 images has 11 batches.*infinite"):
        train(steps_per_epoch=12)


def test_data_on_the_device_are_not_augmented(train):
    with pytest.raises(ConfigError, match="resident"):
        train(reader="resident", augment="shift")


def test_the_loss_of_an_epoch_counts_the_images_that_a_generator_gave(train, tmp_path):
    settings = {"model": "mlp", "generator": "infinite", "steps_per_epoch": 22}
    train(epochs=1, **settings)  # two passes: the 11th and the last batch have 50 images
    losses = [float(row["loss"]) for row in rows(tmp_path / "run", "step")]
    sizes = [100] * 10 + [50] + [100] * 10 + [50]
    (epoch,) = rows(tmp_path / "run", "epoch")
    assert float(epoch["loss"]) == pytest.approx(np.average(losses, weights=sizes))


def test_early_stopping_keeps_the_best_epochs_model(train, tmp_path, capsys):
    """With a learning rate that is too high, valid goes up and down."""
    settings = {"model": "mlp", "opt": "sgd", "lr": 6.0, "epochs": 40}
    result = train("stopped", **settings, early_stop=3)
    said = capsys.readouterr().out
    correct = [int(row["valid_correct"]) for row in rows(tmp_path / "stopped", "epoch")]
    best = int(np.argmax(correct))
    assert len(correct) == best + 4 < 40
    assert result["valid_correct"] == correct[best] > correct[-1]
    assert result["epochs"] == len(correct)
    assert f"the model is that of epoch {best}, the best on valid" in said
    assert "valid has not got better for 3 epochs" in said
    train("best", **{**settings, "epochs": best + 1})
    ours, _ = checkpoint.load(tmp_path / "stopped" / "model.safetensors")
    theirs, _ = checkpoint.load(tmp_path / "best" / "model.safetensors")
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_a_run_that_gets_better_to_the_end_is_not_stopped_early(train, tmp_path):
    train(model="mlp", opt="adam", lr=0.003, epochs=4, early_stop=3)
    assert len(rows(tmp_path / "run", "epoch")) == 4


def test_the_learning_rate_falls_with_its_schedule(train, tmp_path):
    """The tutorial built a decay and never stepped it."""
    train(model="linear", schedule="polynomial", lr=0.01, end_lr=0.001, epochs=2)
    rates = [float(row["lr"]) for row in rows(tmp_path / "run", "step")]
    np.testing.assert_allclose(rates, 0.001 + 0.009 * (1 - np.arange(22) / 22))


def test_every_image_is_trained_on_once_per_epoch_the_short_batch_too(train, tmp_path):
    train(model="linear", epochs=2, batch_size=100)  # 1050 images
    steps = rows(tmp_path / "run", "step")
    assert [int(row["step"]) for row in steps] == list(range(22))
    assert [int(row["epoch"]) for row in steps] == [0] * 11 + [1] * 11


def test_the_loss_of_an_epoch_is_the_mean_over_images_not_over_batches(train, tmp_path):
    train(model="linear", epochs=1)
    losses = [float(row["loss"]) for row in rows(tmp_path / "run", "step")]
    (epoch,) = rows(tmp_path / "run", "epoch")
    expected = (100 * sum(losses[:-1]) + 50 * losses[-1]) / 1050
    assert float(epoch["loss"]) == pytest.approx(expected)


def test_the_run_folder_tells_everything(train, tmp_path, tiny_data):
    result = train(model="cnn", epochs=1, limit_batches=2)
    folder = tmp_path / "run"
    assert json.loads((folder / "result.json").read_text()) == result
    wanted = "model loss opt data seed parameters valid_correct valid_total eval_correct eval_total"
    assert set(f"{wanted} train_seconds paddle device".split()) <= set(result)
    assert (result["valid_total"], result["eval_total"]) == (130, 170)
    assert (result["parameters"], result["device"]) == (20350, "cpu")
    split = load_data("eval", tiny_data)
    assert (result["data"], result["data_digest"]) == ("tiny (not MNIST)", split.digest)

    written = yaml.safe_load((folder / "config.yaml").read_text())
    assert Config(**written) == Config(
        data=str(tiny_data), run_dir=str(folder), epochs=1, limit_batches=2
    )
    _, header = checkpoint.load(folder / "model.safetensors")
    assert header["model"] == {"name": "cnn", "outputs": 10, "hidden": 10}
    assert header["objective"] == "ce"
    assert header["data"]["digest"] == split.digest
    assert header["metrics"]["eval_correct"] == result["eval_correct"]
    assert header["pixels"]["divide_by"] == 255
    assert (folder / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_lines_are_those_of_the_tutorial(train, capsys):
    train(model="linear", epochs=2, log_every=5)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(": train 1050, valid 130, eval 170")
    assert lines[1] == "batch: images (100, 1, 28, 28) float32, labels (100, 1) int64"
    steps = [line for line in lines if ", batch: " in line]
    positions = [line.rsplit(", loss: ", 1)[0] for line in steps]
    assert positions == [f"epoch: {e}, batch: {b}" for e in (0, 1) for b in (0, 5, 10)]
    epochs = [line for line in lines if "train loss" in line]
    assert len(epochs) == 2
    assert "/130 " in epochs[0]
    assert "%" in epochs[0]
    assert "images/s" in epochs[0]


def test_check_shapes_prints_every_layer_and_trains_on(train, capsys, tmp_path):
    train("plain", epochs=1, limit_batches=1)
    capsys.readouterr()
    train("checked", epochs=1, limit_batches=1, check_shapes=True)
    printed = capsys.readouterr().out
    assert "conv1: Conv2D, input [100, 1, 28, 28], output [100, 20, 28, 28]" in printed
    assert "output: Linear, input [100, 980], output [100, 10]" in printed
    assert model_bytes(tmp_path / "plain") == model_bytes(tmp_path / "checked")


def test_square_error_trains_on_float_labels(train, capsys):
    train(model="linear", loss="mse", lr=0.001, epochs=1, limit_batches=1)
    assert "labels (100, 1) float32" in capsys.readouterr().out


def test_a_loss_that_explodes_stops_the_run_with_a_sentence(train):
    with pytest.raises(TrainingError, match=r"the loss is (inf|nan) at epoch \d, batch \d+.*--lr"):
        train(model="linear", loss="mse", lr=100.0, epochs=2)


def test_weight_decay_makes_smaller_weights(train, tmp_path):
    norms = []
    for folder, decay in (("none", 0.0), ("some", 0.1)):
        train(folder, model="linear", epochs=2, lr=0.1, weight_decay=decay)
        tensors, _ = checkpoint.load(tmp_path / folder / "model.safetensors")
        norms.append(np.linalg.norm(tensors["output.weight"]))
    assert norms[1] < 0.95 * norms[0]


def test_a_folder_that_cannot_be_written_is_found_out_before_training(train, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        train("file/run", model="linear", epochs=1)
    assert "epoch" not in capsys.readouterr().out


def test_visualdl_log_holds_the_losses(train, tmp_path):
    pytest.importorskip("visualdl", reason="VisualDL is not installed: pip install visualdl")
    from visualdl import LogReader

    train(model="linear", epochs=2, visualdl=True)
    (log,) = (tmp_path / "run" / "visualdl").iterdir()
    reader = LogReader(file_path=str(log))
    logged = [record.value for record in reader.get_data("scalar", "step/loss")]
    losses = [float(row["loss"]) for row in rows(tmp_path / "run", "step")]
    np.testing.assert_allclose(logged, losses, rtol=1e-6)


def test_evaluate_is_the_same_for_every_batch_size(tiny_data):
    import paddle

    model, split = build_model("cnn", 10), load_data("valid", tiny_data)
    scores = [
        evaluate(model, OBJECTIVES["ce"], split, paddle.CPUPlace(), size).confusion
        for size in (1, 7, 100, 129, 130, 500)
    ]
    assert all((score == scores[0]).all() for score in scores)
    assert scores[0].sum() == 130
    assert scores[0].sum(1).tolist() == np.bincount(split.labels[:, 0], minlength=10).tolist()


def test_evaluation_changes_nothing_of_the_model(tiny_data):
    import paddle

    model, split = build_model("mlp", 10), load_data("valid", tiny_data)
    before = [p.numpy().tobytes() for p in model.parameters()]
    model.train()
    evaluate(model, OBJECTIVES["ce"], split, paddle.CPUPlace())
    assert model.training
    assert [p.numpy().tobytes() for p in model.parameters()] == before
