"""A trial: one network, one signal, one seed. Complete, hashable, and keyed by its content."""

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
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
        content = {
            "signal": self.signal,
            "network": {"name": self.network.network, **_without_defaults(self.network)},
            "fit": {"version": float(self.fit_version), **_without_defaults(self.fit)},
            "seed": float(self.seed),
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @property
    def key(self) -> str:
        """Content key, 32 hex digits."""
        return hashlib.sha256(self.config.encode()).hexdigest()[:32]


@lru_cache(maxsize=1024)  # thousands of trials differ in little
def _without_defaults(config: Any) -> dict[str, Any]:
    content = {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value != field.default:
            # Adding 0.0 makes -0.0 the same key as 0.0.
            content[field.name] = value + 0.0 if isinstance(value, int | float) else value
    return content
