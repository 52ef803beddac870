"""Print which noise scales each rule gives for a sound or an image: Table 6 for any file.

    python -m analysis.noise_scales my_clips/*.wav
    python -m analysis.noise_scales my_images --rules eqn11_image my_rule.json --to scales.parquet

K is the bandwidth of the untrained network as a share of the signal's Nyquist frequency, and g the
gain of its second layer. Nothing is trained.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from analysis.reporting.commands import parser, run
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.tables import add_numbers, short, wide_table
from analysis.surfaces.surfaces import share_and_gain
from inr_models import InputError, Siren2Config
from inr_models.checks import check_whole
from inr_models.shown import shown
from search_spaces.rules import EQN11_BY_DIMENSIONS, RECOMMENDED, AnyRule, named_rule
from search_spaces.rules.eqn11 import (
    PAPER_IMAGE_WIDTH,
    PAPER_SAMPLES,
    PAPER_SIDE,
    PAPER_WIDTH,
    Eqn11,
)
from search_spaces.rules.regimes import Regimes
from studies.engine.planning.scale import MOST_SAMPLES
from studies.engine.signals.reading import find_files, read_all, type_with_spectrum
from studies.engine.signals.signal import Signal

COMMAND = "analysis.noise_scales"

_RIVALS = (RECOMMENDED, "bandwidth_psi")

RULES_BY_DEFAULT = {
    1: ("eqn11", EQN11_BY_DIMENSIONS[1], *_RIVALS),
    2: ("eqn11_image", EQN11_BY_DIMENSIONS[2], *_RIVALS),
}
"""The rules for signals of so many coordinates: Eqn. 11 as printed and scaled, and its rivals."""


SIZES = {"sound": (PAPER_SAMPLES, PAPER_WIDTH), "image": (PAPER_SIDE**2, PAPER_IMAGE_WIDTH)}
"""The paper's number of samples and width for each type of signal. Others take those of sounds."""


class Row(NamedTuple):
    """Holds what one rule gives for one signal.

    Attributes:
        signal: the signal's name.
        sha256: its hash. A sound and an image may have the same name.
        shape: samples along each axis.
        psi: the spectral centroid (Eqn. 10).
        rule: the rule's name.
        s0: in rad per unit of coordinate.
        s1: the scale of the second layer's noise.
        bandwidth_share: K as a share of Nyquist.
        gain: g.
        looked_at: the descriptors that the rule uses, with their values.
    """

    signal: str
    sha256: str
    shape: tuple[int, ...]
    psi: float
    rule: str
    s0: float
    s1: float
    bandwidth_share: float
    gain: float
    looked_at: dict[str, float]


def noise_scales(
    signal: Signal, rules: Sequence[str], *, width: int = PAPER_WIDTH, depth: int = 4
) -> Iterator[Row]:
    """Yield what each rule gives for a signal.

    Args:
        signal: The signal.
        rules: Names of rules, or their JSON files.
        width: Features of a hidden layer of the SIREN².
        depth: Its hidden layers.

    Raises:
        InputError: There is no such rule, or it does not apply to the signal.
    """
    target = signal.target(width, depth)
    for rule_or_file in rules:
        name, rule = named_rule(rule_or_file, "--rules")
        try:
            scales = rule(target)
        except InputError as error:
            raise error.within(f"{signal.name}, {name}") from None
        share, gain = share_and_gain(target, scales)
        looked_at = {d: target.descriptor(d) for d in descriptors_of(rule)}
        psi = target.descriptor("psi")
        yield Row(
            signal.name, signal.sha256, signal.shape, psi, name, *scales, share, gain, looked_at
        )


def descriptors_of(rule: AnyRule) -> list[str]:
    """Return the names of the descriptors that a rule uses.

    >>> descriptors_of(RULES["bandwidth_psi"])
    ['psi']
    """
    if isinstance(rule, Eqn11):
        return ["psi"]
    if isinstance(rule, Regimes):
        names = [name for law in rule.laws for name in descriptors_of(law)]
        return list(dict.fromkeys(names))
    powers = getattr(rule, "powers", ())
    single = getattr(rule, "descriptor", None)
    return [single] if single else [power.descriptor for power in powers]


