import json
import os
import pickle
import time
import tracemalloc

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
@pytest.mark.parametrize("opt", ["sgd", "momentum", "adagrad", "adam", "adamw"])
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
    with pytest.raises(CheckpointError, match="foreign has no header of this package"):
        checkpoint.load(tmp_path / "foreign")
    with pytest.raises(CheckpointError, match="missing: no such model file"):
        checkpoint.load(tmp_path / "missing")


def test_bytes_from_elsewhere_are_checked_as_a_file_is(tmp_path):
    checkpoint.save(tmp_path / "x", {"a": np.arange(3)}, {"b": 1})
    content = (tmp_path / "x").read_bytes()
    tensors, header = checkpoint.load_bytes(content, "the bytes of rank 0")
    assert tensors["a"].tolist() == [0, 1, 2]
    assert header == {"b": 1}
    with pytest.raises(CheckpointError, match="the bytes of rank 0 is damaged"):
        checkpoint.load_bytes(content[:-1] + b"\1", "the bytes of rank 0")


def test_every_flipped_bit_is_noticed_or_changes_nothing(tmp_path):
    """What may change without harm is how the layout is spelled, such as \\u4e2D for \\u4e2d."""
    checkpoint.save(tmp_path / "x", {"a": np.arange(3.0), "b": np.ones(2, int)}, {"中": [0.5]})
    content = (tmp_path / "x").read_bytes()
    harmless = 0
    for place in range(len(content)):
        for bit in range(8):
            flipped = bytearray(content)
            flipped[place] ^= 1 << bit
            try:
                tensors, header = checkpoint.load_bytes(bytes(flipped), "flipped")
            except CheckpointError:
                continue
            harmless += 1
            assert header == {"中": [0.5]}
            assert tensors["a"].tobytes() == np.arange(3.0).tobytes()
            assert tensors["b"].tobytes() == np.ones(2, int).tobytes()
    assert harmless <= 4


def with_layout(text, tensors=b""):
    """A safetensors file with this text as its layout."""
    return len(text.encode()).to_bytes(8, "little") + text.encode() + tensors


def with_metadata(text, tensors=b"", entries=None):
    """A safetensors file with this text under our key, and perhaps a tensor."""
    metadata = {checkpoint.HEADER_KEY: text}
    return with_layout(json.dumps({"__metadata__": metadata, **(entries or {})}), tensors)


def entry(dtype, shape, size):
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}


