"""The Paddle 1.x names, and the line that one would write today instead of each.

NAMES holds what MNIST scripts use, MORE what is provided besides, ELSEWHERE what is not, but whose
replacement is known.
Aliases are not repeated: `canonical` reduces every spelling to one, by rule.
Keys that begin with a dot are methods and attributes of an object: `.minimize`, `._padding`.

Paddle 1.x 的名字，以及今天应该怎样写。
NAMES 是 MNIST 脚本用到的名字，MORE 是另外提供的名字；
ELSEWHERE 是这里没有提供、但知道用什么代替的名字。
别名不重复列出：`canonical` 按规则把各种写法归为一种。
以点开头的是对象的方法和属性，例如 `.minimize`、`._padding`。

Only Python's own library is imported here: the check and the table in README need no Paddle.
"""

from __future__ import annotations

import re

# What follows "; " is a note: where the new line does not mean quite the same.
NAMES: dict[str, str] = {
    # mode and places
    "fluid.dygraph.guard": "paddle.disable_static(); nothing to enter: this is the default today",
    "fluid.enable_dygraph": "paddle.disable_static(); this is the default today",
    "fluid.disable_dygraph": "paddle.enable_static()",
    "fluid.in_dygraph_mode": "paddle.in_dynamic_mode()",
    "fluid.CPUPlace": 'paddle.set_device("cpu"); paddle.CPUPlace() where a place is wanted',
    "fluid.CUDAPlace": 'paddle.set_device("gpu:0"); paddle.CUDAPlace(0) where a place is wanted',
    "fluid.is_compiled_with_cuda": "paddle.is_compiled_with_cuda()",
    "fluid.cuda_places": "paddle.static.cuda_places()",
    "fluid.cpu_places": "paddle.static.cpu_places()",
    "fluid.dygraph.no_grad": "paddle.no_grad()",
    "fluid.default_main_program": "paddle.seed(n); this for `.random_seed = n`, in the static "
    "graph paddle.static.default_main_program()",
    "fluid.default_startup_program": "paddle.seed(n); this for `.random_seed = n`, in the static "
    "graph paddle.static.default_startup_program()",
    # layers, as classes
    "fluid.dygraph.Layer": "paddle.nn.Layer; without name_scope as its first argument",
    "fluid.dygraph.Linear": "paddle.nn.Linear(in_features, out_features); no act=: call the "
    "activation in forward; param_attr= is weight_attr=",
    "fluid.dygraph.Conv2D": "paddle.nn.Conv2D(in_channels, out_channels, kernel_size); no act=; "
    "param_attr= is weight_attr=",
    "fluid.dygraph.Pool2D": "paddle.nn.MaxPool2D(2, 2); or paddle.nn.AvgPool2D by pool_type, "
    "paddle.nn.AdaptiveAvgPool2D(1) for global_pooling",
    "fluid.dygraph.BatchNorm": "paddle.nn.BatchNorm2D(num_features); no act=",
    "fluid.dygraph.Dropout": 'paddle.nn.Dropout(p); mode="downscale_in_infer" is what 1.x did, '
    "the default today scales up in training",
    "fluid.dygraph.Embedding": "paddle.nn.Embedding(n, d)",
    "fluid.dygraph.Sequential": "paddle.nn.Sequential(...)",
    "fluid.dygraph.LayerList": "paddle.nn.LayerList(...)",
    "fluid.dygraph.FC": "paddle.nn.Linear(in_features, out_features); it needs the input's width, "
    "and paddle.flatten(x, 1) before it",
    ".full_name": "layer.full_name()",
    ".create_parameter": "layer.create_parameter(shape)",
    ".add_sublayer": "layer.add_sublayer(name, layer)",
    ".set_dict": "model.set_state_dict(state); the same for an optimizer",
    ".load_dict": "model.set_state_dict(state)",
    ".clear_gradients": "optimizer.clear_grad(); the model's gradients are cleared by it too",
    "._padding": "conv._padding; a number or a list today, not always a list",
    "._stride": "conv._stride",
    "._pool_type": "type(pool).__name__; the type is the class today",
    "._pool_size": "pool.ksize",
    "._pool_stride": "pool.stride",
    "._act": "nothing; the activation is called in forward today",
    ".weight": "layer.weight",
    ".bias": "layer.bias",
    # functions
    "fluid.dygraph.to_variable": "paddle.to_tensor(array)",
    "fluid.layers.reshape": "paddle.reshape(x, shape)",
    "fluid.layers.square_error_cost": "paddle.nn.functional.square_error_cost(input, label)",
    "fluid.layers.cross_entropy": 'paddle.nn.functional.cross_entropy(logits, label, reduction="'
    'none"); it took probabilities, today it applies softmax itself (or use_softmax=False)',
    "fluid.layers.softmax_with_cross_entropy": "paddle.nn.functional.cross_entropy(logits, label, "
    'reduction="none")',
    "fluid.layers.mean": "paddle.mean(x); it had shape [1], today []: float(loss), not loss[0]",
    "fluid.layers.reduce_mean": "paddle.mean(x, axis)",
    "fluid.layers.reduce_sum": "paddle.sum(x, axis)",
    "fluid.layers.accuracy": "paddle.metric.accuracy(input, label, k); it had shape [1]",
    "fluid.layers.softmax": "paddle.nn.functional.softmax(x)",
    "fluid.layers.sigmoid": "paddle.nn.functional.sigmoid(x)",
    "fluid.layers.relu": "paddle.nn.functional.relu(x)",
    "fluid.layers.tanh": "paddle.tanh(x)",
    "fluid.layers.log": "paddle.log(x)",
    "fluid.layers.sqrt": "paddle.sqrt(x)",
    "fluid.layers.square": "paddle.square(x)",
    "fluid.layers.abs": "paddle.abs(x)",
    "fluid.layers.cast": "paddle.cast(x, dtype)",
    "fluid.layers.concat": "paddle.concat(xs, axis)",
    "fluid.layers.transpose": "paddle.transpose(x, perm)",
    "fluid.layers.one_hot": "paddle.nn.functional.one_hot(label.squeeze(-1), num_classes)",
    "fluid.layers.argmax": "paddle.argmax(x, axis=0); the default axis was 0, today it flattens",
    "fluid.layers.topk": "paddle.topk(x, k)",
    "fluid.layers.dropout": 'paddle.nn.functional.dropout(x, p, mode="downscale_in_infer")',
    "fluid.layers.elementwise_add": "x + y; axis= lined y up with x from the left",
    "fluid.layers.elementwise_sub": "x - y",
    "fluid.layers.elementwise_mul": "x * y",
    "fluid.layers.elementwise_div": "x / y",
    "fluid.layers.matmul": "paddle.matmul(x, y); alpha= is a factor of its own today",
    "fluid.layers.flatten": "paddle.flatten(x, 1); it always made two axes",
    "fluid.layers.pool2d": "paddle.nn.functional.max_pool2d(x, 2, 2); or avg_pool2d by pool_type",
    "fluid.layers.clip": "paddle.clip(x, min, max)",
    "fluid.layers.fill_constant": "paddle.full(shape, value, dtype)",
    "fluid.layers.assign": "paddle.assign(x)",
    "fluid.layers.unsqueeze": "paddle.unsqueeze(x, axis)",
    "fluid.layers.squeeze": "paddle.squeeze(x, axis)",
    "fluid.layers.stack": "paddle.stack(xs, axis)",
    "fluid.layers.split": "paddle.split(x, sections, axis); the default axis was the last",
    "fluid.layers.label_smooth": "paddle.nn.functional.label_smooth(label)",
    # backward
    "fluid.dygraph.BackwardStrategy": "loss.backward(); nothing takes its place",
    ".backward": "loss.backward()",
    ".gradient": "w.grad.numpy()",
    ".minimize": "loss.backward(); optimizer.step(); optimizer.clear_grad()",
    # optimizers
    "fluid.optimizer.SGD": "paddle.optimizer.SGD(lr, parameters=model.parameters())",
    "fluid.optimizer.Momentum": "paddle.optimizer.Momentum(lr, 0.9, model.parameters())",
    "fluid.optimizer.Adagrad": "paddle.optimizer.Adagrad(lr, parameters=model.parameters())",
    "fluid.optimizer.Adam": "paddle.optimizer.Adam(lr, parameters=model.parameters())",
    "fluid.optimizer.RMSProp": "paddle.optimizer.RMSProp(lr, parameters=model.parameters())",
    "fluid.optimizer.Adamax": "paddle.optimizer.Adamax(lr, parameters=model.parameters())",
    "fluid.optimizer.Adadelta": "paddle.optimizer.Adadelta(lr, parameters=model.parameters())",
    ".current_step_lr": "optimizer.get_lr()",
    ".set_lr": "optimizer.set_lr(value)",
    ".state_dict": "model.state_dict()",
    ".set_state_dict": "optimizer.set_state_dict(state)",
    # schedules: today one calls scheduler.step() oneself
    "fluid.dygraph.PolynomialDecay": "paddle.optimizer.lr.PolynomialDecay(lr, steps, end_lr); it "
    "stepped by itself, today call scheduler.step() after each optimizer.step(), and so for all",
    "fluid.dygraph.ExponentialDecay": "paddle.optimizer.lr.ExponentialDecay(lr, gamma); gamma is "
    "decay_rate ** (1 / decay_steps)",
    "fluid.dygraph.NaturalExpDecay": "paddle.optimizer.lr.NaturalExpDecay(lr, gamma); gamma is "
    "decay_rate / decay_steps",
    "fluid.dygraph.InverseTimeDecay": "paddle.optimizer.lr.InverseTimeDecay(lr, gamma); gamma is "
    "decay_rate / decay_steps",
    "fluid.dygraph.PiecewiseDecay": "paddle.optimizer.lr.PiecewiseDecay(boundaries, values)",
    "fluid.dygraph.CosineDecay": "paddle.optimizer.lr.LambdaDecay(lr, lambda step: 0.5 * "
    "(math.cos(step // steps_per_epoch * math.pi / epochs) + 1))",
    "fluid.dygraph.NoamDecay": "paddle.optimizer.lr.NoamDecay(d_model, warmup_steps)",
    "fluid.dygraph.LinearLrWarmup": "paddle.optimizer.lr.LinearWarmup(lr, warmup_steps, start_lr, "
    "end_lr)",
    # regularizers, clips, initializers
    "fluid.regularizer.L2Decay": "paddle.regularizer.L2Decay(coeff); weight_decay=, not "
    "regularization=",
    "fluid.regularizer.L1Decay": "paddle.regularizer.L1Decay(coeff); weight_decay=, not "
    "regularization=",
    "fluid.clip.GradientClipByValue": "paddle.nn.ClipGradByValue(max, min)",
    "fluid.clip.GradientClipByNorm": "paddle.nn.ClipGradByNorm(clip_norm)",
    "fluid.clip.GradientClipByGlobalNorm": "paddle.nn.ClipGradByGlobalNorm(clip_norm)",
    "fluid.initializer.Normal": "paddle.nn.initializer.Normal(mean, std)",
    "fluid.initializer.Uniform": "paddle.nn.initializer.Uniform(low, high)",
    "fluid.initializer.Constant": "paddle.nn.initializer.Constant(value)",
    "fluid.initializer.Xavier": "paddle.nn.initializer.XavierUniform(); XavierNormal() for "
    "uniform=False",
    "fluid.initializer.MSRA": "paddle.nn.initializer.KaimingUniform(); KaimingNormal() for "
    "uniform=False",
    "fluid.initializer.TruncatedNormal": "paddle.nn.initializer.TruncatedNormal(mean, std)",
    "fluid.ParamAttr": "paddle.ParamAttr(...)",
    # save and load
    "fluid.dygraph.save_dygraph": "paddle.save(model.state_dict(), 'mnist.pdparams'); with its "
    "ending today",
    "fluid.dygraph.load_dygraph": "paddle.load('mnist.pdparams'); one file, not a pair",
    # data
    "fluid.io.DataLoader.from_generator": "paddle.io.DataLoader(dataset, batch_size=100); with a "
    "paddle.io.Dataset or IterableDataset",
    ".set_batch_generator": "paddle.io.DataLoader(dataset, batch_size=None); an IterableDataset "
    "that yields batches",
    ".set_sample_list_generator": "paddle.io.DataLoader(dataset, batch_size=100)",
    ".set_sample_generator": "paddle.io.DataLoader(dataset, batch_size=100)",
    "batch": "paddle.batch(reader, batch_size); or paddle.io.DataLoader(dataset, batch_size=100)",
    "reader.shuffle": "paddle.io.DataLoader(dataset, shuffle=True); or paddle.reader.shuffle",
    "fluid.io.batch": "paddle.batch(reader, batch_size)",
    "fluid.io.shuffle": "paddle.reader.shuffle(reader, buf_size)",
    "dataset.mnist.train": "paddle.vision.datasets.MNIST(mode='train'); pixels 0..255, not -1..1",
    "dataset.mnist.test": "paddle.vision.datasets.MNIST(mode='test'); pixels 0..255, not -1..1",
    # parallel
    "fluid.dygraph.ParallelEnv": "paddle.distributed.ParallelEnv(); paddle.distributed.get_rank() "
    "and get_world_size()",
    "fluid.dygraph.prepare_context": "paddle.distributed.init_parallel_env()",
    "fluid.dygraph.DataParallel": "paddle.DataParallel(model)",
    ".dev_id": "paddle.distributed.ParallelEnv().device_id",
    ".local_rank": "paddle.distributed.get_rank()",
    ".nranks": "paddle.distributed.get_world_size()",
    ".scale_loss": "nothing; DataParallel averages by itself today",
    ".apply_collective_grads": "nothing; DataParallel does it in backward() today",
    "fluid.contrib.reader.distributed_batch_reader": "paddle.io.DistributedBatchSampler(dataset, "
    "batch_size)",
    # jit
    "fluid.dygraph.jit.save": "paddle.jit.save(layer, path, input_spec)",
    "fluid.dygraph.jit.load": "paddle.jit.load(path)",
    "fluid.dygraph.jit.declarative": "@paddle.jit.to_static",
    "fluid.dygraph.TracedLayer.trace": "paddle.jit.to_static(layer)",
    "fluid.dygraph.TracedLayer": "paddle.jit.to_static(layer)",
    ".save_inference_model": "paddle.jit.save(layer, path, input_spec)",
    # elsewhere in such scripts
    "Image.ANTIALIAS": "Image.LANCZOS",
    "plt.show": 'plt.savefig("loss.png"); where there is no screen',
    # static graph
    "fluid.data": "paddle.static.data(name, shape, dtype)",
    "fluid.layers.data": "paddle.static.data(name, [None, *shape], dtype); the batch was added "
    "by itself",
    "fluid.layers.fc": "paddle.static.nn.fc(x, size); act= is activation=",
    "fluid.layers.conv2d": "paddle.static.nn.conv2d(x, num_filters, filter_size)",
    "fluid.layers.batch_norm": "paddle.static.nn.batch_norm(x)",
    "fluid.layers.exponential_decay": "paddle.optimizer.lr.ExponentialDecay(lr, gamma); gamma is "
    "decay_rate ** (1 / decay_steps)",
    "fluid.nets.simple_img_conv_pool": "paddle.nn.Conv2D(...) and paddle.nn.MaxPool2D(...)",
    "fluid.nets.img_conv_group": "paddle.nn.Sequential(...); convolutions, then a pool",
    "fluid.Executor": "paddle.static.Executor(place)",
    "fluid.Program": "paddle.static.Program()",
    "fluid.program_guard": "paddle.static.program_guard(main, startup)",
    "fluid.scope_guard": "paddle.static.scope_guard(scope)",
    "fluid.global_scope": "paddle.static.global_scope()",
    "fluid.Scope": "paddle.base.core.Scope()",
    "fluid.CompiledProgram": "paddle.static.CompiledProgram(program)",
    "fluid.ParallelExecutor": "paddle.static.Executor(place)",
    "fluid.DataFeeder": "{name: array}; feed= takes arrays by name",
    "fluid.io.save_inference_model": "paddle.static.save_inference_model(prefix, feeds, fetches, "
    "exe); Variables for feeds, and a prefix, not a folder",
    "fluid.io.load_inference_model": "paddle.static.load_inference_model(prefix, exe)",
    "fluid.io.save_params": "paddle.static.save(program, prefix)",
    "fluid.io.load_params": "paddle.static.load(program, prefix)",
    "fluid.io.save_persistables": "paddle.static.save(program, prefix)",
    "fluid.io.load_persistables": "paddle.static.load(program, prefix)",
}

