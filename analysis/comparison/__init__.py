"""Report a comparison of networks."""
