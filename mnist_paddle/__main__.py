"""Run a command: `python -m mnist_paddle train --help`."""

from .commands import main

if __name__ == "__main__":
    main()
