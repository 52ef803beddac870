"""Predict good noise scales with little or no training, and judge the predictors on maps."""
