# fluid.layers 里的常用函数，每个都和 numpy 对一对
import numpy as np
import paddle.fluid as fluid
from paddle.fluid.dygraph import to_variable
from paddle.fluid.layers import concat, split, stack, topk, transpose

rng = np.random.RandomState(0)
a = rng.rand(3, 4).astype("float32") + 0.5
b = rng.rand(3, 4).astype("float32") + 0.5
img = rng.rand(2, 3, 4, 4).astype("float32")
labels = np.array([[1], [3], [0]], "int64")


def check(name, got, want):
    got = got.numpy()
    want = np.asarray(want)
    ok = list(got.shape) == list(want.shape) and np.allclose(got, want, atol=1e-5)
    print(
        "%s: %s"
        % (
            name,
            "ok" if ok else "WRONG %s %s instead of %s %s" % (got.shape, got, want.shape, want),
        )
    )


with fluid.dygraph.guard():
    x, y = to_variable(a), to_variable(b)
    lab = to_variable(labels)
    L = fluid.layers
    soft = np.exp(a) / np.exp(a).sum(1, keepdims=True)

    check("mean", L.mean(x), [a.mean()])
    check("reduce_mean", L.reduce_mean(x), [a.mean()])
    check("reduce_mean dim", L.reduce_mean(x, dim=1, keep_dim=True), a.mean(1, keepdims=True))
    check("reduce_sum", L.reduce_sum(x), [a.sum()])
    check("reduce_sum dim", L.reduce_sum(x, dim=[0]), a.sum(0))
    check("square_error_cost", L.square_error_cost(x, y), (a - b) ** 2)
    check("softmax", L.softmax(x), soft)
    check(
        "cross_entropy",
        L.cross_entropy(L.softmax(x), lab),
        -np.log(soft[np.arange(3), labels[:, 0]])[:, None],
    )
    check(
        "cross_entropy soft",
        L.cross_entropy(L.softmax(x), to_variable(soft), soft_label=True),
        -(soft * np.log(soft)).sum(1, keepdims=True),
    )
    check(
        "softmax_with_cross_entropy",
        L.softmax_with_cross_entropy(x, lab),
        -np.log(soft[np.arange(3), labels[:, 0]])[:, None],
    )
    check("accuracy", L.accuracy(x, lab), [np.mean(a.argmax(1) == labels[:, 0])])
    check("accuracy k", L.accuracy(x, lab, k=4), [1.0])
    check("sigmoid", L.sigmoid(x), 1 / (1 + np.exp(-a)))
    check("relu", L.relu(x - 1.0), np.maximum(a - 1, 0))
    check("tanh", L.tanh(x), np.tanh(a))
    check("log", L.log(x), np.log(a))
    check("sqrt", L.sqrt(x), np.sqrt(a))
    check("square", L.square(x), a * a)
    check("abs", L.abs(0.0 - x), a)
    check("cast", L.cast(x, "int64"), a.astype("int64"))
    check("cast of a label", L.cast(lab, dtype="float32"), labels.astype("float32"))
    check("concat", concat([x, y], axis=1), np.concatenate([a, b], 1))
    check("concat default", concat(input=[x, y]), np.concatenate([a, b], 0))
    check("transpose", transpose(x, perm=[1, 0]), a.T)
    check("one_hot", L.one_hot(lab, 5), np.eye(5, dtype="float32")[labels[:, 0]])
    check(
        "one_hot depth", L.one_hot(input=lab, depth=10), np.eye(10, dtype="float32")[labels[:, 0]]
    )
    check("argmax", L.argmax(x, axis=1), a.argmax(1))
    check("argmax default", L.argmax(x), a.argmax(0))
    values, indices = topk(x, k=2)
    check("topk values", values, -np.sort(-a, 1)[:, :2])
    check("topk indices", indices, np.argsort(-a, 1)[:, :2])
    check("dropout test", L.dropout(x, dropout_prob=0.25, is_test=True), a * 0.75)
    check(
        "dropout upscale",
        L.dropout(x, dropout_prob=0.25, is_test=True, dropout_implementation="upscale_in_train"),
        a,
    )
    dropped = L.dropout(x, dropout_prob=0.5).numpy()
    print("dropout: %s" % ("ok" if np.all((dropped == 0) | (dropped == a)) else "WRONG"))
    check("elementwise_add", L.elementwise_add(x, y), a + b)
    check("elementwise_sub", L.elementwise_sub(x, y), a - b)
    check("elementwise_mul", L.elementwise_mul(x, y, act="relu"), a * b)
    check("elementwise_div", L.elementwise_div(x, y), a / b)
    check(
        "elementwise_add axis",
        L.elementwise_add(x, to_variable(a[:, 0].copy()), axis=0),
        a + a[:, :1],
    )
    check("matmul", L.matmul(x, y, transpose_y=True), a.dot(b.T))
    check("matmul alpha", L.matmul(x, y, transpose_x=True, alpha=2.0), 2 * a.T.dot(b))
    check("flatten", L.flatten(to_variable(img)), img.reshape(2, -1))
    check("flatten axis", L.flatten(to_variable(img), axis=2), img.reshape(6, 16))
    check(
        "pool2d",
        L.pool2d(to_variable(img), pool_size=2, pool_type="max", pool_stride=2),
        img.reshape(2, 3, 2, 2, 2, 2).max(axis=(3, 5)),
    )
    check(
        "pool2d global",
        L.pool2d(to_variable(img), pool_type="avg", global_pooling=True),
        img.mean(axis=(2, 3), keepdims=True),
    )
    check("clip", L.clip(x, min=0.7, max=1.0), np.clip(a, 0.7, 1.0))
    check("fill_constant", L.fill_constant([2, 3], "float32", 1.5), np.full([2, 3], 1.5))
    check("assign", L.assign(x), a)
    check("assign numpy", L.assign(b), b)
    check("unsqueeze", L.unsqueeze(x, axes=[1]), a[:, None])
    check("squeeze", L.squeeze(L.unsqueeze(x, [0]), axes=[0]), a)
    check("stack", stack([x, y], axis=0), np.stack([a, b]))
    parts = split(x, num_or_sections=2, dim=1)
    check("split", parts[1], a[:, 2:])
    check("split default", split(x, [1, 3])[1], a[:, 1:])
    check(
        "label_smooth",
        L.label_smooth(label=L.one_hot(lab, 4), epsilon=0.1),
        np.eye(4)[labels[:, 0]] * 0.9 + 0.1 / 4,
    )
    check("reshape", L.reshape(x, [2, -1]), a.reshape(2, 6))
    check("reshape 0", L.reshape(x, shape=[0, 2, 2]), a.reshape(3, 2, 2))
    check("reshape act", L.reshape(x - 1.0, [12], act="relu"), np.maximum(a - 1, 0).reshape(12))

    # 标量：打印和转换
    m = L.mean(x)
    print(
        "scalar forms agree: %s"
        % (float(m) == float(m.numpy()) == float(m.numpy()[0]) == m.numpy().item())
    )
    print("mean looks like", m.numpy())

    # 梯度
    w = to_variable(a)
    w.stop_gradient = False
    out = L.reduce_sum(L.square(w))
    strategy = fluid.dygraph.BackwardStrategy()
    strategy.sort_sum_gradient = True
    out.backward(strategy)
    print("gradient: %s" % ("ok" if np.allclose(w.gradient(), 2 * a) else "WRONG"))
    w.clear_gradient()
    print("cleared: %s" % ("ok" if w.gradient() is None or not w.gradient().any() else "WRONG"))

    @fluid.dygraph.no_grad
    def quiet(v):
        return L.square(v)

    print("no_grad as a decorator: %s" % ("ok" if quiet(w).stop_gradient else "WRONG"))
    v = fluid.dygraph.to_variable(a, name="v")
    print("detach: %s" % ("ok" if (v.detach().numpy() == a).all() else "WRONG"))
print("all done")
