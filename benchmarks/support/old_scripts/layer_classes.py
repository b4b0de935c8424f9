# BatchNorm / Dropout / Embedding / Sequential / LayerList / 自己 create_parameter 的层
import gzip
import json

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.container import LayerList, Sequential
from paddle.fluid.dygraph.layers import Layer
from paddle.fluid.dygraph.nn import BatchNorm, Conv2D, Dropout, Embedding, Linear, Pool2D


class ConvBN(Layer):
    def __init__(self, cin, cout):
        super().__init__("conv_bn", dtype="float32")
        self.conv = Conv2D(cin, cout, 3, padding=1, dilation=1, groups=1, bias_attr=False)
        self.bn = BatchNorm(cout, act="relu", momentum=0.9)

    def forward(self, x):
        return self.bn(self.conv(x))


class MyScale(Layer):
    def __init__(self, width):
        super().__init__()
        self.w = self.create_parameter(
            shape=[width],
            attr=fluid.ParamAttr(name="my_scale_w", initializer=fluid.initializer.Constant(1.0)),
            dtype="float32",
        )
        self.b = self.create_parameter([width], dtype="float32", is_bias=True)

    def forward(self, x):
        return x * self.w + self.b


class Net(Layer):
    def __init__(self):
        super().__init__()
        self.features = Sequential(
            ConvBN(1, 8),
            Pool2D(pool_size=2, pool_stride=2),
            ConvBN(8, 16),
            Pool2D(pool_size=2, pool_type="avg", pool_stride=2, ceil_mode=False, exclusive=True),
        )
        self.blocks = LayerList([Linear(784, 32, act="relu"), Linear(32, 32, act="relu")])
        self.drop = Dropout(p=0.3)
        self.scale = self.add_sublayer("scale", MyScale(32))
        self.named = Sequential(("out", Linear(32, 10)))
        self.gp = Pool2D(pool_type="avg", global_pooling=True)

    def forward(self, x):
        x = self.features(x)
        x = fluid.layers.flatten(x, axis=1)
        for block in self.blocks:
            x = block(x)
        x = self.scale(self.drop(x))
        return self.named(x)


imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
imgs = np.array(imgs, "float32").reshape([-1, 1, 28, 28])
labels = np.array(labels, "int64").reshape([-1, 1])

with fluid.dygraph.guard():
    fluid.default_startup_program().random_seed = 12
    np.random.seed(12)
    net = Net()
    opt = fluid.optimizer.AdamOptimizer(0.003, parameter_list=net.parameters())
    net.train()
    for step in range(250):
        rows = np.random.choice(len(imgs), 50)
        logits = net(fluid.dygraph.to_variable(imgs[rows]))
        y = fluid.dygraph.to_variable(labels[rows])
        loss = fluid.layers.mean(fluid.layers.softmax_with_cross_entropy(logits, y))
        loss.backward()
        opt.minimize(loss)
        net.clear_gradients()
    net.eval()
    test = fluid.dygraph.to_variable(imgs[:300])
    once, twice = net(test).numpy(), net(test).numpy()
    print("dropout is quiet in eval:", bool((once == twice).all()))
    print("accuracy: %.4f" % (once.argmax(1) == labels[:300, 0]).mean())
    names = list(net.state_dict().keys())
    print(
        "running statistics saved:",
        any("_mean" in n for n in names),
        any("variance" in n for n in names),
    )
    print("sublayers:", len(net.sublayers()), "parameters:", len(net.parameters()))
    print("global pool:", net.gp(test).shape)

    # 存了再读，BatchNorm 的统计量也要一致
    fluid.dygraph.save_dygraph(net.state_dict(), "zoo")
    other = Net()
    other.set_dict(fluid.dygraph.load_dygraph("zoo")[0])
    other.eval()
    print("restored equals: %.2e" % np.abs(other(test).numpy() - once).max())

    # Dropout 的默认方式是 downgrade_in_infer：训练时不放大，预测时乘 1-p
    drop = Dropout(0.5)
    ones = fluid.dygraph.to_variable(np.ones([1000], "float32"))
    drop.train()
    print("dropout in training:", sorted(set(drop(ones).numpy().tolist())))
    drop.eval()
    print("dropout in evaluation:", sorted(set(drop(ones).numpy().tolist())))

    # 词向量：学会把编号映射到目标
    emb = Embedding(size=[10, 4], dtype="float32")
    target = fluid.dygraph.to_variable(np.arange(40).reshape(10, 4).astype("float32") / 40)
    opt = fluid.optimizer.AdagradOptimizer(0.3, parameter_list=emb.parameters())
    ids = fluid.dygraph.to_variable(np.arange(10).astype("int64"))
    for step in range(250):
        loss = fluid.layers.reduce_mean(fluid.layers.square(emb(ids) - target))
        loss.backward()
        opt.minimize(loss)
        emb.clear_gradients()
    print("embedding loss %.6f shape %s" % (loss.numpy()[0], emb(ids).shape))
