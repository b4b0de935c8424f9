"""install(): what it changes, that it takes it back, and the names an old script then finds."""

import gc
import importlib
import inspect
import os
import pickle
import subprocess
import sys
import threading
import warnings

import numpy as np
import paddle
import pytest

import mnist_paddle.fluid
from benchmarks.support import ROOT
from mnist_paddle.data import load_data
from mnist_paddle.errors import DeviceError
from mnist_paddle.fluid.modules import MODULES


@pytest.fixture
def fluid():
    """`paddle.fluid` as an old script sees it, for one test."""
    mnist_paddle.fluid.install()
    yield importlib.import_module("paddle.fluid")
    mnist_paddle.fluid.uninstall()


def one_number(value=0.25, dtype="float32"):
    return paddle.to_tensor(np.array([value], dtype))


def test_importing_the_package_changes_nothing_in_paddle():
    code = """
import sys, mnist_paddle, mnist_paddle.fluid
assert "paddle" not in sys.modules
import paddle, PIL.Image
before = {name: vars(paddle.Tensor)[name] for name in vars(paddle.Tensor)}
import mnist_paddle.fluid.namespace, mnist_paddle.fluid.installation
assert before == dict(vars(paddle.Tensor))
assert not hasattr(paddle, "fluid") and not hasattr(PIL.Image, "ANTIALIAS")
assert not [name for name in sys.modules if name.startswith("paddle.fluid")]
assert paddle.in_dynamic_mode()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_uninstall_takes_all_of_it_back():
    import PIL.Image

    def state():
        modules = {name for name in sys.modules if name.startswith("paddle.fluid")}
        mnist = sys.modules.get("paddle.dataset.mnist"), paddle.dataset.mnist
        backend = os.environ.get("MPLBACKEND")
        image = hasattr(PIL.Image, "ANTIALIAS")
        return dict(vars(paddle.Tensor)), modules, mnist, backend, image, hasattr(paddle, "fluid")

    import paddle.dataset.mnist

    before = state()
    mnist_paddle.fluid.install()
    mnist_paddle.fluid.install()
    assert state() != before
    mnist_paddle.fluid.uninstall()
    assert state() == before


def test_every_import_form_of_old_scripts_works(fluid):
    forms = """
