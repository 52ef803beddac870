"""Judge claims about noise scales: Eqns. 10 and 11, Table 6 and Fig. 6."""

import math
import statistics
from collections import defaultdict

from scipy import stats

from analysis.claims.claim import (
    Criterion,
    Evidence,
    Finding,
    Verdict,
    at_least,
    joint,
    shown,
)
from analysis.claims.data import Data
from analysis.comparison.published import TABLE_6, target_named
from analysis.regret.paired import saving
from analysis.statistics.intervals import Interval, mean_interval
from search_spaces.rules import RULES
from search_spaces.rules.eqn11 import IMAGE, Eqn11

GOOD_DB = 3.0
"""A point is good if it is at most so far below the best point of its map."""

WHOLE = "the whole files, nothing trained"

NOISE_SCALES = "python -m analysis.noise_scales"
RULE_CHECK = "python studies/rule_check.py run --scale small"

SCALE_OF_DIAGNOSES = "small: 8,192 samples, 4 x 52, 160 epochs, 5 seeds"
"""The setting of the fits behind `analysis/paper/diagnosis.parquet`."""


def row_of_table_6(name: str, rule: str) -> Evidence:
    """Return the evidence of a row: psi to four digits, and the noise scales as printed.

    Args:
        name: The paper's name of the file.
        rule: The form of Eqn. 11.
    """
    published = TABLE_6[name]

    def find(data: Data) -> Finding | None:
        rows = [r for r in data.noise_scales if target_named(r["signal"]) == name]
        rows = [row for row in rows if row["rule"] == rule]
        if not rows:
            return None
        [row] = rows
        agrees = [
            round(row["psi"], 4) == published.psi,
            math.floor(row["s0"]) == published.s0,
            round(row["s1"], 2) == published.s1,
        ]
        verdicts = [Verdict.HOLDS if agrees_here else Verdict.FAILS for agrees_here in agrees]
        figure = f"psi {row['psi']:.4f}, s0 {row['s0']:.1f}, s1 {row['s1']:.2f}"
        return Finding(joint(verdicts), figure, WHOLE)

    return Evidence(find, NOISE_SCALES)


def _dragon(_: Data) -> Finding:
    """Judge whether the noise scales of the Dragon follow from its psi by Eqn. 11."""
    published = TABLE_6["dragon"]
    s0 = IMAGE.s0_max * (1 - math.exp(-IMAGE.a * published.psi))
    s1 = IMAGE.b * published.psi
    agrees = [math.floor(s0) == published.s0, round(s1, 3) == published.s1]
    verdicts = [Verdict.HOLDS if agrees_here else Verdict.FAILS for agrees_here in agrees]
    figure = f"with the constants for images, s0 {s0:.1f} and s1 {s1:.3f}"
    return Finding(joint(verdicts), figure, "the table's psi")


def constants_of(rule: str, most: float) -> Evidence:
    """Return the evidence that a form of Eqn. 11 gives the s0 of Table 6.

    Args:
        rule: The form.
        most: The largest relative difference of s0 that counts as equal.
    """
    form = RULES[rule]
    assert isinstance(form, Eqn11)

    def find(data: Data) -> Finding | None:
        differences = []
        for row in data.noise_scales:
            published = TABLE_6.get(target_named(row["signal"]) or "")
            if row["rule"] == rule and published and len(row["shape"]) == 1:
                differences.append(abs(row["s0"] - published.s0) / published.s0)
        if not differences:
            return None
        verdict = Verdict.HOLDS if max(differences) <= most else Verdict.FAILS
        figure = f"a = {form.a:g}: s0 differs by up to {100 * max(differences):.2g} %"
        return Finding(verdict, f"{figure} ({len(differences)} sounds)", WHOLE)

    return Evidence(find, NOISE_SCALES)


def psi_from(descriptor: str, label: str, most: float) -> Evidence:
    """Return the evidence that a descriptor of the sounds is the psi of Table 6.

    Args:
        descriptor: `psi`, or one that a rule of the table looked at.
        label: What the page calls it.
        most: The largest difference that counts as equal.
    """

    def find(data: Data) -> Finding | None:
        differences = {}
        for row in data.noise_scales:
            target = target_named(row["signal"]) or ""
            looked_at = {one["name"]: one["value"] for one in row["looked_at"]}
            if target in TABLE_6 and descriptor in looked_at and len(row["shape"]) == 1:
                differences[target] = abs(looked_at[descriptor] - TABLE_6[target].psi)
        if not differences:
            return None
        largest = max(differences.values())
        verdict = Verdict.HOLDS if largest <= most else Verdict.FAILS
        figure = f"{label} differ from Table 6 by up to {largest:.1g}"
        return Finding(verdict, f"{figure} ({len(differences)} sounds)", WHOLE)

    return Evidence(find, NOISE_SCALES)


def regret(rule: str, criterion: Criterion, label: str) -> Evidence:
    """Return the evidence about a rule's regret: how far it stays below each signal's optimum.

    Args:
        rule: The rule. Its points and the optima were trained.
        criterion: Judges the mean over signals and seeds, in dB.
        label: What the page calls the rule.
    """

    def find(data: Data) -> Finding | None:
        if rule not in data.regrets:
            return None
        known = data.regrets[rule]
        interval = mean_interval(known.by_seed, known.recordings)
        figure = f"{label} stays {shown(interval)} dB below the optimum"
        figure += f" ({len(known.signals)} sounds)"
        return Finding(criterion(interval), figure, data.landscapes)

    return Evidence(find, RULE_CHECK)


