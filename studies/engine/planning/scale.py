"""Define the sizes of a run: how much of a signal is fitted, by which networks, for how long."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from inr_models import MODELS, FitConfig, InputError
from inr_models.checks import check_whole
from inr_models.fitting.held_out import held_out
from inr_models.fitting.objective import Objective
from inr_models.fitting.optimizers.catalog import OPTIMIZERS
from inr_models.fitting.signed_distance import SignedDistance
from inr_models.networks.network_config import check_memory
from search_spaces.networks import Case
from search_spaces.noise_grid import NoiseGrid
from search_spaces.rules import Target
from studies.engine.signals.crops import MOST_SAMPLES, check_crop
from studies.engine.signals.signal import READING, Signal

ScaleName = Literal["small", "paper"]

DEFAULT_SCALE: ScaleName = "small"
"""The scale of every study without `--scale`: it takes minutes on two cores, the paper's takes
GPUs."""

FIRST_CHOOSING_SEED = 100
"""Grids and searches use lower seeds. What is compared is fitted on seeds from this one on."""

FIRST_SCORING_SEED = 105
"""The default scoring seeds begin here, after five choosing seeds."""

OWN_SEEDS = 1_000
"""A signal's own seeds are a multiple of this number above the seeds that a question names."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The sizes of a run.

    Args:
        max_samples: Samples of the longest crop that is fitted. For an image, its pixels.
        rescale: Whether an image is scaled by its own range instead of its type's.
        channel: The channel of a sound to take, from 1 on. 0 takes the mean of all.
        crop: Where the crop of a sound starts, in seconds into its file, or "whole" for all of it.
            "" for `crops.crop_policy`.
        width: Units of a hidden layer.
        depth: Hidden layers.
        fit: How a network is trained.
        seeds: Number of seeds on which every point is fitted: 0 to `seeds` - 1.
        rules: Names in `search_spaces.rules.RULES`. Others are compared with the first one.
        grid: The grid of noise scales. A comparison has none.
        zero_output_bias: Whether the output layer of SIREN² starts with a bias of 0.
        cases: The networks of a comparison.
        parameters: The number of parameters that every case should have.
        column: The column of a table that is read. "" for its only one.
        sample_rate: The sample rate of a series in Hz. 0 if it is not known.
        hold_out: Which samples are left out of the fit, see `held_out.held_out`. "" for none.
        blind: Whether the samples that are left out choose the best epoch, for noisy signals.
        signed_distance: The loss of a study of shapes, with its weights. None for other signals.
        own_seeds: Whether every signal draws choosing and scoring seeds of its own. A seed shifts
            the scores of all signals alike, so only seeds of their own average out over signals.

    Raises:
        InputError: A value is out of its range, or two cases have one name, or the optimizer cannot
            train a network or a shape.
    """

    max_samples: int
    width: int
    depth: int
    fit: FitConfig
    seeds: int
    rules: tuple[str, ...]
    grid: NoiseGrid | None = None
    zero_output_bias: bool = False
    cases: tuple[Case, ...] = ()
    parameters: int = 0
    own_seeds: bool = False
    rescale: bool = False
    channel: int = 0
    crop: str = ""
    column: str = ""
    sample_rate: float = 0.0
    hold_out: str = ""
    blind: bool = False
    signed_distance: SignedDistance | None = None

    def __post_init__(self) -> None:
        if (self.grid is None) != bool(self.cases):
            raise InputError.at(
                "conflict", "cases", "a scale has a grid or cases; give one of the two."
            )
        names = [case.name for case in self.cases]
        for name in names:
            check_name("cases", name)
        if twice := [name for name in names if names.count(name) > 1]:
            raise InputError.at(
                "taken", "cases", f"two are named {twice[0]!r}. Give each its own name."
            )
        _check_optimizer(self)
        check_whole("max_samples", self.max_samples, 256, MOST_SAMPLES)
        check_memory(self.width, self.depth)
        held_out(self.hold_out)
        if self.hold_out and self.signed_distance:
            why = "a shape has no samples to hold out; leave the flag out."
            raise InputError.of_value("unsupported", "--hold-out", self.hold_out, why)
        check_crop(self.crop)
        if self.channel < 0:
            raise InputError.of_value("out-of-range", "channel", self.channel, "give 1 or more.")
        check_whole("seeds", self.seeds, 1, FIRST_CHOOSING_SEED)

    def target(self, signal: Signal) -> Target:
        """Return what a rule may know of a signal in this run."""
        return signal.target(self.width, self.depth, self.fit)

    @property
    def reading(self) -> dict[str, Any]:
        """How files are read, by name."""
        return {name: getattr(self, name) for name in READING}

    @property
    def objective(self) -> Objective:
        """What a fit minimizes."""
        return self.signed_distance or held_out(self.hold_out, blind=self.blind)

    @property
    def map_seeds(self) -> range:
        """The seeds on which points are tried: 0 to `seeds` - 1."""
        return range(self.seeds)

    def drawn_seed(self, sha256: str, seed: int) -> int:
        """Return the seed that a fit of a signal draws with, where a question names `seed`.

        The map's seeds are the same for all signals, so that their maps can be compared. A seed
        from `OWN_SEEDS` on is one that was drawn already.

        Args:
            sha256: The signal's.
            seed: One of the map's, choosing or scoring seeds.

        Example:
            >>> from studies.engine.planning.scales import AUDIO_SMALL
            >>> AUDIO_SMALL.drawn_seed("00003f", 105)
            4105
        """
        if not self.own_seeds or not FIRST_CHOOSING_SEED <= seed < OWN_SEEDS:
            return seed
        return seed + OWN_SEEDS * (1 + int(sha256[:5], 16))


def _check_optimizer(scale: Scale) -> None:
    """Refuse an optimizer that could train no network of the scale, or not all of them."""
    needs = OPTIMIZERS[scale.fit.optimizer]
    is_complex = [
        case.name
        for case in scale.cases
        if case.network in MODELS and MODELS[case.network].is_complex
    ]
    if needs.needs_one_error and scale.signed_distance:
        why = "the samples of a shape are drawn again in every epoch; give adam or muon."
    elif needs.needs_matrices and scale.depth < 2:
        why = "a network of depth 1 has no matrix between two hidden layers; give adam."
    elif needs.needs_matrices and is_complex:
        why = f"{', '.join(is_complex)} has complex matrices; name the others with --networks."
    else:
        return
    raise InputError.of_value("unsupported", "--optimizer", scale.fit.optimizer, why)


def confirming_seeds(
    count: int, choosing: int | None = None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return choosing seeds from 100 on, and `count` scoring seeds from 105 on or later.

    Args:
        count: How many seeds score.
        choosing: How many seeds choose. As many as score if None.

    Raises:
        InputError: `count` is below 2, which gives no interval, `choosing` is below 1, or one of
            them is so large that the seeds of different signals would meet (`OWN_SEEDS`).

    Example:
        >>> confirming_seeds(2)
        ((100, 101), (105, 106))
        >>> confirming_seeds(2, 6)[1]
        (106, 107)
    """
    most = (OWN_SEEDS - FIRST_CHOOSING_SEED) // 2
    check_whole("--confirm-seeds", count, 2, most)  # an interval needs two seeds
    if choosing is None:
        choosing = count
    check_whole("--choosing-seeds", choosing, 1, most)
    last = FIRST_CHOOSING_SEED + choosing
    first = max(FIRST_SCORING_SEED, last)
    return tuple(range(FIRST_CHOOSING_SEED, last)), tuple(range(first, first + count))


def seeds_text(seeds: Sequence[int]) -> str:
    """Return one seed, a pair or a range of seeds in words.

    Example:
        >>> seeds_text((0,)), seeds_text((105, 106)), seeds_text(range(5))
        ('seed 0', 'seeds 105 and 106', 'seeds 0 to 4')
    """
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    return f"seeds {seeds[0]} {'and' if len(seeds) == 2 else 'to'} {seeds[-1]}"


def check_name(field: str, name: str) -> None:
    """Refuse a name that cannot be part of a path and of an MLflow name.

    Raises:
        InputError: The name is empty, too long, or has other characters than are allowed.
    """
    if not re.fullmatch(r"\w[\w .-]{0,79}", name, re.ASCII):
        raise InputError.of_value(
            "wrong-kind",
            field,
            repr(name),
            "give up to 80 letters, digits, blanks and the signs _ . and -, "
            "a letter or digit first.",
        )
