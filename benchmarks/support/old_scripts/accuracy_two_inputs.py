# 计算分类准确率，观察训练效果：forward 里同时返回预测和准确率
import gzip
import json
import random

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import *
from paddle.fluid.layers import accuracy, cross_entropy, mean


def load_data(mode="train", BATCHSIZE=50):
    data = dict(zip(["train", "valid", "eval"], json.load(gzip.open("./work/mnist.json.gz"))))
    imgs, labels = data[mode]

    def gen():
        pairs = list(zip(imgs, labels))
        if mode == "train":
            random.shuffle(pairs)
        for k in range(0, len(pairs), BATCHSIZE):
            part = pairs[k : k + BATCHSIZE]
            yield (
                np.array([p[0] for p in part]).reshape([-1, 1, 28, 28]).astype("float32"),
                np.array([p[1] for p in part]).reshape([-1, 1]).astype("int64"),
            )

    return gen


class MNIST(Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=8, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.conv2 = Conv2D(
            num_channels=8, num_filters=16, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool2 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=784, output_dim=10, act="softmax")

    def forward(self, inputs, label=None):
        x = self.conv1(inputs)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        x = self.fc(x)
        if label is not None:
            acc = accuracy(input=x, label=label)
            return x, acc
        else:
            return x


with guard():
    fluid.default_startup_program().random_seed = 11
    random.seed(11)
    model = MNIST()
    model.train()
    optimizer = fluid.optimizer.AdamOptimizer(
        learning_rate=0.005, parameter_list=model.parameters()
    )
    for epoch_id in range(3):
        for batch_id, (xs, ys) in enumerate(load_data("train")()):
            image = to_variable(xs)
            label = to_variable(ys)
            predict, acc = model(image, label)
            loss = cross_entropy(predict, label)
            avg_loss = mean(loss)
            if batch_id % 10 == 0:
                print(
                    f"epoch: {epoch_id}, batch: {batch_id}, loss is: {avg_loss.numpy()}, acc is {acc.numpy()}"
                )
            avg_loss.backward()
            optimizer.minimize(avg_loss)
            model.clear_gradients()
    print("shape of acc", acc.shape, float(acc), float(avg_loss) == float(avg_loss.numpy()[0]))

    model.eval()
    hits, n = 0.0, 0
    top2 = 0.0
    for xs, ys in load_data("valid")():
        predict, acc = model(to_variable(xs), label=to_variable(ys))
        hits += acc.numpy()[0] * len(ys)
        top2 += float(accuracy(predict, to_variable(ys), k=2).numpy()) * len(ys)
        n += len(ys)
    print("valid accuracy: %.4f, top 2: %.4f of %d" % (hits / n, top2 / n, n))
    answer = model(to_variable(xs))
    print("without a label:", answer.shape)
