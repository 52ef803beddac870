"""Know a landscape before the first fit: a Gaussian process over (log K, log g) for a target.

`PRIOR` was fitted to the landscapes in `analysis/data` by `python -m analysis.prior`.
"""

from search_spaces.prior.belief import Belief, belief_of
from search_spaces.prior.landscape_prior import PRIOR, LandscapePrior, prior_json, prior_of

__all__ = ["PRIOR", "Belief", "LandscapePrior", "belief_of", "prior_json", "prior_of"]
