"""Make a claim of every row of the paper's tables, from the tables themselves."""

from collections.abc import Callable, Iterator, Mapping

from analysis.claims.claim import Claim, Evidence, Finding, Verdict, at_least, joint, untested
from analysis.claims.data import Data
from analysis.claims.evidence_fits import LABELS, difference, is_first
from analysis.claims.evidence_numbers import of_all
from analysis.claims.evidence_rules import NOISE_SCALES, dragon, row_of_table_6
from analysis.comparison.published import TABLE_3, TABLE_6, TABLES, UNAVAILABLE

NO_FILE = "the paper's file is not available"

OF_SETS = {
    "DTD braided, gray": ("braided_0064_gray",),
    "DTD braided": ("dtd_braided_0064",),
    "Kodak": ("kodim01", "kodim03", "kodim08", "kodim15", "kodim19", "kodim23"),
}
"""The images that are available of each set."""


def rows_of_comparison(table: str, study: str) -> Iterator[Claim]:
    """Yield a claim for every target of Table 1 or 2: which network fits it best.

    Args:
        table: The table's name.
        study: The study that repeats it.

    Example:
        >>> next(rows_of_comparison("Table 1", "audio_architectures")).claim
        'SIREN² fits tetris best with 62.7 dB, 10.5 dB above FINER++.'
    """
    for target, by_case in TABLES[study].items():
        if not by_case:  # a set of images
            continue
        first, second = sorted(by_case, key=by_case.__getitem__, reverse=True)[:2]
        lead = by_case[first] - by_case[second]
        claim = (
            f"{LABELS[first]} fits {target} best with {by_case[first]} dB, {lead:.1f} dB above "
            f"{LABELS[second]}."
        )
        evidence = is_first(study, target, first)
        if target in UNAVAILABLE:
            evidence = untested(NO_FILE, evidence.command)
        yield Claim(f"{table}, {target}", claim, evidence)


def rows_of_sets(table: str, rows: Mapping[str, tuple[float, float, float]]) -> Iterator[Claim]:
    """Yield a claim for every set of images: the means of SIREN, SIREN² and FINER.

    Args:
        table: The table's name.
        rows: The mean PSNR in dB of SIREN, SIREN² and FINER by the name of the set.
    """
    for name, (siren, siren2, finer) in rows.items():
        first, second, case, rival = "SIREN²", "FINER", "siren2", "finer"
        if finer > siren2:
            first, second, case, rival = "FINER", "SIREN²", "finer", "siren2"
        claim = (
            f"In the mean over {name}, {first} is best, {abs(siren2 - finer):.2g} dB above "
            f"{second}. SIREN² is {siren2 - siren:.1f} dB above SIREN."
        )
        images = OF_SETS.get(name, ())
        if not images:
            yield Claim(f"{table}, {name}", claim, untested(NO_FILE))
            continue
        claim += f" (Tested on {len(images)} of its images.)"
        study = "image_architectures"
        ahead = difference(
            study, [case], [rival], at_least(0), targets=images, label=f"{first} minus {second}"
        )
        above = difference(study, ["siren2"], ["siren"], at_least(0), targets=images)
        yield Claim(f"{table}, {name}", claim, of_all(ahead, above))


def rows_of_table_3() -> Iterator[Claim]:
    """Yield a claim for every sound that is denoised.

    The paper's PSNR is the best over epochs and settings by the clean sound. Ours is as well.
    """
    for name, (finer_pp, siren2) in TABLE_3.items():
        lead = siren2 - finer_pp
        claim = f"SIREN² denoises {name} to {siren2} dB, {lead:.2f} dB above FINER++."
        better = difference(
            "audio_denoising", ["siren2"], ["finer_pp"], at_least(0), targets=[name]
        )
        if name in UNAVAILABLE:
            better = untested(NO_FILE, better.command)
        yield Claim(f"Table 3, {name}", claim, better)


def rows_of_table_4() -> Iterator[Claim]:
    """Yield a claim for every sound that a tensor train is fitted to."""
    for name, by_case in TABLES["tensor_train"].items():
        lead = by_case["siren2_tt"] - by_case["siren2"]
        claim = f"A tensor train in the fourth layer of SIREN² gains {lead:.1f} dB on {name}."
        better = difference(
            "tensor_train",
            ["siren2_tt"],
            ["siren2"],
            at_least(0),
            targets=[name],
            label="tensor train minus dense layer",
        )
        yield Claim(f"Table 4, {name}", claim, better)


def rows_of_table_6() -> Iterator[Claim]:
    """Yield a claim for every row of Table 6: psi and the noise scales."""
    for name, (psi, s0, s1) in TABLE_6.items():
        claim = f"{name} has psi {psi:.4f}. Eqn. 11 gives s0 = {s0:g} and s1 = {s1:g}."
        is_image = name in TABLES["image_architectures"]
        if name == "dragon":
            evidence = dragon
        elif name in UNAVAILABLE:
            evidence = untested(NO_FILE, NOISE_SCALES)
        else:
            evidence = row_of_table_6(name, "eqn11_image" if is_image else "eqn11")
        yield Claim(f"Table 6, {name}", claim, evidence)


def shares_of_table_1(label: str, fulfills: Callable[[Mapping[str, float]], bool]) -> Evidence:
    """Return the evidence about how many rows of Table 1 are as the text says.

    Args:
        label: What the page calls a row that is.
        fulfills: Whether a row, PSNR in dB by network, is as the text says.

    Example:
        >>> shares_of_table_1("above 0 dB", lambda row: row["siren2"] > 0)(None).figure
        'above 0 dB in 11 of 11 rows'
    """

    def find(_: Data) -> Finding:
        rows = TABLES["audio_architectures"].values()
        verdicts = [Verdict.HOLDS if fulfills(row) else Verdict.FAILS for row in rows]
        num = verdicts.count(Verdict.HOLDS)
        figure = f"{label} in {num} of {len(rows)} rows"
        return Finding(joint(verdicts), figure, "the paper's figures")

    return Evidence(find)
