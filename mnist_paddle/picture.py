"""From a picture to the network's input, as the tutorial does it.

Grey, squeezed to 28×28, then inverted: a dark digit on white paper becomes high ink on paper 0.
It fits a picture that holds one centred digit, dark on light, and nothing else.
The tutorial's `Image.ANTIALIAS` is gone since Pillow 10; it was the LANCZOS filter.

从一张图片到网络的输入，做法与教程相同。
转成灰度，缩放到 28×28，再反相：白纸上的深色数字，变成墨迹高、纸面为 0 的图像。
适合只有一个居中、深色数字、浅色背景的图片。教程的 `Image.ANTIALIAS` 在 Pillow 10 中已删除，
它就是 LANCZOS 滤波。
"""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from .errors import PictureError


def read_picture(path: str | Path) -> np.ndarray:
    """Read a picture as `[28, 28] uint8`, ink 255 and paper 0, as MNIST stores it.

    Source: part 1, item 13: `1 - v/255`; the division is the data module's `scale_pixels`.

    Raises:
        PictureError: no such file, not a picture, or one that is damaged or absurdly large.
    """
    if not Path(path).is_file():
        raise PictureError(f"{path}: no such picture file.")
    try:
        with Image.open(path) as picture:
            grey = picture.convert("L").resize((28, 28), Image.Resampling.LANCZOS)
    except UnidentifiedImageError:
        raise PictureError(f"{path} is not a picture that Pillow can read.") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{path} is too large: it has more pixels than Pillow allows.") from None
    except (OSError, ValueError, SyntaxError) as error:  # what Pillow raises for damaged files
        raise PictureError(f"{path} is damaged: {error}.") from None
    return 255 - np.asarray(grey)
