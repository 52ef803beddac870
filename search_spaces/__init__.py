"""What to try on a signal, and the rules to compare it with. Imports `inr_models` only."""
