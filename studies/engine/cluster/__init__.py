"""Run batches of fits on a Ray cluster. Only this package and the doctor import Ray."""
