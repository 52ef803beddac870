"""Say which run the flags of a command ask for, and refuse flags that do not go together."""

import argparse
from pathlib import Path

from rich.console import Console

from inr_models import InputError
from inr_models.networks.catalog import WITHOUT_TF32
from search_spaces.networks import Case, plugin_class
from studies.command.stored_runs import as_stored
from studies.engine.planning.question import Prepared
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import Run, Skipped
from studies.engine.planning.scale import DEFAULT_SCALE, Scale
from studies.engine.planning.study import Study
from studies.engine.signals.duplicates import near_duplicates
from studies.engine.signals.reading import find_files, passed_over, read_all, reader, signal_type
from studies.engine.store.store import Store

STUDIES = Path(__file__).parents[1]


def asked_run(
    study: Study, arguments: argparse.Namespace, store: Store, console: Console
) -> tuple[Run, Prepared]:
    """Return the run that the flags ask for, and its signals.

    Raises:
        InputError: A flag is at fault, or no signal could be read.
    """
    scale_name = arguments.scale or DEFAULT_SCALE
    changes = {flag.name: getattr(arguments, flag.name) for flag in flags_of(study)}
    for flag, number in (
        ("--max-concurrent", arguments.max_concurrent),
        ("--workers-per-gpu", arguments.workers_per_gpu),
    ):
        if number is not None and number < 1:
            raise InputError.of_value("out-of-range", flag, number, "give 1 or more.")
    patterns = arguments.signals or [_default(name) for name in study.signals]
    # A mistake in the flags is reported before any file is read.
    empty = resolve(study, scale_name, (), changes=changes)
    empty.question.check_signals(empty, ())
    check_device(arguments.device, arguments, empty.scale)
    files = find_files(patterns, study.media)
    generated = signal_type(study.media).generated
    wait = "".join(dict.fromkeys(generated.get(str(file), "") for file in files))
    with console.status(f"reading the signals{wait}"):
        known = {row["sha256"]: row["name"] for row in store.signals().to_pylist()}
        signals, skipped = read_all(
            files, empty.scale.max_samples, study.media, known=known, **empty.scale.reading
        )
    if not signals:
        raise InputError.of(skipped)
    left_out = [Skipped(p.field, p.sentence.removeprefix(f"{p.field}: ")) for p in skipped]
    notes = [*passed_over(patterns, study.media), *near_duplicates(signals)]
    # The clean version of a file is read whole, and then cut as the file was.
    whole = reader(study.media, **empty.scale.reading | {"crop": ""})
    prepared = empty.question.prepared(signals, whole)
    signals = prepared.signals
    run = resolve(study, scale_name, signals, skipped=left_out, notes=notes, changes=changes)
    run.question.check_signals(run, signals)
    return as_stored(run, store), prepared


def _default(name: str) -> str:
    """Return a study's own signal: a path beside the studies, or the name of a generated one."""
    path = STUDIES / name
    if path.is_dir():
        # The folder has the clips' licences as well, and nobody asked for them.
        return str(path / "*.flac")
    return str(path) if path.exists() else name


def check_device(device: str, arguments: argparse.Namespace, scale: Scale) -> None:
    """Refuse settings that only a GPU has where a CPU is used."""
    workers = arguments.workers_per_gpu
    if device == "cpu" and workers:
        why = "no GPU is used, so leave the flag out."
        raise InputError.of_value("unsupported", "--workers-per-gpu", workers, why)
    if scale.fit.precision != "tf32":
        return
    rounded = sorted({c.name for c in scale.cases if _is_rounded(c)})
    if device == "cpu":
        why = "a CPU has no TF32 products, so leave the flag out."
    elif rounded:
        why = (
            f"{', '.join(rounded)} would lose their high frequencies to rounding. "
            "Name the others with --networks, or leave the flag out."
        )
    else:
        return
    raise InputError.of_value("unsupported", "--precision", "tf32", why)


def _is_rounded(case: Case) -> bool:
    """Return whether TF32 harms the network of a case."""
    if not case.file:
        return case.network in WITHOUT_TF32
    kind = plugin_class(case)
    return kind.needs_autograd or kind.needs_float32
