"""What README promises about faults, tried many times over."""
