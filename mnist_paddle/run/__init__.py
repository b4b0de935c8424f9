"""One training as a thing: set up, read from, shown, stopped, written down and gone on with.

setup.py makes a Training (state.py) of a Config, batches.py says what it reads, folder.py keeps
what it leaves behind, resume.py goes on from a checkpoint. trainer.py runs it.
"""
