"""The static graph of Paddle 1.x against NumPy, in this process."""

import numpy as np
import paddle
import pytest

from mnist_paddle.fluid.static.variables import NEW_IR

X = np.random.default_rng(0).random((6, 1, 4, 4), np.float32)
Y = np.array([[0], [1], [2], [0], [1], [2]])


@pytest.fixture
def fluid():
    """Have paddle.fluid, empty programs and an empty scope, and take all of it away again."""
    from mnist_paddle import fluid as shim

    shim.install()
    import paddle.fluid as fluid

    with (
        fluid.program_guard(fluid.Program(), fluid.Program()),
        fluid.scope_guard(fluid.Scope()),
        fluid.unique_name.guard(),
    ):
        yield fluid
    paddle.disable_static()
    shim.uninstall()


@pytest.fixture
def run(fluid):
    """Run the program once for each call; the startup program before the first."""
    executor = fluid.Executor(fluid.CPUPlace())
    started = []

    def run(fetch, feed=None, program=None):
        if not started:
            executor.run(fluid.default_startup_program())
            started.append(True)
        program = program or fluid.default_main_program()
        return executor.run(program, feed=feed, fetch_list=fetch)

    run.executor = executor
    return run


def weight(fluid, name="fc_0.w_0"):
    return np.array(fluid.global_scope().find_var(name).get_tensor())


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def network(fluid):
    img = fluid.data("img", [None, 1, 4, 4], "float32")
    label = fluid.data("label", [None, 1], "int64")
    predict = fluid.layers.fc(img, 3, act="softmax")
    loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
    return img, label, predict, loss


def test_one_step_of_a_static_program_matches_numpy(fluid, run):
    *_, predict, loss = network(fluid)
    acc = fluid.layers.accuracy(predict, fluid.data("again", [None, 1], "int64"))
    fluid.optimizer.SGDOptimizer(learning_rate=0.5).minimize(loss)
    run.executor.run(fluid.default_startup_program())
    w = weight(fluid)
    feed = {"img": X, "label": Y, "again": Y}
    got, accuracy = run.executor.run(fluid.default_main_program(), feed, [loss, acc])
    flat = X.reshape(6, 16)
    p = softmax(flat @ w)
    assert got.shape == accuracy.shape == (1,)
    assert float(got) == pytest.approx(-np.log(p[np.arange(6), Y[:, 0]]).mean(), abs=1e-6)
    assert float(accuracy) == pytest.approx((p.argmax(1) == Y[:, 0]).mean())
    gradient = flat.T @ (p - np.eye(3)[Y[:, 0]]) / 6
    assert np.allclose(weight(fluid), w - 0.5 * gradient, atol=1e-6)


def test_a_decay_steps_with_each_run_and_not_with_a_test(fluid, run):
    *_, loss = network(fluid)
    test = fluid.default_main_program().clone(for_test=True)
    rate = fluid.layers.exponential_decay(0.5, decay_steps=1, decay_rate=0.5)
    fluid.optimizer.SGD(rate).minimize(loss)
    run.executor.run(fluid.default_startup_program())
    feed = {"img": X, "label": Y}
    for step in range(4):
        before = weight(fluid)
        run.executor.run(test, feed, [loss])
        assert (weight(fluid) == before).all()
        p = softmax(X.reshape(6, 16) @ before + weight(fluid, "fc_0.b_0"))
        run.executor.run(fluid.default_main_program(), feed, [loss])
        gradient = X.reshape(6, 16).T @ (p - np.eye(3)[Y[:, 0]]) / 6
        taken = (before - weight(fluid)) / gradient
        assert np.median(taken) == pytest.approx(0.5 * 0.5**step, rel=1e-3)


@pytest.mark.parametrize("after", [False, True])
def test_a_clone_for_test_draws_no_dropout_and_changes_nothing(fluid, run, after):
    img, label, *_ = network(fluid)
    dropped = fluid.layers.dropout(fluid.layers.batch_norm(img), 0.5)
    loss = fluid.layers.mean(
        fluid.layers.softmax_with_cross_entropy(fluid.layers.fc(dropped, 3), label)
    )
    if not after:
        test = fluid.default_main_program().clone(for_test=True)
    fluid.optimizer.Adam(0.1).minimize(loss)
    if after:
        test = fluid.default_main_program().clone(for_test=True)
    feed = {"img": X, "label": Y}
    run([loss], feed)
    before = weight(fluid, "fc_1.w_0"), weight(fluid, "batch_norm_0.w_1")
    values = {float(run([loss], feed, test)[0]) for _ in range(5)}
    assert len(values) == 1
    after_ = weight(fluid, "fc_1.w_0"), weight(fluid, "batch_norm_0.w_1")
    assert all((a == b).all() for a, b in zip(before, after_, strict=True))
    run([loss], feed)
    assert not (weight(fluid, "fc_1.w_0") == before[0]).all()


def test_variables_can_be_fetched_by_their_names(fluid, run):
    img, _, predict, loss = network(fluid)
    assert img.name == "img"
    assert predict.name != loss.name
    feed = {"img": X, "label": Y}
    assert float(run([loss.name], feed)[0]) == float(run([loss], feed)[0])
    assert run([predict.name, "fc_0.w_0"], feed)[1].shape == (16, 3)


