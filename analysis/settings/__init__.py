"""Fit and validate rules that know the setting: values, parameters, depth and training."""
