"""Fit networks to samples: one training loop with several fast paths."""
