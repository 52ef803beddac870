"""A network for a signal: what a practitioner takes home.

network = siren2_for(samples)
network(coords)   # coords [n, 1] from -1 to 1, one for each sample
"""

from numpy.typing import NDArray

from inr_models import Siren2Config, make_network
from inr_models.coordinate_mlp import CoordinateMLP
from search_spaces.networks import stable
from search_spaces.rules import RECOMMENDED, RULES, Rule, Target


def siren2_for(
    values: NDArray,
    *,
    width: int = 256,
    depth: int = 4,
    seed: int = 0,
    rule: Rule = RULES[RECOMMENDED],
) -> CoordinateMLP:
    """A SIREN² whose noise scales suit the spectrum of `values`, on the CPU.

    Args:
        values: [n] samples, or an image [h, w] or [h, w, c]. The network maps coordinates from -1
            to 1 along each axis ([n, 1], or [h w, 2] row by row) to values; scale these to
            [-1, 1] before fitting.
        width: the rules were fitted where a network has about as many parameters as there are
            values (`inr_models.width_for`); much wider ones want more bandwidth than they tell.
        rule: of `search_spaces.rules`, from its registry or from `read_rule`.

    Raises:
        InputError: what `Target.of` and the rule refuse.
    """
    target = Target.of(values, width=width, depth=depth)
    s0, s1 = map(stable, rule(target))
    return make_network(
        Siren2Config(width=width, depth=depth, s0=s0, s1=s1),
        in_features=target.dimensions,
        out_features=target.channels,
        seed=seed,
    )