# Provided beyond the names that MNIST scripts use.
MORE: dict[str, str] = {
    "fluid.dygraph.LayerNorm": "paddle.nn.LayerNorm(normalized_shape)",
    "fluid.dygraph.ParameterList": "paddle.nn.ParameterList(...)",
    "fluid.dygraph.grad": "paddle.grad(outputs, inputs)",
    "fluid.dygraph.enabled": "paddle.in_dynamic_mode()",
    "fluid.dygraph.StepDecay": "paddle.optimizer.lr.StepDecay(lr, step_size)",
    "fluid.dygraph.MultiStepDecay": "paddle.optimizer.lr.MultiStepDecay(lr, milestones)",
    "fluid.dygraph.LambdaDecay": "paddle.optimizer.lr.LambdaDecay(lr, function)",
    "fluid.dygraph.dygraph_to_static_func": "@paddle.jit.to_static",
    "fluid.layers.embedding": "paddle.static.nn.embedding(x, size)",
    "fluid.layers.layer_norm": "paddle.nn.functional.layer_norm(x, normalized_shape)",
    "fluid.layers.leaky_relu": "paddle.nn.functional.leaky_relu(x)",
    "fluid.layers.elu": "paddle.nn.functional.elu(x)",
    "fluid.layers.relu6": "paddle.nn.functional.relu6(x)",
    "fluid.layers.swish": "paddle.nn.functional.swish(x)",
    "fluid.layers.hard_sigmoid": "paddle.nn.functional.hardsigmoid(x)",
    "fluid.layers.softplus": "paddle.nn.functional.softplus(x)",
    "fluid.layers.softsign": "paddle.nn.functional.softsign(x)",
    "fluid.layers.log_loss": "paddle.nn.functional.log_loss(input, label)",
    "fluid.layers.sigmoid_cross_entropy_with_logits": "paddle.nn.functional."
    'binary_cross_entropy_with_logits(logits, label, reduction="none")',
    "fluid.layers.mse_loss": "paddle.nn.functional.mse_loss(input, label)",
    "fluid.layers.l2_normalize": "paddle.nn.functional.normalize(x)",
    "fluid.layers.expand": "paddle.tile(x, repeat_times)",
    "fluid.layers.gather": "paddle.gather(x, index)",
    "fluid.layers.slice": "paddle.slice(x, axes, starts, ends)",
    "fluid.layers.where": "paddle.nonzero(condition)",
    "fluid.layers.argmin": "paddle.argmin(x, axis=0)",
    "fluid.layers.argsort": "paddle.argsort(x)",
    "fluid.layers.sign": "paddle.sign(x)",
    "fluid.layers.exp": "paddle.exp(x)",
    "fluid.layers.pow": "paddle.pow(x, y)",
    "fluid.layers.sin": "paddle.sin(x)",
    "fluid.layers.cos": "paddle.cos(x)",
    "fluid.layers.floor": "paddle.floor(x)",
    "fluid.layers.ceil": "paddle.ceil(x)",
    "fluid.layers.round": "paddle.round(x)",
    "fluid.layers.rsqrt": "paddle.rsqrt(x)",
    "fluid.layers.reciprocal": "paddle.reciprocal(x)",
    "fluid.layers.scale": "x * scale + bias",
    "fluid.layers.sum": "paddle.add_n(xs)",
    "fluid.layers.sums": "paddle.add_n(xs)",
    "fluid.layers.mul": "paddle.matmul(x, y); it flattened x to two axes",
    "fluid.layers.elementwise_max": "paddle.maximum(x, y)",
    "fluid.layers.elementwise_min": "paddle.minimum(x, y)",
    "fluid.layers.elementwise_pow": "paddle.pow(x, y)",
    "fluid.layers.elementwise_mod": "x % y",
    "fluid.layers.elementwise_floordiv": "x // y",
    "fluid.layers.reduce_max": "paddle.max(x, axis)",
    "fluid.layers.reduce_min": "paddle.min(x, axis)",
    "fluid.layers.reduce_prod": "paddle.prod(x, axis)",
    "fluid.layers.reduce_all": "paddle.all(x, axis)",
    "fluid.layers.reduce_any": "paddle.any(x, axis)",
    "fluid.layers.equal": "paddle.equal(x, y)",
    "fluid.layers.less_than": "paddle.less_than(x, y)",
    "fluid.layers.greater_than": "paddle.greater_than(x, y)",
    "fluid.layers.ones": "paddle.ones(shape, dtype)",
    "fluid.layers.zeros": "paddle.zeros(shape, dtype)",
    "fluid.layers.ones_like": "paddle.ones_like(x)",
    "fluid.layers.zeros_like": "paddle.zeros_like(x)",
    "fluid.layers.range": "paddle.arange(start, end, step)",
    "fluid.layers.shape": "paddle.shape(x)",
    "fluid.layers.uniform_random": "paddle.uniform(shape)",
    "fluid.layers.gaussian_random": "paddle.normal(mean, std, shape)",
    "fluid.layers.py_reader": "executor.run(feed={name: array}); a loop over the batches",
    "fluid.layers.create_py_reader_by_data": "executor.run(feed={name: array})",
    "fluid.layers.read_file": "paddle.static.data(name, shape); the inputs, which are fed",
    "fluid.layers.double_buffer": "nothing; readers read ahead by themselves",
    "fluid.EOFException": "nothing; the loop over the batches ends by itself",
    "fluid.layers.create_tensor": "nothing; use what the function returns",
    "fluid.layers.fill_constant_batch_size_like": "paddle.full([x.shape[0], 1], value)",
    "fluid.layers.create_parameter": "paddle.create_parameter(shape, dtype)",
    "fluid.layers.noam_decay": "paddle.optimizer.lr.NoamDecay(d_model, warmup_steps)",
    "fluid.layers.polynomial_decay": "paddle.optimizer.lr.PolynomialDecay(lr, steps, end_lr)",
    "fluid.layers.natural_exp_decay": "paddle.optimizer.lr.NaturalExpDecay(lr, gamma)",
    "fluid.layers.inverse_time_decay": "paddle.optimizer.lr.InverseTimeDecay(lr, gamma)",
    "fluid.layers.piecewise_decay": "paddle.optimizer.lr.PiecewiseDecay(boundaries, values)",
    "fluid.layers.cosine_decay": "paddle.optimizer.lr.CosineAnnealingDecay(lr, T_max)",
    "fluid.layers.linear_lr_warmup": "paddle.optimizer.lr.LinearWarmup(lr, steps, start, end)",
    "fluid.dygraph.save_persistables": "paddle.save(model.state_dict(), 'mnist.pdparams')",
    "fluid.dygraph.load_persistables": "paddle.load('mnist.pdparams')",
    "fluid.average.WeightedAverage": "numpy.average(values, weights=weights)",
    "fluid.metrics.Accuracy": "paddle.metric.Accuracy(); it took batch accuracies and sizes",
    "fluid.layer_helper.LayerHelper": "paddle.nn.functional.relu(y); append_activation alone",
    "fluid.profiler.profiler": "paddle.profiler.Profiler(); here it measures nothing",
    "fluid.profiler.cuda_profiler": "paddle.profiler.Profiler(); here it measures nothing",
    "fluid.profiler.start_profiler": "paddle.profiler.Profiler().start()",
    "fluid.profiler.stop_profiler": "paddle.profiler.Profiler().stop()",
    "fluid.profiler.reset_profiler": "nothing",
    "fluid.memory_optimize": "nothing; memory is reused by itself",
    "fluid.release_memory": "nothing; memory is reused by itself",
    "utils.plot.Ploter": "matplotlib.pyplot.plot(steps, values)",
    "fluid.initializer.Bilinear": "paddle.nn.initializer.Bilinear()",
    "fluid.initializer.NumpyArrayInitializer": "paddle.nn.initializer.Assign(array)",
    "fluid.io.PyReader": "paddle.io.DataLoader(dataset, batch_size=100)",
    "fluid.io.xmap_readers": "paddle.io.DataLoader(dataset, num_workers=4)",
    "fluid.io.buffered": "paddle.io.DataLoader(dataset)",
    "fluid.one_hot": "paddle.nn.functional.one_hot(label, num_classes)",
    "fluid.name_scope": "paddle.static.name_scope(prefix)",
    "fluid.unique_name.guard": "paddle.utils.unique_name.guard()",
    "fluid.BuildStrategy": "paddle.static.BuildStrategy()",
    "fluid.ExecutionStrategy": "nothing; paddle.static.Executor needs none",
    "fluid.CUDAPinnedPlace": "paddle.CUDAPinnedPlace()",
    "fluid.set_flags": "paddle.set_flags(flags)",
    "dataset.cifar.train10": "paddle.vision.datasets.Cifar10(mode='train')",
    "dataset.cifar.test10": "paddle.vision.datasets.Cifar10(mode='test')",
    "dataset.cifar.train100": "paddle.vision.datasets.Cifar100(mode='train')",
    "dataset.imdb.train": "paddle.text.Imdb(mode='train')",
    "dataset.imdb.test": "paddle.text.Imdb(mode='test')",
    "dataset.uci_housing.train": "paddle.text.UCIHousing(mode='train')",
    "dataset.uci_housing.test": "paddle.text.UCIHousing(mode='test')",
    "fluid.io.DataLoader": "paddle.io.DataLoader(dataset, batch_size=100)",
}

