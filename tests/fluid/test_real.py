"""Names and habits that were met in old scripts of other people, written down here anew."""

import nbformat
import numpy as np
import paddle
import pytest

from lectures.run_notebooks import execute
from mnist_paddle import fluid as shim

X = np.random.default_rng(0).random((6, 1, 8, 8), np.float32)
Y = np.array([[0], [1], [2], [0], [1], [2]])


@pytest.fixture
def fluid():
    shim.install()
    import paddle.fluid as fluid

    yield fluid
    paddle.disable_static()
    shim.uninstall()


@pytest.fixture
def net(fluid):
    """Make a network in the manner of 1.5: its weights come with the first input."""

    class Net(fluid.Layer):
        def __init__(self, name_scope):
            super().__init__(name_scope)
            self.conv = fluid.dygraph.Conv2D(self.full_name(), 4, 3, act="relu")
            self.fc = fluid.FC(self.full_name(), 3, act="softmax")

        def forward(self, x):
            return self.fc(self.conv(x))

    return lambda: Net("net")


def steps(fluid, model, optimizer, count):
    losses = []
    for _ in range(count):
        predict = model(fluid.dygraph.to_variable(X))
        loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, fluid.dygraph.to_variable(Y)))
        loss.backward()
        optimizer.minimize(loss)
        model.clear_gradients()
        losses.append(float(loss))
    return losses


def outputs(fluid, model):
    return np.asarray(model(fluid.dygraph.to_variable(X)).numpy())


@pytest.mark.parametrize("version", ["1.4", "1.5", "1.6"])
def test_a_network_that_has_no_weights_yet_keeps_those_it_is_given(fluid, net, tmp_path, version):
    with fluid.dygraph.guard():
        old, new = net(), net()
        wanted = outputs(fluid, old)
        prefix = str(tmp_path / "saved")
        if version == "1.6":
            fluid.save_dygraph(old.state_dict(), prefix)
            new.set_dict(fluid.load_dygraph(prefix)[0])
        else:
            fluid.dygraph.save_persistables(old.state_dict(), prefix)
            first = [new.state_dict()] if version == "1.4" else []
            new.load_dict(fluid.dygraph.load_persistables(*first, prefix))
        np.testing.assert_array_equal(outputs(fluid, new), wanted)


def test_a_state_without_a_weight_of_such_a_network_is_refused(fluid, net):
    with fluid.dygraph.guard():
        old = net()
        outputs(fluid, old)
        state = old.state_dict()
        del state["fc.weight"]
        with pytest.raises(RuntimeError, match=r"weight fc\.weight is not in the state"):
            net().set_dict(state)


def test_training_without_parameter_list_goes_on_as_if_it_had_not_stopped(fluid, net, tmp_path):
    with fluid.dygraph.guard():
        prefix = str(tmp_path / "saved")
        model = net()
        adam = fluid.optimizer.Adam(0.01)
        steps(fluid, model, adam, 5)
        fluid.save_dygraph(model.state_dict(), prefix)
        fluid.save_dygraph(adam.state_dict(), prefix)
        wanted = steps(fluid, model, adam, 5)
        weights, state = fluid.load_dygraph(prefix)
        model = net()
        model.set_dict(weights)
        adam = fluid.optimizer.Adam(0.01)
        adam.set_dict(state)
        np.testing.assert_allclose(steps(fluid, model, adam, 5), wanted, rtol=1e-6)


def test_layers_without_a_name_scope_need_no_parameter_list_either(fluid):
    with fluid.dygraph.guard():
        model = fluid.dygraph.Sequential(
            fluid.dygraph.Conv2D(1, 4, 8), fluid.dygraph.FC(3, act="softmax")
        )
        losses = steps(fluid, model, fluid.optimizer.SGD(learning_rate=0.01), 10)
    assert losses[-1] < losses[0]


def test_without_a_single_layer_the_optimizer_asks_for_parameter_list(fluid, monkeypatch):
    monkeypatch.setattr(fluid.optimizer.SGD, "_parameters", lambda self: [])
    with fluid.dygraph.guard():
        loss = fluid.layers.mean(fluid.dygraph.to_variable(X))
        with pytest.raises(AttributeError, match="write parameter_list"):
            fluid.optimizer.SGD(learning_rate=0.5).minimize(loss)


def test_weights_under_the_private_names_of_1_5(fluid, net):
    model = net()
    outputs(fluid, model)
    assert model.conv._filter_param is model.conv.weight
    assert model.conv._bias_param is model.conv.bias
    assert model.fc._w is model.fc.weight
    assert model.fc._b is model.fc.bias


