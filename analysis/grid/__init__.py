"""Report a grid run: a landscape for every signal."""