# Not provided; what to write instead.
ELSEWHERE: dict[str, str] = {
    # layers, as classes
    "fluid.dygraph.Conv2DTranspose": "paddle.nn.Conv2DTranspose(in_channels, out_channels, 3)",
    "fluid.dygraph.Conv3D": "paddle.nn.Conv3D(in_channels, out_channels, 3)",
    "fluid.dygraph.Conv3DTranspose": "paddle.nn.Conv3DTranspose(in_channels, out_channels, 3)",
    "fluid.dygraph.GroupNorm": "paddle.nn.GroupNorm(groups, channels)",
    "fluid.dygraph.InstanceNorm": "paddle.nn.InstanceNorm2D(num_features)",
    "fluid.dygraph.SpectralNorm": "paddle.nn.SpectralNorm(weight_shape)",
    "fluid.dygraph.PRelu": "paddle.nn.PReLU()",
    "fluid.dygraph.GRUUnit": "paddle.nn.GRUCell(input_size, hidden_size)",
    "fluid.dygraph.LSTMCell": "paddle.nn.LSTMCell(input_size, hidden_size)",
    "fluid.dygraph.GRUCell": "paddle.nn.GRUCell(input_size, hidden_size)",
    "fluid.dygraph.BilinearTensorProduct": "paddle.nn.Bilinear(in1, in2, out)",
    "fluid.dygraph.NCE": "paddle.nn.functional.hsigmoid_loss(...)",
    "fluid.dygraph.TreeConv": "nothing",
    "fluid.dygraph.ReduceLROnPlateau": "paddle.optimizer.lr.ReduceOnPlateau(lr)",
    "fluid.dygraph.ProgramTranslator": "paddle.jit.enable_to_static(True)",
    # functions
    "fluid.layers.lstm": "paddle.nn.LSTM(input_size, hidden_size)",
    "fluid.layers.dynamic_lstm": "paddle.nn.LSTM(input_size, hidden_size)",
    "fluid.layers.dynamic_gru": "paddle.nn.GRU(input_size, hidden_size)",
    "fluid.layers.gru_unit": "paddle.nn.GRUCell(input_size, hidden_size)",
    "fluid.layers.rnn": "paddle.nn.RNN(cell)",
    "fluid.layers.sequence_pool": "paddle.static.nn.sequence_lod.sequence_pool(x, pool_type)",
    "fluid.layers.sequence_conv": "paddle.static.nn.sequence_lod.sequence_conv(x, num_filters)",
    "fluid.layers.sequence_softmax": "paddle.static.nn.sequence_lod.sequence_softmax(x)",
    "fluid.layers.sequence_expand": "paddle.static.nn.sequence_lod.sequence_expand(x, y)",
    "fluid.layers.sequence_first_step": "paddle.static.nn.sequence_lod.sequence_first_step(x)",
    "fluid.layers.sequence_last_step": "paddle.static.nn.sequence_lod.sequence_last_step(x)",
    "fluid.layers.sequence_pad": "paddle.nn.functional.pad(x, pad)",
    "fluid.layers.sequence_mask": "paddle.nn.functional.sequence_mask(x)",
    "fluid.layers.conv2d_transpose": "paddle.nn.functional.conv2d_transpose(x, weight)",
    "fluid.layers.adaptive_pool2d": "paddle.nn.functional.adaptive_avg_pool2d(x, size)",
    "fluid.layers.image_resize": "paddle.nn.functional.interpolate(x, size)",
    "fluid.layers.resize_bilinear": 'paddle.nn.functional.interpolate(x, size, mode="bilinear")',
    "fluid.layers.resize_nearest": 'paddle.nn.functional.interpolate(x, size, mode="nearest")',
    "fluid.layers.lrn": "paddle.nn.functional.local_response_norm(x, size)",
    "fluid.layers.prelu": "paddle.nn.functional.prelu(x, weight)",
    "fluid.layers.hard_swish": "paddle.nn.functional.hardswish(x)",
    "fluid.layers.log_softmax": "paddle.nn.functional.log_softmax(x)",
    "fluid.layers.smooth_l1": "paddle.nn.functional.smooth_l1_loss(input, label)",
    "fluid.layers.huber_loss": "paddle.nn.functional.smooth_l1_loss(input, label)",
    "fluid.layers.kldiv_loss": "paddle.nn.functional.kl_div(input, label)",
    "fluid.layers.margin_rank_loss": "paddle.nn.functional.margin_ranking_loss(...)",
    "fluid.layers.pad": "paddle.nn.functional.pad(x, pad)",
    "fluid.layers.pad2d": "paddle.nn.functional.pad(x, pad)",
    "fluid.layers.expand_as": "paddle.expand_as(x, y)",
    "fluid.layers.gather_nd": "paddle.gather_nd(x, index)",
    "fluid.layers.scatter": "paddle.scatter(x, index, updates)",
    "fluid.layers.crop_tensor": "paddle.crop(x, shape, offsets)",
    "fluid.layers.unstack": "paddle.unstack(x)",
    "fluid.layers.logical_and": "paddle.logical_and(x, y)",
    "fluid.layers.logical_not": "paddle.logical_not(x)",
    "fluid.layers.linspace": "paddle.linspace(start, stop, num)",
    "fluid.layers.eye": "paddle.eye(n)",
    "fluid.layers.diag": "paddle.diag(x)",
    "fluid.layers.create_global_var": "paddle.static.create_global_var(shape, value, dtype)",
    "fluid.layers.auc": "paddle.metric.Auc()",
    "fluid.layers.cond": "paddle.static.nn.cond(pred, true_fn, false_fn)",
    "fluid.layers.while_loop": "paddle.static.nn.while_loop(cond, body, loop_vars)",
    "fluid.layers.While": "paddle.static.nn.while_loop(cond, body, loop_vars)",
    "fluid.layers.case": "paddle.static.nn.case(pairs)",
    "fluid.layers.switch_case": "paddle.static.nn.switch_case(index, functions)",
    "fluid.layers.py_func": "paddle.static.py_func(function, x, out)",
    "fluid.layers.Print": "paddle.static.Print(x)",
    "fluid.layers.conv3d": "paddle.nn.functional.conv3d(x, weight)",
    "fluid.layers.pool3d": "paddle.nn.functional.max_pool3d(x, 2, 2)",
    "fluid.layers.group_norm": "paddle.static.nn.group_norm(x, groups)",
    "fluid.layers.instance_norm": "paddle.static.nn.instance_norm(x)",
    "fluid.layers.maxout": "paddle.nn.functional.maxout(x, groups)",
    "fluid.layers.cos_sim": "paddle.nn.functional.cosine_similarity(x, y)",
    "fluid.layers.linear_chain_crf": "nothing",
    "fluid.layers.crf_decoding": "paddle.text.viterbi_decode(...)",
    "fluid.layers.warpctc": "paddle.nn.functional.ctc_loss(...)",
    "fluid.layers.increment": "paddle.increment(x)",
    # optimizers
    "fluid.optimizer.DecayedAdagrad": "paddle.optimizer.Adagrad(lr, parameters=...)",
    "fluid.optimizer.Ftrl": "nothing",
    "fluid.optimizer.Lamb": "paddle.optimizer.Lamb(lr, parameters=...)",
    "fluid.optimizer.LarsMomentum": "paddle.optimizer.Momentum(lr, 0.9, parameters)",
    "fluid.optimizer.Dpsgd": "nothing",
    "fluid.optimizer.ExponentialMovingAverage": "paddle.static.ExponentialMovingAverage(0.999)",
    "fluid.optimizer.ModelAverage": "paddle.incubate.ModelAverage(...)",
    "fluid.optimizer.LookaheadOptimizer": "paddle.incubate.LookAhead(optimizer)",
    "fluid.optimizer.RecomputeOptimizer": "paddle.distributed.fleet.utils.recompute(function)",
    "fluid.optimizer.PipelineOptimizer": "paddle.distributed.fleet",
    "fluid.clip.set_gradient_clip": "optimizer(grad_clip=...)",
    "fluid.clip.ErrorClipByValue": "paddle.nn.ClipGradByValue(max, min)",
    "fluid.WeightNormParamAttr": "paddle.nn.utils.weight_norm(layer)",
    # the rest
    "fluid.nets.sequence_conv_pool": "paddle.static.nn.sequence_lod.sequence_conv(x, filters)",
    "fluid.nets.glu": "paddle.nn.functional.glu(x)",
    "fluid.nets.scaled_dot_product_attention": "paddle.nn.functional.scaled_dot_product_attention("
    "q, k, v)",
    "fluid.io.save": "paddle.static.save(program, prefix)",
    "fluid.io.load": "paddle.static.load(program, prefix)",
    "fluid.io.save_vars": "paddle.static.save_vars(exe, dirname)",
    "fluid.io.load_vars": "paddle.static.load_vars(exe, dirname)",
    "fluid.io.get_program_parameter": "program.all_parameters()",
    "fluid.save": "paddle.static.save(program, prefix)",
    "fluid.load": "paddle.static.load(program, prefix)",
    "fluid.embedding": "paddle.nn.functional.embedding(ids, weight)",
    "fluid.gradients": "paddle.static.gradients(targets, inputs)",
    "fluid.backward.append_backward": "paddle.static.append_backward(loss)",
    "fluid.append_backward": "paddle.static.append_backward(loss)",
    "fluid.LoDTensor": "paddle.to_tensor(array)",
    "fluid.create_lod_tensor": "paddle.to_tensor(array); lengths of sequences as a second Tensor",
    "fluid.get_flags": "paddle.get_flags(flags)",
    "fluid.metrics.Auc": "paddle.metric.Auc()",
    "fluid.metrics.Precision": "paddle.metric.Precision()",
    "fluid.metrics.Recall": "paddle.metric.Recall()",
    "fluid.DistributeTranspiler": "paddle.distributed.fleet",
    "fluid.transpiler.DistributeTranspiler": "paddle.distributed.fleet",
    "fluid.incubate.fleet": "paddle.distributed.fleet",
    "fluid.contrib.mixed_precision.decorate": "paddle.amp.decorate(models, optimizers)",
    "fluid.contrib.memory_usage": "paddle.device.cuda.memory_allocated()",
    "fluid.contrib.slim": "paddleslim, a package of its own",
    "fluid.contrib.Trainer": "paddle.Model(network)",
    "fluid.contrib.Inferencer": "paddle.inference.create_predictor(config)",
    "fluid.contrib.layers.basic_lstm": "paddle.nn.LSTM(input_size, hidden_size)",
    "fluid.contrib.layers.basic_gru": "paddle.nn.GRU(input_size, hidden_size)",
}

