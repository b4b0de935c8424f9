# 卷积网络 + 均方误差（标签当作实数来回归）
import gzip
import json
import random

import numpy as np
import paddle.fluid as fluid
import paddle.fluid.layers as L
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        # num_filters 是输出通道数，filter_size 是卷积核大小
        self.conv1 = Conv2D(
            num_channels=1, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.conv2 = Conv2D(
            num_channels=20, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool2 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=980, output_dim=1, act=None)

    def forward(self, inputs):
        x = self.conv1(inputs)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = L.reshape(x, [x.shape[0], -1])
        x = self.fc(x)
        return x


def get_reader(batch_size):
    with gzip.open("./work/mnist.json.gz", "rb") as f:
        train, _, _ = json.loads(f.read().decode("utf-8"))
    imgs, labels = train
    idx = list(range(len(imgs)))

    def reader():
        random.shuffle(idx)
        for start in range(0, len(idx), batch_size):
            rows = idx[start : start + batch_size]
            xs = np.array([imgs[i] for i in rows], dtype="float32").reshape(-1, 1, 28, 28)
            ys = np.array([[labels[i]] for i in rows], dtype="float32")
            yield xs, ys

    return reader


use_gpu = False
place = fluid.CUDAPlace(0) if use_gpu else fluid.CPUPlace()

with fluid.dygraph.guard(place):
    fluid.default_main_program().random_seed = 5
    fluid.default_startup_program().random_seed = 5
    random.seed(5)
    model = MNIST()
    model.train()
    n = 0
    for p in model.parameters():
        n += int(np.prod(p.shape))
    print(f"parameters: {n}")
    optimizer = fluid.optimizer.SGDOptimizer(learning_rate=0.002, parameter_list=model.parameters())
    reader = get_reader(50)
    for epoch_id in range(8):
        losses = []
        for batch_id, (x_data, y_data) in enumerate(reader()):
            image = fluid.dygraph.to_variable(x_data)
            label = fluid.dygraph.to_variable(y_data)
            predict = model(image)
            avg_loss = L.mean(L.square_error_cost(predict, label))
            losses.append(float(avg_loss.numpy()))
            if batch_id % 10 == 0:
                print(f"epoch: {epoch_id}, batch: {batch_id}, loss is: {avg_loss.numpy()}")
            avg_loss.backward()
            optimizer.minimize(avg_loss)
            model.clear_gradients()
        print("epoch %d mean loss %.4f" % (epoch_id, np.mean(losses)))
    fluid.dygraph.save_dygraph(model.state_dict(), "./mnist_mse")
    params, opt_state = fluid.dygraph.load_dygraph("./mnist_mse")
    print("optimizer state:", opt_state)
    for name in sorted(params):
        print(name, params[name].shape)
    model.set_dict(params)
