"""A pad in the browser: draw a digit, and see what the network makes of it while you draw.

The drawing is prepared as any other picture is, by pictures/, and read by predict/. It is a
Starlette app and one HTML page that works offline; `scripts/demo.py` serves it.
"""