def less_regret(rule: str, other: str, criterion: Criterion, label: str) -> Evidence:
    """Return the evidence about how much more regret a rule has than another one.

    Args:
        rule: The rule.
        other: The rule that it is compared with.
        criterion: Judges the mean difference over signals and seeds, in dB.
        label: What the page calls the difference.
    """

    def find(data: Data) -> Finding | None:
        if rule not in data.regrets or other not in data.regrets:
            return None
        ours, theirs = data.regrets[rule], data.regrets[other]
        num = len(set(ours.signals) & set(theirs.signals))
        if not num:
            return None
        interval = -saving(ours, theirs)
        figure = f"{label} {shown(interval)} dB ({num} sounds)"
        return Finding(criterion(interval), figure, data.landscapes)

    return Evidence(find, RULE_CHECK)


def good_share(media: str, criterion: Criterion) -> Evidence:
    """Return the evidence about the share of points within 3 dB of the best point of a map.

    Args:
        media: The type of signal, "sound" or "image".
        criterion: Judges the mean share over signals.
    """

    def find(data: Data) -> Finding | None:
        maps = data.maps.get(media, ())
        if not maps:
            return None
        shares = []
        for one in maps:
            best = max(one.psnr)
            shares.append(statistics.fmean(value >= best - GOOD_DB for value in one.psnr))
        recordings = [one.recording for one in maps]
        interval = mean_interval([{0: share} for share in shares], recordings)
        figure = f"{shown(interval, digits=2)} of the points are within {GOOD_DB:g} dB of the best"
        return Finding(criterion(interval), f"{figure} ({len(maps)} {media}s)", maps[0].scale)

    return Evidence(find, RULE_CHECK)


def below_best(media: str, criterion: Criterion) -> Evidence:
    """Return the evidence about how far Eqn. 11 stays below the best point of a map.

    The best of many points is lucky by some tenths of a dB.

    Args:
        media: The type of signal, "sound" or "image".
        criterion: Judges the mean over signals, in dB.
    """

    def find(data: Data) -> Finding | None:
        maps = [one for one in data.maps.get(media, ()) if not math.isnan(one.eqn11)]
        if not maps:
            return None
        gaps = [{0: max(one.psnr) - one.eqn11} for one in maps]
        interval = mean_interval(gaps, [one.recording for one in maps])
        figure = f"Eqn. 11 stays {shown(interval)} dB below the best point"
        return Finding(criterion(interval), f"{figure} ({len(maps)} {media}s)", maps[0].scale)

    return Evidence(find, RULE_CHECK)


def short_fits(predictor: str, baseline: str, criterion: Criterion) -> Evidence:
    """Return the evidence about how much more regret short fits have than a rule.

    Args:
        predictor: The predictor that trains short fits.
        baseline: The rule that it is compared with.
        criterion: Judges the mean difference over signals and seeds, in dB.
    """

    def find(data: Data) -> Finding | None:
        regrets: dict[str, dict[tuple[str, int], float]] = defaultdict(dict)
        recordings = {}
        for row in data.predictors:
            if row["form"] in ("as_it_is", "baseline"):
                regrets[row["predictor"]][row["sha256"], row["seed"]] = row["regret_db"]
                recordings[row["sha256"]] = row["recording"]
        by_signal: dict[str, dict[int, float]] = defaultdict(dict)
        for (sha256, seed), value in regrets[predictor].items():
            if (sha256, seed) in regrets[baseline]:
                by_signal[sha256][seed] = value - regrets[baseline][sha256, seed]
        if not by_signal:
            return None
        signals = list(by_signal)
        interval = mean_interval(
            [by_signal[sha] for sha in signals], [recordings[sha] for sha in signals]
        )
        figure = f"its regret minus that of Eqn. 11 {shown(interval)} dB ({len(signals)} sounds)"
        return Finding(criterion(interval), figure, data.landscapes)

    return Evidence(find, "python -m analysis.contest")


def _diagnosed(data: Data) -> Finding | None:
    """Judge how often an untrained network's spectrum says whether it dies."""
    if not data.diagnoses:
        return None
    by_recording: dict[str, bool] = {}
    hits = [row["sees_it"] != row["is_dead"] for row in data.diagnoses]
    for row, hit in zip(data.diagnoses, hits, strict=True):
        by_recording[row["recording"]] = by_recording.get(row["recording"], True) and hit
    test = stats.binomtest(sum(by_recording.values()), len(by_recording))
    low, high = test.proportion_ci(method="exact")
    share = Interval(sum(by_recording.values()) / len(by_recording), low, high)
    figure = f"right on {sum(hits)} of {len(hits)} cases; on all of a recording's in "
    figure += f"{shown(share, digits=2)} of recordings"
    return Finding(at_least(0.5)(share), figure, SCALE_OF_DIAGNOSES)


dragon = Evidence(_dragon, NOISE_SCALES)
"""Whether the noise scales of the Dragon follow from its psi."""

diagnosed = Evidence(_diagnosed, "python -m analysis.diagnosis_proof")
"""Whether the diagnosis before training says which networks die."""
