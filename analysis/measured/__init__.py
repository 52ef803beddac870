"""Measure what the paper says of its networks, case by case and seed by seed."""
