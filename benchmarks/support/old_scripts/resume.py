# 断点续训：保存模型参数和优化器参数，学习率多项式衰减
#   python resume.py            从头训练 3 轮，每一轮保存一次
#   python resume.py restart    从第 1 轮的存档继续
import os
import sys

import paddle.fluid as fluid
from course_reader import load_data
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D

BATCHSIZE = 50
EPOCH_NUM = 3
place = fluid.CPUPlace()


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=10, filter_size=5, stride=2, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=490, output_dim=10, act="softmax")

    def forward(self, inputs, label=None):
        x = self.pool1(self.conv1(inputs))
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        x = self.fc(x)
        if label is not None:
            return x, fluid.layers.accuracy(input=x, label=label)
        return x


def train(start, reader):
    with fluid.dygraph.guard(place):
        fluid.default_main_program().random_seed = 9
        fluid.default_startup_program().random_seed = 9
        model = MNIST()
        # 总步数
        total_steps = (int(1050 // BATCHSIZE) + 1) * EPOCH_NUM
        lr = fluid.dygraph.PolynomialDecay(0.01, total_steps, 0.001)
        optimizer = fluid.optimizer.AdamOptimizer(
            learning_rate=lr, parameter_list=model.parameters()
        )
        if start > 0:
            params_path = f"./checkpoint/mnist_epoch{start - 1}"
            params_dict, opt_dict = fluid.load_dygraph(params_path)
            model.set_dict(params_dict)
            optimizer.set_dict(opt_dict)
        print("start from epoch", start)
        reader.passes[0] = start
        model.train()
        for epoch_id in range(start, EPOCH_NUM):
            for batch_id, data in enumerate(reader()):
                image, label = (
                    fluid.dygraph.to_variable(data[0]),
                    fluid.dygraph.to_variable(data[1]),
                )
                predict, acc = model(image, label)
                avg_loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
                avg_loss.backward()
                optimizer.minimize(avg_loss)
                if batch_id % 5 == 0:
                    print(
                        f"epoch: {epoch_id}, batch: {batch_id}, loss: {float(avg_loss.numpy()[0])!r}, lr: {optimizer.current_step_lr():.8f}"
                    )
                model.clear_gradients()
            if start == 0:
                if not os.path.exists("checkpoint"):
                    os.mkdir("checkpoint")
                fluid.save_dygraph(model.state_dict(), f"./checkpoint/mnist_epoch{epoch_id}")
                fluid.save_dygraph(optimizer.state_dict(), f"./checkpoint/mnist_epoch{epoch_id}")
        print("acc of the last batch: %.4f" % acc.numpy()[0])


reader = load_data("train", BATCHSIZE, seed=100)
if "restart" in sys.argv[1:]:
    train(1, reader)
else:
    train(0, reader)
    print("files:", sorted(os.listdir("checkpoint")))
    # 同一个进程里再续一次（notebook 里就是这样做的）
    print("again in the same process")
    train(1, reader)
