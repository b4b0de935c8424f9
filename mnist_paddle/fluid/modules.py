"""The modules of Paddle 1.x, and which of ours, or of today's Paddle, stands for each.

None stands for an empty module.
"""

MODULES: dict[str, str | None] = {
    "fluid": "namespace",
    "fluid.average": "average",
    "fluid.backward": "framework",
    "fluid.clip": "clip",
    "fluid.compiler": "static",
    "fluid.contrib": None,
    "fluid.contrib.reader": "reader",
    "fluid.core": "framework",
    "fluid.data_feeder": "static",
    "fluid.dygraph": "dygraph",
    "fluid.dygraph.backward_strategy": "dygraph.base",
    "fluid.dygraph.base": "dygraph.base",
    "fluid.dygraph.checkpoint": "dygraph.checkpoint",
    "fluid.dygraph.container": "dygraph.nn",
    "fluid.dygraph.jit": "dygraph.jit",
    "fluid.dygraph.layers": "dygraph.nn",
    "fluid.dygraph.learning_rate_scheduler": "decays",
    "fluid.dygraph.nn": "dygraph.nn",
    "fluid.dygraph.parallel": "dygraph.parallel",
    "fluid.dygraph_grad_clip": "clip",
    "fluid.executor": "static",
    "fluid.framework": "framework",
    "fluid.initializer": "initializer",
    "fluid.io": "io",
    "fluid.layer_helper": "layer_helper",
    "fluid.layers": "layers",
    **{
        f"fluid.layers.{part}": "layers"
        for part in ("io", "learning_rate_scheduler", "loss", "metric_op", "nn", "ops", "tensor")
    },
    "fluid.metrics": "metrics",
    "fluid.nets": "nets",
    "fluid.optimizer": "optimizer",
    "fluid.parallel_executor": "static",
    "fluid.param_attr": "param_attr",
    "fluid.profiler": "profiler",
    "fluid.reader": "io",
    "fluid.regularizer": "regularizer",
    "fluid.unique_name": "paddle.utils.unique_name",
    "dataset.mnist": "mnist_readers",
    "utils.plot": "plot",
}
