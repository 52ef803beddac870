"""Describe the fields of a config: the unit and the meaning of the column that stores each.

A field is annotated as `beta: Annotated[float, Meaning("sharpness (hosc)")] = 1.0`.
"""

import dataclasses
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints


@dataclasses.dataclass(frozen=True)
class Meaning:
    """Says what a field means, in a few words, and names its unit ("" where it has none)."""

    text: str
    unit: str = ""


class DescribedField(NamedTuple):
    """Holds the name of a config's field, the class of its values, its unit and its meaning."""

    name: str
    type: type
    unit: str
    meaning: str


def described_fields(config: type) -> list[DescribedField]:
    """Return the name, the plain type, the unit and the meaning of every field of a config.

    >>> described_fields(HoscConfig)[-1]
    DescribedField(name='beta', type=<class 'float'>, unit='', meaning='sharpness (hosc)')

    Args:
        config: a dataclass whose fields are annotated as `Annotated[type, Meaning(...)]`.

    Raises:
        TypeError: a field has no `Meaning`.
    """
    hints = get_type_hints(config, include_extras=True)
    described = []
    for field in dataclasses.fields(config):
        plain, *notes = get_args(hints[field.name]) or (hints[field.name],)
        meanings = [note for note in notes if isinstance(note, Meaning)]
        if not meanings:
            raise TypeError(
                f"{config.__name__}.{field.name}: annotate it as Annotated[type, Meaning(...)], "
                "so that its column has a unit and a meaning."
            )
        meaning = meanings[0]
        described.append(DescribedField(field.name, _plain_type(plain), meaning.unit, meaning.text))
    return described


def _plain_type(annotation: Any) -> type:
    """Return the class of an annotation's values: of Literal["a"] str, of tuple[int, ...] tuple."""
    if get_origin(annotation) is Literal:
        return type(get_args(annotation)[0])
    return get_origin(annotation) or annotation
