"""Check a cluster before a study runs on it."""
