"""Compute what the paper's theory speaks of: activations, their spectra, and the tangent kernel."""
