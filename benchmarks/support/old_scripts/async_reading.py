# 异步数据读取
import gzip
import json
import random

import numpy as np
import paddle
import paddle.fluid as fluid
from paddle.fluid.dygraph import Linear

BATCHSIZE = 50
place = fluid.CPUPlace()

train_set, val_set, _ = json.load(gzip.open("./work/mnist.json.gz"))


def sample_generator():
    """一次一个样本"""
    imgs, labels = train_set
    order = list(range(len(imgs)))
    random.shuffle(order)
    for i in order:
        yield (
            np.array(imgs[i]).astype("float32").reshape([1, 28, 28]),
            np.array([labels[i]]).astype("int64"),
        )


def batch_generator():
    """一次一个 batch"""
    imgs, labels = [], []
    for img, label in sample_generator():
        imgs.append(img)
        labels.append(label)
        if len(imgs) == BATCHSIZE:
            yield np.array(imgs), np.array(labels)
            imgs, labels = [], []
    if len(imgs) > 0:
        yield np.array(imgs), np.array(labels)


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.fc = Linear(784, 10, act="softmax")

    def forward(self, x):
        return self.fc(fluid.layers.reshape(x, [-1, 784]))


def make_loaders():
    a = fluid.io.DataLoader.from_generator(capacity=5, return_list=True)
    a.set_batch_generator(batch_generator, places=place)

    b = fluid.io.DataLoader.from_generator(
        feed_list=None,
        capacity=10,
        use_double_buffer=True,
        iterable=True,
        return_list=True,
        use_multiprocess=False,
    )
    b.set_sample_list_generator(paddle.batch(sample_generator, batch_size=BATCHSIZE), places=place)

    c = fluid.io.DataLoader.from_generator(capacity=4, return_list=True, drop_last=True)
    c.set_sample_generator(sample_generator, batch_size=BATCHSIZE, drop_last=False, places=[place])
    return [
        ("set_batch_generator", a),
        ("set_sample_list_generator", b),
        ("set_sample_generator", c),
    ]


with fluid.dygraph.guard(place):
    fluid.default_startup_program().random_seed = 2
    random.seed(2)
    for name, data_loader in make_loaders():
        model = MNIST()
        model.train()
        optimizer = fluid.optimizer.AdamOptimizer(
            learning_rate=0.005, parameter_list=model.parameters()
        )
        count = 0
        losses = []
        for epoch_id in range(2):
            # 直接迭代，或者像函数一样调用，都可以
            for batch_id, data in enumerate(data_loader if epoch_id else data_loader()):
                image, label = data
                if epoch_id == 0 and batch_id == 0:
                    print(name, "batch", image.shape, label.shape, type(image.numpy()))
                count += image.shape[0]
                loss = fluid.layers.mean(fluid.layers.cross_entropy(model(image), label))
                losses.append(loss.numpy()[0])
                loss.backward()
                optimizer.minimize(loss)
                model.clear_gradients()
        print(
            "%s: %d samples, first %.4f last %.4f" % (name, count, losses[0], np.mean(losses[-5:]))
        )
