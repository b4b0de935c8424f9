"""The old-script runner: `python -m mnist_paddle.fluid [--cpu] SCRIPT.py [ARGS…]`."""

from .runner import main

if __name__ == "__main__":
    main()