# Modules of 1.x whose content was also, or only, known under a shorter name: longest first.
MODULES = (
    ("fluid.dygraph.parallel.Env", "fluid.dygraph.ParallelEnv"),
    ("fluid.dygraph.learning_rate_scheduler", "fluid.dygraph"),
    ("fluid.dygraph.backward_strategy", "fluid.dygraph"),
    ("fluid.dygraph.checkpoint", "fluid.dygraph"),
    ("fluid.dygraph.container", "fluid.dygraph"),
    ("fluid.dygraph.parallel", "fluid.dygraph"),
    ("fluid.dygraph.layers", "fluid.dygraph"),
    ("fluid.dygraph.base", "fluid.dygraph"),
    ("fluid.dygraph.nn", "fluid.dygraph"),
    ("fluid.dygraph.jit.TracedLayer", "fluid.dygraph.TracedLayer"),
    ("fluid.dygraph.jit.dygraph_to_static_func", "fluid.dygraph.dygraph_to_static_func"),
    ("fluid.layers.learning_rate_scheduler", "fluid.layers"),
    ("fluid.layers.metric_op", "fluid.layers"),
    ("fluid.layers.control_flow", "fluid.layers"),
    ("fluid.layers.tensor", "fluid.layers"),
    ("fluid.layers.loss", "fluid.layers"),
    ("fluid.layers.ops", "fluid.layers"),
    ("fluid.layers.nn", "fluid.layers"),
    ("fluid.layers.io", "fluid.layers"),
    ("fluid.param_attr", "fluid"),
    ("fluid.framework", "fluid"),
    ("fluid.executor", "fluid"),
    ("fluid.compiler", "fluid"),
    ("fluid.parallel_executor", "fluid"),
    ("fluid.data_feeder", "fluid"),
    ("fluid.core", "fluid"),
    ("fluid.reader.DataLoader", "fluid.io.DataLoader"),
    ("fluid.save_dygraph", "fluid.dygraph.save_dygraph"),
    ("fluid.load_dygraph", "fluid.dygraph.load_dygraph"),
    ("fluid.dygraph.enable_dygraph", "fluid.enable_dygraph"),
    ("fluid.BatchNorm", "fluid.dygraph.BatchNorm"),
    ("fluid.Conv2D", "fluid.dygraph.Conv2D"),
    ("fluid.FC", "fluid.dygraph.FC"),
    ("fluid.Layer", "fluid.dygraph.Layer"),
    ("fluid.Linear", "fluid.dygraph.Linear"),
    ("fluid.Pool2D", "fluid.dygraph.Pool2D"),
    ("fluid.dygraph.disable_dygraph", "fluid.disable_dygraph"),
    ("fluid.dygraph.declarative", "fluid.dygraph.jit.declarative"),
    ("fluid.layers.ParamAttr", "fluid.ParamAttr"),
)
ENDINGS = (
    ("fluid.optimizer.", "Optimizer"),
    ("fluid.initializer.", "Initializer"),
    ("fluid.regularizer.", "Regularizer"),
)


