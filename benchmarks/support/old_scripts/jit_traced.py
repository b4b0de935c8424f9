# 动态图转静态图：declarative、jit.save / jit.load、TracedLayer
import gzip
import json
import os

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import Linear, TracedLayer, declarative, to_variable

imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
imgs = np.array(imgs, "float32")
labels = np.array(labels, "int64").reshape([-1, 1])


class Decl(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.fc = Linear(784, 10, act="softmax")

    @declarative
    def forward(self, x):
        return self.fc(x)


class Plain(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.hidden = Linear(784, 20, act="relu")
        self.fc = Linear(20, 10, act="softmax")

    def forward(self, x):
        return self.fc(self.hidden(x))


def fit(net):
    opt = fluid.optimizer.AdamOptimizer(learning_rate=0.01, parameter_list=net.parameters())
    for k in range(40):
        rows = np.random.choice(len(imgs), 50)
        loss = fluid.layers.mean(
            fluid.layers.cross_entropy(net(to_variable(imgs[rows])), to_variable(labels[rows]))
        )
        loss.backward()
        opt.minimize(loss)
        net.clear_gradients()
        if k == 0:
            print(net.__class__.__name__, "first loss", loss.numpy())
    print(net.__class__.__name__, "last loss", loss.numpy())


fluid.enable_dygraph()
fluid.default_startup_program().random_seed = 1
np.random.seed(1)
batch = to_variable(imgs[:8])

net = Decl()
fit(net)
net.eval()
before = net(batch).numpy()
fluid.dygraph.jit.save(net, "decl/model", input_spec=[batch])
again = fluid.dygraph.jit.load("decl/model")
again.eval()
print("jit.load difference: %.2e" % np.abs(before - again(batch).numpy()).max())

plain = Plain()
fit(plain)
plain.eval()
out, traced = TracedLayer.trace(plain, inputs=[batch])
got = traced([batch])
print("traced difference: %.2e" % np.abs(np.array(out.numpy()) - np.array(got[0])).max())
traced.save_inference_model("traced_model", feed=[0], fetch=[0])
print(
    "files in traced_model:", os.path.isdir("traced_model") and len(os.listdir("traced_model")) > 0
)
out, traced = fluid.dygraph.jit.TracedLayer.trace(plain, inputs=[batch])


@fluid.dygraph.jit.declarative
def double_if_positive(x):
    if fluid.layers.mean(x) > 0:
        y = x * 2
    else:
        y = x - 1
    return y


print(
    "declarative function:",
    double_if_positive(to_variable(np.ones([2], "float32"))).numpy(),
    double_if_positive(to_variable(-np.ones([2], "float32"))).numpy(),
)
