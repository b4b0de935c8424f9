# 比较各种优化算法（GPU 版本的脚本）
import gzip
import json
import time

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import Linear
from paddle.fluid.optimizer import (
    AdadeltaOptimizer,
    AdagradOptimizer,
    AdamaxOptimizer,
    AdamOptimizer,
    MomentumOptimizer,
    RMSPropOptimizer,
    SGDOptimizer,
)

train_set = json.load(gzip.open("./work/mnist.json.gz"))[0]
images = np.array(train_set[0]).astype("float32")
labels = np.array(train_set[1]).astype("int64").reshape([-1, 1])


class Net(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.hidden = Linear(784, 32, act="relu")
        self.out = Linear(32, 10, act="softmax")

    def forward(self, x):
        return self.out(self.hidden(x))


# 在使用GPU机器时，可以将use_gpu变量设置成True
use_gpu = True
place = fluid.CUDAPlace(0) if use_gpu else fluid.CPUPlace()
print(fluid.cuda_places())

makers = [
    ("SGDOptimizer", lambda ps: SGDOptimizer(learning_rate=0.1, parameter_list=ps)),
    (
        "MomentumOptimizer",
        lambda ps: MomentumOptimizer(learning_rate=0.05, momentum=0.9, parameter_list=ps),
    ),
    ("AdagradOptimizer", lambda ps: AdagradOptimizer(learning_rate=0.02, parameter_list=ps)),
    ("AdamOptimizer", lambda ps: AdamOptimizer(learning_rate=0.005, parameter_list=ps)),
    ("RMSPropOptimizer", lambda ps: RMSPropOptimizer(learning_rate=0.002, parameter_list=ps)),
    ("AdamaxOptimizer", lambda ps: AdamaxOptimizer(learning_rate=0.01, parameter_list=ps)),
    (
        "AdadeltaOptimizer",
        lambda ps: AdadeltaOptimizer(learning_rate=1.0, epsilon=1e-6, rho=0.95, parameter_list=ps),
    ),
    ("SGD", lambda ps: fluid.optimizer.SGD(0.1, parameter_list=ps)),
    (
        "Momentum",
        lambda ps: fluid.optimizer.Momentum(0.05, 0.9, parameter_list=ps, use_nesterov=True),
    ),
    ("Adagrad", lambda ps: fluid.optimizer.Adagrad(0.02, parameter_list=ps)),
    (
        "Adam",
        lambda ps: fluid.optimizer.Adam(
            0.005, beta1=0.9, beta2=0.999, epsilon=1e-8, parameter_list=ps
        ),
    ),
    (
        "RMSProp",
        lambda ps: fluid.optimizer.RMSProp(
            0.002, rho=0.95, momentum=0.0, centered=False, parameter_list=ps
        ),
    ),
]

for name, make in makers:
    with fluid.dygraph.guard(place):
        np.random.seed(7)
        fluid.default_startup_program().random_seed = 7
        model = Net()
        optimizer = make(model.parameters())
        start = time.time()
        first = last = None
        for epoch in range(2):
            order = np.random.permutation(len(images))
            sums = []
            for i in range(0, len(order), 50):
                rows = order[i : i + 50]
                x = fluid.dygraph.to_variable(images[rows])
                y = fluid.dygraph.to_variable(labels[rows])
                loss = fluid.layers.mean(fluid.layers.cross_entropy(model(x), y))
                if first is None:
                    first = loss.numpy()[0]
                sums.append(loss.numpy()[0])
                loss.backward()
                optimizer.minimize(loss)
                model.clear_gradients()
            last = np.mean(sums)
        print(
            "%s: first %.4f last %.4f lr %.4f, %.1f s"
            % (name, first, last, optimizer.current_step_lr(), time.time() - start)
        )

# 中途改学习率
with fluid.dygraph.guard(place):
    model = Net()
    adam = AdamOptimizer(0.1, parameter_list=model.parameters())
    print("lr", adam.current_step_lr())
    for lr in [0.2, 0.3]:
        adam.set_lr(lr)
        print("lr", adam.current_step_lr())
    value = fluid.layers.fill_constant(shape=[1], dtype="float32", value=0.25)
    adam.set_lr(value)
    print("lr", adam.current_step_lr())
