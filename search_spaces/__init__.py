"""Define what to try on a signal: grids, networks, and rules. Imports only `inr_models`."""
