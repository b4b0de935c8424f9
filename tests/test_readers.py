import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial

import numpy as np
import paddle
import pytest

from mnist_paddle import readers
from mnist_paddle.errors import DataError
from mnist_paddle.readers import read_async, read_resident, read_sync, read_workers

PLACE = paddle.CPUPlace()


def batches(count, fail_at=None):
    for i in range(count):
        if i == fail_at:
            raise ValueError("image 17 is broken")
        size = 3 if i < count - 1 else 2  # the last one is short
        images = np.random.default_rng(i).random((size, 1, 28, 28), np.float32)
        yield images, np.full([size, 1], i, np.int64)


@pytest.fixture
def no_thread_behind():
    """Fail the test if it leaves a thread behind that was not there before."""
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def test_async_yields_the_batches_of_sync():
    for capacity in (1, 5, 50):
        pairs = list(
            zip(
                read_sync(batches(20), PLACE),
                read_async(batches(20), PLACE, capacity),
                strict=True,
            )
        )
        assert len(pairs) == 20
        for ours, theirs in pairs:
            for one, other in zip(ours, theirs, strict=True):
                assert one.dtype == other.dtype
                assert one.numpy().tobytes() == other.numpy().tobytes()
                assert one.shape == other.shape


def test_batches_arrive_as_they_were_made():
    for read in (read_sync, read_async):
        for (images, labels), (made, made_labels) in zip(
            read(batches(4), PLACE), batches(4), strict=True
        ):
            assert images.dtype == paddle.float32
            assert labels.dtype == paddle.int64
            np.testing.assert_array_equal(images.numpy(), made)
            np.testing.assert_array_equal(labels.numpy(), made_labels)


@pytest.mark.usefixtures("no_thread_behind")
@pytest.mark.parametrize("read", [read_sync, read_async])
def test_an_exception_in_the_data_arrives_as_itself(read):
    reader = read(batches(9, fail_at=6), PLACE)
    assert len([next(reader) for _ in range(6)]) == 6
    with pytest.raises(ValueError, match="image 17 is broken"):
        next(reader)


@pytest.mark.usefixtures("no_thread_behind")
def test_stopping_early_leaves_no_thread_behind():
    for _, labels in read_async(batches(1000), PLACE, capacity=3):
        if int(labels[0, 0]) == 2:
            break
    assert int(labels[0, 0]) == 2


@pytest.mark.usefixtures("no_thread_behind")
def test_an_error_in_the_loop_leaves_no_thread_behind():
    def train():
        for _ in read_async(batches(1000), PLACE, capacity=3):
            raise RuntimeError("the loop failed")

    with pytest.raises(RuntimeError, match="the loop failed"):
        train()


def test_async_runs_ahead_by_no_more_than_its_queue():
    made = []

    def counted():
        for batch in batches(100):
            made.append(1)
            yield batch

    reader = read_async(counted(), PLACE, capacity=4)
    next(reader)
    previous = -1
    while len(made) != previous:  # until the thread has stopped making batches
        previous = len(made)
        time.sleep(0.2)
    reader.close()
    assert 4 <= previous <= 4 + 4  # the queue, and the few on their way into and out of it


@pytest.mark.usefixtures("no_thread_behind")
def test_many_passes_never_hang():
    """Paddle's own reset after the last batch, called a second time, blocks for ever at times."""
    for i in range(150):
        assert len(list(read_async(batches(8), PLACE, capacity=1 + i % 5))) == 8
        next(read_async(batches(50), PLACE, capacity=1 + i % 5))


def make(number):
    """Make batch `number` of 20, the last one short."""
    return list(batches(20))[number]


