"""The old API computes what today's does: one step of training, decay objects, losses.

No install() is needed here: the modules that stand for paddle.fluid are imported themselves.
"""

import math

import numpy as np
import paddle
import pytest
from paddle.nn import functional as F

from mnist_paddle.fluid import clip, dygraph, initializer, layers, optimizer, regularizer
from mnist_paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D


class OldCNN(dygraph.Layer):
    """The tutorial's network, as it was written in 2020."""

    def __init__(self):
        super().__init__("cnn")
        self.conv1 = Conv2D(1, 20, 5, stride=1, padding=2, act="relu")
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.conv2 = Conv2D(20, 20, 5, stride=1, padding=2, act="relu")
        self.pool2 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(980, 10, act="softmax")

    def forward(self, inputs, label=None):
        x = self.pool2(self.conv2(self.pool1(self.conv1(inputs))))
        x = self.fc(layers.reshape(x, [x.shape[0], -1]))
        return x if label is None else (x, layers.accuracy(input=x, label=label))


class NewCNN(paddle.nn.Layer):
    """The same network as one writes it today."""

    def __init__(self):
        super().__init__()
        self.conv1 = paddle.nn.Conv2D(1, 20, 5, padding=2)
        self.conv2 = paddle.nn.Conv2D(20, 20, 5, padding=2)
        self.fc = paddle.nn.Linear(980, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2, 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2, 2)
        return self.fc(paddle.flatten(x, 1))


PAIRS = {
    "SGD": (optimizer.SGDOptimizer, paddle.optimizer.SGD, {}),
    "Momentum": (optimizer.MomentumOptimizer, paddle.optimizer.Momentum, {"momentum": 0.9}),
    "Adagrad": (optimizer.AdagradOptimizer, paddle.optimizer.Adagrad, {}),
    "Adam": (optimizer.AdamOptimizer, paddle.optimizer.Adam, {}),
    "Adamax": (optimizer.AdamaxOptimizer, paddle.optimizer.Adamax, {}),
    "Adadelta": (optimizer.AdadeltaOptimizer, paddle.optimizer.Adadelta, {}),
    "RMSProp": (optimizer.RMSPropOptimizer, paddle.optimizer.RMSProp, {}),
}


@pytest.fixture
def batch(rng):
    images = rng.random((16, 1, 28, 28), np.float32)
    return images, rng.integers(0, 10, (16, 1))


def old_step(model, opt, images, labels):
    loss = layers.cross_entropy(model(dygraph.to_variable(images)), dygraph.to_variable(labels))
    mean = layers.mean(loss)
    mean.backward()
    opt.minimize(mean)
    model.clear_gradients()
    return float(mean.item())


def new_step(model, opt, images, labels):
    loss = F.cross_entropy(model(paddle.to_tensor(images)), paddle.to_tensor(labels))
    loss.backward()
    opt.step()
    opt.clear_grad()
    return float(loss.item())


@pytest.mark.parametrize("decay", [None, 0.1])
@pytest.mark.parametrize("name", PAIRS)
def test_a_step_of_the_old_cnn_is_a_step_of_the_new(name, decay, batch):
    old_class, new_class, options = PAIRS[name]
    paddle.seed(1)
    old, new = OldCNN(), NewCNN()
    new.set_state_dict(old.state_dict())
    old_decay = None if decay is None else regularizer.L2Decay(regularization_coeff=decay)
    new_decay = None if decay is None else paddle.regularizer.L2Decay(decay)
    old_opt = old_class(
        learning_rate=0.001, parameter_list=old.parameters(), regularization=old_decay, **options
    )
    new_opt = new_class(
        learning_rate=0.001, parameters=new.parameters(), weight_decay=new_decay, **options
    )
    loss = old_step(old, old_opt, *batch)
    assert loss == pytest.approx(new_step(new, new_opt, *batch), abs=1e-6)
    # The first step of Adagrad is lr · g / (|g| + 1e-6): where g is small, its rounding shows.
    for (place, weight), other in zip(old.named_parameters(), new.parameters(), strict=True):
        np.testing.assert_allclose(weight.numpy(), other.numpy(), rtol=0, atol=2e-6, err_msg=place)


