"""Find a stored run that agrees with the flags of a command."""

import argparse
import dataclasses

from inr_models import InputError
from inr_models.shown import printable
from studies.engine.outcomes.stored_runs import stored_runs
from studies.engine.planning.resolving import flags_of
from studies.engine.planning.run import Run
from studies.engine.planning.study import Study
from studies.engine.signals.reading import find_files
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store


def as_stored(run: Run, store: Store) -> Run:
    """Return a run under the id that it is stored with, if it is stored.

    An earlier version may have given it another id.
    """
    for _, stored in stored_runs(store):
        if stored and stored.study == run.study and stored.identity == run.identity:
            return dataclasses.replace(run, stored_id=stored.id)
    return run


def newest_run(
    study: Study, arguments: argparse.Namespace, store: Store
) -> tuple[Run, list[Signal]]:
    """Return the newest stored run of a study that agrees with the given flags, and its signals.

    A run of all named signals comes before a run of some of them.

    Args:
        study: The study.
        arguments: The flags. A flag that is not given agrees with any run.
        store: The results.

    Raises:
        InputError: There is none, or it is damaged.
    """
    signal_rows = {row["sha256"]: row for row in store.signals().to_pylist()}
    agreeing, damaged = [], []
    for path, run in stored_runs(store):
        if run is None:  # a message names it, because its rows are still there
            damaged.append(f"{store.results}/{path} is damaged or of another version")
        elif run.study == study.name and _agrees(study, run, arguments):
            agreeing.append((_has_all_named(run, arguments), store.modified(path), run, path))
    if not agreeing:
        why = f", as {', '.join(damaged)}" if damaged else ""
        raise InputError(
            "not-there",
            "--results",
            f"{store.results}: no run of {study.name} with these flags is stored there. "
            f"Start one with run, or name another folder with --results{why}.",
        )
    # A run has no order, so only its completeness and its time are compared.
    *_, newest, path = max(agreeing, key=lambda item: item[:2])
    try:
        signals = [signal_from_row(signal_rows[sha256]) for sha256 in newest.signals]
        newest.question.points(newest, signals[0])
    except Exception as error:  # a damaged value may raise anything
        raise InputError(
            "another-version",
            path,
            f"{store.results}/{path}: the run or its signals are damaged or of another version. "
            "The command that started it repairs them, and its rows are kept.",
        ) from error
    return newest, signals


def _has_all_named(run: Run, arguments: argparse.Namespace) -> bool:
    """Return whether the run has every named signal, apart from those that it left out."""
    if not arguments.signals:
        return True
    left_out = {skipped.source for skipped in run.skipped}
    return _named(run, arguments) <= {*run.sources, *left_out}


def _agrees(study: Study, run: Run, arguments: argparse.Namespace) -> bool:
    """Return whether a run has what the flags ask for."""
    if run.question.kind != study.question.kind:  # its flags are others
        return False
    if arguments.signals and not set(run.sources) <= _named(run, arguments):
        return False
    if arguments.scale not in (None, run.scale_name):
        return False
    return all(flag.is_met_by(run, getattr(arguments, flag.name)) for flag in flags_of(study))


def _named(run: Run, arguments: argparse.Namespace) -> set[str]:
    """Return the paths of the signals that were named, as runs have them."""
    return {printable(str(path)) for path in find_files(arguments.signals, run.media)}
