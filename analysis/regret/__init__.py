"""Report the regret of rules against each signal's optimum."""
