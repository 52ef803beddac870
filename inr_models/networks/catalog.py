"""List every network of the project.

To add a network, write its file and import its config here. All else follows from `MODELS`: what
`inr_models` exports, the hp_ columns of the results, the networks that a study can compare, their
search spaces, and the tests that every network has to pass. A new import goes last, because the
hp_ columns have the order of these lines.
"""

# isort: off
from inr_models.networks.network_config import NetworkConfig as NetworkConfig
from inr_models.networks.winner import Siren2Config as Siren2Config
from inr_models.networks.siren import SirenConfig as SirenConfig
from inr_models.networks.finer import FinerConfig as FinerConfig
from inr_models.networks.finer_pp import FinerPlusConfig as FinerPlusConfig
from inr_models.networks.wire import WireConfig as WireConfig
from inr_models.networks.gauss import GaussConfig as GaussConfig
from inr_models.networks.hosc import HoscConfig as HoscConfig
from inr_models.networks.scaled_siren import ScaledSirenConfig as ScaledSirenConfig
from inr_models.networks.relu_pe import ReluPeConfig as ReluPeConfig
from inr_models.networks.rff import SirenRffConfig as SirenRffConfig
from inr_models.networks.tensor_train import TensorTrainConfig as TensorTrainConfig
from inr_models.networks.normal_siren import NormalSirenConfig as NormalSirenConfig
from inr_models.networks.rff_authors import AuthorsRffConfig as AuthorsRffConfig
from inr_models.networks.relu_pe_authors import AuthorsReluPeConfig as AuthorsReluPeConfig
# isort: on

MODELS: dict[str, type[NetworkConfig]] = {
    value.network: value
    for value in list(globals().values())
    if isinstance(value, type) and issubclass(value, NetworkConfig) and value is not NetworkConfig
}
"""Name of a network -> the class of its config, for every network that is imported above."""

WITHOUT_TF32 = tuple(
    name for name, kind in MODELS.items() if kind.needs_autograd or kind.needs_float32
)
"""Networks that TF32 harms. Where autograd trains them, it would round the coordinates."""
