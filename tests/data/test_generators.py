"""The five generators: what they give for every n and b, and that they leave the data as it was."""

import inspect
import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_paddle.data.generators import (
    ENDLESS,
    GENERATORS,
    ORDERS,
    Plan,
    finite,
    infinite,
    random_block,
    reshuffled,
    steps_in_pass,
    wrap_around,
)
from mnist_paddle.errors import DataError

COUNTS, SIZES, SEEDS = st.integers(1, 50), st.integers(1, 60), st.integers(0, 5)
NAMES = st.sampled_from(sorted(GENERATORS))


def toy(count):
    """The tutorial's pairs: sample 10·i is labelled i."""
    return 10 * np.arange(count), np.arange(count)


def taken(name, count, batch_size, passes=3, **settings):
    """Return the batches of a generator: all of a pass, or as many as several passes have."""
    steps = passes * steps_in_pass(count, batch_size)
    return list(itertools.islice(GENERATORS[name](*toy(count), batch_size, **settings), steps))


@given(NAMES, COUNTS, SIZES, SEEDS)
def test_no_batch_is_empty_or_too_large_and_x_keeps_its_y(name, n, b, seed):
    for x, y in taken(name, n, b, seed=seed):
        assert len(x) == len(y)
        assert 1 <= len(x) <= b
        assert (x == 10 * y).all()


@given(NAMES, COUNTS, SIZES, SEEDS)
def test_seed_and_epoch_decide_the_order(name, n, b, seed):
    for first, second in zip(
        taken(name, n, b, seed=seed, epoch=1), taken(name, n, b, seed=seed, epoch=1), strict=True
    ):
        assert first[0].tolist() == second[0].tolist()


