"""List every optimizer of the project. No torch.

To add an optimizer, write its file and a line in `OPTIMIZERS`. All else follows: what
`FitConfig.optimizer` and `--optimizer` accept, the checks before a fit, and the tests that every
optimizer has to pass.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inr_models.fitting.optimizers.optimizer import Optimizer


class Listed(NamedTuple):
    """Says where an optimizer is, and what it needs.

    Args:
        path: Its module in this package and its class, with a colon between them.
        needs_matrices: Whether the network must have a real matrix between two hidden layers.
        needs_one_error: Whether it compares errors of different epochs, so that all of them must
            be of the same samples.
    """

    path: str
    needs_matrices: bool = False
    needs_one_error: bool = False


OPTIMIZERS = {
    "adam": Listed("adam:Adam"),
    "muon": Listed("muon:Muon", needs_matrices=True),
    "lbfgs": Listed("lbfgs:Lbfgs", needs_one_error=True),
}
"""Name of an optimizer -> where it is. The names are in keys and rows, so they never change."""

DEFAULT_OPTIMIZER = "adam"
"""The optimizer of every fit of earlier versions, whose rows have no column for it."""


def optimizer_class(name: str) -> type[Optimizer]:
    """Return the class of an optimizer by its name in `OPTIMIZERS`. It imports torch.

    >>> optimizer_class("muon").__name__
    'Muon'
    """
    module, kind = OPTIMIZERS[name].path.split(":")
    return getattr(importlib.import_module(f"{__package__}.{module}"), kind)