@pytest.fixture
def program(fluid):
    """Empty programs, an empty scope."""
    with (
        fluid.program_guard(fluid.Program(), fluid.Program()),
        fluid.scope_guard(fluid.Scope()),
        fluid.unique_name.guard(),
    ):
        yield fluid


def test_accuracy_of_a_pass_weighted_by_the_size_of_its_batches(program):
    fluid = program
    img = fluid.layers.data("pixel", [1, 8, 8])
    label = fluid.layers.data("label", [1], dtype="int64")
    predict = fluid.layers.fc(img, 3, act="softmax")
    size, right = fluid.layers.create_tensor("int64"), fluid.layers.create_tensor("int32")
    rate = fluid.layers.accuracy(predict, label, total=size, correct=right)
    test = fluid.default_main_program().clone(for_test=True)
    loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
    fluid.optimizer.SGD(0.1).minimize(loss)
    fluid.memory_optimize(fluid.default_main_program())
    executor = fluid.Executor(fluid.CPUPlace())
    executor.run(fluid.default_startup_program())
    average, metric = fluid.average.WeightedAverage(), fluid.metrics.Accuracy()
    hits = 0
    for rows in (slice(4), slice(4, 6)):
        feed = {"pixel": X[rows], "label": Y[rows]}
        found, count, hit, guess = executor.run(test, feed, [rate, size, right, predict])
        assert int(count) == len(Y[rows])
        assert int(hit) == (guess.argmax(1) == Y[rows, 0]).sum()
        hits += int(hit)
        average.add(value=found, weight=count)
        metric.update(found, int(count))
    assert f"{average.eval()[0]:.4f}" == f"{metric.eval():.4f}" == f"{hits / 6:.4f}"
    assert "%.4f" % average.eval() == f"{hits / 6:.4f}"  # noqa: UP031 - as they wrote it
    with pytest.raises(ValueError, match="nothing was added"):
        fluid.average.WeightedAverage().eval()


def test_minimize_takes_the_names_of_parameters(program):
    fluid = program
    img = fluid.layers.data("img", [1, 8, 8])
    hidden = fluid.layers.fc(img, 4, param_attr="first.w", bias_attr=False)
    loss = fluid.layers.mean(fluid.layers.square(fluid.layers.fc(hidden, 1, param_attr="last.w")))
    fluid.optimizer.SGD(0.1).minimize(loss, parameter_list=["last.w"])
    executor = fluid.Executor(fluid.CPUPlace())
    executor.run(fluid.default_startup_program())

    def weights():
        scope = fluid.global_scope()
        return [np.array(scope.find_var(n).get_tensor()) for n in ("first.w", "last.w")]

    before = weights()
    executor.run(feed={"img": X}, fetch_list=[loss])
    after = weights()
    np.testing.assert_array_equal(after[0], before[0])
    assert np.abs(after[1] - before[1]).max() > 0


def test_an_input_made_twice_under_one_name_is_one_input(program, tmp_path):
    fluid = program
    predict = fluid.layers.fc(fluid.layers.data("img", [1, 8, 8]), 3)
    again = fluid.layers.data("img", [1, 8, 8])
    executor = fluid.Executor(fluid.CPUPlace())
    executor.run(fluid.default_startup_program())
    fluid.io.save_inference_model(str(tmp_path / "m"), [again.name], [predict], executor)
    wanted = executor.run(feed={"img": X}, fetch_list=[predict])[0]
    read, feeds, targets = fluid.io.load_inference_model(str(tmp_path / "m"), executor)
    np.testing.assert_allclose(
        executor.run(read, {feeds[0]: X}, targets)[0], wanted, rtol=1e-5, atol=1e-6
    )


def test_a_constant_with_as_many_rows_as_the_input(program):
    fluid = program
    img = fluid.layers.data("img", [1, 8, 8])
    ones = fluid.layers.fill_constant_batch_size_like(img, [-1, 2], "float32", value=1)
    executor = fluid.Executor(fluid.CPUPlace())
    made = executor.run(feed={"img": X}, fetch_list=[ones])[0]
    np.testing.assert_array_equal(made, np.ones([6, 2], np.float32))


