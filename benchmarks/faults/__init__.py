"""What the docs promise about faults, tried many times over."""
