# PaddlePaddle 1.5 / 1.6 的写法：每一层的第一个参数是 name_scope
import gzip
import json

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.base import to_variable
from paddle.fluid.dygraph.nn import FC, Conv2D, Pool2D


class SimpleImgConvPool(fluid.dygraph.Layer):
    def __init__(self, name_scope, num_filters, filter_size, pool_size, pool_stride, act=None):
        super().__init__(name_scope)
        self._conv2d = fluid.dygraph.nn.Conv2D(
            self.full_name(),
            num_filters=num_filters,
            filter_size=filter_size,
            stride=1,
            padding=0,
            param_attr=None,
            bias_attr=None,
            act=act,
            use_cudnn=False,
        )
        self._pool2d = Pool2D(
            self.full_name(),
            pool_size=pool_size,
            pool_type="max",
            pool_stride=pool_stride,
            pool_padding=0,
            global_pooling=False,
        )

    def forward(self, inputs):
        x = self._conv2d(inputs)
        x = self._pool2d(x)
        return x


class MNIST(fluid.dygraph.Layer):
    def __init__(self, name_scope):
        super().__init__(name_scope)
        name_scope = self.full_name()
        self._simple_img_conv_pool_1 = SimpleImgConvPool(name_scope, 10, 5, 2, 2, act="relu")
        self._conv = Conv2D(name_scope, num_filters=16, filter_size=5, act="relu")
        self._pool = Pool2D(name_scope, pool_size=2, pool_stride=2)
        self._fc = FC(
            name_scope,
            size=10,
            act="softmax",
            param_attr=fluid.param_attr.ParamAttr(
                initializer=fluid.initializer.NormalInitializer(loc=0.0, scale=0.02)
            ),
        )

    def forward(self, inputs):
        x = self._simple_img_conv_pool_1(inputs)
        x = self._pool(self._conv(x))
        x = self._fc(x)
        return x


imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
imgs = np.array(imgs, dtype="float32").reshape(-1, 1, 28, 28)
labels = np.array(labels, dtype="int64").reshape(-1, 1)

with fluid.dygraph.guard():
    fluid.default_startup_program().random_seed = 90
    np.random.seed(90)
    mnist = MNIST("mnist")
    print("name:", mnist.full_name())
    # 1.6 的优化器不需要 parameter_list
    sgd = fluid.optimizer.SGDOptimizer(learning_rate=0.1)
    for epoch in range(4):
        order = np.random.permutation(len(imgs))
        for batch_id in range(len(order) // 50):
            rows = order[batch_id * 50 : (batch_id + 1) * 50]
            img = to_variable(imgs[rows])
            label = to_variable(labels[rows])
            label._stop_gradient = True
            cost = mnist(img)
            loss = fluid.layers.cross_entropy(cost, label)
            avg_loss = fluid.layers.mean(loss)
            dy_out = avg_loss.numpy()
            avg_loss.backward()
            sgd.minimize(avg_loss)
            mnist.clear_gradients()
            if batch_id == 0:
                print("epoch", epoch, "loss", dy_out)
    print("parameters:", [list(p.shape) for p in mnist.parameters()])
    mnist.eval()
    hits = (np.argmax(mnist(to_variable(imgs[:500])).numpy(), 1) == labels[:500, 0]).sum()
    print("train accuracy: %.4f" % (hits / 500.0))
