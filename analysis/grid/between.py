"""Compute what a grid reaches between the samples that it fits, where samples are held out."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

from analysis.grid.summary import Score
from analysis.reporting.tables import number, short, wide_table
from studies.engine.outcomes.landscape import Landscape, landscape
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import BAND_LIMIT, HEADLINE, PSNR_HELD_OUT, ZERO_OUTPUT


class Between(NamedTuple):
    """Hold the scores of a signal between the fitted samples.

    Args:
        signal: The signal.
        map: The landscape of the held-out PSNR.
        band_limit: The PSNR of the signal without what lies above the Nyquist frequency of the
            fitted samples, in dB. None if they are no regular grid.
        zero: The PSNR of an all-zero output in dB, over the fitted samples.
        siren: The held-out PSNR of plain SIREN on the scoring seeds.
        rule: The held-out PSNR of Eqn. 11.
        fit_best: The held-out PSNR of the cell that fits best. None while it is not known.
        best: The held-out PSNR of the cell that is best between the samples.
        fit_gain: How much better the first of these two cells fits, in dB.
    """

    signal: Signal
    map: Landscape
    band_limit: float | None
    zero: float
    siren: Score
    rule: Score
    fit_best: Score | None
    best: Score | None
    fit_gain: float

    @property
    def numbers(self) -> dict[str, float]:
        """The numbers that MLflow shows, by name."""
        return {
            "psnr_held_out_siren": self.siren.mean,
            "psnr_held_out_eqn11": self.rule.mean,
            "psnr_held_out_fit_best": self.fit_best.mean if self.fit_best else math.nan,
            "psnr_held_out_best": self.best.mean if self.best else math.nan,
        }

    @property
    def loss(self) -> float:
        """The loss of the cell that fits best between the samples, in dB. NaN if not known."""
        if not (self.best and self.fit_best):
            return math.nan
        return self.best.mean - self.fit_best.mean


def between(state: SignalState, scoring_seeds: Sequence[int]) -> Between:
    """Return the scores of one signal between the fitted samples.

    Args:
        state: The signal in a run that holds samples out.
        scoring_seeds: The seeds on which points are compared. They chose no cell.
    """

    def score(point: Point) -> Score:
        return Score(point, state.scores(point, scoring_seeds, PSNR_HELD_OUT))

    held_out = landscape(state, PSNR_HELD_OUT)
    fit_best, best = landscape(state).best, held_out.best
    limits = [row[BAND_LIMIT] for row in state.rows.values() if row[BAND_LIMIT] is not None]
    gain = math.nan
    if fit_best and best:
        gain = state.mean(fit_best, scoring_seeds, HEADLINE)
        gain -= state.mean(best, scoring_seeds, HEADLINE)
    return Between(
        signal=state.signal,
        map=held_out,
        band_limit=limits[0] if limits else None,
        zero=next((row[ZERO_OUTPUT] for row in state.rows.values()), math.nan),
        siren=score(state.by_name["siren"]),
        rule=score(state.by_name[state.run.scale.rules[0]]),
        fit_best=fit_best and score(fit_best),
        best=best and score(best),
        fit_gain=gain,
    )


def between_table(run: Run, scores: Sequence[Between], scoring_seeds: Sequence[int]) -> Table:
    """Return the table of what is reached between the samples, at most 80 columns wide.

    Args:
        run: The run.
        scores: What each signal reaches between the samples.
        scoring_seeds: The seeds that score the optimum.
    """
    limit = "limit: the signal without what lies above Nyquist of the fitted samples. "
    table = wide_table(
        f"PSNR in dB over the samples that were held out (--hold-out {run.scale.hold_out}), at the "
        f"epoch that fits best. Means over {run.confirming_text(scoring_seeds)}. "
        f"{limit if any(s.band_limit is not None for s in scores) else ''}"
        "zero: an all-zero output. loss: what the cell that fits best loses here against the cell "
        "that is best here. "
        "fit: how much better it fits.",
        "between the samples",
        named=run.noun,
        numbers=("limit", "zero", "Eqn. 11", "best\nfit", "best\nhere", "at s0, s1", "loss", "fit"),
    )
    for s in scores:
        scales = s.best.point.scales if s.best else None
        table.add_row(
            s.signal.name,
            number(math.nan if s.band_limit is None else s.band_limit),
            number(s.zero),
            number(s.rule.mean),
            number(s.fit_best.mean if s.fit_best else math.nan),
            number(s.best.mean if s.best else math.nan),
            f"{short(scales.s0)}, {short(scales.s1)}" if scales else "-",
            number(s.loss, "+.1f"),
            number(s.fit_gain, "+.1f"),
        )
    return table
