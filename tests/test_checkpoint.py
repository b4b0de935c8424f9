import numpy as np
import paddle
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from mnist_paddle import checkpoint
from mnist_paddle.errors import CheckpointError
from mnist_paddle.losses import OBJECTIVES
from mnist_paddle.models import build_model
from mnist_paddle.optimizers import make_optimizer, make_schedule

STEPS = 8


class Run:
    """A small training by hand: its losses are what a resumed one must repeat."""

    def __init__(self, opt="adam", schedule="polynomial", model="mlp"):
        paddle.seed(0)
        self.model = build_model(model, 10)
        self.schedule = make_schedule(schedule, 0.01, STEPS, 0.001)
        self.optimizer = make_optimizer(opt, self.schedule, self.model.parameters(), 1e-4)

    def steps(self, first, last):
        losses = []
        for i in range(first, last):
            rng = np.random.default_rng(i)
            images = paddle.to_tensor(rng.random((6, 1, 28, 28), np.float32))
            labels = paddle.to_tensor(rng.integers(0, 10, (6, 1)))
            loss = OBJECTIVES["ce"].loss(self.model(images), labels)
            loss.backward()
            self.optimizer.step()
            self.optimizer.clear_grad()
            self.schedule.step()
            losses.append(float(loss))
        return losses

    def save(self, path):
        tensors = checkpoint.training_tensors(self.model, self.optimizer)
        checkpoint.save(path, tensors, {"schedule": self.schedule.state_dict()})

    def restore(self, path):
        tensors, header = checkpoint.load(path)
        checkpoint.restore_training(self.model, self.optimizer, tensors, header["schedule"], path)

    def weights(self):
        return {k: v.tobytes() for k, v in checkpoint.model_tensors(self.model).items()}


@pytest.mark.parametrize("schedule", ["constant", "polynomial", "cosine", "onecycle"])
@pytest.mark.parametrize("opt", ["sgd", "momentum", "adagrad", "adam"])
def test_a_resumed_run_repeats_the_uninterrupted_one_bit_for_bit(opt, schedule, tmp_path):
    uninterrupted = Run(opt, schedule)
    losses = uninterrupted.steps(0, STEPS)

    stopped = Run(opt, schedule)
    assert stopped.steps(0, 3) == losses[:3]
    stopped.save(tmp_path / "c.safetensors")

    build_model("cnn", 10)  # another model changes the names that Paddle gives to parameters
    resumed = Run(opt, schedule)
    resumed.restore(tmp_path / "c.safetensors")
    assert resumed.steps(3, STEPS) == losses[3:]
    assert resumed.weights() == uninterrupted.weights()


def test_state_that_is_not_restored_is_noticed_by_the_losses(tmp_path):
    """The test above can fail: without the optimizer's state the losses differ."""
    losses = Run().steps(0, STEPS)
    stopped = Run()
    stopped.steps(0, 3)
    resumed = Run()
    checkpoint.restore_model(resumed.model, checkpoint.model_tensors(stopped.model), "memory")
    continued = resumed.steps(3, STEPS)
    assert continued[0] == losses[3]
    assert continued[1:] != losses[4:]


def test_the_learning_rate_goes_on_where_it_was(tmp_path):
    stopped = Run()
    stopped.steps(0, 5)
    stopped.save(tmp_path / "c.safetensors")
    resumed = Run()
    assert resumed.optimizer.get_lr() == pytest.approx(0.01)
    resumed.restore(tmp_path / "c.safetensors")
    assert resumed.optimizer.get_lr() == stopped.optimizer.get_lr() < 0.005


def test_keys_name_the_place_in_the_model_not_the_parameter():
    run = Run(model="cnn")
    run.steps(0, 1)
    keys = set(checkpoint.training_tensors(run.model, run.optimizer))
    assert "model/conv1.weight" in keys
    assert "optimizer/conv2.bias/_moment2_0" in keys
    assert len(keys) == 6 + 6 * 4


def test_the_same_content_gives_the_same_bytes(tmp_path, rng):
    tensors = {f"w{i}": rng.random((3, i + 1)) for i in range(12)}
    header = {f"key{i}": i for i in range(12)}
    checkpoint.save(tmp_path / "a", tensors, header)
    shuffled = dict(reversed(tensors.items())), dict(reversed(header.items()))
    checkpoint.save(tmp_path / "b", *shuffled)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_what_was_saved_is_loaded(tmp_path, rng):
    tensors = {"a": rng.random((2, 3)), "b": np.arange(4)}
    checkpoint.save(tmp_path / "x", tensors, {"中": [1, 0.1, None]})
    loaded, header = checkpoint.load(tmp_path / "x")
    assert header == {"中": [1, 0.1, None]}
    assert {k: v.tobytes() for k, v in loaded.items()} == {
        k: v.tobytes() for k, v in tensors.items()
    }


def test_a_broken_file_is_refused_by_name(tmp_path):
    good = tmp_path / "good"
    checkpoint.save(good, {"a": np.zeros(100)}, {})
    content = good.read_bytes()
    broken = {
        "truncated": content[:-50],
        "empty": b"",
        "text": b"not a model\n" * 20,
        "huge": (2**62).to_bytes(8, "little") + content[8:],
    }
    for name, bad in broken.items():
        (tmp_path / name).write_bytes(bad)
        with pytest.raises(CheckpointError, match=f"{name} is not a whole safetensors file"):
            checkpoint.load(tmp_path / name)
    save_file({"a": np.zeros(3)}, tmp_path / "foreign")
    with pytest.raises(CheckpointError, match="foreign has no header"):
        checkpoint.load(tmp_path / "foreign")
    with pytest.raises(CheckpointError, match="missing: no such model file"):
        checkpoint.load(tmp_path / "missing")


def test_weights_of_another_network_are_refused_and_change_nothing():
    model, other = build_model("linear", 10), build_model("linear", 1)
    before = model.output.weight.numpy().tobytes()
    with pytest.raises(CheckpointError, match=r"output.bias has shape \[1\].*wants \[10\]"):
        checkpoint.restore_model(model, checkpoint.model_tensors(other), "x")
    assert model.output.weight.numpy().tobytes() == before
    with pytest.raises(CheckpointError, match=r"weight conv1\.bias has shape none"):
        checkpoint.restore_model(build_model("cnn", 10), checkpoint.model_tensors(model), "x")


def test_a_failed_save_leaves_the_older_file(tmp_path, monkeypatch):
    path = tmp_path / "model"
    checkpoint.save(path, {"a": np.zeros(3)}, {})
    before = path.read_bytes()

    def full_disk(*_):
        raise SafetensorError("No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full_disk)
    with pytest.raises(OSError, match="model cannot be written: No space left"):
        checkpoint.save(path, {"a": np.ones(3)}, {})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["model"]