@pytest.fixture(params=["forked", "spawned"])
def processes(request, monkeypatch):
    """Worker processes as Linux has them, and as Windows and macOS start them."""
    monkeypatch.setattr(readers, "PADDLE_HAS_WORKERS", request.param == "forked")


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("workers", [2, pytest.param(5, marks=pytest.mark.large)])
def test_workers_yield_the_batches_of_sync(workers):
    pairs = zip(read_sync(batches(20), PLACE), read_workers(make, 20, PLACE, workers), strict=True)
    for ours, theirs in pairs:
        for one, other in zip(ours, theirs, strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.numpy().tobytes() == other.numpy().tobytes()
            assert str(one.place) == str(other.place)


class TwoWords(Exception):
    """An exception that pickle writes and cannot read."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


FAILURES = {
    DataError: DataError("img_0017.png is damaged"),
    FileNotFoundError: OSError(2, "No such file", "img_0017.png"),
    RuntimeError: None,
}


def fail_at_six(kind, number):
    """Make batch `number`, but batch 6 fails as `kind`."""
    if number == 6:
        raise FAILURES[kind] or TwoWords("img_0017.png", "is damaged")
    return make(number)


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    "kind",
    [DataError, *(pytest.param(kind, marks=pytest.mark.large) for kind in list(FAILURES)[1:])],
)
def test_an_exception_in_a_worker_arrives_as_itself(kind):
    """After the batches before it. Paddle alone would wrap a traceback's text into its own."""
    reader = read_workers(partial(fail_at_six, kind), 20, PLACE, 2)
    assert len([next(reader) for _ in range(6)]) == 6
    with pytest.raises(kind, match=r"img_0017\.png") as caught:
        next(reader)
    assert kind is RuntimeError or str(caught.value) == str(FAILURES[kind])
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("processes")
def test_stopping_early_leaves_no_worker_behind():
    for _, labels in read_workers(make, 20, PLACE, 3):
        if int(labels[0, 0]) == 2:
            break
    assert int(labels[0, 0]) == 2
    assert not multiprocessing.active_children()


def test_workers_can_be_started_again_and_again():
    """A new process must not destroy what is left of older loaders: it would wait for ever."""
    for i in range(30):
        reader = read_workers(make, 20, PLACE, 2)
        assert next(reader)[1].shape == [3, 1]
        if i % 3:
            with pytest.raises(ValueError, match="stop"):
                reader.throw(ValueError("stop"))  # its traceback holds the loader


def kill_at_seven(number):
    """Make batch `number`; the process that is to make batch 7 is killed."""
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return make(number)


@pytest.mark.usefixtures("processes")
def test_a_worker_that_is_killed_is_an_error_and_not_a_wait():
    with pytest.raises(DataError, match="a worker process ended while it made a batch"):
        list(read_workers(kill_at_seven, 20, PLACE, 2))
    assert not multiprocessing.active_children()


SPAWNED = """
import sys
from pathlib import Path
from mnist_paddle import readers
from mnist_paddle.config import Config
from mnist_paddle.trainer import train_and_evaluate

if __name__ == "__main__":
    readers.PADDLE_HAS_WORKERS = False
    common = {"model": "mlp", "epochs": 1, "limit_batches": 4, "augment": "shift"}
    for reader in ("sync", "workers"):
        folder = Path(sys.argv[2], reader)
        config = Config(**common, reader=reader, data=sys.argv[1], run_dir=str(folder))
        train_and_evaluate(config)
    one, other = (Path(sys.argv[2], r, "model.safetensors") for r in ("sync", "workers"))
    print(one.read_bytes() == other.read_bytes())
"""


@pytest.mark.large
def test_workers_that_are_spawned_make_the_same_batches(tiny_data, tmp_path):
    (tmp_path / "program.py").write_text(SPAWNED)
    finished = subprocess.run(
        [sys.executable, tmp_path / "program.py", tiny_data, tmp_path],
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.splitlines()[-1] == "True"


def test_a_step_takes_only_indices_to_resident_data(monkeypatch, rng):
    resident = next(read_sync([(rng.random([50, 1, 28, 28]), np.zeros([50, 1]))], PLACE))
    taken, to_tensor = [], paddle.to_tensor

    def watched(data, **options):
        taken.append(data)
        return to_tensor(data, **options)

    monkeypatch.setattr(paddle, "to_tensor", watched)
    plan = [rng.permutation(50)[:7] for _ in range(3)]
    assert len(list(read_resident(resident, plan))) == 3
    assert all(data is chosen for data, chosen in zip(taken, plan, strict=True))


def test_resident_data_are_the_batches_of_sync_bit_for_bit(rng):
    images = rng.random([12_345, 1, 4, 4], np.float32)
    labels = np.arange(12_345).reshape(-1, 1)
    resident = next(read_sync([(images, labels)], PLACE))
    plan = [rng.integers(0, 12_345, size) for size in (100, 7, 1)]
    batches = [(images[chosen], labels[chosen]) for chosen in plan]
    for ours, theirs in zip(read_resident(resident, plan), read_sync(batches, PLACE), strict=True):
        for one, other in zip(ours, theirs, strict=True):
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            assert one.numpy().tobytes() == other.numpy().tobytes()
