"""Fit the prior over landscapes, which `search_spaces.prior` holds, to stored maps."""
