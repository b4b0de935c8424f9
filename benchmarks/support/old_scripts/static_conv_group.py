# 静态图：img_conv_group 搭一个小 VGG，ParallelExecutor 训练，global_scope 里看参数
import gzip
import json
import os

import numpy as np
import paddle.fluid as fluid
import paddle.fluid.nets as nets
from paddle.fluid.executor import Executor
from paddle.fluid.layers.nn import fc

os.environ["CPU_NUM"] = "1"
print("places:", len(fluid.cpu_places(1)))

imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
imgs = np.array(imgs, dtype="float32").reshape(-1, 1, 28, 28)
labels = np.array(labels, dtype="int64").reshape(-1, 1)
np.random.seed(2)
fluid.default_startup_program().random_seed = 2

image = fluid.layers.data("image", [1, 28, 28])
label = fluid.layers.data("label", [1], dtype="int64")
small = fluid.layers.conv2d(
    image,
    num_filters=8,
    filter_size=3,
    stride=2,
    padding=1,
    act="relu",
    param_attr=fluid.ParamAttr(name="first_conv"),
)
group = nets.img_conv_group(
    input=small,
    conv_num_filter=[12, 12],
    pool_size=2,
    pool_stride=2,
    conv_padding=1,
    conv_filter_size=3,
    conv_act="relu",
    conv_with_batchnorm=[True, False],
    conv_batchnorm_drop_rate=0.0,
    pool_type="max",
)
predict = fc(group, 10, act="softmax")
loss = fluid.layers.mean(fluid.layers.cross_entropy(predict, label))
acc = fluid.layers.accuracy(predict, label)

# 先 minimize 再 clone：测试程序里不能再有反向和更新
fluid.optimizer.AdagradOptimizer(learning_rate=0.03).minimize(loss)
test_program = fluid.default_main_program().clone(for_test=True)

exe = Executor(fluid.CPUPlace())
exe.run(fluid.default_startup_program())
train_exe = fluid.ParallelExecutor(
    use_cuda=False, loss_name=loss.name, main_program=fluid.default_main_program()
)
for step in range(100):
    rows = np.random.choice(len(imgs), 50)
    out = train_exe.run(
        fetch_list=[loss.name, acc.name], feed={"image": imgs[rows], "label": labels[rows]}
    )
    if step % 20 == 0:
        print("step %d loss %.4f acc %.4f" % (step, np.mean(out[0]), np.mean(out[1])))


def test():
    return exe.run(
        test_program, feed={"image": imgs[:500], "label": labels[:500]}, fetch_list=[loss, acc]
    )


def weight():
    return np.array(fluid.global_scope().find_var("first_conv").get_tensor())


first = test()
print("train accuracy %.4f" % float(first[1]))
before = weight()
print(
    "testing changes nothing:",
    float(test()[0]) == float(first[0]) and bool((weight() == before).all()),
)
fluid.io.save_params(exe, "only_params", main_program=fluid.default_main_program())
fluid.global_scope().find_var("first_conv").get_tensor().set(
    np.zeros_like(before), fluid.CPUPlace()
)
print("without the first layer %.4f" % float(test()[1]))
fluid.io.load_params(exe, "only_params")
print("loaded again %.4f" % float(test()[1]), weight().shape)
