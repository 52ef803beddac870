"""What the verbs do. Ray and MLflow are imported only by the verbs that need them."""

import argparse
import datetime
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from inr_models import InputError
from studies.engine.audio_files import find_files, read_all
from studies.engine.progress import FitProgress, duration
from studies.engine.rows import Row, signal_from_row, signal_row
from studies.engine.signals import Signal
from studies.engine.store import Store
from studies.engine.study import (
    RUN_JSON,
    GridStudy,
    PlannedFit,
    Run,
    confirmation,
    override,
    plan as plan_fits,
    resolve,
)

DAY = 24 * 3600
STUDIES = Path(__file__).parents[1]


def plan(study: GridStudy, arguments: argparse.Namespace, console: Console) -> int:
    """Say what a run would do and cost."""
    store = Store(arguments.results, create=False)
    run_, signals, skipped = _resolve(study, arguments, console)
    job = _Job(run_, signals, store, arguments)
    job.print_cost(console)
    return _end(console, skipped, [])


def run(study: GridStudy, arguments: argparse.Namespace, console: Console) -> int:
    """Do every fit that is missing, then report."""
    from studies.engine.tracking import BackgroundTracking, Tracker
    from studies.engine.tuning import run_fits

    store = Store(arguments.results)
    run_, signals, skipped = _resolve(study, arguments, console)
    job = _Job(run_, signals, store, arguments)
    job.print_cost(console)
    if job.workers.device == "cpu" and job.seconds > DAY and not arguments.yes:
        raise InputError(
            f"the run would take about {duration(job.seconds)} on {job.workers}, more than a day: "
            "add --yes to start it all the same, or try --scale small."
        )
    store.compact()
    store.add_signals(map(signal_row, signals))
    store.write_bytes(f"{run_.folder}/study.json", RUN_JSON.dump_json(run_, indent=1))
    tracking = BackgroundTracking(
        Tracker(_tracking_uri(arguments), run_, signals, Store(arguments.results))
    )
    tracking.start()
    try:
        with FitProgress(console, len(job.missing) + job.num_follow_ups, job.seconds) as progress:
            # First the map, then the best cells that it shows.
            for fits in (job.missing, None):
                if fits is None:
                    fits = job.confirming()
                    progress.total = progress.done + len(fits)
                run_fits(
                    study.name,
                    fits,
                    job.workers,
                    arguments.results,
                    seconds_per_fit=job.seconds_per_fit,
                    on_result=progress.on_result,
                )
                if job.unfinished(fits):
                    raise KeyboardInterrupt
    finally:
        away = tracking.finish()
        store.compact()
    return _report(run_, signals, store, _tracking_uri(arguments), console, skipped, away)


def status(study: GridStudy, arguments: argparse.Namespace, console: Console) -> int:
    """Say how far the newest run that fits the flags has come."""
    from analysis.summary import summarize
    from analysis.tables import status_table

    store = Store(arguments.results, create=False)
    run_, signals = _stored(study, arguments, store)
    console.print(f"{run_.folder} in {arguments.results}")
    console.print(status_table(summarize(run_, signals, _rows(store, signals))))
    return 0


def report(study: GridStudy, arguments: argparse.Namespace, console: Console) -> int:
    """Make the table, the HTML report and MLflow's view anew from the store."""
    store = Store(arguments.results)
    run_, signals = _stored(study, arguments, store)
    return _report(run_, signals, store, _tracking_uri(arguments), console, [], None)


class _Job:
    """A run, what of it is missing, and what that costs on the workers at hand."""

    def __init__(
        self, run_: Run, signals: Sequence[Signal], store: Store, arguments: argparse.Namespace
    ) -> None:
        from studies.engine.tuning import connect, time_epoch

        self.run, self.signals, self.store = run_, signals, store
        self.fits = plan_fits(run_, signals)
        done = store.done([fit.trial.key for fit in self.fits])
        self.missing = [fit for fit in self.fits if fit.trial.key not in done]
        self.num_done = len(done)
        # The best cells are known when the map is; until then, count them as missing.
        if self.missing:
            self.num_follow_ups = len(signals) * len(run_.confirm_seeds)
        else:
            self.num_follow_ups = len(self.confirming())
            self.num_done += len(signals) * len(run_.confirm_seeds) - self.num_follow_ups
        self.workers = connect(arguments.device, arguments.max_concurrent)
        self.per_sample = 0.0
        if self.missing or self.num_follow_ups:
            longest = max(signals, key=lambda signal: signal.num_samples)
            epoch = time_epoch(self.fits[0].trial.network, longest, self.workers)
            self.per_sample = epoch / longest.num_samples

    def seconds_per_fit(self, fit: PlannedFit) -> float:
        """Estimated, from the timed step."""
        return self.per_sample * fit.signal.num_samples * fit.trial.fit.epochs

    @property
    def seconds(self) -> float:
        """Estimated wall time of all that is missing."""
        total = sum(map(self.seconds_per_fit, self.missing))
        each = total / len(self.missing) if self.missing else self.seconds_per_fit(self.fits[0])
        return (total + each * self.num_follow_ups) / self.workers.count

    def confirming(self) -> list[PlannedFit]:
        """The best cells' fits that are missing, by the map as it is in the store."""
        from analysis.landscape import landscape

        rows = _rows(self.store, self.signals)
        best = [(signal, landscape(self.run, signal, rows).best) for signal in self.signals]
        fits = confirmation(self.run, [(signal, cell) for signal, cell in best if cell])
        done = self.store.done([fit.trial.key for fit in fits])
        return [fit for fit in fits if fit.trial.key not in done]

    def unfinished(self, fits: Sequence[PlannedFit]) -> bool:
        """Whether some of `fits` have no row at all, not even a failed one."""
        keys = [fit.trial.key for fit in fits]
        return len(self.store.fits(keys, ["key"])) < len(keys)

    def print_cost(self, console: Console) -> None:
        """What there is to do, what is done, and the time it takes."""
        scale, missing = self.run.scale, len(self.missing) + self.num_follow_ups
        console.print(
            f"[bold]{self.run.study}[/], {self.run.scale_name} scale: {len(self.signals)} clips, "
            f"{scale.depth} x {scale.width}, {scale.fit.epochs:,} epochs"
        )
        console.print(f"{missing} fits to run, {self.num_done} already done")
        if missing:
            console.print(f"about {duration(self.seconds)} on {self.workers}")


