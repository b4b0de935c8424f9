import numpy as np
import paddle
import pytest

from mnist_paddle.optimizers import make_optimizer, make_schedule

LR, DECAY = 0.1, 0.01


def sgd(w, g, t, state):
    return w - LR * g


def momentum(w, g, t, state):
    state["v"] = 0.9 * state.get("v", 0) + g
    return w - LR * state["v"]


def adagrad(w, g, t, state):
    state["s"] = state.get("s", 0) + g * g
    return w - LR * g / (np.sqrt(state["s"]) + 1e-6)


def adam(w, g, t, state, beta1=0.9, beta2=0.999):
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
    m, v = state["m"] / (1 - beta1**t), state["v"] / (1 - beta2**t)
    return w - LR * m / (np.sqrt(v) + 1e-8)


def adamw(w, g, t, state):
    """The decay is not added to the gradient, but taken off the weight."""
    decayed = w * (1 - LR * state["decay"])
    return decayed + adam(w, g - state["decay"] * w, t, state) - w


def adam_with_other_betas(w, g, t, state):
    return adam(w, g, t, state, 0.7, 0.9)


@pytest.mark.parametrize("decay", [0.0, DECAY])
@pytest.mark.parametrize("formula", [sgd, momentum, adagrad, adam, adam_with_other_betas, adamw])
def test_steps_of_each_optimizer_match_its_formula(formula, decay):
    """Three steps on f(w) = Σ c·w², with and without the L2 penalty."""
    curvature = np.array([1.0, 0.1, 3.0], np.float32)
    start = np.array([1.0, -2.0, 0.5], np.float32)
    weights = paddle.create_parameter([3], "float32")
    weights.set_value(start)
    name, *other = formula.__name__.split("_with_")
    betas = [(0.7, 0.9)] if other else []
    optimizer = make_optimizer(name, LR, [weights], decay, *betas)
    expected, state = start.astype(np.float64), {"decay": decay}
    for t in (1, 2, 3):
        (paddle.to_tensor(curvature) * weights**2).sum().backward()
        optimizer.step()
        optimizer.clear_grad()
        expected = formula(expected, 2 * curvature * expected + decay * expected, t, state)
        np.testing.assert_allclose(weights.numpy(), expected, rtol=2e-4, atol=1e-6)


def rates(schedule, steps):
    values = []
    for _ in range(steps):
        values.append(schedule())
        schedule.step()
    return values


def test_constant_schedule_stays():
    assert rates(make_schedule("constant", 0.01, 5), 5) == [0.01] * 5


def test_polynomial_schedule_falls_in_a_straight_line():
    expected = 0.001 + (0.01 - 0.001) * (1 - np.arange(11) / 10)
    np.testing.assert_allclose(rates(make_schedule("polynomial", 0.01, 10, 0.001), 11), expected)


def test_cosine_schedule_is_half_a_cosine():
    expected = 0.001 + 0.009 * (1 + np.cos(np.pi * np.arange(11) / 10)) / 2
    np.testing.assert_allclose(rates(make_schedule("cosine", 0.01, 10, 0.001), 11), expected)


def test_onecycle_schedule_rises_then_falls_to_the_end():
    values = rates(make_schedule("onecycle", 0.01, 100, 0.0001), 100)
    top = int(np.argmax(values))
    assert values[top] == pytest.approx(0.01)
    assert 25 <= top <= 35
    assert values[0] == pytest.approx(0.01 / 25)
    assert values[-1] < 0.0005
    assert (np.diff(values[: top + 1]) > 0).all()
    assert (np.diff(values[top:]) < 0).all()


@pytest.mark.parametrize("name", ["constant", "polynomial", "cosine", "onecycle"])
def test_every_schedule_lasts_for_one_step_and_for_many(name):
    for steps in (1, 2, 3, 50):
        assert all(
            0 <= rate <= 0.01 + 1e-12 for rate in rates(make_schedule(name, 0.01, steps), steps)
        )


def test_unknown_names_are_refused_with_the_choices():
    with pytest.raises(ValueError, match="'adamm'; choose from sgd, momentum, adagrad, adam"):
        make_optimizer("adamm", 0.1, [])
    with pytest.raises(ValueError, match="'linear'; choose from constant, polynomial"):
        make_schedule("linear", 0.1, 10)