def test_l1_by_parameter_goes_before_the_optimizers(batch):
    class Net(dygraph.Layer):
        def __init__(self):
            super().__init__()
            self.fc = Linear(784, 10, paddle.ParamAttr(regularizer=regularizer.L1Decay(0.5)))

        def forward(self, x):
            return layers.softmax(self.fc(layers.flatten(x)))

    net = Net()
    before = net.fc.weight.numpy()
    images, labels = (dygraph.to_variable(array) for array in batch)
    loss = layers.mean(layers.cross_entropy(net(images), labels))
    loss.backward()
    gradient = net.fc.weight.gradient()
    opt = optimizer.SGD(0.1, parameter_list=net.parameters(), regularization=regularizer.L2Decay(9))
    opt.minimize(loss)
    expected = before - 0.1 * (gradient + 0.5 * np.sign(before))
    np.testing.assert_allclose(net.fc.weight.numpy(), expected, atol=1e-6)


def test_minimize_neither_computes_nor_clears_gradients(batch):
    model = OldCNN()
    opt = optimizer.SGD(0.01, parameter_list=model.parameters())
    images, labels = (dygraph.to_variable(array) for array in batch)
    before = model.fc.weight.numpy()
    loss = layers.mean(layers.cross_entropy(model(images), labels))
    opt.minimize(loss)
    assert (model.fc.weight.numpy() == before).all()
    loss.backward()
    once = model.fc.weight.gradient()
    opt.minimize(loss)
    assert (model.fc.weight.gradient() == once).all()
    layers.mean(layers.cross_entropy(model(images), labels)).backward()
    assert (model.fc.weight.gradient() != once).any()
    opt.clear_gradients()
    assert not model.fc.weight.gradient().any()


def test_cross_entropy_takes_probabilities_and_keeps_a_row_for_each(rng):
    numbers = rng.random((6, 10)).astype(np.float32)
    p = dygraph.to_variable(numbers / numbers.sum(1, keepdims=True))
    p.stop_gradient = False
    label = dygraph.to_variable(np.array([[0], [3], [9], [-1], [5], [5]]))
    losses = layers.cross_entropy(input=p, label=label, ignore_index=-1)
    assert losses.shape == [6, 1]
    expected = [-np.log(p.numpy()[row, place]) for row, place in enumerate([0, 3, 9, 0, 5, 5])]
    expected[3] = 0
    np.testing.assert_allclose(losses.numpy()[:, 0], expected, rtol=1e-6)
    losses.sum().backward()
    assert p.gradient()[0, 0] == pytest.approx(-1 / p.numpy()[0, 0], rel=1e-5)
    assert not p.gradient()[3].any()
    soft = layers.cross_entropy(p, layers.label_smooth(layers.one_hot(layers.abs(label), 10)), True)
    assert soft.shape == [6, 1]
    sure = dygraph.to_variable(np.eye(10, dtype=np.float32))
    right = dygraph.to_variable(np.arange(10).reshape(10, 1))
    assert not layers.cross_entropy(sure, right).numpy().any()
    assert np.isfinite(layers.cross_entropy(sure, (right + 1) % 10).numpy()).all()


def test_softmax_with_cross_entropy_is_softmax_then_cross_entropy(rng):
    logits = dygraph.to_variable(rng.normal(size=(5, 4)).astype(np.float32))
    label = dygraph.to_variable(rng.integers(0, 4, (5, 1)))
    both, probabilities = layers.softmax_with_cross_entropy(logits, label, return_softmax=True)
    two = layers.cross_entropy(layers.softmax(logits), label)
    np.testing.assert_allclose(both.numpy(), two.numpy(), rtol=1e-5)
    np.testing.assert_allclose(probabilities.numpy(), layers.softmax(logits).numpy())


