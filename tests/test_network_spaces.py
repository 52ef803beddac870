"""Every network's settings for a target, and its search space."""

import dataclasses
import math

import pytest

from inr_models import MODELS
from inr_models.networks.network_config import Varied
from search_spaces.networks import VARIANTS, Case, network_for, points_of, space_of
from search_spaces.rules import RULES, Target

SOUND = Target(descriptors={"psi": 0.4}, shape=(8192,), width=52)
IMAGE = Target(descriptors={"psi": 0.2}, shape=(128, 96), width=52, channels=3)

NAMES = [*MODELS, *VARIANTS]
WITHOUT_SPACE = {"siren2", "siren2_zero_bias"}


def published(name: str, target: Target = SOUND):
    rule = "eqn11_image_length" if target.dimensions == 2 else "eqn11_length"
    return network_for(Case(name=name, network=name), target, 9_000, rule)


def test_every_network_of_the_project_can_be_compared():
    for name in MODELS:
        assert published(name).network == name
    for name, (base, fields) in VARIANTS.items():
        assert published(name) == dataclasses.replace(published(base), **fields)


@pytest.mark.parametrize("target", [SOUND, IMAGE], ids=["sound", "image"])
@pytest.mark.parametrize("name", NAMES)
def test_a_network_keeps_the_targets_depth_and_its_rules_scales(name, target):
    network = published(name, dataclasses.replace(target, depth=5))
    assert network.depth == 5
    if "siren2" in name:
        rule = RULES["eqn11_image_length" if target.dimensions == 2 else "eqn11_length"]
        assert (network.s0, network.s1) == pytest.approx(rule(target))


def test_rules_see_the_width_that_the_budget_gives():
    case = Case(name="x", network="siren2", rule="eqn11_length_width")
    network = network_for(case, SOUND, 30_000, "eqn11_length")
    sized = dataclasses.replace(SOUND, width=network.width)
    assert network.s1 == pytest.approx(RULES["eqn11_length_width"](sized).s1)


def test_every_network_has_a_space_but_siren2_which_has_studies_of_its_own():
    assert {name for name in NAMES if not published(name).space} == WITHOUT_SPACE


def test_a_field_varies_by_value_by_factor_or_by_step():
    values = (-2, 0.5, 3)
    assert points_of(Varied(values), 10.0) == [-2, 0.5, 3]
    assert points_of(Varied(values, by="factor"), 10.0) == [-20, 5, 30]
    steps = points_of(Varied((-20, -1, 0), by="step"), 10)
    assert steps == [1, 9, 10]
    assert all(isinstance(step, int) for step in steps), "whole as the published value is"


@pytest.mark.parametrize("target", [SOUND, IMAGE], ids=["sound", "image"])
@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITHOUT_SPACE])
def test_a_space_changes_its_fields_alone_and_leaves_the_published_point_out(name, target):
    network = published(name, target)
    values = dict(space_of(network))
    assert len(values) >= 3
    assert len(set(values.values())) == len(values)
    assert network not in values.values()
    for changed in values.values():
        differing = {
            field.name
            for field in dataclasses.fields(network)
            if getattr(changed, field.name) != getattr(network, field.name)
        }
        assert differing <= network.space.keys()


def test_octaves_reach_nyquist_of_the_longest_axis():
    assert published("relu_pe").octaves == 13  # 2^12 pi = 8192 pi / 2
    assert published("relu_pe", IMAGE).octaves == 7  # 2^6 pi = 128 pi / 2


@pytest.mark.parametrize("n", [1024, 8192, 150_000])
def test_the_authors_octaves_and_frequencies_are_the_same_at_every_length(n):
    sound = dataclasses.replace(SOUND, shape=(n,))
    for target in (sound, IMAGE):
        assert published("relu_pe_authors", target).octaves == 7
        assert published("siren_rff_authors", target).sigma == MODELS["siren_rff_authors"]().sigma
    assert 2 * math.pi * published("siren_rff_authors", sound).sigma == pytest.approx(30, rel=1e-8)
    assert published("siren_rff_authors", IMAGE).omega_first == 30
    assert (
        published("siren_rff_authors", sound).omega_first == published("siren", sound).omega_first
    )


def test_images_rules_are_table_6_at_512_and_shrink_with_the_side():
    # castle.jpg: psi 0.1097, s0 21, s1 0.04
    target = dataclasses.replace(IMAGE, descriptors={"psi": 0.1097}, shape=(512, 512), width=256)
    for name in ("eqn11_image", "eqn11_image_length", "eqn11_image_length_width"):
        s0, s1 = RULES[name](target)
        assert (round(s0), round(s1, 2)) == (21, 0.04)
    small = dataclasses.replace(target, shape=(128, 64), width=64)
    s0, s1 = RULES["eqn11_image"](target)
    assert RULES["eqn11_image_length"](small) == pytest.approx((s0 / 4, s1))
    assert RULES["eqn11_image_length_width"](small) == pytest.approx((s0 / 4, 2 * s1))
