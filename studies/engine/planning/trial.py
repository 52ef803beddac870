"""A trial: one network, one signal, one seed. Complete, hashable, and keyed by its content."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from inr_models import FIT_VERSION, FitConfig, NetworkConfig


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Everything that decides a fit's result. `signal` is the sha256 of the fitted samples.

    The crop is decided by the samples and so is not repeated here: the same samples are
    the same trial, whatever file they came from.
    """

    signal: str
    network: NetworkConfig
    fit: FitConfig
    seed: int
    fit_version: int = FIT_VERSION

    @property
    def config(self) -> str:
        """Canonical JSON: sorted, numbers as floats, fields at their default left out.

        So a new field with a default leaves every old key as it was, and 3000 is 3000.0.
        """
        shared = _all_but_signal(self.network, self.fit, self.seed, self.fit_version)
        return shared + _signal_last(self.signal)

    @cached_property
    def key(self) -> str:
        """Content key: 32 hex digits of the SHA-256 of `config`."""
        return trial_keys(self.signal, self.network, self.fit, (self.seed,), self.fit_version)[0]


def trial_keys(
    signal: str,
    network: NetworkConfig,
    fit: FitConfig,
    seeds: tuple[int, ...],
    version: int = FIT_VERSION,
) -> list[str]:
    """The keys of a network's trials on a signal, without making these: a run may have 100,000."""
    end, keys = _signal_last(signal).encode(), []
    for begun in _hashes_of_all_but_signal(network, fit, seeds, version):
        whole = begun.copy()
        whole.update(end)
        keys.append(whole.hexdigest()[:32])
    return keys


@lru_cache(maxsize=1 << 12)  # the cells of a grid are the same for all signals of one length
def _hashes_of_all_but_signal(
    network: NetworkConfig, fit: FitConfig, seeds: tuple[int, ...], version: int
) -> "tuple[hashlib._Hash, ...]":
    configs = (_all_but_signal(network, fit, seed, version) for seed in seeds)
    return tuple(hashlib.sha256(config.encode()) for config in configs)


def _signal_last(signal: str) -> str:
    """What follows `_all_but_signal`: "signal" comes last among the sorted names."""
    return f',"signal":"{signal}"}}'


def _all_but_signal(network: NetworkConfig, fit: FitConfig, seed: int, version: int) -> str:
    content = {
        "network": {"name": network.network, **_without_defaults(network)},
        "fit": {"version": float(version), **_without_defaults(fit)},
        "seed": float(seed),
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)[:-1]


def _without_defaults(config: Any) -> dict[str, Any]:
    content = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            # Adding 0.0 makes -0.0 the same key as 0.0.
            content[field.name] = value + 0.0 if isinstance(value, int | float) else value
    return content
