"""Describe what to fit: studies, runs, points and trials as values."""
