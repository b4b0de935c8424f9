import math

import numpy as np
import paddle
import pytest
from paddle.nn import functional as F

from mnist_paddle.losses import OBJECTIVES, cross_entropy, square_error, with_smoothing
from mnist_paddle.models import build_model


def test_perfect_prediction_has_zero_loss():
    labels = paddle.to_tensor(np.arange(10).reshape(10, 1))
    outputs = 50 * F.one_hot(labels[:, 0], 10)
    assert float(cross_entropy(outputs, labels)) < 1e-6
    # the fault of the tutorial's successor: softmax in the model and again in the loss
    assert float(cross_entropy(F.softmax(outputs), labels)) == pytest.approx(1.4612, abs=1e-4)
    floats = labels.astype("float32")
    assert float(square_error(floats, floats)) == 0


def test_undecided_prediction_costs_log_ten():
    labels = paddle.to_tensor([[3], [7]])
    assert float(cross_entropy(paddle.zeros([2, 10]), labels)) == pytest.approx(math.log(10))


def test_losses_match_numpy(rng):
    outputs, labels = rng.normal(size=(6, 10)).astype(np.float32), rng.integers(0, 10, (6, 1))
    log_softmax = outputs - np.log(np.exp(outputs).sum(1, keepdims=True))
    expected = -np.take_along_axis(log_softmax, labels, 1).mean()
    ours = cross_entropy(paddle.to_tensor(outputs), paddle.to_tensor(labels))
    assert float(ours) == pytest.approx(expected, rel=1e-5)
    one = outputs[:, :1]
    ours = square_error(paddle.to_tensor(one), paddle.to_tensor(labels.astype(np.float32)))
    assert float(ours) == pytest.approx(((one - labels) ** 2).mean(), rel=1e-5)


def test_label_smoothing_matches_numpy_and_wants_no_certainty(rng):
    outputs, labels = rng.normal(size=(6, 10)).astype(np.float32), rng.integers(0, 10, (6, 1))
    log_softmax = outputs - np.log(np.exp(outputs).sum(1, keepdims=True))
    right = np.take_along_axis(log_softmax, labels, 1).mean()
    loss = with_smoothing(OBJECTIVES["ce"], 0.2).loss
    ours = loss(paddle.to_tensor(outputs), paddle.to_tensor(labels))
    assert float(ours) == pytest.approx(-0.8 * right - 0.2 * log_softmax.mean(), rel=1e-5)
    one = paddle.to_tensor([[4]])
    best = 0.8 + 0.2 / 10, 0.2 / 10  # probabilities of the label and of any other digit
    shy, sure = (F.one_hot(one[:, 0], 10) * math.log(odds) for odds in (best[0] / best[1], 1e6))
    assert float(loss(shy, one)) < float(loss(sure, one))


def test_linear_matches_numpy(rng):
    """Forward and gradient of the linear model under square error, by hand."""
    model = build_model("linear", 1)
    images = rng.random((5, 1, 28, 28), np.float32)
    labels = rng.integers(0, 10, (5, 1)).astype(np.float32)
    loss = square_error(model(paddle.to_tensor(images)), paddle.to_tensor(labels))
    loss.backward()
    x, w, b = images.reshape(5, 784), model.output.weight.numpy(), model.output.bias.numpy()
    error = x @ w + b - labels
    assert float(loss) == pytest.approx((error**2).mean(), rel=1e-5)
    np.testing.assert_allclose(model.output.weight.grad.numpy(), 2 * x.T @ error / 5, rtol=1e-4)
    np.testing.assert_allclose(model.output.bias.grad.numpy(), [2 * error.mean()], rtol=1e-4)


def test_square_error_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError, match=r"\[4, 1\] and \[4\]"):
        square_error(paddle.zeros([4, 1]), paddle.zeros([4]))
    with pytest.raises(ValueError, match="float labels"):
        square_error(paddle.zeros([4, 1]), paddle.zeros([4, 1], "int64"))


def test_cross_entropy_refuses_float_labels_and_wrong_shapes():
    with pytest.raises(ValueError, match="integer labels"):
        cross_entropy(paddle.zeros([4, 10]), paddle.zeros([4, 1]))
    with pytest.raises(ValueError, match=r"\[4, 10\] and \[4\]"):
        cross_entropy(paddle.zeros([4, 10]), paddle.zeros([4], "int64"))


def test_square_error_head_rounds_and_clips():
    outputs = paddle.to_tensor([[-3.0], [0.4], [0.6], [8.7], [42.0]])
    assert OBJECTIVES["mse"].digits(outputs).tolist() == [0, 0, 1, 9, 9]


def test_cross_entropy_head_takes_the_most_probable_of_ten(rng):
    outputs = paddle.to_tensor(rng.normal(size=(7, 10)).astype(np.float32))
    objective = OBJECTIVES["ce"]
    probabilities = objective.probabilities(outputs).numpy()
    assert objective.digits(outputs).tolist() == probabilities.argmax(1).tolist()
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)
    assert ((probabilities > 0) & (probabilities < 1)).all()


def test_one_hot_of_a_label_is_one_at_the_label():
    """The tutorial shows label 6 as the one-hot of 5."""
    assert F.one_hot(paddle.to_tensor([6]), 10)[0].tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_no_objective_takes_softmax_over_one_output():
    """A softmax over one output is always 1, so a loss with one output has no probabilities."""
    assert all(o.probabilities is None for o in OBJECTIVES.values() if o.outputs == 1)
    assert {name: o.outputs for name, o in OBJECTIVES.items()} == {"mse": 1, "ce": 10}


def test_every_square_error_output_means_one_of_ten_digits():
    """One that is no number, or beyond all integers, too: a spoilt network is still counted."""
    outputs = [[-7.0], [2.4], [2.6], [11.0], [math.inf], [-math.inf], [math.nan], [1e30]]
    digits = OBJECTIVES["mse"].digits(paddle.to_tensor(outputs, "float32")).numpy()
    assert digits.tolist() == [0, 2, 3, 9, 9, 0, 0, 9]
