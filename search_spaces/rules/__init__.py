"""Rules: from a target's descriptors to a point (s0, s1); one family a file."""

from search_spaces.rules.eqn11 import eqn11, eqn11_length, eqn11_length_width, eqn11_text
from search_spaces.rules.eqn11_image import (
    eqn11_image,
    eqn11_image_length,
    eqn11_image_length_width,
)
from search_spaces.rules.target import NoiseScales, Rule, Target

RULES: dict[str, Rule] = {
    "eqn11": eqn11,
    "eqn11_text": eqn11_text,
    "eqn11_length": eqn11_length,
    "eqn11_length_width": eqn11_length_width,
    "eqn11_image": eqn11_image,
    "eqn11_image_length": eqn11_image_length,
    "eqn11_image_length_width": eqn11_image_length_width,
}

__all__ = ["RULES", "NoiseScales", "Rule", "Target"]
