"""Hold the optimizers, one a file. See `catalog`."""
