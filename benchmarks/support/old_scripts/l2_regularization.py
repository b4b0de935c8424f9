# 加入正则化项，避免模型过拟合
import gzip
import json

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import Linear, to_variable
from paddle.fluid.param_attr import ParamAttr
from paddle.fluid.regularizer import L2Decay, L2DecayRegularizer

imgs, labels = json.load(gzip.open("work/mnist.json.gz"))[0]
imgs = np.array(imgs[:400], "float32")
labels = np.array(labels[:400], "int64")[:, np.newaxis]


class Net(fluid.dygraph.Layer):
    def __init__(self, attr=None):
        super().__init__()
        self.fc1 = Linear(784, 32, act="relu", param_attr=attr)
        self.fc2 = Linear(32, 10, act="softmax", param_attr=attr, bias_attr=False)

    def forward(self, x):
        return self.fc2(self.fc1(x))


def run(title, regularization=None, attr=None, optimizer=fluid.optimizer.AdamOptimizer):
    with fluid.dygraph.guard():
        fluid.default_main_program().random_seed = 1
        fluid.default_startup_program().random_seed = 1
        net = Net(attr)
        opt = optimizer(
            learning_rate=0.01, regularization=regularization, parameter_list=net.parameters()
        )
        for epoch in range(15):
            for i in range(0, 400, 100):
                x, y = to_variable(imgs[i : i + 100]), to_variable(labels[i : i + 100])
                prob = net(x)
                loss = fluid.layers.mean(fluid.layers.cross_entropy(prob, y))
                acc = fluid.layers.accuracy(prob, y)
                loss.backward()
                opt.minimize(loss)
                net.clear_gradients()
        norm = np.sqrt(np.square(net.fc1.weight.numpy()).sum())
        print(f"{title}: norm {norm:.4f} loss {loss.numpy()[0]:.4f} acc {acc.numpy()[0]:.4f}")


run("none")
run("L2Decay", L2Decay(0.02))
run("L2DecayRegularizer", L2DecayRegularizer(regularization_coeff=0.02))
run("fluid.regularizer.L2Decay", fluid.regularizer.L2Decay(regularization_coeff=0.02))
run("L1Decay", fluid.regularizer.L1Decay(0.002))
run("L1DecayRegularizer", fluid.regularizer.L1DecayRegularizer(regularization_coeff=0.002))
run("by ParamAttr", attr=ParamAttr(regularizer=L2DecayRegularizer(0.02)))
run("by fluid.ParamAttr", attr=fluid.ParamAttr(regularizer=L2Decay(0.02), learning_rate=1.0))
