"""Search a signal's optimum with Optuna."""