@pytest.mark.parametrize("how", ["py_reader", "by_data", "from_generator"])
def test_a_reader_that_is_started_feeds_the_program_until_its_pass_is_over(program, how):
    fluid = program
    inputs = None
    if how == "py_reader":
        reader = fluid.layers.py_reader(8, [(-1, 1, 8, 8), (-1, 1)], ["float32", "int64"])
        inputs = fluid.layers.read_file(fluid.layers.double_buffer(reader))
    else:
        inputs = [fluid.layers.data("a", [1, 8, 8]), fluid.layers.data("b", [1], dtype="int64")]
        reader = (
            fluid.layers.create_py_reader_by_data(8, inputs)
            if how == "by_data"
            else fluid.io.DataLoader.from_generator(inputs, capacity=8, iterable=False)
        )
    predict = fluid.layers.fc(inputs[0], 3, act="softmax")
    loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, inputs[1]))
    fluid.optimizer.SGD(0.001).minimize(loss)
    samples = lambda: ((x.reshape(-1), int(y[0])) for x, y in zip(X, Y, strict=True))  # noqa: E731
    reader.decorate_paddle_reader(paddle.batch(samples, 4))
    executor = fluid.Executor(fluid.CPUPlace())
    executor.run(fluid.default_startup_program())
    losses = []
    for _ in range(20):
        reader.start()
        count = 0
        try:
            while True:
                losses.append(float(executor.run(fetch_list=[loss])[0]))
                count += 1
        except fluid.core.EOFException:
            reader.reset()
        assert count == 2
    assert sum(losses[-2:]) < sum(losses[:2])


def test_a_model_of_jit_is_read_as_an_inference_model_and_the_other_way(fluid, tmp_path):
    def network():
        return fluid.dygraph.Linear(8, 3)

    with fluid.dygraph.guard():
        model = network()
        x = fluid.dygraph.to_variable(X[:, 0, 0])
        wanted = np.asarray(model(x).numpy())
        saved = str(tmp_path / "jit")
        fluid.dygraph.jit.save(model, saved, [x])
        _, traced = fluid.dygraph.TracedLayer.trace(model, [x])
        traced.save_inference_model(str(tmp_path / "traced"))
        loaded = fluid.dygraph.jit.load(str(tmp_path / "traced"))
        np.testing.assert_allclose(np.asarray(loaded(x).numpy()), wanted, rtol=1e-5, atol=1e-6)
    executor = fluid.Executor(fluid.CPUPlace())
    read, feeds, targets = fluid.io.load_inference_model(saved, executor)
    made = executor.run(read, {feeds[0]: X[:, 0, 0]}, targets)[0]
    np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-6)


def test_a_profiler_runs_what_is_in_it(fluid):
    from paddle.fluid import profiler

    ran = []
    with profiler.profiler("CPU", "total"), profiler.cuda_profiler("file.txt", "csv"):
        ran.append(True)
    profiler.start_profiler("All")
    profiler.stop_profiler("total")
    assert ran


def test_an_activation_by_the_helper_of_layers(fluid):
    from paddle.fluid.layer_helper import LayerHelper

    y = fluid.dygraph.to_variable(np.array([-1.0, 2.0], np.float32))
    assert list(LayerHelper("net", act="relu").append_activation(y).numpy()) == [0, 2]


def test_curves_of_a_ploter_are_drawn_and_saved(fluid, tmp_path):
    from matplotlib import pyplot
    from paddle.utils.plot import Ploter

    ploter = Ploter("train cost", "test cost")
    for step in range(3):
        ploter.append("train cost", step, np.array([1.0 / (step + 1)])[0])
    ploter.plot(str(tmp_path / "cost.png"))
    assert (tmp_path / "cost.png").stat().st_size > 1000
    assert [list(line.get_ydata()) for line in pyplot.gca().lines] == [[1, 1 / 2, 1 / 3]]
    ploter.reset()
    ploter.plot()
    assert not pyplot.gca().lines
    pyplot.close("all")


def test_a_ploter_in_a_notebook_shows_its_curves_in_place_of_the_last(tmp_path):
    lines = [
        "from mnist_paddle import fluid as shim",
        "shim.install()",
        "from matplotlib import pyplot",
        "from paddle.utils.plot import Ploter",
        "ploter = Ploter('cost')",
        "for step in range(3):",
        "    ploter.append('cost', step, 1 / (step + 1))",
        "    ploter.plot()",
        "pyplot.close()",  # or Matplotlib shows it once more
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    nbformat.write(notebook, tmp_path / "ploter.ipynb")
    outputs = execute(tmp_path / "ploter.ipynb").cells[0].outputs
    assert [output.output_type for output in outputs] == ["display_data"]
    assert "image/png" in outputs[0].data