def is_known(key: str) -> bool:
    """Say whether a name stands in one of the tables."""
    return key in NAMES or key in MORE or key in ELSEWHERE


def canonical(name: str) -> str:
    """Reduce a spelling to the key of the table: fluid.dygraph.nn.Linear → fluid.dygraph.Linear.

    A leading `paddle.` may stand or not; a name that no rule knows comes back without it.
    """
    name = name.removeprefix("paddle.")
    for long, short in MODULES:
        if name == long or name.startswith(f"{long}."):
            name = short + name[len(long) :]
    for prefix, ending in ENDINGS:
        shorter = name.removesuffix(ending)
        if name.startswith(prefix) and is_known(shorter):
            name = shorter
    return name


def modern(name: str) -> str | None:
    """Return the line to write today for a 1.x name in any spelling, None if nobody knows one."""
    key = canonical(name)
    return NAMES.get(key) or MORE.get(key) or ELSEWHERE.get(key)


def line_and_note(name: str) -> tuple[str, str]:
    """Split what `modern` says into the line of code and the note behind it, "" for none."""
    line, _, note = (modern(name) or "").partition("; ")
    while re.match(r"\w+\.\w+\([^;]*\)(;|$)", note):  # a second statement, not a note
        statement, _, note = note.partition("; ")
        line += f"; {statement}"
    return line, note
