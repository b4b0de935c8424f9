# 用 paddle 自带的数据集 paddle.dataset.mnist
import argparse

import numpy as np
import paddle
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D


class SimpleImgConvPool(fluid.dygraph.Layer):
    def __init__(
        self,
        num_channels,
        num_filters,
        filter_size,
        pool_size,
        pool_stride,
        pool_padding=0,
        pool_type="max",
        global_pooling=False,
        conv_stride=1,
        conv_padding=0,
        conv_dilation=1,
        conv_groups=1,
        act=None,
        use_cudnn=False,
        param_attr=None,
        bias_attr=None,
    ):
        super().__init__()
        self._conv2d = Conv2D(
            num_channels=num_channels,
            num_filters=num_filters,
            filter_size=filter_size,
            stride=conv_stride,
            padding=conv_padding,
            dilation=conv_dilation,
            groups=conv_groups,
            param_attr=param_attr,
            bias_attr=bias_attr,
            act=act,
            use_cudnn=use_cudnn,
        )
        self._pool2d = Pool2D(
            pool_size=pool_size,
            pool_type=pool_type,
            pool_stride=pool_stride,
            pool_padding=pool_padding,
            global_pooling=global_pooling,
            use_cudnn=use_cudnn,
        )

    def forward(self, inputs):
        return self._pool2d(self._conv2d(inputs))


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self._first = SimpleImgConvPool(1, 10, 5, 2, 2, act="relu")
        self._second = SimpleImgConvPool(10, 20, 5, 2, 2, act="relu")
        self.width = 20 * 4 * 4
        scale = (2.0 / (self.width**2 * 10)) ** 0.5
        self._fc = Linear(
            self.width,
            10,
            act="softmax",
            param_attr=fluid.param_attr.ParamAttr(
                initializer=fluid.initializer.NormalInitializer(loc=0.0, scale=scale)
            ),
        )

    def forward(self, inputs, label=None):
        x = self._second(self._first(inputs))
        x = fluid.layers.reshape(x, shape=[-1, self.width])
        x = self._fc(x)
        if label is not None:
            return x, fluid.layers.accuracy(input=x, label=label)
        return x


def test_mnist(reader, model, batch_size):
    acc_set, loss_set = [], []
    for batch_id, data in enumerate(reader()):
        dy_x_data = np.array([x[0].reshape(1, 28, 28) for x in data]).astype("float32")
        y_data = np.array([x[1] for x in data]).astype("int64").reshape(len(data), 1)
        img = fluid.dygraph.to_variable(dy_x_data)
        label = fluid.dygraph.to_variable(y_data)
        label.stop_gradient = True
        prediction, acc = model(img, label)
        loss = fluid.layers.cross_entropy(input=prediction, label=label)
        avg_loss = fluid.layers.mean(loss)
        acc_set.append(float(acc.numpy()))
        loss_set.append(float(avg_loss.numpy()))
        if batch_id == 9:
            break
    return np.array(loss_set).mean(), np.array(acc_set).mean()


def train(args):
    for x, y in paddle.dataset.mnist.train()():
        print(
            "one sample:",
            x.shape,
            x.dtype,
            "from",
            x.min(),
            "to",
            x.max(),
            "label",
            type(y).__name__,
        )
        break
    with fluid.dygraph.guard(fluid.CPUPlace()):
        seed = 33
        np.random.seed(seed)
        fluid.default_startup_program().random_seed = seed
        fluid.default_main_program().random_seed = seed
        mnist = MNIST()
        adam = fluid.optimizer.AdamOptimizer(learning_rate=0.003, parameter_list=mnist.parameters())
        train_reader = paddle.batch(
            paddle.reader.shuffle(paddle.dataset.mnist.train(), buf_size=500),
            batch_size=args.batch_size,
            drop_last=True,
        )
        test_reader = fluid.io.batch(
            fluid.io.shuffle(paddle.dataset.mnist.test(), 100), batch_size=50
        )
        for epoch in range(args.epochs):
            for batch_id, data in enumerate(train_reader()):
                x_data = np.array([x[0].reshape(1, 28, 28) for x in data]).astype("float32")
                y_data = np.array([x[1] for x in data]).astype("int64").reshape(-1, 1)
                img = fluid.dygraph.to_variable(x_data)
                label = fluid.dygraph.to_variable(y_data)
                label.stop_gradient = True
                cost, acc = mnist(img, label)
                loss = fluid.layers.cross_entropy(cost, label)
                avg_loss = fluid.layers.mean(loss)
                avg_loss.backward()
                adam.minimize(avg_loss)
                mnist.clear_gradients()
                if batch_id % 10 == 0:
                    print(f"Loss at epoch {epoch} step {batch_id}: {avg_loss.numpy()}")
                if batch_id >= args.steps:
                    break
        mnist.eval()
        test_cost, test_acc = test_mnist(test_reader, mnist, 50)
        mnist.train()
        print(
            "test of %d epochs: avg_loss is: %.4f, acc is: %.4f"
            % (args.epochs, test_cost, test_acc)
        )
        fluid.save_dygraph(mnist.state_dict(), "save_temp")
        print("checkpoint saved")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=60)
    train(parser.parse_args())
