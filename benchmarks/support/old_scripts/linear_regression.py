# 手写数字识别：先用最简单的线性回归试一试
# AI Studio, PaddlePaddle 1.7.1

import gzip
import json
import os
import random

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Linear

# 图片的尺寸与批大小
IMG_ROWS = 28
IMG_COLS = 28
BATCHSIZE = 50


def load_data(mode="train"):
    datafile = "./work/mnist.json.gz"
    print(f"loading mnist dataset from {datafile} ......")
    data = json.load(gzip.open(datafile))
    train_set, val_set, eval_set = data
    if mode == "train":
        imgs, labels = train_set[0], train_set[1]
    elif mode == "valid":
        imgs, labels = val_set[0], val_set[1]
    elif mode == "eval":
        imgs, labels = eval_set[0], eval_set[1]
    else:
        raise Exception("mode can only be one of ['train', 'valid', 'eval']")
    assert len(imgs) == len(labels), "length of imgs %d, of labels %d" % (len(imgs), len(labels))
    index_list = list(range(len(imgs)))

    def data_generator():
        if mode == "train":
            random.shuffle(index_list)  # 训练时打乱
        imgs_list = []
        labels_list = []
        for i in index_list:
            img = np.reshape(imgs[i], [1, IMG_ROWS, IMG_COLS]).astype("float32")
            label = np.reshape(labels[i], [1]).astype("float32")
            imgs_list.append(img)
            labels_list.append(label)
            if len(imgs_list) == BATCHSIZE:
                yield np.array(imgs_list), np.array(labels_list)
                imgs_list = []
                labels_list = []
        # 剩下的不足一个批次的数据
        if len(imgs_list) > 0:
            yield np.array(imgs_list), np.array(labels_list)

    return data_generator


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.fc = Linear(input_dim=784, output_dim=1, act=None)

    def forward(self, inputs):
        inputs = fluid.layers.reshape(inputs, (-1, 784))
        outputs = self.fc(inputs)
        return outputs


if __name__ == "__main__":
    with fluid.dygraph.guard():
        fluid.default_main_program().random_seed = 33
        fluid.default_startup_program().random_seed = 33
        random.seed(33)
        model = MNIST()
        model.train()
        train_loader = load_data("train")
        optimizer = fluid.optimizer.SGDOptimizer(
            learning_rate=0.001, parameter_list=model.parameters()
        )
        EPOCH_NUM = 6
        for epoch_id in range(EPOCH_NUM):
            all_loss = []
            for batch_id, data in enumerate(train_loader()):
                image_data, label_data = data
                if epoch_id == 0 and batch_id == 0:
                    print("shape of the images:", image_data.shape, image_data.dtype)
                image = fluid.dygraph.to_variable(image_data)
                label = fluid.dygraph.to_variable(label_data)
                predict = model(image)
                loss = fluid.layers.square_error_cost(predict, label)
                avg_loss = fluid.layers.mean(loss)
                if batch_id % 10 == 0:
                    print(f"epoch: {epoch_id}, batch: {batch_id}, loss is: {avg_loss.numpy()}")
                all_loss.append(avg_loss.numpy()[0])
                avg_loss.backward()
                optimizer.minimize(avg_loss)
                model.clear_gradients()
            print("epoch %d mean loss %.4f" % (epoch_id, sum(all_loss) / len(all_loss)))
        fluid.save_dygraph(model.state_dict(), "mnist")
        print("saved:", os.path.exists("mnist.pdparams"))

    # 再读回来，用验证集看看
    with fluid.dygraph.guard():
        model = MNIST()
        params_file_path = "mnist"
        model_dict, _ = fluid.load_dygraph(params_file_path)
        model.load_dict(model_dict)
        model.eval()
        total = 0.0
        count = 0
        for x, y in load_data("valid")():
            out = model(fluid.dygraph.to_variable(x)).numpy()
            total += float(((out - y) ** 2).sum())
            count += len(y)
        print("valid square error: %.4f" % (total / count))