def scales_table(rows: Sequence[Row]) -> Table:
    """Return the table of all signals: the rules to the right, what they looked at to the left."""
    caption = (
        "K: the untrained network's bandwidth, a share of Nyquist; g: the gain of layer 2.\n"
        "Below a signal: the descriptors that the rules looked at."
    )
    table = wide_table(caption, "noise scales", named="signal")
    table.add_column("rule", no_wrap=True)
    add_numbers(table, "s0", "s1", "K", "g")
    for _, group in groupby(rows, lambda row: row.sha256):
        of_signal = list(group)
        signal = of_signal[0].signal
        looked_at = {name: value for row in of_signal for name, value in row.looked_at.items()}
        left = [signal, *(f"  {name} {value:.4f}" for name, value in looked_at.items())]
        for label, row in zip_longest(left, of_signal):
            cells = ["", "", "", "", ""]
            if row:
                share = f"{row.bandwidth_share:.3f}"
                cells = [row.rule, short(row.s0), f"{row.s1:.3g}", share, f"{row.gain:.2f}"]
            table.add_row(label or "", *cells)
        table.add_section()
    return table


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code: 3 if a file was skipped."""
    options = parser(COMMAND, __doc__)
    options.add_argument("files", nargs="+", help="sounds, images, arrays, folders or globs")
    options.add_argument(
        "--rules", nargs="+", metavar="RULE", help="names, or JSON files (default: Eqn. 11 as "
        "printed and scaled in length and width, the recommended rule, and a simpler one)",
    )  # fmt: skip
    options.add_argument(
        "--width", type=int, help=f"(default: {PAPER_WIDTH}, for images {PAPER_IMAGE_WIDTH})"
    )
    options.add_argument("--depth", type=int, default=4, help="(default: %(default)s)")
    options.add_argument(
        "--max-samples", type=int, metavar="N", help="samples of the largest crop "
        f"(default: {PAPER_SAMPLES:,}, for images {PAPER_SIDE} x {PAPER_SIDE})",
    )  # fmt: skip
    options.add_argument("--to", metavar="PARQUET", help="also write the table to this file")
    return run(_print_scales, options, argv)


def _print_scales(arguments: argparse.Namespace) -> int:
    if arguments.max_samples is not None:
        check_whole("--max-samples", arguments.max_samples, 2, MOST_SAMPLES)
    to = file_to_write("--to", arguments.to) if arguments.to else None
    rows: list[Row] = []
    skipped = []
    files = sorted(find_files(arguments.files, None, flag="files"), key=type_with_spectrum)
    for media, of_type in groupby(files, type_with_spectrum):
        num_samples, width = SIZES.get(media, SIZES["sound"])
        if arguments.width is not None:
            width = arguments.width
        Siren2Config(width=width, depth=arguments.depth, s0=0, s1=0)  # refuses sizes
        signals, problems = read_all(list(of_type), arguments.max_samples or num_samples, media)
        skipped += problems
        for signal in signals:
            rules = arguments.rules or RULES_BY_DEFAULT[len(signal.shape)]
            rows += noise_scales(signal, rules, width=width, depth=arguments.depth)
    if not rows:
        raise InputError.of(skipped)
    console = Console(width=80, markup=False, emoji=False)
    console.print(scales_table(rows))
    for problem in skipped:
        print(f"skipped {shown(problem.sentence)}", file=sys.stderr)
    if to:
        to.write_bytes(parquet_bytes([_columns(row) for row in rows]))
    return 3 if skipped else 0


def _columns(row: Row) -> dict[str, Any]:
    looked_at = [{"name": name, "value": value} for name, value in row.looked_at.items()]
    return {**row._asdict(), "shape": list(row.shape), "looked_at": looked_at}


if __name__ == "__main__":
    sys.exit(main())
