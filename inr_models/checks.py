"""Checks of a configuration's fields, each an `InputError` that names the field and the mend."""

import math
from typing import Any

from inr_models.errors import InputError


def check_counts(config: Any, *fields: str, least: int = 1) -> None:
    """Each is a whole number, `least` or more."""
    for field in fields:
        value = getattr(config, field)
        if isinstance(value, bool) or not (isinstance(value, int) and value >= least):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a whole number, {least} or more."
            )


def check_positive(config: Any, *fields: str) -> None:
    """Each is a finite number above 0."""
    for field in fields:
        value = getattr(config, field)
        if not (math.isfinite(value) and value > 0):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a finite number above 0."
            )


def check_not_negative(config: Any, *fields: str) -> None:
    """Each is a finite number, 0 or more."""
    for field in fields:
        value = getattr(config, field)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(
                "out-of-range", field, f"{field} = {value}: give a finite number, 0 or more."
            )
