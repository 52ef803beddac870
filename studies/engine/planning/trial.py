"""Define a trial: one network, one signal, one seed. It is hashable, and its content is its key."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from inr_models import FIT_VERSION, FitConfig, NetworkConfig
from inr_models.fitting.objective import REGRESSION, Objective


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Everything that decides the result of a fit.

    The samples decide the crop, so the crop is not repeated here. The same samples are the same
    trial, whatever file they came from.

    Args:
        signal: The sha256 of the fitted samples, see `sha256_of`.
        network: The network.
        fit: How it is trained.
        seed: Seed of its initialization.
        fit_version: See `inr_models.FIT_VERSION`.
        objective: What is minimized.
    """

    signal: str
    network: NetworkConfig
    fit: FitConfig
    seed: int
    fit_version: int = FIT_VERSION
    objective: Objective = REGRESSION

    @property
    def config(self) -> str:
        """The trial as canonical JSON: sorted names, numbers as floats, no fields at their default.

        A new field with a default therefore leaves every old key as it was, and 3000 is 3000.0.
        """
        start = _before_signal(self.network, self.fit, self.objective, self.seed, self.fit_version)
        return start + _signal_and_end(self.signal)

    @cached_property
    def key(self) -> str:
        """Content key: 32 hex digits of the SHA-256 of `config`."""
        seeds = (self.seed,)
        return trial_keys(
            self.signal, self.network, self.fit, seeds, self.fit_version, self.objective
        )[0]


def trial_keys(
    signal: str,
    network: NetworkConfig,
    fit: FitConfig,
    seeds: tuple[int, ...],
    version: int = FIT_VERSION,
    objective: Objective = REGRESSION,
) -> list[str]:
    """Return the keys of a network's trials on a signal, one for each seed.

    A run may have 100,000 trials. This is faster than building them, because signals share the
    part of the hash before their sha256.

    Args:
        signal: The sha256 of the fitted samples.
        network: The network.
        fit: How it is trained.
        seeds: Seeds of the initializations.
        version: See `inr_models.FIT_VERSION`.
        objective: What is minimized.
    """
    end, keys = _signal_and_end(signal).encode(), []
    for start in _hashes_before_signal(network, fit, objective, seeds, version):
        whole = start.copy()
        whole.update(end)
        keys.append(whole.hexdigest()[:32])
    return keys


@lru_cache(maxsize=1 << 12)  # the cells of a grid are the same for all signals of one length
def _hashes_before_signal(
    network: NetworkConfig,
    fit: FitConfig,
    objective: Objective,
    seeds: tuple[int, ...],
    version: int,
) -> "tuple[hashlib._Hash, ...]":
    texts = (_before_signal(network, fit, objective, seed, version) for seed in seeds)
    return tuple(hashlib.sha256(text.encode()) for text in texts)


# A trial's JSON is written in two parts, so that all signals share the hash of the first.


def _before_signal(
    network: NetworkConfig, fit: FitConfig, objective: Objective, seed: int, version: int
) -> str:
    own = {"source": network.source} if network.source else {}
    content = {
        "network": {"name": network.network, **own, **_without_defaults(network)},
        "fit": {"version": float(version), **_without_defaults(fit)},
        "seed": float(seed),
    }
    if objective != REGRESSION:
        content["objective"] = {"name": objective.name, **_without_defaults(objective)}
    assert max(content) < "signal", "the signal must come last among the sorted names"
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.removesuffix("}")  # removes one bracket


def _signal_and_end(signal: str) -> str:
    return f',"signal":{json.dumps(signal)}}}'


def _without_defaults(config: Any) -> dict[str, Any]:
    content = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            # Adding 0.0 makes -0.0 the same key as 0.0.
            content[field.name] = value + 0.0 if isinstance(value, int | float) else value
    return content
