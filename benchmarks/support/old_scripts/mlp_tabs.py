# 多层感知机, 缩进用的是 Tab
import gzip
import json
import random
import sys

import numpy as np
from paddle import fluid
from paddle.fluid.dygraph import Layer, Linear, to_variable

use_gpu = False
place = fluid.CUDAPlace(0) if use_gpu else fluid.CPUPlace()
print("cuda compiled? %s" % fluid.is_compiled_with_cuda())

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 5


class MLP(Layer):
    """784 -> 64 -> 32 -> 10"""

    def __init__(self, hidden=64):
        super().__init__()
        self.fc1 = Linear(784, hidden, act="sigmoid")  # 第一个隐藏层
        self.fc2 = Linear(hidden, 32, act="tanh")
        self.fc3 = Linear(32, 10, act="softmax")  # 输出概率

    def forward(self, x):
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        return self.fc3(self.fc2(self.fc1(x)))


def reader(split, batch_size=50):
    imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[split]
    order = list(range(len(imgs)))

    def gen():
        if split == 0:
            random.shuffle(order)
        for start in range(0, len(order), batch_size):
            part = order[start : start + batch_size]
            yield (
                np.array([imgs[i] for i in part]).astype("float32").reshape([-1, 1, 28, 28]),
                np.array([labels[i] for i in part]).astype("int64").reshape([-1, 1]),
            )

    return gen


random.seed(1)
np.random.seed(1)
fluid.enable_dygraph(place)
print("dygraph mode: %s" % fluid.in_dygraph_mode())
fluid.default_startup_program().random_seed = 1
fluid.default_main_program().random_seed = 1

net = MLP()
opt = fluid.optimizer.AdamOptimizer(0.005, parameter_list=net.parameters())
train, valid = reader(0), reader(1)
step = 0
for epoch in range(epochs):
    for imgs, labels in train():
        img, label = to_variable(imgs), to_variable(labels)
        label.stop_gradient = True
        prob = net(img)
        loss = fluid.layers.reduce_mean(fluid.layers.cross_entropy(prob, label))
        loss.backward()
        opt.minimize(loss)
        opt.clear_gradients()
        if step % 20 == 0:
            print("step %d loss %s" % (step, loss.numpy()))
        step += 1

net.eval()
hits = total = 0
with fluid.dygraph.no_grad():
    for imgs, labels in valid():
        got = np.argmax(net(to_variable(imgs)).numpy(), axis=1)
        hits += int((got == labels[:, 0]).sum())
        total += len(labels)
print("valid: %d/%d" % (hits, total))

fluid.disable_dygraph()
print("dygraph mode: %s" % fluid.in_dygraph_mode())
