"""Compute intervals and tests over seeds and recordings."""
