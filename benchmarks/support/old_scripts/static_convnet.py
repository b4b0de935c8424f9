# 静态图卷积网络: fluid.nets.simple_img_conv_pool
import gzip
import json

import numpy as np
import paddle
import paddle.fluid as fluid


def convolutional_neural_network(img, label):
    conv_pool_1 = fluid.nets.simple_img_conv_pool(
        input=img, filter_size=5, num_filters=10, pool_size=2, pool_stride=2, act="relu"
    )
    conv_pool_1 = fluid.layers.batch_norm(conv_pool_1)
    conv_pool_2 = fluid.nets.simple_img_conv_pool(
        input=conv_pool_1, filter_size=5, num_filters=20, pool_size=2, pool_stride=2, act="relu"
    )
    drop = fluid.layers.dropout(conv_pool_2, dropout_prob=0.2)
    return fluid.layers.fc(input=drop, size=10, act=None)


def main():
    train_set, valid_set, _ = json.load(gzip.open("./work/mnist.json.gz"))

    def reader():
        order = np.random.permutation(len(train_set[0]))
        for i in order:
            yield np.array(train_set[0][i], "float32"), int(train_set[1][i])

    prog = fluid.Program()
    startup = fluid.Program()
    prog.random_seed = startup.random_seed = 1
    np.random.seed(1)
    with fluid.program_guard(prog, startup):
        img = fluid.layers.data(name="img", shape=[1, 28, 28], dtype="float32")
        label = fluid.layers.data(name="label", shape=[1], dtype="int64")
        logits = convolutional_neural_network(img, label)
        cost, prob = fluid.layers.softmax_with_cross_entropy(logits, label, return_softmax=True)
        avg_cost = fluid.layers.mean(cost)
        acc = fluid.layers.accuracy(input=prob, label=label)
        test_prog = prog.clone(for_test=True)
        sgd = fluid.optimizer.MomentumOptimizer(
            learning_rate=fluid.layers.exponential_decay(0.05, decay_steps=20, decay_rate=0.9),
            momentum=0.9,
            regularization=fluid.regularizer.L2Decay(1e-4),
        )
        sgd.minimize(avg_cost)

    place = fluid.CPUPlace()
    exe = fluid.Executor(place)
    exe.run(startup)
    feeder = fluid.DataFeeder(feed_list=["img", "label"], place=place, program=prog)
    compiled = fluid.CompiledProgram(prog)
    batches = paddle.batch(reader, batch_size=50)
    for epoch in range(6):
        for batch_id, data in enumerate(batches()):
            loss_v, acc_v = exe.run(compiled, feed=feeder.feed(data), fetch_list=[avg_cost, acc])
            if batch_id % 10 == 0:
                print("epoch %d batch %d loss %s acc %s" % (epoch, batch_id, loss_v, acc_v))

    def evaluate():
        x = np.array(valid_set[0], "float32").reshape(-1, 1, 28, 28)
        y = np.array(valid_set[1], "int64").reshape(-1, 1)
        out = exe.run(test_prog, feed={"img": x, "label": y}, fetch_list=[acc, prob])
        return float(out[0]), out[1]

    accuracy, probabilities = evaluate()
    again, same = evaluate()
    print("valid accuracy: %.4f" % accuracy)
    print("dropout is off in the test program:", bool((same == probabilities).all()))

    fluid.io.save_persistables(exe, "saved", main_program=prog)
    # 换一套参数，准确率掉下来；再读回去就恢复
    exe.run(startup)
    print("after startup: %.4f" % evaluate()[0])
    fluid.io.load_persistables(exe, "saved", main_program=prog)
    print("after load: %.4f" % evaluate()[0])

    fluid.io.save_inference_model(
        dirname="infer",
        feeded_var_names=["img"],
        target_vars=[prob],
        executor=exe,
        main_program=test_prog,
    )
    with fluid.scope_guard(fluid.core.Scope()):
        program, feeds, fetches = fluid.io.load_inference_model(dirname="infer", executor=exe)
        x = np.array(valid_set[0], "float32").reshape(-1, 1, 28, 28)
        (result,) = exe.run(program, feed={feeds[0]: x}, fetch_list=fetches)
        print("inference difference: %.2e" % np.abs(result - probabilities).max())


if __name__ == "__main__":
    main()
