"""Every network of the project by name, and the one way to make one from a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, get_args

from inr_models.errors import InputError
from inr_models.networks.finer import FinerConfig
from inr_models.networks.finer_pp import FinerPlusConfig
from inr_models.networks.gauss import GaussConfig
from inr_models.networks.hosc import HoscConfig
from inr_models.networks.normal_siren import NormalSirenConfig
from inr_models.networks.relu_pe import ReluPeConfig
from inr_models.networks.rff import SirenRffConfig
from inr_models.networks.scaled_siren import ScaledSirenConfig
from inr_models.networks.siren import SirenConfig
from inr_models.networks.tensor_train import TensorTrainConfig, modes_of
from inr_models.networks.winner import Siren2Config
from inr_models.networks.wire import WireConfig

if TYPE_CHECKING:
    from inr_models.networks.coordinate_mlp import CoordinateMLP

NetworkConfig = (
    SirenConfig
    | Siren2Config
    | FinerConfig
    | FinerPlusConfig
    | WireConfig
    | GaussConfig
    | HoscConfig
    | ReluPeConfig
    | SirenRffConfig
    | TensorTrainConfig
    | ScaledSirenConfig
    | NormalSirenConfig
)

MODELS: dict[str, type[NetworkConfig]] = {kind.network: kind for kind in get_args(NetworkConfig)}

T = TypeVar("T", bound=NetworkConfig)

WITHOUT_TF32 = ("wire", "siren2_tt")
"""Networks that autograd alone trains, where TF32 would round the coordinates."""

MAX_WIDTH = 1 << 14
NEAR = 8


def make_network(
    config: NetworkConfig, *, in_features: int, out_features: int, seed: int
) -> CoordinateMLP:
    """A network with every weight and bias set from `seed` alone, in float32 on the CPU.

    The draws happen on the CPU whatever the device of the fit, so that a seed means the
    same weights everywhere. The global random state is neither read nor changed.
    """
    import torch

    network = config.build(in_features, out_features)
    with torch.no_grad():
        config.initialize(network, torch.Generator().manual_seed(seed))
    return network


def with_width(config: T, width: int) -> T:
    """The network at another width, and what follows from it: a tensor train's modes, and as many
    Fourier features as the layer has, as in Table 1.
    """
    if isinstance(config, TensorTrainConfig):
        return replace(config, width=width, tt_modes=modes_of(width))
    if isinstance(config, SirenRffConfig):
        return replace(config, width=width, num_frequencies=(width + 1) // 2)
    return replace(config, width=width)


def width_for(
    config: NetworkConfig, parameters: int, *, in_features: int = 1, out_features: int = 1
) -> int:
    """The width at which the network's number of parameters is nearest to `parameters`.

    Raises:
        InputError: it has more at width 1, or fewer at the largest width.
    """

    def count(width: int) -> int:
        sized = with_width(config, width)
        return sized.num_parameters(in_features=in_features, out_features=out_features)

    low, high = 1, 2
    if count(low) > parameters:
        raise InputError(
            "out-of-range",
            "parameters",
            f"parameters = {parameters:,}: a {config.network} of depth {config.depth} has "
            f"{count(low):,} already at width 1; give a larger budget.",
        )
    while count(high) < parameters:
        low, high = high, 2 * high
        if high > MAX_WIDTH:
            raise InputError(
                "out-of-range",
                "parameters",
                f"parameters = {parameters:,}: more than a {config.network} of width "
                f"{MAX_WIDTH:,} has; give a smaller budget.",
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if count(middle) < parameters else (low, middle)
    # A tensor train's count does not rise evenly: it hangs on the divisors of its width.
    near = range(max(1, low - NEAR), high + NEAR)
    return min(near, key=lambda width: abs(count(width) - parameters))
