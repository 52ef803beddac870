"""Make a network for a signal, or fit it a few times and keep the best one.

network = siren2_for("clip.wav")   # or an array or a tensor
network(coords)   # coords [n, 1] from -1 to 1, one for each sample
fitted = siren2_for(samples, trials=5)
fitted.network(coords), fitted.best.psnr
"""

import os
from typing import Any, overload

from inr_models import FitConfig, InputError
from inr_models.networks.coordinate_mlp import CoordinateMLP
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
    """Return a SIREN² whose noise scales suit the spectrum of a signal, on the CPU.

    With `trials` it is fitted: the best network of so many fits. The first fit is at the rule's
    point, the others follow from what is known of other signals' landscapes.

    Args:
        source: The path of a sound or an image, or an array, a list or a tensor: a sound [n], or
            [n, c] with fewer than eight channels, or an image [h, w] or [h, w, c]. The network maps
            coordinates from -1 to 1 along each axis ([n, 1], or [h w, 2] row by row) to values. A
            file is read as `represent` reads it: whole, with all channels, scaled to [-1, 1].
            Arrays and tensors are taken as they are. Noise scales do not depend on the scale of
            the values, but they do on their mean. Scale them to [-1, 1] before fitting. A tensor
            may require a gradient or lie on a GPU: a copy on the CPU is used, and nothing is
            propagated into it.
        width: Features of a hidden layer. By default there are about as many parameters as values.
            A warning says where the recommended rule was not measured.
        depth: The number of hidden layers.
        seed: That of the initialization, or of the first fit. Each fit has the next seed.
        rule: A name in `search_spaces.rules.RULES`, the path of a rule's JSON file, or any
            function from a `Target` to `NoiseScales`. With the recommended rule the output bias
            starts at zero. With others it is drawn as published.
        trials: How many fits to try. None fits nothing.
        fit: How the network will be trained, which the recommended rule takes into account. With
            `trials`, how it is trained.

    Raises:
        InputError: The file, the samples, the rule or a number cannot be used. Or there is
            something to fit, and a value is outside of [-1, 1].

    Example:
        >>> from noisescape import siren2_for
        >>> siren2_for(torch.rand(600, 2), rule="eqn11_length_width", width=20)(coords).shape
        torch.Size([2048, 2])
        >>> fitted = siren2_for(samples / 2, trials=2, fit=FitConfig(epochs=5))
        >>> len(fitted.tested), fitted.network(coords).shape
        (2, torch.Size([2048, 1]))
    """
    options = (width, depth, seed, rule, trials, fit)
    if not isinstance(source, str | os.PathLike):
        return siren2_of(with_channels(array_of(source)), *options)
    from noisescape.source import read_source  # needs Pillow and soundfile

    file = read_source(source)
    try:
        return siren2_of(file.values, *options)
    except InputError as error:
        raise error.within(file.name) from None
