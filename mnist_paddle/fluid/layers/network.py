"""What networks need besides: `fluid.layers.dropout`, with its switch, and `pool2d`."""

from typing import Any

from paddle.nn import functional as F

from .elementwise import Var

__all__ = ["dropout", "pool2d"]

_training = True  # 1.x kept one switch for all layers; Layer.train() and eval() turn it


def set_training(training: bool) -> None:
    """Turn the switch that `dropout` obeys."""
    global _training
    _training = training


def dropout(
    x: Var,
    dropout_prob: float,
    is_test: bool | None = None,
    seed: int | None = None,
    name: Any = None,
    dropout_implementation: str = "downgrade_in_infer",
) -> Var:
    """1.x: `dropout(x, dropout_prob, is_test=False, seed, name, dropout_implementation)`.

    Today: `paddle.nn.functional.dropout(x, p, training=…)`. The old default leaves what is kept
    in training as it is and multiplies by 1 - p in evaluation; today's scales up in training.
    `model.eval()` ends it, as then.
    """
    modes: dict[str, Any] = {
        "downgrade_in_infer": "downscale_in_infer",
        "upscale_in_train": "upscale_in_train",
    }
    if dropout_implementation not in modes:
        raise ValueError(f"dropout_implementation is {dropout_implementation!r}, none of {modes}.")
    if _training and not is_test:
        return F.dropout(x, dropout_prob, mode=modes[dropout_implementation])
    return x if dropout_implementation == "upscale_in_train" else x * (1 - dropout_prob)


def pool2d(
    input: Var,
    pool_size: Any = -1,
    pool_type: str = "max",
    pool_stride: Any = 1,
    pool_padding: Any = 0,
    global_pooling: bool = False,
    use_cudnn: bool = True,
    ceil_mode: bool = False,
    name: Any = None,
    exclusive: bool = True,
    data_format: str = "NCHW",
) -> Var:
    """1.x: `pool2d(input, pool_size, pool_type="max", pool_stride=1, pool_padding=0, …)`.

    Today: `paddle.nn.functional.max_pool2d`, `avg_pool2d`; there the stride is the size.
    """
    if pool_type not in ("max", "avg"):
        raise ValueError(f"pool_type is {pool_type!r}, expected 'max' or 'avg'.")
    if isinstance(pool_padding, str):
        pool_padding = pool_padding.upper()
    if global_pooling:
        rows, columns = (1, 2) if data_format == "NHWC" else (2, 3)
        pool_size, pool_stride = [input.shape[rows], input.shape[columns]], 1
        pool_padding, ceil_mode = 0, False
    common = {
        **{"kernel_size": pool_size, "stride": pool_stride, "padding": pool_padding},
        **{"ceil_mode": ceil_mode, "data_format": data_format},
    }
    if pool_type == "max":
        return F.max_pool2d(input, **common)
    return F.avg_pool2d(input, exclusive=exclusive, **common)
