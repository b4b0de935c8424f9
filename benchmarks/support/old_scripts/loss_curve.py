# 画出损失函数的下降曲线
import random

import matplotlib.pyplot as plt
import numpy as np
import paddle.fluid as fluid
from course_reader import load_data  # 读数据的函数放在同一个文件夹的另一个文件里
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=10, filter_size=5, stride=2, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="avg")
        self.fc = Linear(input_dim=490, output_dim=10, act="softmax")

    def forward(self, inputs):
        x = self.pool1(self.conv1(inputs))
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        return self.fc(x)


train_loader = load_data("train")
use_gpu = False
place = fluid.CUDAPlace(0) if use_gpu else fluid.CPUPlace()

iter = 0
iters = []
losses = []
with fluid.dygraph.guard(place):
    fluid.default_startup_program().random_seed = 4
    random.seed(4)
    model = MNIST()
    model.train()
    optimizer = fluid.optimizer.MomentumOptimizer(
        learning_rate=0.05, momentum=0.9, parameter_list=model.parameters()
    )
    for epoch_id in range(6):
        for batch_id, data in enumerate(train_loader()):
            image = fluid.dygraph.to_variable(data[0])
            label = fluid.dygraph.to_variable(data[1])
            avg_loss = fluid.layers.mean(fluid.layers.cross_entropy(model(image), label))
            # 每隔几个批次记录一次
            if batch_id % 5 == 0:
                iters.append(iter)
                losses.append(avg_loss.numpy())
                iter = iter + 5
            avg_loss.backward()
            optimizer.minimize(avg_loss)
            model.clear_gradients()

print("first %.4f last %.4f" % (losses[0], losses[-1]))
plt.figure()
plt.title("train loss", fontsize=24)
plt.xlabel("iter", fontsize=14)
plt.ylabel("loss", fontsize=14)
plt.plot(iters, losses, color="red", label="train loss")
plt.grid()
plt.show()

# 再看一眼 log 函数
x = np.arange(0.01, 1, 0.01)
plt.plot(x, np.log(x), "r")
plt.show()
print("end of script")
