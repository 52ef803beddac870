"""Show the results of a run: tables in the terminal, files beside it, MLflow."""

import datetime
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from inr_models.shown import count, shown
from studies.command.cluster_head import ON_HEAD, cluster_file, commands_at_home
from studies.command.kept_report import keep, kept_text, state_of
from studies.command.progress import end, say, say_outcome_notes
from studies.command.tables import print_table
from studies.engine.planning.run import Run
from studies.engine.running.job import Job
from studies.engine.signals.signal import Signal
from studies.engine.store.store import Store
from studies.engine.tracking.background import BackgroundTracking, Synced
from studies.engine.tracking.stamp import stamped_experiment
from studies.engine.tracking.views import LOCAL_PAGES, page_of_runs

MLFLOW_AWAY = "MLflow is away"


def report_on(
    run: Run,
    signals: Sequence[Signal],
    store: Store,
    console: Console,
    tracking: BackgroundTracking,
    *,
    is_complete: bool = False,
) -> int:
    """Write the report from the store, print it, and bring MLflow up to date.

    Args:
        run: The run.
        signals: Its signals, in order.
        store: The results.
        console: Where tables and paths are printed.
        tracking: What syncs the run with MLflow.
        is_complete: Whether every fit has run, so that the store should have all rows.

    Returns:
        The exit code: 3 if a file was skipped, a fit failed or the store lacks rows.
    """
    state = state_of(run, store, tracking.uri, console)
    results = Job(run, signals, store).results()
    report = run.question.report(results, datetime.datetime.now())
    for name, content in {**report.files, "report.html": report.html.encode()}.items():
        # Readers prefer the newest file.
        store.update_bytes(f"{run.folder}/{name}", content)
    with console.capture() as captured:
        for table in report.tables:
            print_table(console, table)
        say_outcome_notes(console, results)
    console.out(captured.get(), end="", highlight=False)
    is_whole = not results.num_missing
    synced = tracking.sync(report, finished=is_whole, stamp=state)
    if is_whole:
        keep(run, store, state, captured.get())
    _say_places(run, store, tracking.uri, synced, console)
    failed = [
        f"{row['signal']}: a fit failed ({row['error']}), and `run` tries it again."
        for row in results.all_rows
        if row["status"] == "failed"
    ]
    if is_complete and results.num_missing and not failed:
        lost = count(results.num_missing, "fit")
        failed = [f"{store.results}: it lacks {lost}, which ran. `run` fits them again."]
    return end(console, run.skipped, failed)


def show_again(run: Run, store: Store, uri: str, console: Console) -> int | None:
    """Print what the report of a complete run has shown, if it and MLflow are as they should be.

    Args:
        run: The run. All of its fits are done.
        store: The results.
        uri: MLflow's tracking URI.
        console: Where it is printed.

    Returns:
        The exit code, None if the report has to be drawn and MLflow to be synced.
    """
    state = state_of(run, store, uri, console)
    text = kept_text(run, store, state)
    experiment = stamped_experiment(uri, run.id, state)
    if text is None or experiment is None:
        return None
    console.out(text, end="", highlight=False)
    _say_places(run, store, uri, Synced(None, page_of_runs(experiment)), console)
    return end(console, run.skipped)


def _say_places(run: Run, store: Store, uri: str, synced: Synced, console: Console) -> None:
    """Print where the report, the rows and MLflow's pages are."""
    # Soft wrap keeps what is to be copied on one line, however narrow the window is.
    console.print(shown(f"report   {store.results}/{run.folder}/report.html"), soft_wrap=True)
    console.print(shown(f"Parquet  {store.results}/fits"), soft_wrap=True)
    if synced.away:
        later = "the store has all rows, and `report` brings MLflow up to date later."
        say(console, MLFLOW_AWAY, [f"({synced.away}), but {later}"])
    else:
        if not uri.startswith("http"):
            console.print(shown(f"MLflow   {_ui_command(uri)}"), soft_wrap=True)
        server = uri if uri.startswith("http") else LOCAL_PAGES
        # Only the server's address may hold a password.
        console.print(f"MLflow   {shown(server.rstrip('/'))}{synced.page}", soft_wrap=True)
    say_at_home(store, uri, console)


def say_at_home(store: Store, uri: str, console: Console) -> None:
    """Print, on a cluster's head, which commands fetch the results and open MLflow."""
    if file := cluster_file():
        console.print("At home, in the checkout:")
        for line in commands_at_home(file, store.location, uri, _ui_command(uri)):
            console.print(line, soft_wrap=True)
        say(console, "note", [ON_HEAD] if "://" not in store.location else [])


def _ui_command(uri: str) -> str:
    """Return the command that opens MLflow's pages, or the page itself of a server."""
    if uri.startswith("http"):
        return uri
    # The program beside this Python works without an activated environment.
    mlflow = Path(sys.executable).with_name("mlflow")
    return shlex.join([str(mlflow), "ui", "--host", "127.0.0.1", "--backend-store-uri", uri])
