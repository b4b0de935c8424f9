"""What Paddle, Python and Pillow say, made to happen: prints {message of the page: what was said}.

A script of its own, so that no module of ours or of another test stands in Paddle's way.
"""

import json
import math
import sys
import warnings
import zlib  # noqa: F401  before Paddle 2.6

warnings.filterwarnings("ignore", message="No ccache found")

import numpy as np  # noqa: E402
import paddle  # noqa: E402
import paddle.nn.functional as F  # noqa: E402
from paddle import nn  # noqa: E402
from PIL import Image  # noqa: E402


def optimizer_and_network():
    model = nn.Linear(2, 1)
    return model, paddle.optimizer.Adam(0.1, parameters=model.parameters())


def step(model, optimizer):
    loss = model(paddle.ones([1, 2])).sum()
    loss.backward()
    optimizer.step()
    optimizer.clear_grad()


def resumed_in_the_same_process(before_each=lambda: None):
    before_each()
    model, optimizer = optimizer_and_network()
    step(model, optimizer)
    state = optimizer.state_dict()
    before_each()
    model, optimizer = optimizer_and_network()
    optimizer.set_state_dict(state)
    step(model, optimizer)


def read_from_a_broken_dataset():
    class Broken(paddle.io.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            raise KeyError("the real reason")

    for _ in paddle.io.DataLoader(Broken(), batch_size=2, num_workers=1):
        pass


def load_another_network():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.Linear(2, 1).set_state_dict(nn.Linear(3, 1).state_dict())


def momentum():
    return paddle.optimizer.Momentum(0.1, parameters=nn.Linear(2, 1).parameters())


FAILURES = {
    "No module named 'paddle.fluid'": lambda: __import__("paddle.fluid"),
    "cannot import name 'fluid' from 'paddle'": lambda: exec("from paddle import fluid"),
    "module 'PIL.Image' has no attribute 'ANTIALIAS'": lambda: Image.ANTIALIAS,
    "unexpected keyword argument 'parameter_list'": lambda: paddle.optimizer.SGD(
        0.1, parameter_list=[]
    ),
    "… object has no attribute 'set_dict'": lambda: momentum().set_dict({}),
    "module 'paddle' has no attribute 'to_variable'": lambda: paddle.to_variable,
    "too many indices for array: array is 0-dimensional, but 1 were indexed": lambda: (
        F.cross_entropy(paddle.ones([2, 10]), paddle.zeros([2, 1], "int64")).numpy()[0]
    ),
    "only 0-dimensional arrays can be converted to Python scalars": lambda: float(paddle.ones([1])),
    "UserWarning: Skip loading for … receives a shape …, but the expected shape is …": (
        load_another_network
    ),
    "Optimizer set error, … should in state dict": resumed_in_the_same_process,
    "Blocking queue is killed because the data reader raises an exception": (
        read_from_a_broken_dataset
    ),
}


def remedies():
    """Try what the page advises, and compute the numbers that it gives."""
    resumed_in_the_same_process(paddle.utils.unique_name.switch)
    assert paddle.ones([1]).item() == 1.0
    assert Image.LANCZOS in list(Image.Resampling)
    right = paddle.eye(10) * 100  # the raw outputs of a network that is sure, and right
    labels = paddle.arange(10).reshape([10, 1])
    twice = float(F.cross_entropy(F.softmax(right), labels))
    assert abs(twice - (math.log(math.e + 9) - 1)) < 1e-5
    assert f"{twice:.3f}" == "1.461"
    assert float(F.cross_entropy(F.softmax(right), labels, use_softmax=False)) < 1e-5
    assert f"{math.log(10):.2f}" == "2.30"
    assert list(F.square_error_cost(paddle.ones([6, 1]), paddle.ones([6])).shape) == [6, 6]
    columns = F.square_error_cost(paddle.ones([6, 1]), paddle.ones([6]).reshape([-1, 1]))
    assert list(columns.shape) == [6, 1]
    scale = paddle.vision.transforms.Compose(
        [
            paddle.vision.transforms.ToTensor(),
            paddle.vision.transforms.Normalize(mean=[127.5], std=[127.5]),
        ]
    )
    assert np.allclose(scale(np.array([[0, 255]], np.uint8)).numpy(), [-1, -0.992], atol=5e-4)


if __name__ == "__main__":
    said = {}
    for message, fail in FAILURES.items():
        try:
            fail()
            said[message] = "nothing"
        except (Exception, UserWarning) as error:
            said[message] = f"{type(error).__name__}: {error}"
    remedies()
    print(json.dumps(said), file=sys.stdout)
