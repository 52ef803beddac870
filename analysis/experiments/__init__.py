"""Test what an optimum depends on: variants of signals, other settings."""
