"""Show stored runs in MLflow."""