@given(COUNTS, SIZES, SEEDS, st.integers(0, 3))
def test_a_pass_has_every_sample_once_in_ceil_n_b_batches(n, b, seed, epoch):
    for name in ("finite", "reshuffled"):
        batches = list(GENERATORS[name](*toy(n), b, seed=seed, epoch=epoch))
        assert len(batches) == -(-n // b)
        assert sorted(np.concatenate([y for _, y in batches])) == list(range(n))
        assert [len(y) for _, y in batches[:-1]] == [b] * (len(batches) - 1)


@given(COUNTS, SIZES, SEEDS)
def test_finite_keeps_the_members_of_each_batch_and_shuffles_inside(n, b, seed):
    for epoch in (0, 1):
        for slot, (_, y) in enumerate(finite(*toy(n), b, seed=seed, epoch=epoch)):
            assert sorted(y) == list(range(slot * b, min(slot * b + b, n)))


def test_two_passes_of_finite_show_the_same_five_in_each_slot_in_another_order():
    """Sixteen pairs and batches of 5: the tutorial's own example."""
    first, second = (list(finite(*toy(16), 5, epoch=epoch)) for epoch in (0, 1))
    for (_, a), (_, b) in zip(first, second, strict=True):
        assert sorted(a) == sorted(b)
    assert any(a.tolist() != b.tolist() for (_, a), (_, b) in zip(first, second, strict=True))
    assert [len(y) for _, y in first] == [5, 5, 5, 1]


def test_reshuffled_mixes_all_samples_anew_in_every_pass():
    members = [sorted(next(reshuffled(*toy(50), 10, epoch=epoch))[1]) for epoch in range(4)]
    assert len({tuple(batch) for batch in members}) == 4
    assert all(batch != list(range(10)) for batch in members)


@given(COUNTS, SIZES, SEEDS)
def test_infinite_is_pass_after_pass_of_reshuffled(n, b, seed):
    passes = [reshuffled(*toy(n), b, seed=seed, epoch=epoch) for epoch in range(3)]
    for (_, ours), (_, theirs) in zip(
        infinite(*toy(n), b, seed=seed), itertools.chain(*passes), strict=False
    ):
        assert ours.tolist() == theirs.tolist()


@given(COUNTS, SIZES, SEEDS)
def test_random_block_is_a_run_of_neighbours_of_the_full_size(n, b, seed):
    for _, y in taken("random_block", n, b, seed=seed):
        assert len(y) == min(b, n)
        assert (np.diff(y) == 1).all()


def test_random_block_reaches_the_first_and_the_last_sample():
    """An inclusive bound made the tutorial's block empty now and then."""
    starts = {int(y[0]) for _, y in itertools.islice(random_block(*toy(10), 4), 300)}
    assert starts == set(range(7))


@given(COUNTS, SIZES)
def test_wrap_around_is_always_full_and_goes_round_in_file_order(n, b):
    batches = taken("wrap_around", n, b)
    assert all(len(y) == b for _, y in batches)
    assert (np.concatenate([y for _, y in batches]) == np.arange(len(batches) * b) % n).all()


def test_wrap_around_is_the_tutorials_example():
    batches = itertools.islice(wrap_around(*toy(10), 4), 4)
    shown = ["".join(map(str, y)) for _, y in batches]
    assert shown == ["0123", "4567", "8901", "2345"]


@given(NAMES, COUNTS, SIZES)
def test_the_callers_data_stay_as_they_were(name, n, b):
    """The tutorial's generators shuffled the caller's array in place."""
    x, y = toy(n)
    kept = x.copy(), y.copy()
    for batch_x, batch_y in itertools.islice(GENERATORS[name](x, y, b), 5):
        batch_x[:] = -1
        batch_y[:] = -1
    assert (x == kept[0]).all()
    assert (y == kept[1]).all()


@pytest.mark.parametrize("name", sorted(GENERATORS))
def test_lists_arrays_and_memory_mapped_files_give_the_same(name, tmp_path):
    x, y = toy(16)
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for ours, lists, files in itertools.islice(
        zip(
            GENERATORS[name](x, y, 5, seed=3),
            GENERATORS[name](x.tolist(), tuple(y.tolist()), 5, seed=3),
            GENERATORS[name](mapped, y, 5, seed=3),
            strict=True,
        ),
        4,
    ):
        assert ours[0].tolist() == lists[0].tolist() == files[0].tolist()
        assert ours[1].tolist() == lists[1].tolist() == files[1].tolist()
        assert type(files[0]) is np.ndarray


def test_a_transform_is_applied_as_each_batch_is_made(tmp_path):
    """Parts 2.5 and 4.2: a list of paths, loaded by path, when the batch is asked for."""
    paths = [tmp_path / f"{i}.npy" for i in range(6)]
    loaded = []

    def load(some_paths, labels):
        loaded.extend(some_paths)
        return np.stack([np.load(path) for path in some_paths]), np.array(labels)

    for i, path in enumerate(paths):
        np.save(path, np.full([2, 2], i))
    batches = reshuffled(paths, list(range(6)), 4, transform=load)
    assert not loaded
    x, y = next(batches)
    assert len(loaded) == 4
    assert x.shape == (4, 2, 2)
    assert (x[:, 0, 0] == y).all()


@pytest.mark.parametrize("name", sorted(GENERATORS))
@pytest.mark.parametrize(
    ("x", "y", "settings", "words"),
    [
        ([1, 2], [1], {}, "2 samples and 1 labels"),
        ([], [], {}, "no samples"),
        ([1], [1], {"batch_size": 0}, "batch_size is 0"),
        ([1], [1], {"seed": -1}, "seed is -1"),
        ([1], [1], {"epoch": -1}, "epoch is -1"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(name, x, y, settings, words):
    """Not when the first batch is asked for, by then in another thread perhaps."""
    with pytest.raises(DataError, match=words):
        GENERATORS[name](x, y, **{"batch_size": 3, **settings})


@given(NAMES, COUNTS, SIZES, SEEDS, st.integers(0, 30))
def test_any_batch_can_be_made_first(name, n, b, seed, number):
    """What a resumed training and a worker process need."""
    stream = Plan(name, n, b, seed=seed, first=0, steps=number + 1)
    later = Plan(name, n, b, seed=seed, first=number, steps=1)
    assert list(stream)[number].tolist() == later[0].tolist()
    assert len(stream) == number + 1
    with pytest.raises(IndexError):
        stream[number + 1]


def test_those_that_never_end_are_named():
    for name in ORDERS:
        count = len(list(itertools.islice(GENERATORS[name](*toy(7), 3), 100)))
        assert count == (100 if name in ENDLESS else 3), name


def test_each_generator_shows_its_name_and_signature_and_can_go_to_another_process():
    shown = {str(inspect.signature(generator)) for generator in GENERATORS.values()}
    assert len(shown) == 1
    assert "batch_size: 'int', *, seed: 'int' = 0, epoch: 'int' = 0" in shown.pop()
    for name, generator in GENERATORS.items():
        assert generator.__name__ == name
        assert inspect.getdoc(generator).startswith("Yield ")
        assert pickle.loads(pickle.dumps(generator)) is generator
    assert "Raises:\n    DataError: no samples" in inspect.getdoc(finite)
