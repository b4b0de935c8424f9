# 单机多卡训练: python -m paddle.distributed.launch --selected_gpus=0,1 --log_dir ./mylog multi_process.py
import gzip
import json
import os
import random

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D

BATCHSIZE = 25
EPOCH_NUM = 2


def load_data(mode="train"):
    sets = json.load(gzip.open("./work/mnist.json.gz"))
    imgs, labels = sets[["train", "valid", "eval"].index(mode)]
    index_list = list(range(len(imgs)))

    def data_generator():
        if mode == "train":
            random.seed(0)  # 每个进程的顺序要一样
            random.shuffle(index_list)
        xs, ys = [], []
        for i in index_list:
            xs.append(np.array(imgs[i], dtype="float32").reshape(1, 28, 28))
            ys.append(np.array([labels[i]], dtype="int64"))
            if len(xs) == BATCHSIZE:
                yield np.array(xs), np.array(ys)
                xs, ys = [], []

    return data_generator


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=10, filter_size=5, stride=2, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=490, output_dim=10, act="softmax")

    def forward(self, inputs):
        x = self.pool1(self.conv1(inputs))
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        return self.fc(x)


def train_multi_gpu():
    # 修改 1：从环境变量获取使用的 GPU 序号
    place = fluid.CUDAPlace(fluid.dygraph.parallel.Env().dev_id)
    with fluid.dygraph.guard(place):
        fluid.default_main_program().random_seed = 6
        fluid.default_startup_program().random_seed = 6
        # 修改 2：做多卡环境准备
        strategy = fluid.dygraph.parallel.prepare_context()
        env = fluid.dygraph.ParallelEnv()
        print(f"rank {env.local_rank} of {env.nranks}")
        model = MNIST()
        # 修改 3：模型并行化
        model = fluid.dygraph.parallel.DataParallel(model, strategy)
        model.train()

        train_loader = load_data("train")
        # 修改 4：每个进程读不同的批次
        train_loader = fluid.contrib.reader.distributed_batch_reader(train_loader)
        optimizer = fluid.optimizer.SGDOptimizer(
            learning_rate=0.1, parameter_list=model.parameters()
        )
        for epoch_id in range(EPOCH_NUM):
            first = None
            batches = 0
            for batch_id, data in enumerate(train_loader()):
                image_data, label_data = data
                image = fluid.dygraph.to_variable(image_data)
                label = fluid.dygraph.to_variable(label_data)
                predict = model(image)
                loss = fluid.layers.square_error_cost(predict, fluid.layers.one_hot(label, 10))
                loss = fluid.layers.cross_entropy(predict, label)
                avg_loss = fluid.layers.mean(loss)
                # 修改 5：损失缩放、梯度汇总
                avg_loss = model.scale_loss(avg_loss)
                avg_loss.backward()
                model.apply_collective_grads()
                optimizer.minimize(avg_loss)
                model.clear_gradients()
                batches += 1
                value = avg_loss.numpy()[0] * env.nranks
                first = value if first is None else first
            print(
                "rank %d epoch %d batches %d first %.4f last %.4f"
                % (env.local_rank, epoch_id, batches, first, value)
            )
        weight = model.parameters()[0].numpy()
        print("rank %d weight %.9f" % (env.local_rank, np.abs(weight).sum()))
        if fluid.dygraph.parallel.Env().local_rank == 0:
            fluid.save_dygraph(model.state_dict(), "mnist")
            print("saved", sorted(f for f in os.listdir(".") if f.startswith("mnist.")))


if __name__ == "__main__":
    train_multi_gpu()
