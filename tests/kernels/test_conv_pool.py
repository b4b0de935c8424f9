"""The fast CNN computes what Paddle's own layers compute, forwards and backwards."""

import threading

import numpy as np
import paddle
import pytest
from paddle.nn import functional as F

from mnist_paddle import checkpoint
from mnist_paddle.kernels import conv_pool as conv_pool_module
from mnist_paddle.kernels.conv_pool import (
    NUMPY,
    PADDLE,
    choose_convolutions,
    conv_pool,
    convolutions,
    convolutions_by_paddle,
    numpy_conv_pool,
)
from mnist_paddle.kernels.cores import computing_threads
from mnist_paddle.models import build_model


def paddle_conv_pool(x, weight, bias, padding):
    return F.max_pool2d(F.conv2d(x, weight, bias, padding=padding), 2)


def values(shape, seed):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def outputs_and_gradients(function, *arrays, padding):
    tensors = [paddle.to_tensor(array, stop_gradient=False) for array in arrays]
    result = function(*tensors, padding)
    (result * paddle.to_tensor(values(result.shape, 9))).sum().backward()
    return [result.numpy(), *(tensor.grad.numpy() for tensor in tensors)]


@pytest.mark.parametrize("shape", [(35, 1, 28, 28), (2, 20, 14, 14), (1, 3, 6, 8)])
@pytest.mark.parametrize(("size", "padding"), [(1, 0), (3, 1), (3, 0), (5, 2), (5, 0), (5, 1)])
def test_conv_pool_and_its_gradients_are_those_of_paddle(shape, size, padding):
    kernels = 7
    arrays = values(shape, 1), values([kernels, shape[1], size, size], 2), values([kernels], 3)
    ours = outputs_and_gradients(numpy_conv_pool, *arrays, padding=padding)
    paddles = outputs_and_gradients(paddle_conv_pool, *arrays, padding=padding)
    for one, other in zip(ours, paddles, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


def test_of_equal_neighbours_one_gets_the_gradient():
    """Paper is all one value; what went to all four neighbours would be four times too much."""
    x, weight = np.ones([1, 1, 8, 8], np.float32), np.ones([1, 1, 3, 3], np.float32)
    arrays = x, weight, np.zeros([1], np.float32)
    for one, other in zip(
        outputs_and_gradients(numpy_conv_pool, *arrays, padding=1),
        outputs_and_gradients(paddle_conv_pool, *arrays, padding=1),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_an_input_without_gradient_gets_none():
    x = paddle.to_tensor(values([2, 1, 8, 8], 1))
    weight = paddle.to_tensor(values([4, 1, 5, 5], 2), stop_gradient=False)
    bias = paddle.to_tensor(values([4], 3), stop_gradient=False)
    numpy_conv_pool(x, weight, bias, 2).sum().backward()
    assert x.grad is None
    np.testing.assert_allclose(bias.grad.numpy(), [2 * 16] * 4)


@pytest.mark.parametrize("x", [(1, 1, 7, 8), (1, 1, 8, 7), (1, 2, 8, 8)])
def test_a_shape_that_it_cannot_compute_is_named(x):
    with pytest.raises(ValueError, match=r"even height and width.*\[4, 1, 5, 5\]"):
        numpy_conv_pool(paddle.zeros(x), paddle.zeros([4, 1, 5, 5]), paddle.zeros([4]), 2)
    with pytest.raises(ValueError, match="odd size"):
        numpy_conv_pool(
            paddle.zeros([1, 1, 8, 8]), paddle.zeros([4, 1, 4, 4]), paddle.zeros([4]), 2
        )


@pytest.fixture
def chosen():
    """Let a test choose, and put back what was chosen before."""
    yield choose_convolutions
    choose_convolutions(fast=True)


@pytest.mark.parametrize("name", ["cnn", "lenet", "vgg"])
def test_a_network_learns_the_same_in_either_way(name, chosen):
    """The same steps from the same weights; rounding is all that may differ."""
    images = paddle.to_tensor(np.random.default_rng(1).random([20, 1, 28, 28], np.float32))
    labels = paddle.arange(20).reshape([20, 1]) % 10
    weights = []
    for fast in (False, True):
        chosen(fast)
        paddle.seed(3)
        model = build_model(name, 10)
        optimizer = paddle.optimizer.SGD(0.1, model.parameters())
        for _ in range(5):
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
            optimizer.clear_grad()
        weights.append([parameter.numpy() for parameter in model.parameters()])
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    assert any((one != other).any() for one, other in zip(*weights, strict=True))  # two ways


class Calls:
    """Count how often each way computes."""

    def __init__(self, monkeypatch):
        self.numpy = self.paddle = 0
        compute = conv_pool_module.numpy_conv_pool

        def counted(*arguments):
            self.numpy += 1
            return compute(*arguments)

        monkeypatch.setattr(conv_pool_module, "numpy_conv_pool", counted)

    def watch(self, layer):
        def count(*_):
            self.paddle += 1

        layer.register_forward_post_hook(count)


def test_the_network_on_the_page_is_the_one_that_computes(monkeypatch, chosen):
    """One forward; what it calls is chosen, and by Paddle's own way every layer is called."""
    images, model, calls = paddle.rand([2, 1, 28, 28]), build_model("cnn", 10), Calls(monkeypatch)
    for layer in (model.conv1, model.pool1, model.conv2, model.pool2):
        calls.watch(layer)
    fast = model(images)
    assert (calls.numpy, calls.paddle) == (2, 0)
    chosen(fast=False)
    slow = model(images)
    assert (calls.numpy, calls.paddle) == (2, 4)
    np.testing.assert_allclose(fast.numpy(), slow.numpy(), atol=1e-5)


def test_within_a_block_paddle_computes_and_then_the_former_choice_again():
    model = build_model("cnn", 10)
    with convolutions_by_paddle():
        assert convolutions(model) == PADDLE
    assert convolutions(model) == NUMPY


def test_what_is_traced_is_paddles_own_operators(monkeypatch, tmp_path):
    model, calls = build_model("cnn", 10), Calls(monkeypatch)
    images = paddle.static.InputSpec([None, 1, 28, 28], "float32", "images")
    paddle.jit.save(model, str(tmp_path / "model"), input_spec=[images])
    assert calls.numpy == 0
    given = paddle.rand([3, 1, 28, 28])
    outputs = paddle.jit.load(str(tmp_path / "model"))(given)
    np.testing.assert_allclose(outputs.numpy(), model(given).numpy(), atol=1e-5)
    assert calls.numpy == 2


@pytest.mark.parametrize(
    ("conv", "pool", "side"),
    [
        ({"kernel_size": 4}, {}, 8),
        ({"kernel_size": 3}, {}, 9),
        ({"kernel_size": 3, "stride": 2}, {}, 8),
        ({"kernel_size": 3, "dilation": 2}, {}, 8),
        ({"kernel_size": 3, "groups": 2}, {}, 8),
        ({"kernel_size": 3, "bias_attr": False}, {}, 8),
        ({"kernel_size": 3, "padding": "SAME"}, {}, 8),
        ({"kernel_size": [3, 5]}, {}, 8),
        ({"kernel_size": 3}, {"kernel_size": 3}, 8),
        ({"kernel_size": 3}, {"stride": 1}, 8),
        ({"kernel_size": 3}, {"padding": 1}, 8),
        ({"kernel_size": 3}, {"ceil_mode": True}, 8),
    ],
)
def test_what_numpy_does_not_compute_is_left_to_paddle(conv, pool, side, monkeypatch):
    calls, x = Calls(monkeypatch), paddle.rand([2, 2, side, side])
    conv = paddle.nn.Conv2D(2, 4, **conv)
    pool = paddle.nn.MaxPool2D(**{"kernel_size": 2, **pool})
    np.testing.assert_array_equal(conv_pool(x, conv, pool).numpy(), pool(conv(x)).numpy())
    assert calls.numpy == 0


def test_without_gradients_nothing_is_kept_and_the_result_is_the_same():
    model, images = build_model("cnn", 10), paddle.rand([40, 1, 28, 28])
    with paddle.no_grad():
        outputs = model(images)
    assert outputs.stop_gradient
    np.testing.assert_array_equal(outputs.numpy(), model(images).numpy())


@pytest.mark.parametrize(
    ("options", "way"),
    [
        *(({}, NUMPY), ({"fast": False}, PADDLE), ({"model": "mlp"}, None)),
        *(({"model": "lenet"}, NUMPY), ({"model": "vgg", "fast": False}, PADDLE)),
    ],
)
def test_the_setting_fast_decides_what_computes_and_is_written_down(
    options, way, train, tmp_path, capsys, chosen
):
    result = train(**options, epochs=1, limit_batches=1, batch_size=20)
    assert result["convolutions"] == way
    _, header = checkpoint.load(tmp_path / "run" / "model.safetensors")
    assert header["convolutions"] == way
    line = {
        NUMPY: f"convolutions: NumPy, {computing_threads()} thread(s); --no-fast for Paddle's own",
        PADDLE: "convolutions: Paddle's own",
    }
    said = [line for line in capsys.readouterr().out.splitlines() if "convolutions" in line]
    assert said == ([line[way]] if way else [])


def test_several_threads_compute_the_same_bytes(monkeypatch):
    arrays = values([70, 3, 12, 12], 1), values([5, 3, 3, 3], 2), values([5], 3)
    results, names, patches = [], [], conv_pool_module._patches

    def noted(*given):
        names.append(threading.current_thread().name)
        return patches(*given)

    monkeypatch.setattr(conv_pool_module, "_patches", noted)
    for threads in (1, 3):
        monkeypatch.setattr(conv_pool_module, "computing_threads", lambda n=threads: n)
        conv_pool_module._threads.cache_clear()
        monkeypatch.setattr(conv_pool_module, "PIECE", 70 * 25 * (4 * 4 * 3 + 4 * 5) // 5)
        results.append(outputs_and_gradients(numpy_conv_pool, *arrays, padding=0))
    assert len(names) == 2 * 6  # pieces
    assert {name.split("_")[0] for name in names[:6]} == {"MainThread"}
    assert all(name.startswith("conv_pool_") for name in names[6:])
    conv_pool_module._threads().shutdown()
    conv_pool_module._threads.cache_clear()
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("images", "numbers", "count"), [(1, 10**9, 1), (31, 10**9, 1), (32, 1, 2), (100, 22_500, 4)]
)
def test_pieces_are_even_in_number_and_hold_each_image_once(images, numbers, count):
    pieces = conv_pool_module._pieces(images, numbers)
    assert len(pieces) == count
    assert [i for piece in pieces for i in range(images)[piece]] == list(range(images))


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_what_is_no_number_stays_so_without_a_warning(value, recwarn):
    """As Paddle's own kernels; predict and training look at what comes out."""
    weight = np.full([2, 1, 3, 3], value, np.float32)
    arrays = values([40, 1, 8, 8], 1), weight, np.zeros([2], np.float32)
    outputs, *_ = outputs_and_gradients(numpy_conv_pool, *arrays, padding=1)
    assert not np.isfinite(outputs).all()
    assert not [warning for warning in recwarn if warning.category is RuntimeWarning]
