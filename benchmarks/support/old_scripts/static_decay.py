# 静态图里的学习率衰减：每 run 一次，学习率走一步
import numpy as np
import paddle.fluid as fluid

x = fluid.data(name="x", shape=[None, 1], dtype="float32")
y = fluid.layers.fc(
    x,
    1,
    bias_attr=False,
    param_attr=fluid.ParamAttr(name="w", initializer=fluid.initializer.Constant(0.0)),
)
loss = fluid.layers.mean(y)  # 对 w 的梯度总是 1
lr = fluid.layers.piecewise_decay(boundaries=[2, 4], values=[0.1, 0.05, 0.01])
fluid.optimizer.SGDOptimizer(learning_rate=lr).minimize(loss)

exe = fluid.Executor(fluid.CPUPlace())
exe.run(fluid.default_startup_program())
before = 0.0
for i in range(6):
    exe.run(feed={"x": np.ones([4, 1], "float32")}, fetch_list=[loss])
    now = float(np.array(fluid.global_scope().find_var("w").get_tensor())[0][0])
    print("step %d rate %.4f" % (i, before - now))
    before = now
