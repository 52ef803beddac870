"""The machinery under every study: signals, trials, the store, Ray Tune, MLflow, the verbs."""
