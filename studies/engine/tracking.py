"""MLflow: a view of the store as nested runs, study > signal > point.

The only way in is `sync`, which adds what the store has and MLflow has not. So the view can
be filled in while a study runs, after MLflow was away, or into a new server altogether.
"""

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

from studies.engine.rows import Row, git_commit, point_columns, versions
from studies.engine.signals import Signal
from studies.engine.store import Store
from studies.engine.study import RUN_JSON, Point, Run, points, trial_of

_ID, _LOGGED = "noisescape.id", "noisescape.seeds"
_MAX_METRICS = 1000


def default_uri(results: str) -> str:
    """SQLite beside the results, or in the working folder when those are not on a local disk."""
    folder = Path("." if "://" in results else results).expanduser().absolute() / "_mlflow"
    return f"sqlite:///{folder}/mlflow.db"


class Tracker:
    """Keeps one run's view in MLflow up to date. Raises whatever MLflow raises."""

    def __init__(self, uri: str, run: Run, signals: Sequence[Signal], store: Store) -> None:
        self.uri, self.run, self.signals, self.store = uri, run, signals, store
        self.known: dict[str, tuple[str, set[int]]] = {}  # our id -> MLflow's, logged seeds
        self.client: MlflowClient | None = None

    def sync(self, summaries: Iterable[Mapping[str, Any]] = (), *, finished: bool = False) -> None:
        """Add all that the store has and MLflow has not; end the runs when `finished`.

        `summaries` are numbers of a signal by name, each with the signal's `sha256`.
        """
        client = self.client = self.client or self._connect()
        study = self._ensure(self.run.id, f"{self.run.study} {self.run.scale_name}", None, {})
        keys, planned = [], []
        for signal in self.signals:
            for point in points(self.run, signal):
                seeds = (*range(self.run.scale.seeds), *self.run.confirm_seeds)
                trials = {seed: trial_of(self.run, signal, point, seed).key for seed in seeds}
                planned.append((signal, point, trials))
                keys += trials.values()
        rows = {row["key"]: row for row in self.store.fits(keys).to_pylist()}
        curves: dict[str, list[Row]] = defaultdict(list)
        new = [k for signal, point, t in planned for s, k in t.items()
               if k in rows and s not in self.known.get(self._id(signal, point), ("", ()))[1]]  # fmt: skip
        for row in self.store.curves(new).to_pylist():
            curves[row["key"]].append(row)
        for signal, point, trials in planned:
            found = {seed: rows[key] for seed, key in trials.items() if key in rows}
            if found:
                self._log_point(study, signal, point, found, curves)
        for summary in summaries:
            self._log_metrics(self.known[f"{self.run.id}/{summary['sha256'][:16]}"][0], summary)
        if finished:
            for run_id, _ in self.known.values():
                client.set_terminated(run_id, "FINISHED")

    def log_report(self, name: str, html: str) -> None:
        """Put the report beside the study's run."""
        assert self.client, "sync comes first"
        self.client.log_text(self.known[self.run.id][0], html, name)

    def _connect(self) -> MlflowClient:
        if self.uri.startswith("sqlite:///"):
            Path(self.uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
        client = MlflowClient(self.uri)
        experiment = client.get_experiment_by_name(self.run.study)
        if experiment:
            self.experiment = experiment.experiment_id
        else:
            where = None
            if self.uri.startswith("sqlite:///"):
                where = (Path(self.uri.removeprefix("sqlite:///")).parent / "artifacts").as_uri()
            try:
                self.experiment = client.create_experiment(self.run.study, where)
            except MlflowException:  # another driver was first
                experiment = client.get_experiment_by_name(self.run.study)
                if experiment is None:
                    raise
                self.experiment = experiment.experiment_id
        token = None
        while True:
            page = client.search_runs(
                [self.experiment],
                f"tags.`noisescape.run` = '{self.run.id}'",
                ViewType.ACTIVE_ONLY,
                max_results=1000,
                page_token=token,
            )
            for found in page:
                tags = found.data.tags
                logged = {int(seed) for seed in tags.get(_LOGGED, "").split()}
                self.known[tags[_ID]] = (found.info.run_id, logged)
            token = page.token
            if not token:
                return client

    def _ensure(self, id: str, name: str, parent: str | None, params: Mapping[str, Any]) -> str:
        """The MLflow run with our `id`, made if it is not there."""
        if id in self.known:
            return self.known[id][0]
        assert self.client
        tags = {
            "mlflow.runName": name,
            "noisescape.run": self.run.id,
            _ID: id,
            "commit": git_commit() or "",
            "versions": versions(),
            "scale": self.run.scale_name,
        }
        if parent:
            tags["mlflow.parentRunId"] = parent
        else:
            tags["mlflow.note.content"] = self.run.question
            params = {"scale": self.run.scale_name, "signals": len(self.signals)}
        run_id = self.client.create_run(self.experiment, tags=tags).info.run_id
        logged = [Param(key, str(value)) for key, value in params.items() if value is not None]
        self.client.log_batch(run_id, params=logged)
        if not parent:
            self.client.log_text(run_id, RUN_JSON.dump_json(self.run, indent=1).decode(), "study.json")
        self.known[id] = (run_id, set())
        return run_id

    def _log_point(
        self, study: str, signal: Signal, point: Point, rows: dict[int, Row], curves: Mapping[str, list[Row]]
    ) -> None:  # fmt: skip
        assert self.client
        sha = f"{self.run.id}/{signal.sha256[:16]}"
        is_new = sha not in self.known
        parent = self._ensure(
            sha,
            signal.name,
            study,
            {
                "signal": signal.name,
                "n": signal.num_samples,
                "sample_rate": signal.sample_rate,
                "crop": signal.crop,
                "crop_start": signal.crop_start,
            },
        )
        if is_new:
            described = {"psnr_zero": signal.psnr_zero, **signal.descriptors}
            self._log_metrics(parent, described)
        id = self._id(signal, point)
        logged = self.known.get(id, ("", set()))[1]
        fresh = sorted(seed for seed, row in rows.items() if seed not in logged and row["status"] != "failed")
        if not fresh:
            return
        columns = point_columns(point.network, signal.num_samples)
        run_id = self._ensure(
            id,
            f"{signal.name} {point.name}",
            parent,
            {
                "signal": signal.name,
                "kind": point.kind,
                "point": point.name,
                "network": point.network.network,
                **{name.removeprefix("hp_"): value for name, value in columns.items()},
                "epochs": self.run.scale.fit.epochs,
            },
        )
        now = int(time.time() * 1000)
        metrics = []
        for seed in fresh:
            row = rows[seed]
            metrics.append(Metric(f"psnr_peak_seed_{seed}", row["metric_psnr_peak"], now, 0))
            metrics += [
                Metric(f"psnr_db_seed_{seed}", point["psnr"], now, point["epoch"])
                for point in curves.get(row["key"], ())
            ]
        for name, seeds in (
            ("psnr_peak", range(self.run.scale.seeds)),
            ("psnr_confirmed", self.run.confirm_seeds),
        ):
            peaks = [rows[s]["metric_psnr_peak"] for s in seeds if s in rows and rows[s]["status"] != "failed"]
            if peaks:
                metrics.append(Metric(name, sum(peaks) / len(peaks), now, len(peaks)))
        everything = logged | set(fresh)
        statuses = sorted({row["status"] for row in rows.values()})
        tags = [
            RunTag(_LOGGED, " ".join(map(str, sorted(everything)))),
            RunTag("status", " ".join(statuses)),
        ]
        for at in range(0, len(metrics), _MAX_METRICS):
            last = at + _MAX_METRICS >= len(metrics)
            self.client.log_batch(run_id, metrics[at : at + _MAX_METRICS], tags=tags if last else [])
        self.known[id] = (run_id, everything)

    def _log_metrics(self, run_id: str, values: Mapping[str, Any]) -> None:
        assert self.client
        now = int(time.time() * 1000)
        numbers = {k: v for k, v in values.items() if isinstance(v, int | float) and v == v}
        self.client.log_batch(run_id, [Metric(k, float(v), now, 0) for k, v in numbers.items()])

    def _id(self, signal: Signal, point: Point) -> str:
        return f"{self.run.id}/{signal.sha256[:16]}/{point.name}"


class BackgroundTracking:
    """Syncs now and then beside the study, which goes on whatever MLflow does."""

    def __init__(self, tracker: Tracker, every_seconds: float = 20.0) -> None:
        self.tracker, self.every = tracker, every_seconds
        self.problem: str | None = None
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._loop, name="mlflow", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def finish(self) -> str | None:
        """Stop syncing; what went wrong, if anything did."""
        self.stop.set()
        self.thread.join()
        return self.problem

    def _loop(self) -> None:
        while not self.stop.wait(self.every) and self.problem is None:
            self.problem = try_sync(self.tracker)


def try_sync(
    tracker: Tracker,
    summaries: Iterable[Mapping[str, Any]] = (),
    report: str | None = None,
    *,
    finished: bool = False,
) -> str | None:
    """Sync, and log the report; the reason in a few words when MLflow is not there."""
    try:
        tracker.sync(summaries, finished=finished)
        if report is not None:
            tracker.log_report("report.html", report)
    except Exception as error:  # requests, SQLAlchemy, OS: whatever the backend is made of
        tracker.client = None
        tracker.known.clear()
        reason = str(error).strip().splitlines() or [type(error).__name__]
        return f"{tracker.uri}: {reason[0][:160]}"
    return None
