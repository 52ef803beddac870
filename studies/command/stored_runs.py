"""Find a run again from what its results hold."""

import argparse

from pydantic import ValidationError

from inr_models import InputError
from inr_models.shown import printable
from search_spaces.rules import rule_name
from studies.engine.planning.points import points
from studies.engine.planning.resolving import FLAGS
from studies.engine.planning.study import RUN_JSON, Run
from studies.engine.signals.reading import find_files
from studies.engine.signals.signal import Signal
from studies.engine.store.rows import signal_from_row
from studies.engine.store.store import Store


def newest_run(study: str, arguments: argparse.Namespace, store: Store) -> tuple[Run, list[Signal]]:
    """The newest stored run of a study that agrees with the flags that were given; of those, one
    of all signals that were named before one of some.

    Raises:
        InputError: there is none, or it is damaged.
    """
    known = {row["sha256"]: row for row in store.signals().to_pylist()}
    runs, unknown = [], []
    for folder in store.names("_studies"):
        path = f"_studies/{folder}/study.json"
        if content := store.read_bytes(path):
            try:
                run = RUN_JSON.validate_json(content)
            except ValidationError:  # its rows are still there
                unknown.append(f"{store.results}/{path} is damaged or of another version")
                continue
            if run.study == study and _agrees(run, arguments):
                runs.append((_is_all(run, arguments), store.modified(path), run, path))
    if not runs:
        raise InputError(
            "not-there",
            "--results",
            f"{store.results}: no run of {study} with these flags is stored there; "
            f"start one with run, or name another folder with --results{', as ' * bool(unknown)}"
            f"{', '.join(unknown)}.",
        )
    *_, newest, path = max(runs, key=lambda found: found[:2])
    try:
        signals = [signal_from_row(known[sha256]) for sha256 in newest.signals]
        points(newest, signals[0])
    except Exception as error:  # whatever a value makes of it that no run has written
        raise InputError(
            "another-version",
            path,
            f"{store.results}/{path}: the run or its signals are damaged or of another version; "
            "the command that made it mends them, and its rows are kept.",
        ) from error
    return newest, signals


def _is_all(run: Run, arguments: argparse.Namespace) -> bool:
    """Whether the run is of every signal that was named, but for those it left out."""
    if not arguments.signals:
        return True
    names = {printable(str(path)) for path in find_files(arguments.signals, run.media)}
    left_out = {name for name in names if any(s.startswith(f"{name}: ") for s in run.skipped)}
    return names <= {*run.sources, *left_out}


def _agrees(run: Run, arguments: argparse.Namespace) -> bool:
    if arguments.signals:
        names = {printable(str(path)) for path in find_files(arguments.signals, run.media)}
        if not set(run.sources) <= names:
            return False
    if arguments.scale not in (None, run.scale_name):
        return False
    settings = run.settings
    given = {name: getattr(arguments, name, None) for name in FLAGS}
    if given.get("networks") is not None:  # in whatever order they were named
        given["networks"] = [n for n in settings["networks"] if n in given["networks"]]
    rules = given.pop("rules") or ()  # they are beside the study's own
    if not all(rule_name(rule) in settings["rules"] for rule in rules):
        return False
    return all(value in (None, settings[name]) for name, value in given.items() if name in settings)
