"""Rules as JSON: a saved rule is the same rule, and whatever else a file holds is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inr_models import InputError
from search_spaces.rules import (
    RULES,
    Target,
    load_rule,
    read_rule,
    rule_json,
    rule_of,
)
from search_spaces.rules.bandwidth_matching import BandwidthMatching, Constant
from search_spaces.rules.eqn11 import Eqn11
from search_spaces.rules.power_law import Power, PowerLaw
from search_spaces.rules.spectrum_matching import SpectrumMatching
from search_spaces.rules.table import Table
from tests.refusals import refused

positive = st.floats(1e-3, 1e3)
gains = st.floats(1, 30)
names = st.sampled_from(["psi", "centroid_power", "rolloff_95", "low_pass_40"])
any_rule = st.one_of(
    st.builds(Eqn11, s0_max=positive, a=positive, b=positive, samples=st.sampled_from([None, 512])),
    st.builds(Constant, share=positive, gain=gains),
    st.builds(BandwidthMatching, descriptor=names, factor=positive, gain=gains),
    st.builds(
        PowerLaw,
        share=positive,
        gain=positive,
        powers=st.lists(st.builds(Power, descriptor=names, bandwidth=st.floats(-3, 3)), max_size=3)
        .map(tuple),
        shares=st.just((0.01, 1.0)),
        gains=st.just((1.0, 9.0)),
    ),
    st.builds(SpectrumMatching, shares=st.just((0.1, 0.3)), gains=st.just((2.0,))),
    st.builds(Table, points=st.dictionaries(st.text("0123456789abcdef"), st.just((2.0, 0.5)))),
)  # fmt: skip


@given(any_rule)
def test_a_saved_rule_is_the_same_rule(rule):
    assert rule_of(json.loads(rule_json(rule))) == rule


def test_every_rule_of_the_registry_can_be_saved_and_answers_for_sounds_and_images(tmp_path):
    values = np.random.default_rng(0).standard_normal((40, 40))
    smooth = np.cumsum(np.cumsum(values, axis=0), axis=1)
    for name, rule in RULES.items():
        path = tmp_path / f"{name}.json"
        path.write_text(rule_json(rule))
        for samples in (values.ravel(), smooth, np.stack([values, smooth], -1)):
            s0, s1 = load_rule(path, width=64)(samples)
            assert (s0, s1) == rule(Target.of(samples, width=64))
            assert s0 >= 0
            assert s1 >= 0
            assert math.isfinite(s0 + s1)


def power_law(power: float) -> str:
    """A power law of psi as JSON."""
    powers = [{"descriptor": "psi", "bandwidth": power}]
    law = {"kind": "power_law", "share": 0.1, "gain": 2, "powers": powers}
    return json.dumps({**law, "shares": [0.01, 1], "gains": [1.5, 9]})


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("", "wrong-kind", None),
        ('[1, 2]', "unknown-name", "kind"),
        ('{"kind": "magic"}', "unknown-name", "kind"),
        ('{"kind": ["constant"]}', "unknown-name", "kind"),
        ('{"kind": "constant", "share": 0.1}', "missing", "gain"),
        ('{"kind": "constant", "share": 0.1, "gain": 2, "x": 1}', "unknown-name", "x"),
        ('{"kind": "constant", "share": "0.1", "gain": 2}', "wrong-kind", "share"),
        ('{"kind": "constant", "share": true, "gain": 2}', "wrong-kind", "share"),
        ('{"kind": "constant", "share": 0.1, "gain": 0.5}', "out-of-range", "gain"),
        ('{"kind": "constant", "share": -1, "gain": 2}', "out-of-range", "share"),
        ('{"kind": "constant", "share": 1e999, "gain": 2}', "out-of-range", "share"),
        ('{"kind": "constant", "share": NaN, "gain": 2}', "wrong-kind", None),
        (
            '{"kind": "bandwidth", "descriptor": "x", "factor": 1, "gain": 2}', "unknown-name",
            "descriptor",
        ),
        ('{"kind": "spectrum", "shares": [], "gains": [2]}', "empty", "shares"),
        ('{"kind": "spectrum", "shares": 1, "gains": [2]}', "wrong-kind", "shares"),
        ('{"kind": "table", "points": {"ab": [1]}}', "wrong-kind", "points, ab"),
        ('{"kind": "table", "points": {"ab": [1, -1]}}', "out-of-range", "points"),
        ("[" * 100_000, "wrong-kind", None),
        ('{"kind": "constant", "share": 1e300, "gain": 2}', "out-of-range", "share"),
        ('{"kind": "constant", "share": 1e-300, "gain": 2}', "out-of-range", "share"),
        ('{"kind": "constant", "share": 0.1, "gain": 1e300}', "out-of-range", "gain"),
        ('{"kind": "constant", "share": 1%s, "gain": 2}' % ("0" * 400), "out-of-range", "share"),
        (power_law(1e300), "out-of-range", "psi"),
        (power_law(-1e300), "out-of-range", "psi"),
        ('{"kind": "eqn11", "s0_max": 1e300, "a": 7, "b": 3}', "out-of-range", "s0_max"),
        ('{"kind": "table", "points": {"ab": [1, 1e300]}}', "out-of-range", "points"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_by_file_and_field(tmp_path, text, code, field):
    """Where the file holds no JSON, the file itself is the field."""
    path = tmp_path / "mine.json"
    path.write_text(text)
    with refused(code, field or path, path):
        read_rule(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.sampled_from(["eqn11", "constant", "bandwidth", "power_law", "spectrum", "table"]),
    st.dictionaries(
        st.sampled_from(
            ["s0_max", "a", "b", "samples", "width", "share", "gain", "descriptor", "factor",
             "powers", "shares", "gains", "points"]
        ),
        json_values,
    ),
)  # fmt: skip
def test_whatever_json_holds_it_is_a_rule_or_refused(kind, fields):
    try:
        rule = rule_of({"kind": kind, **fields})
    except InputError:
        return
    assert rule.kind == kind


def test_a_missing_file_a_folder_and_bytes_are_refused(tmp_path):
    with refused("unreadable", tmp_path / "none.json"):
        read_rule(tmp_path / "none.json")
    with refused("unreadable", tmp_path):
        read_rule(tmp_path)
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    with refused("wrong-kind", tmp_path / "bytes.json"):
        read_rule(tmp_path / "bytes.json")
