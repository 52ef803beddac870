"""Make one network for a whole sound, image or array: `siren2_for`, which reads files too."""

import os
from typing import Any, overload

from inr_models import FitConfig, InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP
from noisescape.source import read_source
from search_spaces.few_trials import FittedNetwork
from search_spaces.initialize import siren2_of
from search_spaces.rules import RECOMMENDED, USUAL_FIT, Rule
from search_spaces.samples import array_of, with_channels


@overload
def siren2_for(
    source: Any,
    *,
    width: int | None = None,
    depth: int = 4,
    seed: int = 0,
    rule: Rule | str | os.PathLike[str] = RECOMMENDED,
    trials: None = None,
    fit: FitConfig = USUAL_FIT,
) -> CoordinateMLP: ...


@overload
def siren2_for(
    source: Any,
    *,
    width: int | None = None,
    depth: int = 4,
    seed: int = 0,
    rule: Rule | str | os.PathLike[str] = RECOMMENDED,
    trials: int,
    fit: FitConfig = USUAL_FIT,
) -> FittedNetwork: ...


def siren2_for(
    source: Any,
    *,
    width: int | None = None,
    depth: int = 4,
    seed: int = 0,
    rule: Rule | str | os.PathLike[str] = RECOMMENDED,
    trials: int | None = None,
    fit: FitConfig = USUAL_FIT,
) -> CoordinateMLP | FittedNetwork:
    """Return one SIREN² for a whole sound, image or array, on the CPU.

    A file is read as `represent` reads it: whole, with all channels, scaled to [-1, 1]. Arrays and
    tensors are taken as they are, so that a fit wants them in [-1, 1].

    Args:
        source: A path, or what `search_spaces.initialize.siren2_for` takes.
        width: See there, as for all that follows.
        depth: The number of hidden layers.
        seed: That of the initialization, or of the first fit.
        rule: A name in `search_spaces.rules.RULES`, a rule's JSON file, or a function.
        trials: How many fits to try. None fits nothing.
        fit: How the network will be trained, or is trained with `trials`.

    Raises:
        InputError: The file, the samples, the rule or a number cannot be used.

    Example:
        >>> from noisescape import siren2_for
        >>> siren2_for(torch.rand(600, 2), rule="eqn11_length_width", width=20)(coords).shape
        torch.Size([2048, 2])
    """
    options = (width, depth, seed, rule, trials, fit)
    if not isinstance(source, str | os.PathLike):
        return siren2_of(with_channels(array_of(source)), *options)
    file = read_source(source)
    try:
        return siren2_of(file.values, *options)
    except InputError as error:
        raise error.within(file.name) from None
