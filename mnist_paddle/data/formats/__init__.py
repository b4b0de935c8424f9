"""The forms in which data come, one module for each: json.gz, IDX, .npy, labels.csv; the cache."""
