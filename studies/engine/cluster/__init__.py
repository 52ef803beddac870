"""Spread batches over a Ray cluster. Only this room and the doctor import Ray."""