def test_layers_of_a_program_have_the_shapes_and_values_of_1_x(fluid, run):
    layers = fluid.layers
    img = layers.data("img", [1, 4, 4])
    ids = layers.data("ids", [1], dtype="int64")
    made = {
        "flat": layers.fc(img, 5),
        "rows": layers.fc(img, 5, num_flatten_dims=3, bias_attr=False),
        "two": layers.fc([img, img], 2, act="relu"),
        "conv": layers.conv2d(img, 3, 3, stride=2, padding=1, act="relu"),
        "pool": layers.pool2d(img, 2, "avg", 2),
        "norm": layers.layer_norm(img),
        "words": layers.embedding(ids, [10, 7]),
        "group": fluid.nets.simple_img_conv_pool(img, 2, 3, 2, 2, conv_padding=1),
    }
    got = dict(zip(made, run(list(made.values()), {"img": X, "ids": Y}), strict=True))
    assert {name: array.shape for name, array in got.items()} == {
        "flat": (6, 5),
        "rows": (6, 1, 4, 5),
        "two": (6, 2),
        "conv": (6, 3, 2, 2),
        "pool": (6, 1, 2, 2),
        "norm": (6, 1, 4, 4),
        "words": (6, 7),
        "group": (6, 2, 2, 2),
    }
    assert np.allclose(got["pool"], X.reshape(6, 1, 2, 2, 2, 2).mean((3, 5)), atol=1e-6)
    assert np.allclose(got["norm"].mean((1, 2, 3)), 0, atol=1e-5)
    assert np.allclose(got["rows"], X @ weight(fluid, "fc_1.w_0"), atol=1e-6)
    assert (got["words"] == weight(fluid, "embedding_0.w_0")[Y[:, 0]]).all()


def test_a_feeder_makes_arrays_of_the_declared_shapes(fluid):
    img, label, *_ = network(fluid)
    feeder = fluid.DataFeeder([img, label], fluid.CPUPlace())
    fed = feeder.feed([(x.reshape(16), int(y[0])) for x, y in zip(X, Y, strict=True)])
    assert (fed["img"] == X).all()
    assert fed["img"].dtype == np.float32
    assert (fed["label"] == Y).all()
    assert fed["label"].dtype == np.int64
    with pytest.raises(ValueError, match="each row must have"):
        feeder.feed([(X[0],)])


def test_saved_parameters_and_models_come_back(fluid, run, tmp_path):
    _, _, predict, loss = network(fluid)
    fluid.optimizer.Adam(0.1).minimize(loss)
    feed = {"img": X, "label": Y}
    run([loss], feed)
    executor = run.executor
    test = fluid.default_main_program().clone(for_test=True)
    answers = run([predict], feed, test)[0]
    fluid.io.save_persistables(executor, str(tmp_path / "all"))
    fluid.io.save_params(executor, str(tmp_path / "some"), filename="weights")
    fluid.io.save_inference_model(str(tmp_path / "model"), ["img"], [predict], executor)
    run([loss], feed)
    assert not (run([predict], feed, test)[0] == answers).all()
    fluid.io.load_params(executor, str(tmp_path / "some"), filename="weights")
    assert (run([predict], feed, test)[0] == answers).all()
    after_one_more = []
    for _ in range(2):  # Adam's own state comes back too
        fluid.io.load_persistables(executor, str(tmp_path / "all"))
        run([loss], feed)
        after_one_more.append(weight(fluid))
    assert (after_one_more[0] == after_one_more[1]).all()
    with fluid.scope_guard(fluid.Scope()):
        program, feeds, fetches = fluid.io.load_inference_model(str(tmp_path / "model"), executor)
        assert feeds == ["img"]
        (again,) = executor.run(program, feed={"img": X}, fetch_list=fetches)
    assert np.allclose(again, answers, atol=1e-6)


def test_parameters_of_another_program_are_refused_by_name(fluid, run, tmp_path):
    network(fluid)
    run([], {"img": X, "label": Y})
    fluid.io.save_params(run.executor, str(tmp_path))
    fluid.layers.fc(fluid.data("other", [None, 2]), 2)
    run.executor.run(fluid.default_startup_program())
    with pytest.raises(RuntimeError, match=r"holds no fc_1\.b_0, fc_1\.w_0"):
        fluid.io.load_params(run.executor, str(tmp_path))


def test_the_mode_is_static_outside_a_guard_and_dygraph_inside(fluid):
    assert not fluid.in_dygraph_mode()
    with fluid.dygraph.guard():
        assert fluid.in_dygraph_mode()
        assert float(fluid.layers.mean(fluid.dygraph.to_variable(X))) == pytest.approx(X.mean())
    assert not fluid.in_dygraph_mode()


@pytest.mark.skipif(not NEW_IR, reason="Paddle 2.6 says so itself")
def test_a_name_that_no_variable_has_is_an_error_that_says_so(fluid, run):
    network(fluid)
    with pytest.raises(ValueError, match="no_such"):
        run(["no_such"], {"img": X, "label": Y})


def test_a_block_knows_its_variables_and_flat_images_fit_the_input(fluid, run):
    *_, predict, _ = network(fluid)
    img = fluid.default_main_program().global_block().var("img")
    assert img.name == "img"
    assert list(img.shape) == [-1, 1, 4, 4]
    (whole,) = run([predict], {"img": X, "label": Y})
    (flat,) = run([predict], {"img": X.reshape(6, 16), "label": Y[:, 0]})
    assert (whole == flat).all()


def test_a_loader_of_rows_feeds_a_program(fluid, run):
    img, label, _, loss = network(fluid)
    rows = [[(x.reshape(16), int(y[0])) for x, y in zip(X, Y, strict=True)]] * 3
    loader = fluid.io.DataLoader.from_generator([img, label], capacity=2, iterable=True)
    loader.set_sample_list_generator(lambda: iter(rows), places=fluid.CPUPlace())
    losses = [float(run([loss], feed)[0]) for feed in loader()]
    assert losses == [float(run([loss], {"img": X, "label": Y})[0])] * 3
