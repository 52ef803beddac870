"""Derive scores, landscapes and optima of a signal from the stored rows."""