import paddle.fluid as fluid
from paddle import fluid
import paddle.fluid.dygraph.nn
import paddle.fluid.layers as layers
from paddle.fluid import dygraph, layers, core, optimizer
from paddle.fluid.dygraph import Conv2D, Pool2D, Linear, to_variable, Layer, no_grad, FC
from paddle.fluid.dygraph.nn import Conv2D, Pool2D, Linear, BatchNorm, Embedding, Dropout
from paddle.fluid.dygraph.base import to_variable
from paddle.fluid.dygraph.container import Sequential
from paddle.fluid.dygraph.layers import Layer
from paddle.fluid.dygraph.learning_rate_scheduler import PolynomialDecay
from paddle.fluid.dygraph.parallel import prepare_context, DataParallel, Env
from paddle.fluid.optimizer import AdamOptimizer, SGD
from paddle.fluid.layers import cross_entropy, mean, accuracy
from paddle.fluid.param_attr import ParamAttr
from paddle.fluid.regularizer import L2Decay, L2DecayRegularizer
from paddle.fluid.initializer import Normal, MSRA
from paddle.fluid.contrib.reader import distributed_batch_reader
from paddle.fluid.io import DataLoader
from paddle.dataset import mnist
import paddle.dataset.mnist as mnist
"""
    for form in forms.strip().splitlines():
        exec(form, {})
    found = {}
    exec("from paddle.fluid.layers import *", found)
    assert {"mean", "relu", "fc", "data"} < set(found)
    assert not {"np", "paddle", "F", "lookup"} & set(found)
    assert fluid.dygraph.nn.Conv2D is fluid.dygraph.Conv2D
    assert fluid.param_attr.ParamAttr is fluid.ParamAttr
    assert fluid.contrib.reader.distributed_batch_reader


def test_every_module_and_name_has_a_docstring_with_the_old_form(fluid):
    for name, ours in MODULES.items():
        if ours is None:
            continue
        module = importlib.import_module(f"paddle.{name}")
        for word in getattr(module, "__all__", ()):
            value = getattr(module, word)
            if getattr(value, "__module__", "").startswith("mnist_paddle.fluid") and not (
                inspect.ismodule(value)
            ):
                assert value.__doc__, f"{name}.{word}"


def test_a_name_that_is_not_here_is_named_with_its_replacement(fluid):
    assert not hasattr(fluid.layers, "warpctc_of_old")
    with pytest.raises(AttributeError, match=r"paddle\.fluid\.layers\.warpctc_of_old .* issue"):
        _ = fluid.layers.warpctc_of_old
    with pytest.raises(ImportError, match=r"paddle\.fluid\.dygraph\.nn\.NCE_of_old .* issue"):
        exec("from paddle.fluid.dygraph.nn import NCE_of_old", {})
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("paddle.fluid.no_such_module")
    from mnist_paddle.fluid import names

    for known in names.ELSEWHERE:
        module, _, word = known.rpartition(".")
        if f"paddle.{module}" in sys.modules and module in MODULES:
            with pytest.raises(AttributeError, match="today one writes"):
                getattr(sys.modules[f"paddle.{module}"], word)
            break


# Numbers of shape [1].


def test_a_number_of_shape_1_converts_in_every_way(fluid):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = one_number()
        assert float(loss) == float(loss.numpy()) == loss.numpy()[0] == 0.25
        assert int(one_number(7, "int64")) == int(one_number(7, "int64").numpy()) == 7
        assert "%f" % loss.numpy() == "%f" % loss == "0.250000"  # noqa: UP031
        assert f"{loss.numpy()}" == str(loss.numpy()) == "[0.25]"
        assert repr(loss.numpy()) == "array([0.25], dtype=float32)"
        assert round(float(loss.numpy()), 1) == 0.2
        assert [float(value) for value in [loss.numpy() + loss.numpy(), loss.numpy() * 4]] == [
            *(0.5, 1.0)
        ]
        assert np.mean([loss.numpy(), loss.numpy()]) == 0.25
        assert list(range(one_number(3, "int64"))) == [0, 1, 2]
        assert float(paddle.to_tensor([[2.0]]).numpy()) == 2.0
    assert loss.shape == [1]
    assert str(paddle.ones([2, 3]).shape) == "[2, 3]"
    assert paddle.ones([2, 3])[0, 1].numpy()[0] == 1.0


def test_a_saved_number_opens_without_this_package(fluid, tmp_path):
    data = pickle.dumps(one_number().numpy())
    assert b"mnist_paddle" not in data
    assert pickle.loads(data) == np.array([0.25])


def test_backward_takes_a_strategy_and_gradient_is_an_array(fluid):
    strategy = fluid.dygraph.BackwardStrategy()
    strategy.sort_sum_gradient = True
    with fluid.dygraph.guard():
        x = fluid.dygraph.to_variable(np.ones((2, 2), np.float32))
        x.stop_gradient = False
        assert x.gradient() is None
        fluid.layers.mean(x * x).backward(strategy)
        assert (x.gradient() == 0.5).all()


# Mode and places.


def test_guard_and_no_grad_in_all_their_forms(fluid):
    dygraph = fluid.dygraph

    @dygraph.no_grad
    def without(x):
        return x * 2

    @dygraph.no_grad()
    def with_parentheses(x):
        return x * 2

    with dygraph.guard(fluid.CPUPlace()):
        assert fluid.in_dygraph_mode()
        x = paddle.ones([1])
        x.stop_gradient = False
        assert without(x).stop_gradient
        assert with_parentheses(x).stop_gradient
        assert not (x * 2).stop_gradient
        with dygraph.no_grad():
            assert (x * 2).stop_gradient
    fluid.disable_dygraph()
    assert not fluid.in_dygraph_mode()
    with dygraph.guard():
        assert fluid.in_dygraph_mode()
    assert not fluid.in_dygraph_mode()
    fluid.enable_dygraph()
    assert fluid.in_dygraph_mode()


@pytest.mark.skipif(paddle.is_compiled_with_cuda(), reason="this is about machines without a GPU")
def test_a_gpu_place_without_a_gpu_names_the_flag(fluid, monkeypatch):
    with pytest.raises(DeviceError, match=r"fluid.CUDAPlace\(0\) needs a GPU .* --cpu"):
        fluid.CUDAPlace(0)
    monkeypatch.setenv("MNIST_PADDLE_CPU", "1")
    assert isinstance(fluid.CUDAPlace(3), paddle.CPUPlace)
    assert [type(place) for place in fluid.cuda_places([0, 1])] == [paddle.CPUPlace] * 2


def test_the_seed_of_the_default_program_seeds(fluid):
    def draw(seed):
        fluid.default_startup_program().random_seed = seed
        fluid.default_main_program().random_seed = seed
        return fluid.dygraph.Linear(5, 5).weight.numpy()

    assert (draw(3) == draw(3)).all()
    assert (draw(3) != draw(4)).any()


# Reading.


def pairs(n):
    return lambda: iter([(np.full((1, 28, 28), i, np.float32), i) for i in range(n)])


@pytest.mark.parametrize("call", [False, True])
def test_from_generator_with_every_kind_of_generator(fluid, call):
    def passes(loader):
        return [[np.asarray(a) for a in batch] for batch in (loader() if call else loader)]

    samples = fluid.io.DataLoader.from_generator(capacity=2, return_list=True)
    samples.set_sample_generator(pairs(7), batch_size=3, drop_last=False, places=fluid.CPUPlace())
    lists = fluid.io.DataLoader.from_generator(capacity=2, use_multiprocess=True)
    lists.set_sample_list_generator(fluid.io.batch(pairs(7), 3), places=fluid.cpu_places())
    batches = fluid.io.DataLoader.from_generator(feed_list=None, capacity=1, iterable=True)
    batches.set_batch_generator(
        lambda: (
            (np.full((size, 1, 28, 28), 1.0, np.float32), np.arange(size)) for size in (3, 3, 1)
        )
    )
    for loader in (samples, lists, batches):
        for _ in range(2):  # a second pass is whole again
            found = passes(loader)
            assert [len(labels) for _, labels in found] == [3, 3, 1]
            assert found[0][0].shape == (3, 1, 28, 28)
            assert found[0][1].tolist() == [0, 1, 2]
    assert len(list(samples.set_sample_generator(pairs(7), batch_size=3))) == 2


def test_an_error_of_the_generator_comes_out_as_itself(fluid):
    def broken():
        yield np.ones(1, np.float32), np.ones(1)
        raise ZeroDivisionError("in the reader")

    loader = fluid.io.DataLoader.from_generator(capacity=4).set_batch_generator(broken)
    seen = []
    with pytest.raises(ZeroDivisionError, match="in the reader"):
        seen.extend(loader)
    assert len(seen) == 1
    with pytest.raises(RuntimeError, match="has no data"):
        list(fluid.io.DataLoader.from_generator(capacity=4))


def test_leaving_a_loop_early_ends_the_thread(fluid):
    before = threading.active_count()
    loader = fluid.io.DataLoader.from_generator(capacity=1)
    loader.set_batch_generator(lambda: ([np.ones(3)] for _ in range(1000)))
    for _ in loader:
        break
    gc.collect()
    assert threading.active_count() == before


def test_paddle_dataset_mnist_reads_the_data_file(fluid, tiny_data, tmp_path, monkeypatch):
    (tmp_path / "work").mkdir()
    (tmp_path / "work/mnist.json.gz").symlink_to(tiny_data)
    monkeypatch.chdir(tmp_path)
    mnist = importlib.import_module("paddle.dataset.mnist")
    train, test = list(mnist.train()()), list(mnist.test()())
    assert (len(train), len(test)) == (1050 + 130, 170)
    image, label = train[0]
    split = load_data("train", tiny_data)
    assert image.shape == (784,)
    assert image.dtype == np.float32
    assert type(label) is int
    np.testing.assert_allclose(image, split.images[0].ravel() / 127.5 - 1, atol=1e-6)
    assert label == split.labels[0, 0]
    batch = next(paddle.batch(paddle.reader.shuffle(mnist.train(), 100), 64)())
    assert len(batch) == 64


def test_paddle_dataset_mnist_without_a_file_makes_one(fluid, idx_folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("MNIST_DIR", str(idx_folder))
    assert len(list(paddle.dataset.mnist.train()())) == 60
    assert len(list(paddle.dataset.mnist.test()())) == 13
    assert list((tmp_path / "cache/mnist_paddle").glob("*.json.gz"))


def test_ranks_take_every_other_batch_and_equally_many(fluid, monkeypatch):
    monkeypatch.setenv("PADDLE_TRAINERS_NUM", "2")
    monkeypatch.setenv("PADDLE_TRAINER_ID", "1")
    assert fluid.dygraph.parallel.Env().nranks == 2
    reader = fluid.contrib.reader.distributed_batch_reader(lambda: iter(range(7)))
    assert list(reader()) == [1, 3, 5]


# Beside Paddle.


def test_antialias_is_back(fluid):
    from PIL import Image

    assert Image.new("L", (9, 9)).resize((3, 3), Image.ANTIALIAS).size == (3, 3)
