"""Smooth stored landscapes over (log K, log g)."""
