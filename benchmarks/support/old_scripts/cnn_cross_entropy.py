#!/usr/bin/env python
"""数字识别：卷积网络，softmax 输出，交叉熵损失。
loss 打印成 [0.123] 的样子"""

import gzip
import json
import os
import random

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D

BATCHSIZE = 50
EPOCH_NUM = 6
place = fluid.CUDAPlace(0)  # 在 GPU 上训练


# 定义数据集读取器
def load_data(mode="train"):
    data = json.load(gzip.open("./work/mnist.json.gz"))
    train_set, val_set, eval_set = data
    # 根据 mode 选数据
    which = {"train": train_set, "valid": val_set, "eval": eval_set}
    imgs, labels = which[mode]
    imgs_length = len(imgs)
    assert len(imgs) == len(labels)
    index_list = list(range(imgs_length))

    def data_generator():
        if mode == "train":
            random.shuffle(index_list)
        imgs_list = []
        labels_list = []
        for i in index_list:
            imgs_list.append(np.array(imgs[i]).reshape([1, 28, 28]).astype("float32"))
            labels_list.append(np.array([labels[i]]).astype("int64"))
            if len(imgs_list) == BATCHSIZE:
                yield np.array(imgs_list), np.array(labels_list)
                imgs_list, labels_list = [], []
        if len(imgs_list) > 0:
            yield np.array(imgs_list), np.array(labels_list)

    return data_generator


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(1, 20, 5, stride=1, padding=2, act="relu")
        self.pool1 = Pool2D(2, "max", 2)
        self.conv2 = Conv2D(20, 20, 5, 1, 2, act="relu", use_cudnn=True)
        self.pool2 = fluid.dygraph.nn.Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=980, output_dim=10, act="softmax")

    def forward(self, inputs):
        x = self.pool1(self.conv1(inputs))
        x = self.pool2(self.conv2(x))
        x = fluid.layers.reshape(x, shape=[x.shape[0], 980])
        return self.fc(x)


def train():
    with fluid.dygraph.guard(place):
        fluid.default_startup_program().random_seed = 90
        fluid.default_main_program().random_seed = 90
        random.seed(90)
        model = MNIST()
        model.train()
        reader = load_data("train")
        optimizer = fluid.optimizer.SGD(learning_rate=0.1, parameter_list=model.parameters())
        for epoch_id in range(EPOCH_NUM):
            for batch_id, data in enumerate(reader()):
                image_data, label_data = data
                image = fluid.dygraph.to_variable(image_data)
                label = fluid.dygraph.to_variable(label_data)
                predict = model(image)
                loss = fluid.layers.cross_entropy(predict, label)
                avg_loss = fluid.layers.mean(loss)
                if batch_id % 10 == 0:
                    print(f"epoch: {epoch_id}, batch: {batch_id}, loss is: {avg_loss.numpy()}")
                if epoch_id == 0 and batch_id == 0:
                    print("cost of one batch:", loss.shape, "and its mean:", avg_loss.shape)
                avg_loss.backward()
                optimizer.minimize(avg_loss)
                model.clear_gradients()
        if not os.path.isdir("output"):
            os.makedirs("output")
        fluid.save_dygraph(model.state_dict(), "output/mnist")


def test():
    with fluid.dygraph.guard(place):
        print("start evaluation .......")
        model = MNIST()
        model_state_dict, _ = fluid.load_dygraph("output/mnist")
        model.load_dict(model_state_dict)
        model.eval()
        acc_set = []
        avg_loss_set = []
        for batch_id, data in enumerate(load_data("eval")()):
            x_data, y_data = data
            img = fluid.dygraph.to_variable(x_data)
            label = fluid.dygraph.to_variable(y_data)
            prediction = model(img)
            loss = fluid.layers.cross_entropy(input=prediction, label=label)
            avg_loss = fluid.layers.mean(loss)
            acc = fluid.layers.accuracy(input=prediction, label=label, k=1)
            acc_set.append(float(acc.numpy()))
            avg_loss_set.append(float(avg_loss.numpy()))
        print(f"loss={np.array(avg_loss_set).mean()}, acc={np.array(acc_set).mean()}")


train()
test()
