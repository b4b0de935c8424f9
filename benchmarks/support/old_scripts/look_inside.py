# 检查模型训练过程：打印网络每一层的参数形状、输出尺寸和内容
import gzip
import json

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph.nn import Conv2D, Linear, Pool2D


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

    # 加入对每一层输入和输出的尺寸和数据内容的打印
    def forward(self, inputs, label=None, check_shape=False, check_content=False):
        outputs1 = self.conv1(inputs)
        outputs2 = self.pool1(outputs1)
        outputs3 = self.conv2(outputs2)
        outputs4 = self.pool2(outputs3)
        _outputs4 = fluid.layers.reshape(outputs4, [outputs4.shape[0], -1])
        outputs5 = self.fc(_outputs4)

        if check_shape:
            print("\n########## print network layer's superparams ##############")
            print(
                f"conv1-- kernel_size:{self.conv1.weight.shape}, padding:{self.conv1._padding}, stride:{self.conv1._stride}"
            )
            print(
                f"conv2-- kernel_size:{self.conv2.weight.shape}, padding:{self.conv2._padding}, stride:{self.conv2._stride}"
            )
            print(
                f"pool1-- pool_type:{self.pool1._pool_type}, pool_size:{self.pool1._pool_size}, pool_stride:{self.pool1._pool_stride}"
            )
            print(
                f"pool2-- pool_type:{self.pool2._pool_type}, pool_size:{self.pool2._pool_size}, pool_stride:{self.pool2._pool_stride}"
            )
            print(
                f"fc-- weight_size:{self.fc.weight.shape}, bias_size:{self.fc.bias.shape}, activation:{self.fc._act}"
            )
            print("\n########## print shape of features of every layer ###############")
            for name, out in [
                ("inputs", inputs),
                ("outputs1", outputs1),
                ("outputs2", outputs2),
                ("outputs3", outputs3),
                ("outputs4", outputs4),
                ("outputs5", outputs5),
            ]:
                print(f"{name}_shape: {out.shape}")

        if check_content:
            # 打印卷积层的参数和输出内容，内容较多，只打印一部分
            print("conv1 params -- kernel weights:", self.conv1.weight[0][0])
            print("conv2 params -- kernel weights:", self.conv2.weight[0][0])
            idx1 = np.random.randint(0, outputs1.shape[1])
            idx2 = np.random.randint(0, outputs3.shape[1])
            print(f"The {idx1}th channel of conv1 layer: ", outputs1[0][idx1])
            print(f"The {idx2}th channel of conv2 layer: ", outputs3[0][idx2])
            print("The output of last layer:", outputs5[0], "\n")

        if label is not None:
            acc = fluid.layers.accuracy(input=outputs5, label=label)
            return outputs5, acc
        else:
            return outputs5


imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
xs = np.array(imgs, dtype="float32").reshape(-1, 1, 28, 28)
ys = np.array(labels, dtype="int64").reshape(-1, 1)

with fluid.dygraph.guard(fluid.CPUPlace()):
    fluid.default_startup_program().random_seed = 3
    np.random.seed(3)
    model = MNIST()
    model.train()
    print(model.full_name(), "|", model.conv1.full_name(), "|", model.fc.full_name())
    opt = fluid.optimizer.Adam(0.003, parameter_list=model.parameters())
    for batch_id in range(10):
        rows = np.random.choice(len(xs), 100, replace=False)
        image, label = fluid.dygraph.to_variable(xs[rows]), fluid.dygraph.to_variable(ys[rows])
        predict, acc = model(image, label, check_shape=batch_id == 0, check_content=batch_id == 9)
        avg_loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
        print(f"batch: {batch_id}, loss is: {avg_loss.numpy()}, acc is: {acc.numpy()}")
        avg_loss.backward()
        if batch_id == 0:
            g = model.fc.weight.gradient()
            print(
                "gradient of fc:",
                type(g).__name__,
                g.shape,
                "not all zero:",
                bool(np.abs(g).sum() > 0),
            )
        opt.minimize(avg_loss)
        model.clear_gradients()
        if batch_id == 0:
            g = model.fc.weight.gradient()
            print(
                "gradient after clear_gradients, sum:", 0.0 if g is None else float(np.abs(g).sum())
            )
    print(avg_loss)
    print(model.fc.bias)
    for name, p in model.named_parameters():
        print(name, p.name, p.shape, p.dtype)
