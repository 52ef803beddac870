"""Set the diagnosis before training beside what training does: a table of hits and misses.

    python studies/audio_architectures.py run --scale small --results results \\
        --networks siren finer siren2 --signals my_clips/*.flac
    python -m analysis.diagnosis_proof results --signals my_clips/*.flac --to diagnosis.parquet

A network counts as dead on a signal if more than half of its seeds are. The diagnosis has its
limits from the bundled clips and from S1 to S8, so prove it on others.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from scipy import stats

from analysis.reporting.commands import add_recordings, parser, run
from analysis.reporting.output_paths import file_to_write
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.tables import add_numbers, wide_table
from analysis.statistics.recordings import read_recordings
from analysis.theory.diagnosis import diagnose
from analysis.theory.subjects import samples_of
from inr_models import MODELS, InputError, NetworkConfig, make_network
from inr_models.columns import described_fields
from studies.engine.signals.reading import find_files, read_all, type_of_file
from studies.engine.store.metrics import HEADLINE, ZERO_OUTPUT
from studies.engine.store.store import Store

COMMAND = "analysis.diagnosis_proof"

ENDED = ("ok", "dead")
"""Statuses of fits that trained to their end."""


class Case(NamedTuple):
    """Holds what was predicted of a network on a signal, and what training did.

    Attributes:
        signal: The signal's name.
        sha256: Its hash.
        recording: The recording that it was cut from.
        network: The network's name.
        unreached: The share of the signal's energy out of reach.
        sees_it: Whether the network was expected to leave zero output.
        num_fits: Its fits, one for each seed.
        num_dead: Those that are dead.
        gain_db: The mean PSNR above zero output.
    """

    signal: str
    sha256: str
    recording: str
    network: str
    unreached: float
    sees_it: bool
    num_fits: int
    num_dead: int
    gain_db: float

    @property
    def is_dead(self) -> bool:
        """Whether more than half of the fits are dead."""
        return 2 * self.num_dead > self.num_fits

    @property
    def is_hit(self) -> bool:
        """Whether training did what was predicted."""
        return self.sees_it != self.is_dead


def cases(results: str, files: Sequence[str], recordings: str | None = None) -> Iterator[Case]:
    """Yield every network of a results folder on every signal whose file is given.

    Args:
        results: The folder.
        files: The signals' files.
        recordings: See `read_recordings`.

    Raises:
        InputError: The folder or a file cannot be read, or the folder has no fit of these signals.
    """
    store = Store(results, create=False)
    named = read_recordings(store, recordings)
    fits: dict[tuple[str, NetworkConfig], list[Mapping[str, Any]]] = defaultdict(list)
    for row in store.fits().to_pylist():
        if row["status"] in ENDED:
            fits[row["sha256"], config_of(row)].append(row)
    paths = find_files(list(files), None, flag="--signals")
    if not fits:
        why = "it has no fits; run studies/audio_architectures.py first, or give another folder."
        raise InputError.at("not-there", results, why)
    longest = max(row["n"] for rows in fits.values() for row in rows)
    signals, problems = read_all(paths, longest, type_of_file(paths[0]))
    if not signals:
        raise InputError.of(problems)
    torch.set_num_threads(1)
    known = {signal.sha256: signal for signal in signals}
    matching = [(sha, config) for sha, config in fits if sha in known]
    if not matching:
        why = f"none of the {len(known)} signals has fits in {results}; give the study's own files."
        raise InputError.at("not-there", "--signals", f"{why}")
    for sha256, config in matching:
        signal, rows = known[sha256], fits[sha256, config]
        coords, values = samples_of(signal)
        features = {"in_features": coords.shape[1], "out_features": signal.channels}
        network = make_network(config, **features, seed=0)
        diagnosis = diagnose(network, coords, values, signal.shape)
        gains = [row[HEADLINE.column] - row[ZERO_OUTPUT] for row in rows]
        yield Case(
            signal=signal.name,
            sha256=sha256,
            recording=named.get(signal.name, signal.source),
            network=config.network,
            unreached=diagnosis.unreached,
            sees_it=diagnosis.sees_it,
            num_fits=len(rows),
            num_dead=sum(row["status"] == "dead" for row in rows),
            gain_db=sum(gains) / len(gains),
        )


def config_of(row: Mapping[str, Any]) -> NetworkConfig:
    """Return the network that a stored fit trained."""
    kind = MODELS[row["network"]]
    fields = {}
    for field in described_fields(kind):
        value = row[f"hp_{field.name}"]
        if field.type is tuple:  # stored as "4 x 6"
            value = tuple(int(part) for part in value.split(" x "))
        if value is not None:
            fields[field.name] = value
    return kind(**fields)


def proof_table(all_cases: Sequence[Case]) -> Table:
    """Return the table of hits and misses: a row for each network, and one for all."""
    caption = (
        "sees, blind: the diagnosis before training; alive, dead: what training did.\n"
        "hits: of signals; the 95 % interval of Clopper and Pearson is that of recordings\n"
        "whose signals all are hits."
    )
    table = wide_table(caption, "diagnosis and training")
    table.add_column("network", no_wrap=True)
    add_numbers(table, "sees\nalive", "sees\ndead", "blind\nalive", "blind\ndead", "hits")
    for cells in proof_rows(all_cases):
        table.add_row(*cells)
    return table


def proof_rows(all_cases: Sequence[Case]) -> Iterator[list[str]]:
    """Yield the cells of each network, and those of all: what was seen and lived, and the hits.

    Example:
        >>> list(proof_rows([]))
        [['all', '0', '0', '0', '0', '0 of 0']]
    """
    by_network: dict[str, list[Case]] = defaultdict(list)
    for case in all_cases:
        by_network[case.network].append(case)
    for name, group in [*by_network.items(), ("all", list(all_cases))]:
        cells = [name]
        for sees_it in (True, False):
            for is_dead in (False, True):
                num = sum(c.sees_it == sees_it and c.is_dead == is_dead for c in group)
                cells.append(str(num))
        yield [*cells, share_of_hits(group, with_interval=name != "all")]


def share_of_hits(group: Sequence[Case], *, with_interval: bool) -> str:
    """Return the share of hits among signals as text, with an interval over recordings.

    A recording counts as a hit if all signals that were cut from it are. Networks on one signal are
    not independent either, so the row of all networks has no interval.

    Args:
        group: Cases of one network or of all.
        with_interval: Whether to add the interval.
    """
    share = f"{sum(case.is_hit for case in group)} of {len(group)}"
    if not with_interval:
        return share
    of_recordings: dict[str, bool] = {}
    for case in group:
        of_recordings[case.recording] = of_recordings.get(case.recording, True) and case.is_hit
    test = stats.binomtest(sum(of_recordings.values()), len(of_recordings))
    low, high = test.proportion_ci(method="exact")
    return f"{share} [{low:.0%}, {high:.0%}]"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command, and return its exit code."""
    options = parser(COMMAND, __doc__, results="a results folder of studies/audio_architectures.py")
    options.add_argument(
        "--signals", nargs="+", required=True, metavar="PATH", help="the study's files"
    )
    add_recordings(options)
    options.add_argument("--to", metavar="PARQUET", help="also write the cases to this file")
    return run(_report, options, argv)


def _report(arguments: argparse.Namespace) -> None:
    to = file_to_write("--to", arguments.to) if arguments.to else None
    all_cases = list(cases(arguments.results, arguments.signals, arguments.recordings))
    console = Console(width=80, markup=False, emoji=False)
    console.print(proof_table(all_cases))
    for case in all_cases:
        if not case.is_hit:
            prediction = "sees it" if case.sees_it else "blind"
            outcome = f"{case.num_dead} of {case.num_fits} dead, {case.gain_db:.1f} dB"
            print(f"miss: {case.network} on {case.signal}: {prediction}, {outcome}")
    if to:
        rows = [case._asdict() | {"is_dead": case.is_dead} for case in all_cases]
        to.write_bytes(parquet_bytes(rows))
