"""The words of the teaching figures in Chinese, by the English ones."""

CHINESE = {
    # sigmoid
    "Sigmoid: any number becomes one between 0 and 1": "Sigmoid：把任意数变成 0 到 1 之间的数",
    "81 points from -8 to 8 in steps of 0.2; the slope is Paddle's gradient": (
        "从 -8 到 8，步长 0.2，共 81 个点；斜率是 Paddle 求出的梯度"
    ),
    "its slope, at most {most:.2f}": "它的斜率，最大 {most:.2f}",
    "saturated: almost no slope": "饱和区：几乎没有斜率",
    "value": "值",
    # log
    "The logarithm, and the loss that is made of it": "对数，以及由它得到的损失",
    "100 points from 0.01 to 1 in steps of 0.01; log is the natural logarithm": (
        "从 0.01 到 1，步长 0.01，共 100 个点；log 是自然对数"
    ),
    "cross entropy, -log p": "交叉熵，-log p",
    "square error, (1 - p)²": "平方误差，(1 - p)²",
    "one of ten: {loss:.2f}": "十选一：{loss:.2f}",
    "a confident mistake costs without limit": "自信地答错，损失没有上限",
    "p, the probability given to the right digit": "p，给正确数字的概率",
    "loss": "损失",
    # softmax
    "Softmax: ten outputs become ten probabilities that sum to 1": (
        "Softmax：十个输出变成十个概率，和为 1"
    ),
    "data: {data}, eval, image {place}; model: {model}": (
        "数据：{data}，eval，编号 {place}；模型：{model}"
    ),
    "label {label}": "标签 {label}",
    "digit": "数字",
    "digit {digit}": "数字 {digit}",
    "output": "输出",
    "outputs, sum {total:.1f}": "输出，和为 {total:.1f}",
    "probability": "概率",
    "their softmax, sum {total:.1f}": "softmax 之后，和为 {total:.1f}",
    "as trained": "训练所得",
    "factor on all outputs": "全部输出乘以的倍数",
    "larger gaps, surer answers": "差距越大，答案越肯定",
    # learning_rate
    "The learning rate: SGD on two weights of the linear model": (
        "学习率：SGD 调整线性模型的两个权重"
    ),
    (
        "linear model, trained, square error; data: {data}, train, {count:,} images a step; "
        "lines: equal loss; pixel: row, column\n"
        "SGD diverges with a rate above {limit:.2f}; if all 785 weights move, above {all:.3f}"
    ): (
        "训练好的线性模型，平方误差；数据：{data}，train，每步用 {count:,} 张图；"
        "线：等损失线；像素：行，列\n"
        "学习率高于 {limit:.2f} 时 SGD 发散；如果 785 个权重都动，高于 {all:.3f} 就发散"
    ),
    "weight of pixel {row}, {column}": "像素（{row}，{column}）的权重",
    "{name}: rate {rate:.3g}": "{name}：学习率 {rate:.3g}",
    "too small": "太小",
    "about right": "合适",
    "too large": "太大",
    "start": "起点",
    "minimum": "最低点",
    "step": "步数",
    "loss above the minimum": "损失与最低值之差",
    # optimizers
    "Four optimizers on two numbers of the MLP, {steps} steps": (
        "四种优化器调整 MLP 的两个数，{steps} 步"
    ),
    (
        "MLP 784-10-10-10, trained, cross entropy; data: {data}, train, {count:,} images a step; "
        "lines: equal loss\n"
        "a gain multiplies all weights and biases of a layer, 1 is as trained"
    ): (
        "训练好的 MLP 784-10-10-10，交叉熵；数据：{data}，train，每步用 {count:,} 张图；"
        "线：等损失线\n"
        "增益乘在一层的全部权重和偏置上，1 就是训练所得"
    ),
    "all with the tutorial's rate, {rate}": "都用教程的学习率 {rate}",
    "each with its best of {rates}": "各用 {rates} 中最好的学习率",
    "{name} {rate}: loss {loss:.2f}": "{name} {rate}：损失 {loss:.2f}",
    "gain of the two hidden layers": "两个隐藏层的增益",
    "gain of the last layer": "最后一层的增益",
    # likelihood
    "A black ball was drawn: from which box?": "摸到一个黑球：它来自哪个盒子？",
    "posterior by Bayes' rule: prior × likelihood, divided by the sum over both boxes": (
        "后验由贝叶斯公式得到：先验 × 似然，再除以两个盒子之和"
    ),
    "box {name}: {white} white, {black} black": "盒子 {name}：{white} 白，{black} 黑",
    "box": "盒子",
    "likelihood P(black | box)": "似然 P（黑 | 盒子）",
    "maximum likelihood chooses {box}": "最大似然选 {box}",
    "no ball seen": "还没有摸球",
    "a black ball seen": "摸到黑球之后",
    "prior {prior:.0%}: posterior {after:.0%}": "先验 {prior:.0%}：后验 {after:.0%}",
    "prior P(box B)": "先验 P（盒子 B）",
    "posterior P(box B | black)": "后验 P（盒子 B | 黑）",
    "the posterior weighs the prior too": "后验还要考虑先验",
    # samples
    "An image is 28 × 28 numbers from 0 (paper) to 1 (ink)": (
        "一张图是 28 × 28 个数，从 0（纸）到 1（墨）"
    ),
    "data: {data}, train; ink is drawn dark": "数据：{data}，train；墨迹画成深色",
    "label": "标签",
    "the first {count} images of each digit": "每个数字的前 {count} 张图",
    "column": "列",
    "row": "行",
    "the first {digit}, as numbers": "第一个 {digit}，写成数字",
    # layers
    "What each layer of the CNN sees of one digit": "CNN 的每一层看到的同一个数字",
    "input: 1×28×28, label {label}": "输入：1×28×28，标签 {label}",
    "conv1, ReLU: {shape}": "卷积 conv1，ReLU：{shape}",
    "pool1: {shape}": "池化 pool1：{shape}",
    "conv2, ReLU: {shape}": "卷积 conv2，ReLU：{shape}",
    "pool2: {shape}": "池化 pool2：{shape}",
    "10 outputs; softmax: {digit}, {share:.1%}": "10 个输出；softmax：{digit}，{share:.1%}",
    "activation": "激活值",
    # mistakes
    "data: {data}, eval; model: {model}; #: place in eval; %: probability": (
        "数据：{data}，eval；模型：{model}；#：在 eval 中的位置；%：概率"
    ),
    "{wrong:,} of {total:,} digits read wrongly; the least probable labels first": (
        "{total:,} 个数字认错了 {wrong:,} 个；标签概率最低的排在前面"
    ),
    "#{place}, label {label}: {right:.1%}\nread as {digit}: {share:.1%}": (
        "#{place}，标签 {label}：{right:.1%}\n认成 {digit}：{share:.1%}"
    ),
}
