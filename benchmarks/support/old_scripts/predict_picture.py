# 用训练好的模型识别一张 jpg 图片
import gzip
import json

import matplotlib.pyplot as plt
import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D
from PIL import Image


class MNIST(fluid.dygraph.Layer):
    def __init__(self):
        super().__init__()
        self.conv1 = Conv2D(
            num_channels=1, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool1 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.conv2 = Conv2D(
            num_channels=20, num_filters=20, filter_size=5, stride=1, padding=2, act="relu"
        )
        self.pool2 = Pool2D(pool_size=2, pool_stride=2, pool_type="max")
        self.fc = Linear(input_dim=980, output_dim=10, act="softmax")

    def forward(self, inputs):
        x = self.pool1(self.conv1(inputs))
        x = self.pool2(self.conv2(x))
        x = fluid.layers.reshape(x, [x.shape[0], -1])
        return self.fc(x)


imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
with fluid.dygraph.guard():
    fluid.default_startup_program().random_seed = 8
    np.random.seed(8)
    model = MNIST()
    opt = fluid.optimizer.AdamOptimizer(learning_rate=0.005, parameter_list=model.parameters())
    for epoch in range(3):
        order = np.random.permutation(len(imgs))
        for k in range(0, len(order), 50):
            x = (
                np.array([imgs[i] for i in order[k : k + 50]])
                .astype("float32")
                .reshape([-1, 1, 28, 28])
            )
            y = np.array([labels[i] for i in order[k : k + 50]]).astype("int64").reshape([-1, 1])
            loss = fluid.layers.mean(
                fluid.layers.cross_entropy(
                    model(fluid.dygraph.to_variable(x)), fluid.dygraph.to_variable(y)
                )
            )
            loss.backward()
            opt.minimize(loss)
            model.clear_gradients()
    fluid.save_dygraph(model.state_dict(), "mnist")


# 读取一张本地的样例图片，转变成模型输入的格式
def load_image(img_path):
    im = Image.open(img_path).convert("L")
    im.show()
    im = im.resize((28, 28), Image.ANTIALIAS)
    im = np.array(im).reshape(1, 1, 28, 28).astype(np.float32)
    # 图像归一化，并且黑白颠倒
    im = 1.0 - im / 255.0
    return im


with fluid.dygraph.guard():
    model = MNIST()
    params_file_path = "mnist"
    img_path = "./work/example_0.jpg"
    model_dict, _ = fluid.load_dygraph("mnist")
    model.load_dict(model_dict)
    model.eval()
    tensor_img = load_image(img_path)
    plt.imshow(tensor_img[0, 0], cmap="gray")
    plt.show()
    results = model(fluid.dygraph.to_variable(tensor_img))
    # 概率最大的下标就是预测的数字
    lab = np.argsort(results.numpy())
    print("本次预测的数字是: ", lab[0][-1])
    print("probability: %.4f, sum: %.4f" % (results.numpy()[0][lab[0][-1]], results.numpy().sum()))