def test_numbers_over_everything_have_shape_1():
    x = dygraph.to_variable(np.ones((3, 4), np.float32))
    for function in (layers.mean, layers.reduce_mean, layers.reduce_sum, layers.reduce_max):
        assert function(x).shape == [1], function
    label = dygraph.to_variable(np.zeros((3, 1), np.int64))
    assert layers.accuracy(x, label).shape == [1]
    assert layers.reduce_sum(x, dim=0).shape == [4]
    assert layers.reduce_sum(x, dim=[1], keep_dim=True).shape == [3, 1]
    assert layers.reduce_sum(x, dim=[0, 1]).shape == [1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (clip.GradientClipByValue(0.001), paddle.nn.ClipGradByValue(0.001)),
        (clip.GradientClipByNorm(0.01), paddle.nn.ClipGradByNorm(0.01)),
        (clip.GradientClipByGlobalNorm(0.01), paddle.nn.ClipGradByGlobalNorm(0.01)),
    ],
)
def test_gradients_are_clipped_as_today(old, new, batch):
    first, second = OldCNN(), NewCNN()
    second.set_state_dict(first.state_dict())
    opt = optimizer.SGD(0.5, parameter_list=first.parameters(), grad_clip=old)
    other = paddle.optimizer.SGD(0.5, parameters=second.parameters(), grad_clip=new)
    old_step(first, opt, *batch)
    new_step(second, other, *batch)
    for weight, twin in zip(first.parameters(), second.parameters(), strict=True):
        np.testing.assert_allclose(weight.numpy(), twin.numpy(), atol=1e-6)