DAMAGED = "is damaged: its content does not match its digest"
NOT_WHOLE = "is not a whole safetensors file"
HOSTILE = {
    "a file of before the digest": (with_metadata('{"model": {}}'), "no header and no digest"),
    "no digest": (with_metadata('{"header": {}}'), DAMAGED),
    "no metadata": (with_layout('{"__metadata__":{}}'), "has no header of this package"),
    "a list": (with_metadata("[]"), "has no header of this package"),
    "a header that is a list": (with_metadata('{"header": [], "sha256": ""}'), "has no header"),
    "a digest that is a number": (with_metadata('{"header": {}, "sha256": 0}'), DAMAGED),
    "no JSON": (with_metadata("{"), NOT_WHOLE),
    "deep JSON": (with_metadata("[" * 200_000), NOT_WHOLE),
    "deep layout": (with_layout("[" * 400_000), NOT_WHOLE),
    "deep header": (
        with_metadata('{"header": {"a": ' + "[" * 900 + "]" * 900 + '}, "sha256": ""}'),
        f"{NOT_WHOLE}|{DAMAGED}",
    ),
    "a number of a hundred thousand digits": (with_metadata("9" * 100_000), NOT_WHOLE),
    "NaN": (with_metadata('{"header": {"a": NaN}, "sha256": NaN}'), DAMAGED),
    "one key twice": (with_metadata('{"header": {}, "header": 3}'), "has no header"),
    "half a character": (with_metadata('{"header": {"\\ud800": 1}, "sha256": "\\ud800"}'), DAMAGED),
    "a layout that is a list": (with_layout("[]"), NOT_WHOLE),
    "metadata that is a list": (with_layout('{"__metadata__":[]}'), NOT_WHOLE),
    "metadata that is null": (with_layout('{"__metadata__":null}'), NOT_WHOLE),
    "a number among the metadata": (with_layout('{"__metadata__":{"mnist_paddle":1}}'), NOT_WHOLE),
    "bf16": (with_metadata("{}", bytes(4), entry("BF16", [2], 4)), NOT_WHOLE),
    "fp8": (with_metadata("{}", bytes(4), entry("F8_E4M3", [4], 4)), NOT_WHOLE),
    "fp4": (with_metadata("{}", bytes(4), entry("F4", [8], 4)), NOT_WHOLE),
    "an unknown type": (with_metadata("{}", bytes(4), entry("X9", [4], 4)), NOT_WHOLE),
    "true and false": (
        with_metadata('{"header": {}, "sha256": ""}', b"\7\0\0\0", entry("BOOL", [4], 4)),
        "tensor a holds bool, expected floats or whole numbers",
    ),
    "complex numbers": (
        with_metadata('{"header": {}, "sha256": ""}', bytes(8), entry("C64", [1], 8)),
        f"tensor a holds complex64|{NOT_WHOLE}",
    ),
    "a promise of 4 TB": (with_metadata("{}", bytes(4), entry("F32", [10**12], 4)), NOT_WHOLE),
    "a promise of 4 TB, with offsets": (
        with_metadata("{}", bytes(4), entry("F32", [10**12], 4 * 10**12)),
        NOT_WHOLE,
    ),
    "a shape beyond 64 bits": (
        with_metadata("{}", bytes(4), entry("F32", [2**40, 2**40], 4)),
        NOT_WHOLE,
    ),
    "nothing of a huge shape": (with_metadata("{}", b"", entry("F32", [0, 2**62], 0)), NOT_WHOLE),
    "a hundred dimensions": (with_metadata("{}", bytes(4), entry("F32", [1] * 100, 4)), NOT_WHOLE),
    "a layout of 1 TB": ((1 << 40).to_bytes(8, "little") + b"{}", NOT_WHOLE),
    "a layout of 2 MB": (with_metadata(" " * (2 << 20)), NOT_WHOLE),
    "seven bytes": (b"\0" * 7, NOT_WHOLE),
    "zeros": (bytes(1000), NOT_WHOLE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_sentence_and_takes_no_memory(name, tmp_path):
    content, words = HOSTILE[name]
    (tmp_path / "evil").write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError, match=rf"evil.*({words})") as caught:
            checkpoint.load(tmp_path / "evil")
        assert tracemalloc.get_traced_memory()[1] < 32 << 20
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


def test_a_pickle_that_is_called_a_model_runs_nothing(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    (tmp_path / "model.safetensors").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError, match="is not a whole safetensors file"):
        checkpoint.load(tmp_path / "model.safetensors")
    assert not (tmp_path / "executed").exists()
    pickle.loads((tmp_path / "model.safetensors").read_bytes())  # it would have
    assert (tmp_path / "executed").exists()


def test_a_sparse_terabyte_is_refused_at_once(tmp_path):
    path = tmp_path / "model"
    checkpoint.save(path, {"a": np.zeros(3)}, {})
    os.truncate(path, 1 << 40)
    start = time.monotonic()
    with pytest.raises(CheckpointError, match=r"has 1,099,511,627,776 bytes, expected at most"):
        checkpoint.load(path)
    assert time.monotonic() - start < 1


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero", tmp_path / ("a" * 5000), "a\0b"):
        with pytest.raises(CheckpointError, match=r"no such model file|not a regular file"):
            checkpoint.load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"optimizer/conv9.bias/_moment1_0": np.zeros(20, np.float32)}, "nothing that this opt"),
        ({"optimizer/": np.zeros(20, np.float32)}, "nothing that this opt"),
        ({"optimizer/output.bias/_new": np.zeros(10, np.float32)}, "nothing that this opt"),
        (
            {"optimizer/output.bias/_moment2_0": None},
            r"_moment2_0 is none, expected \[10\] float32",
        ),
        ({"optimizer/output.bias/_moment1_0": np.zeros(9, np.float32)}, r"is \[9\] float32"),
        ({"optimizer/output.bias/_moment1_0": np.zeros(10)}, r"is \[10\] float64"),
        ({"optimizer/output.bias/_beta1_pow_acc_0": np.zeros(10, np.float32)}, r"expected \[1\]"),
        ({"model/output.bias": np.zeros(10, np.int64)}, "weight output.bias is int64"),
        ({"model/new": np.zeros(1, np.float32)}, "weight new has shape"),
    ],
)
def test_training_tensors_that_do_not_fit_are_refused_and_change_nothing(change, words):
    run = Run()
    run.steps(0, 2)
    tensors = checkpoint.training_tensors(run.model, run.optimizer)
    before = {name: array.tobytes() for name, array in tensors.items()}
    halves = {name: array / 2 for name, array in tensors.items()}
    changed = {k: v for k, v in {**halves, **change}.items() if v is not None}
    state = run.schedule.state_dict()
    with pytest.raises(CheckpointError, match=words):
        checkpoint.restore_training(run.model, run.optimizer, changed, state, "x")
    after = checkpoint.training_tensors(run.model, run.optimizer)
    assert {name: array.tobytes() for name, array in after.items()} == before


@pytest.mark.parametrize(
    "schedule",
    [
        None,
        [],
        {},
        {"last_epoch": 1},
        {"last_epoch": "1", "last_lr": 0.1},
        {"last_epoch": True, "last_lr": 0.1},
        {"last_epoch": 1.5, "last_lr": 0.1},
        {"last_epoch": 10**400, "last_lr": 0.1},
        {"last_epoch": 1, "last_lr": float("nan")},
        {"last_epoch": 1, "last_lr": [0.1]},
        {"last_epoch": 1, "last_lr": 0.1, "lr_lambda": "os.system"},
    ],
)
def test_a_schedule_that_is_none_is_refused(schedule):
    run = Run()
    tensors = checkpoint.training_tensors(run.model, run.optimizer)
    with pytest.raises(CheckpointError, match=r"x: .*schedule"):
        checkpoint.restore_training(run.model, run.optimizer, tensors, schedule, "x")


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
