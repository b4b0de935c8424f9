# 初始化方式、学习率衰减、梯度裁剪
import gzip
import json

import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import Linear, to_variable
from paddle.fluid.initializer import (
    MSRA,
    Constant,
    ConstantInitializer,
    MSRAInitializer,
    Normal,
    NormalInitializer,
    TruncatedNormal,
    TruncatedNormalInitializer,
    Uniform,
    UniformInitializer,
    Xavier,
    XavierInitializer,
)

imgs, labels = json.load(gzip.open("./work/mnist.json.gz"))[0]
imgs = np.array(imgs, "float32")
labels = np.array(labels, "int64").reshape([-1, 1])

with fluid.dygraph.guard():
    print("# initializers")
    for name, init in [
        ("Normal", Normal(loc=1.0, scale=0.1, seed=3)),
        ("NormalInitializer", NormalInitializer(1.0, 0.1)),
        ("Uniform", Uniform(low=-0.2, high=0.2)),
        ("UniformInitializer", UniformInitializer(-0.2, 0.2, seed=1)),
        ("Constant", Constant(value=0.5)),
        ("ConstantInitializer", ConstantInitializer(0.5)),
        ("Xavier", Xavier(uniform=True)),
        ("XavierInitializer", XavierInitializer(uniform=False)),
        ("MSRA", MSRA(uniform=False)),
        ("MSRAInitializer", MSRAInitializer(uniform=True)),
        ("TruncatedNormal", TruncatedNormal(loc=0.0, scale=0.1)),
        ("TruncatedNormalInitializer", TruncatedNormalInitializer(0.0, 0.1, seed=2)),
    ]:
        layer = Linear(300, 200, param_attr=fluid.ParamAttr(initializer=init))
        w = layer.weight.numpy()
        print("%s mean %.4f std %.4f max %.4f" % (name, w.mean(), w.std(), np.abs(w).max()))

    print("# decays")
    for name, decay in [
        ("PolynomialDecay", fluid.dygraph.PolynomialDecay(0.1, 5, 0.01, power=2.0)),
        (
            "PolynomialDecay cycle",
            fluid.dygraph.PolynomialDecay(0.1, 3, 0.01, power=1.0, cycle=True),
        ),
        (
            "ExponentialDecay",
            fluid.dygraph.ExponentialDecay(
                learning_rate=0.1, decay_steps=2, decay_rate=0.5, staircase=True
            ),
        ),
        ("NaturalExpDecay", fluid.dygraph.NaturalExpDecay(0.1, 4, 0.5)),
        ("InverseTimeDecay", fluid.dygraph.InverseTimeDecay(0.1, 4, 0.5)),
        ("PiecewiseDecay", fluid.dygraph.PiecewiseDecay([2, 4], [0.1, 0.05, 0.01], 0)),
        ("CosineDecay", fluid.dygraph.CosineDecay(0.1, 2, 4)),
        ("NoamDecay", fluid.dygraph.NoamDecay(d_model=64, warmup_steps=3)),
        (
            "LinearLrWarmup",
            fluid.dygraph.LinearLrWarmup(0.1, warmup_steps=4, start_lr=0.0, end_lr=0.1),
        ),
    ]:
        layer = Linear(
            1,
            1,
            param_attr=fluid.ParamAttr(initializer=fluid.initializer.Constant(0.0)),
            bias_attr=False,
        )
        opt = fluid.optimizer.SGDOptimizer(learning_rate=decay, parameter_list=layer.parameters())
        seen = []
        previous = 0.0
        for i in range(7):
            # 梯度总是 1，所以每一步走的距离就是学习率
            out = fluid.layers.mean(layer(to_variable(np.ones([1, 1], "float32"))))
            out.backward()
            opt.minimize(out)
            layer.clear_gradients()
            now = layer.weight.numpy().item()
            seen.append(previous - now)
            previous = now
        print("%s: %s" % (name, " ".join("%.6f" % s for s in seen)))

    print("# clips")
    for name, clip in [
        ("GradientClipByValue", fluid.clip.GradientClipByValue(max=0.01, min=-0.01)),
        ("GradientClipByNorm", fluid.clip.GradientClipByNorm(clip_norm=0.1)),
        ("GradientClipByGlobalNorm", fluid.clip.GradientClipByGlobalNorm(clip_norm=0.1)),
    ]:
        layer = Linear(
            4, 3, param_attr=fluid.ParamAttr(initializer=fluid.initializer.Constant(0.0))
        )
        before = [p.numpy().copy() for p in layer.parameters()]
        opt = fluid.optimizer.SGD(1.0, parameter_list=layer.parameters(), grad_clip=clip)
        loss = fluid.layers.reduce_sum(
            layer(to_variable(np.arange(8).reshape(2, 4).astype("float32")))
        )
        loss.backward()
        opt.minimize(loss)
        moved = [b - p.numpy() for b, p in zip(before, layer.parameters())]
        print(
            "%s: largest %.4f norms %s"
            % (
                name,
                max(np.abs(m).max() for m in moved),
                " ".join("%.4f" % np.sqrt((m**2).sum()) for m in moved),
            )
        )

    print("# training with warm up, decay and clip")
    fluid.default_startup_program().random_seed = 2
    np.random.seed(2)
    net = fluid.dygraph.Sequential(
        Linear(
            784, 32, act="relu", param_attr=fluid.ParamAttr(initializer=fluid.initializer.MSRA())
        ),
        Linear(
            32,
            10,
            act="softmax",
            param_attr=fluid.ParamAttr(initializer=fluid.initializer.Xavier()),
        ),
    )
    lr = fluid.dygraph.LinearLrWarmup(fluid.dygraph.CosineDecay(0.1, 20, 3), 10, 0.01, 0.1)
    opt = fluid.optimizer.MomentumOptimizer(
        lr,
        momentum=0.9,
        parameter_list=net.parameters(),
        grad_clip=fluid.clip.GradientClipByGlobalNorm(1.0),
    )
    for step in range(60):
        rows = np.random.choice(len(imgs), 50)
        prob = net(to_variable(imgs[rows]))
        y = to_variable(labels[rows])
        loss = fluid.layers.mean(fluid.layers.cross_entropy(prob, y))
        acc = fluid.layers.accuracy(prob, y)
        loss.backward()
        opt.minimize(loss)
        opt.clear_gradients()
    print("loss", loss.numpy(), "acc %.4f" % acc.numpy()[0])

    # 优化器的状态：state_dict / set_dict / set_state_dict
    state = opt.state_dict()
    fluid.save_dygraph(net.state_dict(), "net")
    fluid.save_dygraph(state, "net")
    params, opt_state = fluid.load_dygraph("net")
    opt.set_dict(opt_state)
    opt.set_state_dict(opt_state)
    print("optimizer state restored", len(opt_state) >= 4)
