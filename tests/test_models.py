import numpy as np
import paddle
import pytest

from mnist_paddle.kernels.conv_pool import convolutions_by_paddle
from mnist_paddle.models import build_model, count_parameters, describe_layers


@pytest.mark.parametrize(
    ("name", "outputs", "parameters"),
    [
        *(("linear", 1, 785), ("mlp", 1, 7971), ("cnn", 1, 11521), ("cnn", 10, 20350)),
        *(("lenet", 10, 137_698), ("vgg", 10, 279_434)),
    ],
)
def test_parameter_counts(name, outputs, parameters):
    assert count_parameters(build_model(name, outputs)) == parameters


@pytest.mark.parametrize("name", ["linear", "mlp", "cnn", "lenet", "vgg"])
@pytest.mark.parametrize("outputs", [1, 10])
def test_every_model_maps_images_to_outputs(name, outputs, rng):
    images = paddle.to_tensor(rng.random((3, 1, 28, 28), np.float32))
    assert list(build_model(name, outputs)(images).shape) == [3, outputs]


def test_width_of_the_mlp_is_adjustable():
    counted = count_parameters(build_model("mlp", 10, hidden=32))
    assert counted == 784 * 32 + 32 + 32 * 32 + 32 + 32 * 10 + 10


def test_outputs_are_raw_not_probabilities(rng):
    images = paddle.to_tensor(rng.random((20, 1, 28, 28), np.float32))
    for name in ("linear", "mlp", "cnn", "lenet", "vgg"):
        outputs = build_model(name, 10)(images).numpy()
        assert outputs.min() < 0
        assert not np.allclose(outputs.sum(1), 1, atol=0.01)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def convolve(images, kernels, bias):
    """5×5 cross-correlation with 2 pixels of padding, by its definition."""
    padded = np.pad(images, [(0, 0), (0, 0), (2, 2), (2, 2)])
    patches = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", patches, kernels) + bias[:, None, None]


def pool(x):
    n, c, h, w = x.shape
    return x.reshape(n, c, h // 2, 2, w // 2, 2).max((3, 5))


def weights(model):
    return {name: p.numpy().astype(np.float64) for name, p in model.named_parameters()}


def test_mlp_and_cnn_match_numpy(rng):
    images = rng.random((4, 1, 28, 28), np.float32)

    w = weights(model := build_model("mlp", 10))
    x = sigmoid(images.reshape(4, 784) @ w["hidden1.weight"] + w["hidden1.bias"])
    x = sigmoid(x @ w["hidden2.weight"] + w["hidden2.bias"])
    expected = x @ w["output.weight"] + w["output.bias"]
    np.testing.assert_allclose(model(paddle.to_tensor(images)).numpy(), expected, atol=1e-5)

    w = weights(model := build_model("cnn", 10))
    x = pool(np.maximum(convolve(images, w["conv1.weight"], w["conv1.bias"]), 0))
    x = pool(np.maximum(convolve(x, w["conv2.weight"], w["conv2.bias"]), 0))
    expected = x.reshape(4, 980) @ w["output.weight"] + w["output.bias"]
    np.testing.assert_allclose(model(paddle.to_tensor(images)).numpy(), expected, atol=1e-5)


def test_unknown_model_is_refused_with_the_names():
    with pytest.raises(ValueError, match="'cn'; choose from linear, mlp, cnn"):
        build_model("cn", 10)


def test_vgg_takes_the_mean_of_five_places_but_one_in_training(rng, monkeypatch):
    images = rng.random((3, 1, 28, 28), np.float32)
    model = build_model("vgg", 10)
    seen = []
    model.conv1.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].shape))
    with convolutions_by_paddle():
        model(paddle.to_tensor(images))
    assert [list(shape) for shape in seen] == [[3, 1, 24, 24]]
    model.eval()
    outputs = model(paddle.to_tensor(images)).numpy()
    moved = [np.roll(images, (2 - y, 2 - x), (2, 3)) for y, x in model.PLACES]
    monkeypatch.setattr(type(model), "PLACES", ((2, 2),))
    each = [model(paddle.to_tensor(image)).numpy() for image in moved]
    np.testing.assert_allclose(outputs, np.mean(each, axis=0), rtol=1e-4, atol=1e-6)
    assert np.abs(each[0] - each[1]).max() > 1e-4


def test_describe_layers_teaches_batch_normalization_nothing(rng):
    images = paddle.to_tensor(rng.random((2, 1, 28, 28), np.float32))
    model = build_model("vgg", 10)
    before = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    assert "parameters weight [32], bias [32]" in describe_layers(model, images)[2]
    for name, tensor in model.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), before[name])
    assert model.training


def test_describe_layers_tells_shapes_and_leaves_the_model_as_it_was(rng):
    images = paddle.to_tensor(rng.random((2, 1, 28, 28), np.float32))
    model = build_model("cnn", 10)
    lines = describe_layers(model, images)
    assert [line.split(":")[0] for line in lines] == ["conv1", "pool1", "conv2", "pool2", "output"]
    assert "input [2, 1, 28, 28], output [2, 20, 28, 28]" in lines[0]
    assert "parameters weight [20, 1, 5, 5], bias [20]" in lines[0]
    assert "parameters none" in lines[1]
    first = model.conv1(images).flatten()[0].item()
    assert f"output starts with {first:.4f}" in lines[0]
    assert not model.conv1._forward_post_hooks
