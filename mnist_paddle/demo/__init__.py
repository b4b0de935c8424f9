"""A pad in the browser: draw a digit, and see what the network makes of it while you draw.

The drawing takes the same path as any other picture: picture.py, then predict.py.
It is a Starlette app and one HTML page that works offline; `scripts/demo.py` serves it.

浏览器里的画板：写一个数字，边写边看网络认成什么。
写下的内容与其他图片走同一条路：先经过 picture.py，再经过 predict.py。
它由一个 Starlette 应用和一个可离线使用的 HTML 页面组成，由 `scripts/demo.py` 启动。
"""
