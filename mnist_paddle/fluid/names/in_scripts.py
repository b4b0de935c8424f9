"""The Paddle 1.x names that MNIST scripts use, all provided, and what one writes today instead.

A key is a name without its leading `paddle.`; one that begins with a dot is a method or an
attribute of an object. In a value, what follows "; " is a note: where the new line does not mean
quite the same. The table of the docs is made of these.
"""

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
