# 静态图：softmax 回归识别手写数字（没有 guard，1.x 的默认方式）
import numpy
import paddle
import paddle.fluid as fluid

BATCH_SIZE = 64
PASS_NUM = 5
use_cuda = False


def loss_net(hidden, label):
    prediction = fluid.layers.fc(input=hidden, size=10, act="softmax")
    loss = fluid.layers.cross_entropy(input=prediction, label=label)
    avg_loss = fluid.layers.mean(loss)
    acc = fluid.layers.accuracy(input=prediction, label=label)
    return prediction, avg_loss, acc


def multilayer_perceptron(img, label):
    img = fluid.layers.fc(input=img, size=64, act="tanh")
    return loss_net(img, label)


def train(nn_type):
    startup_program = fluid.default_startup_program()
    main_program = fluid.default_main_program()
    main_program.random_seed = startup_program.random_seed = 90

    train_reader = paddle.batch(
        paddle.reader.shuffle(paddle.dataset.mnist.train(), buf_size=500), batch_size=BATCH_SIZE
    )
    test_reader = paddle.batch(paddle.dataset.mnist.test(), batch_size=BATCH_SIZE)

    img = fluid.data(name="img", shape=[None, 1, 28, 28], dtype="float32")
    label = fluid.data(name="label", shape=[None, 1], dtype="int64")
    prediction, avg_loss, acc = {"softmax": loss_net, "mlp": multilayer_perceptron}[nn_type](
        img, label
    )
    test_program = main_program.clone(for_test=True)
    optimizer = fluid.optimizer.Adam(learning_rate=0.005)
    optimizer.minimize(avg_loss)

    place = fluid.CUDAPlace(0) if use_cuda else fluid.CPUPlace()
    exe = fluid.Executor(place)
    feeder = fluid.DataFeeder(feed_list=[img, label], place=place)
    exe.run(startup_program)

    def train_test(program, reader):
        acc_set, loss_set, sizes = [], [], []
        for count, test_data in enumerate(reader()):
            if count == 20:
                break
            # DataFeeder 收的是 784 维的样本，它会按 shape 变形
            acc_np, avg_loss_np = exe.run(
                program=program, feed=feeder.feed(test_data), fetch_list=[acc, avg_loss]
            )
            acc_set.append(float(acc_np))
            loss_set.append(float(avg_loss_np))
        return numpy.array(loss_set).mean(), numpy.array(acc_set).mean()

    step = 0
    for epoch_id in range(PASS_NUM):
        for step_id, data in enumerate(train_reader()):
            if step_id == 60:
                break
            metrics = exe.run(
                main_program, feed=feeder.feed(data), fetch_list=[avg_loss.name, acc.name]
            )
            if step % 10 == 0:
                print("Pass %d, Batch %d, Cost %f" % (epoch_id, step, metrics[0][0]))
            step += 1
        avg_loss_val, acc_val = train_test(test_program, test_reader)
        print("Test with Epoch %d, avg_cost: %s, acc: %s" % (epoch_id, avg_loss_val, acc_val))

    fluid.io.save_params(executor=exe, dirname="params_" + nn_type, main_program=main_program)
    fluid.io.save_inference_model("model_" + nn_type, ["img"], [prediction], exe)

    # 换一个作用域，重新载入模型再预测
    sample = next(paddle.dataset.mnist.test()())
    tensor_img = sample[0].reshape([1, 1, 28, 28]).astype("float32")
    here = exe.run(
        test_program,
        feed={"img": tensor_img, "label": numpy.array([[sample[1]]], "int64")},
        fetch_list=[prediction],
    )[0]
    inference_scope = fluid.Scope()
    with fluid.scope_guard(inference_scope):
        inference_program, feed_target_names, fetch_targets = fluid.io.load_inference_model(
            "model_" + nn_type, exe
        )
        results = exe.run(
            inference_program, feed={feed_target_names[0]: tensor_img}, fetch_list=fetch_targets
        )
        lab = numpy.argsort(results)
        print("Inference result is: %d, label %d" % (lab[0][0][-1], sample[1]))
        print("inference difference: %.2e" % numpy.abs(results[0] - here).max())


train("mlp")