# Decay objects: what the n-th call returns, n from 0.
DECAYS = {
    "polynomial": (
        lambda: dygraph.PolynomialDecay(0.01, 20, 0.001, power=2.0),
        lambda n: 0.009 * (1 - min(n, 20) / 20) ** 2 + 0.001,
    ),
    "polynomial, cycle": (
        lambda: dygraph.PolynomialDecay(0.01, 20, 0.001, cycle=True),
        lambda n: 0.009 * (1 - n / (20 * max(1, math.ceil(n / 20)))) + 0.001,
    ),
    "polynomial from 5 by 2": (
        lambda: dygraph.PolynomialDecay(0.01, 20, 0.001, begin=5, step=2),
        lambda n: 0.009 * (1 - min(5 + 2 * n, 20) / 20) + 0.001,
    ),
    "exponential": (
        lambda: dygraph.ExponentialDecay(0.1, 10, 0.5),
        lambda n: 0.1 * 0.5 ** (n / 10),
    ),
    "exponential, staircase": (
        lambda: dygraph.ExponentialDecay(0.1, 10, 0.5, staircase=True),
        lambda n: 0.1 * 0.5 ** (n // 10),
    ),
    "natural": (
        lambda: dygraph.NaturalExpDecay(0.1, 10, 0.5),
        lambda n: 0.1 * math.exp(-0.5 * n / 10),
    ),
    "inverse": (
        lambda: dygraph.InverseTimeDecay(0.1, 10, 0.5, staircase=True),
        lambda n: 0.1 / (1 + 0.5 * (n // 10)),
    ),
    "piecewise": (
        lambda: dygraph.PiecewiseDecay([10, 30], [1.0, 0.5, 0.1], begin=0),
        lambda n: 1.0 if n < 10 else 0.5 if n < 30 else 0.1,
    ),
    "cosine": (
        lambda: dygraph.CosineDecay(0.1, 7, 10),
        lambda n: 0.05 * (math.cos(n // 7 * math.pi / 10) + 1),
    ),
    "noam": (
        lambda: dygraph.NoamDecay(64, 15, learning_rate=2.0),
        lambda n: 2 / 8 * min((n + 1) ** -0.5, (n + 1) * 15**-1.5),
    ),
    "warm-up": (
        lambda: dygraph.LinearLrWarmup(0.1, 10, 0.0, 0.1),
        lambda n: 0.1 * (n + 1) / 10 if n + 1 < 10 else 0.1,
    ),
    "warm-up, then polynomial": (
        lambda: dygraph.LinearLrWarmup(dygraph.PolynomialDecay(0.1, 40, 0.0), 10, 0.0, 0.1),
        lambda n: 0.1 * (n + 1) / 10 if n + 1 < 10 else 0.1 * (1 - min(n, 40) / 40),
    ),
}


@pytest.mark.parametrize("name", DECAYS)
def test_a_decay_steps_by_itself_at_each_minimize(name):
    make, formula = DECAYS[name]
    weight = Linear(1, 1, bias_attr=False)
    opt = optimizer.SGD(learning_rate=make(), parameter_list=weight.parameters())
    assert opt.current_step_lr() == pytest.approx(formula(0))
    for n in range(50):
        before = weight.weight.numpy().item()
        loss = layers.mean(weight.weight)
        loss.backward()
        opt.minimize(loss)
        weight.clear_gradients()
        assert before - weight.weight.numpy().item() == pytest.approx(formula(n), abs=1e-6), n
        assert opt.current_step_lr() == pytest.approx(formula(n), abs=1e-9)


def test_decays_by_epoch_wait_for_epoch():
    for decay, expected in (
        (dygraph.StepDecay(1.0, 2, 0.5), [1, 1, 0.5, 0.5, 0.25]),
        (dygraph.MultiStepDecay(1.0, [1, 3], 0.5), [1, 0.5, 0.5, 0.25, 0.25]),
        (dygraph.LambdaDecay(1.0, lambda epoch: 1 / (epoch + 1)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]),
    ):
        seen = []
        for _ in range(5):
            assert decay() == decay()
            seen.append(decay())
            decay.epoch()
        assert seen == pytest.approx(expected)


@pytest.mark.parametrize("name", PAIRS)
def test_a_resumed_training_goes_on_as_the_one_never_stopped(name, batch, tmp_path):
    """In the same process, where every new model has new names of parameters."""
    old_class, _, options = PAIRS[name]

    def make():
        model = OldCNN()
        decay = dygraph.PolynomialDecay(0.01, 10, 0.001)
        return model, old_class(decay, parameter_list=model.parameters(), **options)

    model, opt = make()
    for _ in range(3):
        old_step(model, opt, *batch)
    dygraph.save_dygraph(model.state_dict(), str(tmp_path / "mnist"))
    dygraph.save_dygraph(opt.state_dict(), str(tmp_path / "mnist"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mnist.pdopt", "mnist.pdparams"]
    losses = [old_step(model, opt, *batch) for _ in range(3)]
    for _ in range(2):
        again, other = make()
        params, state = dygraph.load_dygraph(str(tmp_path / "mnist.pdparams"))
        again.set_dict(params)
        other.set_dict(state)
        assert [old_step(again, other, *batch) for _ in range(3)] == losses
        assert other.current_step_lr() == opt.current_step_lr()


def test_a_state_that_does_not_fit_is_refused(batch, tmp_path):
    model = OldCNN()
    opt = optimizer.Adam(0.01, parameter_list=model.parameters())
    old_step(model, opt, *batch)
    state = opt.state_dict()
    other = Linear(3, 3)
    with pytest.raises(RuntimeError, match=r"does not fit: moment1 of linear_\d+.w_0 has shape"):
        optimizer.Adam(0.01, parameter_list=other.parameters()).set_dict(state)
    with pytest.raises(RuntimeError, match="weight weight is not in the state"):
        other.set_dict(model.state_dict())
    with pytest.raises(ValueError, match=r"neither .*none.pdparams nor .*none.pdopt"):
        dygraph.load_dygraph(str(tmp_path / "none"))


def test_set_lr_holds_at_once_and_not_for_a_decay():
    layer = Linear(1, 1)
    opt = optimizer.Adam(learning_rate=0.5, parameter_list=layer.parameters())
    opt.set_lr(0.25)
    assert opt.current_step_lr() == 0.25
    decay = optimizer.SGD(dygraph.NoamDecay(8, 8), parameter_list=layer.parameters())
    with pytest.raises(RuntimeError, match="decay object"):
        decay.set_lr(0.1)


@pytest.mark.parametrize(
    ("drawn", "mean", "deviation"),
    [
        (initializer.Normal(1.0, 0.1), 1.0, 0.1),
        (initializer.Normal(1.0, 0.1, seed=3), 1.0, 0.1),
        (initializer.Uniform(-0.2, 0.2, seed=3), 0.0, 0.4 / 12**0.5),
        (initializer.TruncatedNormal(0.5, 0.1), 0.5, 0.088),
        (initializer.TruncatedNormal(0.5, 0.1, seed=3), 0.5, 0.088),
        (initializer.Xavier(), 0.0, (2 / 500) ** 0.5),
        (initializer.XavierInitializer(uniform=False, fan_in=100, fan_out=100), 0.0, 0.1),
        (initializer.MSRA(uniform=False), 0.0, (2 / 300) ** 0.5),
        (initializer.Constant(0.25), 0.25, 0.0),
    ],
)
def test_initializers_draw_their_distribution(drawn, mean, deviation):
    weight = Linear(300, 200, param_attr=drawn).weight.numpy()
    assert weight.mean() == pytest.approx(mean, abs=0.003)
    assert weight.std() == pytest.approx(deviation, abs=0.003)


def test_a_seed_of_its_own_draws_the_same_again():
    first, second = (
        Linear(5, 5, param_attr=initializer.Normal(0, 1, seed=4)).weight.numpy() for _ in range(2)
    )
    assert (first == second).all()


def test_dropout_leaves_training_unscaled_and_obeys_eval():
    x = dygraph.to_variable(np.ones((100, 100), np.float32))
    drop, model = dygraph.Dropout(0.25), dygraph.Layer()
    assert set(np.unique(drop(x).numpy())) == {0.0, 1.0}
    assert set(np.unique(layers.dropout(x, 0.25).numpy())) == {0.0, 1.0}
    drop.eval()
    assert (drop(x).numpy() == 0.75).all()
    assert (layers.dropout(x, 0.25).numpy() == 0.75).all()
    model.train()
    up = layers.dropout(x, 0.5, dropout_implementation="upscale_in_train")
    assert set(np.unique(up.numpy())) == {0.0, 2.0}


def test_layers_made_by_name_scope_learn_their_input_and_need_no_parameter_list(batch):
    """Paddle 1.5 and 1.6."""

    class Net(dygraph.Layer):
        def __init__(self, name_scope):
            super().__init__(name_scope)
            self.conv = Conv2D(self.full_name(), 4, 5, padding=2, act="relu")
            self.pool = Pool2D(self.full_name(), 2, "max", 2)
            self.fc = dygraph.FC(self.full_name(), 10, act="softmax")

        def forward(self, x):
            return self.fc(self.pool(self.conv(x)))

    net = Net("net")
    opt = optimizer.SGD(learning_rate=0.1)
    losses = [old_step(net, opt, *batch) for _ in range(5)]
    assert losses[-1] < losses[0]
    assert [list(p.shape) for p in net.parameters()] == [[4, 1, 5, 5], [4], [784, 10], [10]]


def test_private_attributes_that_notebooks_print():
    conv, pool = Conv2D(1, 20, 5, stride=1, padding=2, act="relu"), Pool2D(2, "max", 2)
    assert (conv._padding, conv._stride, conv._act) == ([2, 2], [1, 1], "relu")
    assert (pool._pool_size, pool._pool_stride, pool._pool_type) == ([2, 2], [2, 2], "max")
    assert Linear(3, 4, act="sigmoid")._act == "sigmoid"
    with pytest.raises(ValueError, match="act='relux' is unknown"):
        Linear(3, 4, act="relux")(paddle.ones([1, 3]))
