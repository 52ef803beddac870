"""Rules as readable JSON: a person can check, change and cite them; nothing in one is code.

    {"kind": "bandwidth", "descriptor": "rolloff_95", "factor": 0.5, "gain": 5.2}

`kind` is one of `KINDS`, the other names are the fields of its class.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from numpy.typing import NDArray

from inr_models.errors import InputError
from search_spaces.descriptors import DESCRIPTORS
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from search_spaces.rules.eqn11 import PAPER_WIDTH, Eqn11
from search_spaces.rules.power_law import PowerLaw
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.table import Table
from search_spaces.rules.target import NoiseScales, Target

AnyRule = Eqn11 | Constant | BandwidthMatching | PowerLaw | SpectrumMatching | Table

KINDS: dict[str, type[AnyRule]] = {
    "eqn11": Eqn11,
    "constant": Constant,
    "bandwidth": BandwidthMatching,
    "power_law": PowerLaw,
    "spectrum": SpectrumMatching,
    "table": Table,
}

EXAMPLE = '{"kind": "bandwidth", "descriptor": "psi", "factor": 0.65, "gain": 5.2}'

MAX_BYTES = 1 << 24


def load_rule(
    path: str | Path, *, width: int = PAPER_WIDTH, depth: int = 4
) -> Callable[[NDArray], NoiseScales]:
    """A saved rule, to be asked for a SIREN² of this width and depth: samples -> (s0, s1).

    The samples are what `Target.of` takes: a sound [n], an image [h, w] or [h, w, c].

    Raises:
        InputError: the file cannot be read, or is no rule; later, see `Target.of`.
    """
    rule = read_rule(path)
    return lambda values: rule(Target.of(values, width=width, depth=depth))


def read_rule(path: str | Path) -> AnyRule:
    """A saved rule, to be asked about a `Target`.

    Raises:
        InputError: the file cannot be read, or is no rule.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(
                "too-large", str(file), f"{file}: larger than 16 MiB, which no rule is."
            )
        content = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except OSError as error:
        raise InputError(
            "unreadable",
            str(file),
            f"{file}: cannot be read ({error.strerror}); name a rule's file.",
        ) from None
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, NaN, or nested too deep
        raise InputError(
            "wrong-kind", str(file), f"{file}: not JSON ({error}); a rule looks like {EXAMPLE}."
        ) from None
    try:
        return rule_of(content)
    except InputError as error:
        raise error.within(str(file)) from None


def rule_of(content: Any) -> AnyRule:
    """A rule from what JSON holds.

    Raises:
        InputError: an unknown kind, a missing or unknown field, a value of the wrong type.
    """
    kind = content.get("kind") if isinstance(content, Mapping) else None
    if not (isinstance(kind, str) and kind in KINDS):
        raise InputError(
            "unknown-name", "kind", f"kind = {kind!r}: give one of {', '.join(KINDS)}."
        )
    rule = _made(KINDS[kind], content)
    names = [
        getattr(rule, "descriptor", None),
        *(p.descriptor for p in getattr(rule, "powers", ())),
    ]
    for name in names:
        if name is not None and name not in DESCRIPTORS:
            raise InputError(
                "unknown-name",
                "descriptor",
                f"descriptor = {name!r}: give one of {', '.join(DESCRIPTORS)}.",
            )
    return rule


def rule_json(rule: AnyRule) -> str:
    """A rule as JSON, the inverse of `rule_of`."""
    return json.dumps(
        {k: v for k, v in dataclasses.asdict(rule).items() if v is not None}, indent=1
    )


def _made(of: Any, content: Any) -> Any:
    """A dataclass from a JSON object."""
    if not isinstance(content, Mapping):
        raise InputError("wrong-kind", "kind", f"{content!r}: give an object with its fields.")
    fields = {field.name: field for field in dataclasses.fields(of)}
    for name in content:
        if name not in fields:
            raise InputError(
                "unknown-name", name, f"{name}: there is no such field; give {', '.join(fields)}."
            )
    for name, field in fields.items():
        if field.default is dataclasses.MISSING and name not in content:
            raise InputError("missing", name, f"{name}: it is missing.")
    return of(**{name: _value(name, fields[name].type, value) for name, value in content.items()})


def _value(name: str, kind: Any, value: Any) -> Any:
    """What JSON holds as the type of a field."""
    origin, parts = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _made(kind, value)
    if origin is tuple and isinstance(value, list):
        if parts[-1] is not Ellipsis and len(value) != len(parts):
            raise InputError("wrong-kind", name, f"{name}: give {len(parts)} numbers.")
        return tuple(_value(name, parts[0], each) for each in value)
    if origin is Mapping and isinstance(value, dict):
        return {key: _value(f"{name}, {key}", parts[1], each) for key, each in value.items()}
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if int in parts and isinstance(value, int) and not isinstance(value, bool):
        return value
    if (kind is str or origin is Literal) and isinstance(value, str):
        return value
    what = {float: "a number", str: "a name", tuple: "a list", Mapping: "an object"}
    raise InputError(
        "wrong-kind",
        name,
        f"{name} = {value!r}: give {what.get(origin or kind, 'a whole number')}.",
    )


def _no_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")
