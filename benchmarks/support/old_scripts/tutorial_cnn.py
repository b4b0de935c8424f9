# 教程里的卷积网络：交叉熵、SGD 0.01、每批 100 张
#   python tutorial_cnn.py 种子 轮数
import gzip
import json
import random
import sys

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D

seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
EPOCH_NUM = int(sys.argv[2]) if len(sys.argv) > 2 else 5
BATCHSIZE = int(sys.argv[3]) if len(sys.argv) > 3 else 100

data = json.load(gzip.open("./work/mnist.json.gz"))
train_set, val_set, eval_set = [
    (
        np.array(part[0], dtype="float32").reshape([-1, 1, 28, 28]),
        np.array(part[1], dtype="int64").reshape([-1, 1]),
    )
    for part in data
]
del data


def load_data(mode="train"):
    imgs, labels = {"train": train_set, "valid": val_set, "eval": eval_set}[mode]
    index_list = list(range(len(imgs)))

    def data_generator():
        if mode == "train":
            random.shuffle(index_list)
        imgs_list = []
        labels_list = []
        for i in index_list:
            imgs_list.append(imgs[i])
            labels_list.append(labels[i])
            if len(imgs_list) == BATCHSIZE:
                yield np.array(imgs_list), np.array(labels_list)
                imgs_list = []
                labels_list = []
        if len(imgs_list) > 0:
            yield np.array(imgs_list), np.array(labels_list)

    return data_generator


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.conv2 = Conv2D(
            num_channels=20, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool2 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=980, output_dim=10, act="softmax")

    def forward(self, inputs, label=None):
        x = self.conv1(inputs)
        x = self.pool1(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        x = self.fc(x)
        if label is not None:
            acc = fluid.layers.accuracy(input=x, label=label)
            return x, acc
        return x


with fluid.dygraph.guard(fluid.CPUPlace()):
    fluid.default_startup_program().random_seed = seed
    fluid.default_main_program().random_seed = seed
    random.seed(seed)
    model = MNIST()
    model.train()
    optimizer = fluid.optimizer.SGDOptimizer(learning_rate=0.01, parameter_list=model.parameters())
    for epoch_id in range(EPOCH_NUM):
        for batch_id, (image_data, label_data) in enumerate(load_data("train")()):
            image = fluid.dygraph.to_variable(image_data)
            label = fluid.dygraph.to_variable(label_data)
            predict, acc = model(image, label)
            avg_loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
            if batch_id % 200 == 0:
                print(
                    f"epoch: {epoch_id}, batch: {batch_id}, loss is: {avg_loss.numpy()}, acc is {acc.numpy()}"
                )
            avg_loss.backward()
            optimizer.minimize(avg_loss)
            model.clear_gradients()
    print("last loss:", float(avg_loss.numpy()))

    model.eval()
    hits = total = 0
    for x, y in load_data("valid")():
        predict, acc = model(fluid.dygraph.to_variable(x), fluid.dygraph.to_variable(y))
        hits += int(round(float(acc.numpy()) * len(y)))
        total += len(y)
    print(f"valid: {hits}/{total}")
