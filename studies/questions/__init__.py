"""Hold the kinds of study, one a file. A new kind is a file here and a line below."""

from studies.questions.comparison import Comparison
from studies.questions.denoising import Denoising
from studies.questions.denoising_search import DenoisingSearch
from studies.questions.grid import Grid
from studies.questions.rule_check import RuleCheck
from studies.questions.search import Search
from studies.questions.setting_maps import SettingMaps
from studies.questions.shapes import Shapes

__all__ = [
    "Comparison",
    "Denoising",
    "DenoisingSearch",
    "Grid",
    "RuleCheck",
    "Search",
    "SettingMaps",
    "Shapes",
]
