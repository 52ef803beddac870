"""Check the fields of a configuration. An `InputError` names the field and how to fix it."""

import math
from typing import Any

from inr_models.errors import InputError


def check_counts(config: Any, *fields: str, least: int = 1) -> None:
    """Refuse fields that are not whole numbers of `least` or more."""
    for field in fields:
        value = getattr(config, field)
        if isinstance(value, bool) or not (isinstance(value, int) and value >= least):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a whole number, {least} or more."
            )


def check_positive(config: Any, *fields: str) -> None:
    """Refuse fields that are not finite numbers above 0."""
    for field in fields:
        value = getattr(config, field)
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a finite number above 0."
            )


def check_not_negative(config: Any, *fields: str) -> None:
    """Refuse fields that are not finite numbers of 0 or more."""
    for field in fields:
        value = getattr(config, field)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a finite number, 0 or more."
            )
