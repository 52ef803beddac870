"""Save rules as JSON that a person can read, check, change and cite; nothing in a file is code.

    {"kind": "bandwidth", "descriptor": "rolloff_95", "factor": 0.5, "gain": 5.2}

`kind` is a key of `KINDS`, and the other names are the fields of its class. A new kind of rule is a
file with a frozen dataclass, and its name in `AnyRule`.

`rule_of` is the one parser of this format: stored runs use it as well. Rules are also read where
signals are fitted with torch alone (`search_spaces.initialize`, `benchmarks.paper_scale`), so it
cannot be pydantic's.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from numpy.typing import NDArray

from inr_models.errors import InputError
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from search_spaces.rules.eqn11 import PAPER_WIDTH, Eqn11
from search_spaces.rules.fixed import Fixed
from search_spaces.rules.power_law import PowerLaw
from search_spaces.rules.regimes import Regimes
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.table import Table
from search_spaces.rules.target import NoiseScales, Target

AnyRule = (
    Eqn11 | Constant | BandwidthMatching | PowerLaw | Regimes | SpectrumMatching | Table | Fixed
)

KINDS: dict[str, type[AnyRule]] = {rule.kind: rule for rule in get_args(AnyRule)}

EXAMPLE = '{"kind": "bandwidth", "descriptor": "psi", "factor": 0.65, "gain": 5.2}'

MAX_BYTES = 1 << 24

EXPECTED = {
    float: "a number",
    str: "a name",
    tuple: "a list",
    Mapping: "an object",
}
"""What JSON has to hold for a type, in words."""


def load_rule(
    path: str | Path, *, width: int = PAPER_WIDTH, depth: int = 4
) -> Callable[[NDArray], NoiseScales]:
    """Return a function from samples to (s0, s1), from a saved rule.

    Args:
        path: the rule's JSON file.
        width: features of a hidden layer of the SIREN² that will fit the samples.
        depth: its number of hidden layers.

    Returns:
        A function of what `Target.of` takes: a sound [n], or an image [h, w] or [h, w, c].

    Raises:
        InputError: the file cannot be read, or holds no rule. The returned function raises what
            `Target.of` raises.

    Example:
        >>> s0, s1 = load_rule("my_rule.json", width=64)(samples)
    """
    rule = read_rule(path)
    return lambda values: rule(Target.of(values, width=width, depth=depth))


def read_rule(path: str | Path) -> AnyRule:
    """Return a saved rule, which is a function of a `Target`.

    Raises:
        InputError: the file cannot be read, or holds no rule.
    """
    file = Path(path)
    if file.exists() and not file.is_file():
        raise InputError.at("unreadable", file, "not a file; name a rule's file.")
    if file.is_file() and file.stat().st_size > MAX_BYTES:
        raise InputError.at("too-large", file, "larger than 16 MiB, which no rule is.")
    try:
        content = json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except OSError as error:
        raise InputError.at(
            "unreadable", file, f"cannot be read ({error.strerror}); name a rule's file."
        ) from None
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, NaN, or nested too deep
        raise InputError.at(
            "wrong-kind", file, f"not JSON ({error}); a rule looks like {EXAMPLE}."
        ) from None
    try:
        return rule_of(content)
    except InputError as error:
        raise error.within(str(file)) from None


def rule_of(content: Any) -> AnyRule:
    """Return the rule that decoded JSON describes; a rule is returned as it is.

    Raises:
        InputError: the kind is unknown, a field is missing or unknown, or a value has the wrong
            type or lies out of range.

    Example:
        >>> rule_of({"kind": "constant", "share": 0.1, "gain": 2})
        Constant(kind='constant', share=0.1, gain=2.0)
    """
    if isinstance(content, AnyRule):
        return content
    kind = content.get("kind") if isinstance(content, Mapping) else None
    if not (isinstance(kind, str) and kind in KINDS):
        raise InputError.of_value(
            "unknown-name", "kind", repr(kind), f"give one of {', '.join(KINDS)}."
        )
    return _from_object(KINDS[kind], content)


def rule_json(rule: AnyRule) -> str:
    """Return a rule as JSON, the inverse of `rule_of`."""
    fields = dataclasses.asdict(rule).items()
    return json.dumps({name: value for name, value in fields if value is not None}, indent=1)


def _from_object(cls: Any, content: Any) -> Any:
    """Return an instance of a dataclass from a JSON object with its fields."""
    if not isinstance(content, Mapping):
        raise InputError.of_value(
            "wrong-kind", "kind", repr(content), "give an object with its fields."
        )
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for name in content:
        if name not in fields:
            raise InputError.at(
                "unknown-name", name, f"no field has this name; give {', '.join(fields)}."
            )
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in content:
            raise InputError.at("missing", name, "it is missing.")
    return cls(**{name: _value(name, fields[name].type, value) for name, value in content.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    """Return what JSON holds as the type of a field."""
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _from_object(kind, value)
    if origin is tuple and isinstance(value, list | tuple):
        if parts[-1] is not Ellipsis and len(value) != len(parts):
            raise InputError.at("wrong-kind", name, f"give {len(parts)} numbers.")
        return tuple(_value(name, parts[0], item) for item in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _value(f"{name}, {key}", parts[1], item) for key, item in value.items()}
    is_bool = isinstance(value, bool)  # which is an int in Python
    if kind is float and isinstance(value, int | float) and not is_bool:
        try:
            return float(value)
        except OverflowError:
            raise InputError.at(
                "out-of-range", name, f"it has {len(str(abs(value)))} digits; give a number."
            ) from None
    if int in parts and isinstance(value, int) and not is_bool:
        return value
    if NoneType in parts and value is None:
        return None
    if (kind is str or origin is Literal) and isinstance(value, str):
        return value
    expected = EXPECTED.get(origin or kind, "a whole number")
    raise InputError.of_value("wrong-kind", name, repr(value), f"give {expected}.")


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