def _resolve(
    study: GridStudy, arguments: argparse.Namespace, console: Console
) -> tuple[Run, list[Signal], list[str]]:
    scale_name = arguments.scale or "paper"
    changes = {
        "seeds": arguments.seeds,
        "epochs": arguments.epochs,
        "max_samples": arguments.max_samples,
    }
    scale = override(getattr(study, scale_name), **changes)
    if arguments.max_concurrent is not None and arguments.max_concurrent < 1:
        raise InputError(f"--max-concurrent {arguments.max_concurrent}: give 1 or more.")
    patterns = arguments.signals or [str(STUDIES / name) for name in study.signals]
    signals, skipped = read_all(find_files(patterns), scale.max_samples)
    if not signals:
        raise InputError("\n       ".join(skipped))
    for sentence in skipped:
        console.print(f"[yellow]skipped[/] {sentence}")
    return resolve(study, scale_name, signals, **changes), signals, skipped


def _stored(
    study: GridStudy, arguments: argparse.Namespace, store: Store
) -> tuple[Run, list[Signal]]:
    """The newest stored run that agrees with the flags that were given."""
    known = {row["sha256"]: signal_from_row(row) for row in store.signals().to_pylist()}
    runs = []
    for folder in store.names("_studies"):
        if content := store.read_bytes(f"_studies/{folder}/study.json"):
            candidate = RUN_JSON.validate_json(content)
            if candidate.study == study.name and _agrees(candidate, known, arguments):
                runs.append((store.modified(f"_studies/{folder}/study.json"), candidate))
    if not runs:
        raise InputError(
            f"{arguments.results}: no run of {study.name} with these flags is stored there; "
            "start one with run, or name another folder with --results."
        )
    newest = max(runs, key=lambda pair: pair[0])[1]
    return newest, [known[sha] for sha in newest.signals]


def _agrees(run_: Run, known: dict[str, Signal], arguments: argparse.Namespace) -> bool:
    if arguments.signals:
        names = {str(path) for path in find_files(arguments.signals)}
        if names != {known[sha].source for sha in run_.signals}:
            return False
    wanted = {
        "scale_name": (arguments.scale, run_.scale_name),
        "seeds": (arguments.seeds, run_.scale.seeds),
        "epochs": (arguments.epochs, run_.scale.fit.epochs),
        "max_samples": (arguments.max_samples, run_.scale.max_samples),
    }
    return all(flag is None or flag == value for flag, value in wanted.values())


def _rows(store: Store, signals: Sequence[Signal]) -> dict[str, Row]:
    return {row["key"]: row for row in store.fits().to_pylist()}


def _tracking_uri(arguments: argparse.Namespace) -> str:
    from studies.engine.tracking import default_uri

    return (
        arguments.tracking_uri
        or os.environ.get("MLFLOW_TRACKING_URI")
        or default_uri(arguments.results)
    )


def _report(
    run_: Run,
    signals: Sequence[Signal],
    store: Store,
    uri: str,
    console: Console,
    skipped: Sequence[str],
    away: str | None,
) -> int:
    from analysis.report import render
    from analysis.summary import summarize
    from analysis.tables import summary_table
    from studies.engine.tracking import Tracker, try_sync

    rows = _rows(store, signals)
    summaries = summarize(run_, signals, rows)
    html = render(run_, summaries, store, skipped, datetime.datetime.now())
    store.write_bytes(f"{run_.folder}/report.html", html.encode())
    complete = all(summary.num_done == summary.num_fits for summary in summaries)
    numbers = [{"sha256": s.signal.sha256, **s.numbers} for s in summaries]
    away = try_sync(Tracker(uri, run_, signals, store), numbers, html, finished=complete) or away
    console.print(summary_table(run_, summaries))
    # Soft wrap: what is to be copied stays one line however narrow the window.
    console.print(f"report   {store.results}/{run_.folder}/report.html", soft_wrap=True)
    console.print(f"Parquet  {store.results}/fits", soft_wrap=True)
    if away:
        console.print(f"[yellow]MLflow is away[/] ({away}); `report` fills it in later.", soft_wrap=True)
    else:
        console.print(f"MLflow   {ui_command(uri)}", soft_wrap=True)
    failed = [
        f"{row['signal']}: a fit failed ({row['error']}); the same command tries it again."
        for row in rows.values()
        if row["status"] == "failed" and row["sha256"] in run_.signals
    ]
    return _end(console, skipped, failed)


def ui_command(uri: str) -> str:
    """The command that opens MLflow's pages over `uri`; the page itself, if it is a server."""
    if uri.startswith("http"):
        return uri
    return f"mlflow ui --host 127.0.0.1 --backend-store-uri {uri}"


def _end(console: Console, skipped: Sequence[str], failed: Sequence[str]) -> int:
    for sentence in skipped:
        console.print(f"[yellow]skipped[/] {sentence}")
    for sentence in dict.fromkeys(failed):
        console.print(f"[yellow]failed[/] {sentence}")
    return 3 if skipped or failed else 0
