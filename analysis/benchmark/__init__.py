"""Export landscapes as a tabular benchmark, and replay them."""
