"""What is claimed, measured: `python -m benchmarks.claims learning_rates`, from a clone."""
