"""Every network of the project by name, and the one way to make one from a seed."""

import torch

from inr_models.coordinate_mlp import CoordinateMLP
from inr_models.siren import SirenConfig
from inr_models.winner import Siren2Config

NetworkConfig = SirenConfig | Siren2Config

MODELS: dict[str, type[SirenConfig]] = {
    SirenConfig.network: SirenConfig,
    Siren2Config.network: Siren2Config,
}


def make_network(
    config: NetworkConfig, *, in_features: int, out_features: int, seed: int
) -> CoordinateMLP:
    """A network with every weight and bias set from `seed` alone, in float32 on the CPU.

    The draws happen on the CPU whatever the device of the fit, so that a seed means the
    same weights everywhere. The global random state is neither read nor changed.
    """
    network = config.build(in_features, out_features)
    config.initialize(network, torch.Generator().manual_seed(seed))
    return network
