"""Bounds for gradients, given to an optimizer's grad_clip=.

Today these are paddle.nn.ClipGradByValue, ClipGradByNorm and ClipGradByGlobalNorm.
1.6 called them GradClipBy… in dygraph; both names are here.
"""

from paddle import nn

from .missing import lookup

__all__ = [
    "GradClipByGlobalNorm",
    "GradClipByNorm",
    "GradClipByValue",
    "GradientClipByGlobalNorm",
    "GradientClipByNorm",
    "GradientClipByValue",
]


class GradientClipByValue(nn.ClipGradByValue):
    """1.x: `GradientClipByValue(max, min=None)`; today `paddle.nn.ClipGradByValue(max, min)`."""

    def __init__(self, max: float, min: float | None = None) -> None:
        super().__init__(float(max), None if min is None else float(min))


class GradientClipByNorm(nn.ClipGradByNorm):
    """1.x: `GradientClipByNorm(clip_norm)`; today `paddle.nn.ClipGradByNorm(clip_norm)`."""

    def __init__(self, clip_norm: float) -> None:
        super().__init__(float(clip_norm))


class GradientClipByGlobalNorm(nn.ClipGradByGlobalNorm):
    """1.x: `GradientClipByGlobalNorm(clip_norm, group_name="default_group")`.

    Today: `paddle.nn.ClipGradByGlobalNorm(clip_norm)`.
    """

    def __init__(self, clip_norm: float, group_name: str = "default_group") -> None:
        super().__init__(float(clip_norm), group_name)


class GradClipByValue(GradientClipByValue):
    """1.6: `GradClipByValue(min_value, max_value=None)`; one number means from -n to n."""

    def __init__(self, min_value: float, max_value: float | None = None) -> None:
        if max_value is None:
            min_value, max_value = -abs(min_value), abs(min_value)
        super().__init__(max_value, min_value)


GradClipByNorm, GradClipByGlobalNorm = GradientClipByNorm, GradientClipByGlobalNorm

__getattr__ = lookup("fluid.clip")
