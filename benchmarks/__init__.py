"""Measure every claim about speed, as a ratio within one run."""
