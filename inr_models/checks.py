"""Check the fields of a configuration. An `InputError` names the field and how to fix it."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from inr_models.errors import InputError

MOST = 10_000_000
"""No count of a configuration is larger. A larger one would not end, or not fit into memory."""


def check_counts(config: Any, *fields: str, least: int = 1, most: int = MOST) -> None:
    """Refuse fields that are not whole numbers from `least` to `most`.

    Args:
        config: the object that has the fields.
        fields: their names.
        least: the least value that is allowed.
        most: the largest value that is allowed.

    Raises:
        InputError: a field is something else.
    """

    def is_count(value: Any) -> bool:
        return type(value) is int and least <= value <= most

    _check(config, fields, is_count, f"give a whole number from {least:,} to {most:,}.")


def check_whole(name: str, value: Any, least: int, most: int) -> None:
    """Refuse a value that is not a whole number from `least` to `most`.

    Raises:
        InputError: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise InputError.of_value("wrong-kind", name, repr(value), "give a whole number.")
    if not least <= value <= most:
        why = f"give a whole number from {least:,} to {most:,}."
        raise InputError.of_value("out-of-range", name, value, why)


def check_between(name: str, value: float, least: float, most: float) -> None:
    """Refuse a number that is NaN or not from `least` to `most`.

    Raises:
        InputError: it is.

    Example:
        >>> check_between("share", 0.5, 0, 1)
    """
    if not least <= value <= most:
        why = f"give a number from {least:,} to {most:,}."
        raise InputError.of_value("out-of-range", name, f"{value:g}", why)


def check_positive(config: Any, *fields: str) -> None:
    """Refuse fields that are not finite numbers above 0.

    Raises:
        InputError: a field is something else.
    """
    _check(config, fields, lambda v: math.isfinite(v) and v > 0, "give a finite number above 0.")


def check_not_negative(config: Any, *fields: str) -> None:
    """Refuse fields that are not finite numbers of 0 or more.

    Raises:
        InputError: a field is something else.
    """
    _check(
        config, fields, lambda v: math.isfinite(v) and v >= 0, "give a finite number, 0 or more."
    )


def _check(
    config: Any, fields: tuple[str, ...], is_allowed: Callable[[Any], bool], fix: str
) -> None:
    for field in fields:
        value = getattr(config, field)
        if not is_allowed(value):
            raise InputError.of_value("out-of-range", field, value, fix)
