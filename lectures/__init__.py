"""Teaching figures, drawn from data and real networks: `python -m lectures optimizers`."""
