"""Fit and validate rules, and test which descriptors they need."""
