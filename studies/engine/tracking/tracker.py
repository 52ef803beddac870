"""MLflow: a view of the store as nested runs, study > signal > point.

`sync` adds what the store has and MLflow lacks. So the view can be filled while a study runs,
after MLflow was away, or into a new server.
"""

import threading
import time
from collections.abc import Mapping, Sequence

from inr_models import InputError
from inr_models.shown import first_line, shown
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.signal_state import SignalState, score_of, stored_rows
from studies.engine.planning.points import Point
from studies.engine.planning.run import Run, run_json
from studies.engine.signals.signal import Signal
from studies.engine.store.folder import local_path
from studies.engine.store.metrics import headline
from studies.engine.store.rows import REPORTED, Row, point_columns
from studies.engine.store.store import UNFINISHED, Store
from studies.engine.tracking.mlflow_tree import MlflowTree, import_mlflow

Curve = dict[int, float]

LONGEST_PAUSE = 600.0
"""Longest time in seconds between two attempts to reach an MLflow that is away."""

POINTS_AT_ONCE = 256
"""Number of points whose curves are read together: each read scans the whole table of curves."""


def default_uri(results: str) -> str:
    """Return the URI of an SQLite file beside the results, or in the working folder if these are
    not on a local disk.

    Raises:
        InputError: The path has a character that such a URI cannot have.
    """
    folder = local_path("." if "://" in results else results) / "_mlflow"
    if wrong := {"?", "%"} & set(str(folder)):
        why = f"MLflow's database cannot lie in a folder whose path has {wrong.pop()} in it; "
        why += "name another, or a server with --tracking-uri."
        raise InputError.of_value("wrong-kind", "--results", results, why)
    return f"sqlite:///{folder}/mlflow.db"


class Tracker:
    """Keeps the view of one run in MLflow up to date."""

    def __init__(self, uri: str, run: Run, signals: Sequence[Signal], store: Store) -> None:
        self.uri, self.run, self.signals, self.store = uri, run, signals, store
        self.tree: MlflowTree | None = None

    def sync(self, report: Report | None = None, *, finished: bool = False) -> str | None:
        """Add all that the store has and MLflow lacks.

        Args:
            report: The run's report. Its page is kept with the study's run, its numbers with the
                signals'.
            finished: Whether the study is complete.

        Returns:
            Why MLflow could not be reached, None if it could.
        """
        try:
            self._sync(report, finished)
        except Exception as error:  # whatever a backend raises: it must not cost the study
            self.tree = None  # what it knew may be of a server that is not there any more
            # `shown` comes before the cut: it would not recognize a part of a password.
            return f"{shown(self.uri)}: {shown(first_line(error))[:160]}"
        return None

    def _sync(self, report: Report | None, finished: bool) -> None:
        run = self.run
        self.tree = self.tree or MlflowTree(self.uri, run.study, run.id)
        is_new = run.id not in self.tree.runs
        self.tree.ensure(
            run.id,
            f"{run.study} {run.scale_name}",
            params={"scale": run.scale_name, "signals": len(self.signals)},
            tags=self._tags | {"mlflow.note.content": run.title},
        )
        if is_new:
            self.tree.log_text(run.id, "study.json", run_json(run).decode())
        suggestions = run.question.suggestions(run, self.signals, self.store)
        by_sha = {signal.sha256: signal for signal in self.signals}
        for sha256, rows in stored_rows(run, self.store, REPORTED):
            state = SignalState(run, by_sha[sha256], rows, suggestions.get(sha256, ()))
            due = []
            for point in run.question.tracked_points(state):
                id = f"{self._signal_id(sha256)}/{point.name}"
                keys = zip(run.seeds, state.keys(point, run.seeds), strict=True)
                own = {seed: rows[key] for seed, key in keys if key in rows}
                ended = {seed for seed, row in own.items() if row["status"] not in UNFINISHED}
                if own and (id not in self.tree.runs or ended - self.tree.seen[id]):
                    due.append((id, point, own))
            for first in range(0, len(due), POINTS_AT_ONCE):
                some = due[first : first + POINTS_AT_ONCE]
                curves = self._curves([row["key"] for *_, own in some for row in own.values()])
                for id, point, own in some:
                    self._log_point(self.tree, id, state.signal, point, own, curves)
        if report:
            for sha256, numbers in report.numbers.items():
                if (id := self._signal_id(sha256)) in self.tree.runs:
                    self.tree.log(id, {name: {0: value} for name, value in numbers.items()})
            self.tree.log_text(run.id, "report.html", report.html)
            for name, svg in report.figures.items():
                self.tree.log_text(run.id, f"figures/{name}.svg", svg)
        if finished:
            self.tree.finish()

    def _log_point(
        self,
        tree: MlflowTree,
        id: str,
        signal: Signal,
        point: Point,
        rows: dict[int, Row],
        curves: Mapping[str, Curve],
    ) -> None:
        parent = self._signal_id(signal.sha256)
        if parent not in tree.runs:
            shown = (
                "num_samples", "shape", "channels", "sample_rate", "crop", "crop_start",
                "source",
            )  # fmt: skip
            params = {"signal": signal.name, **{name: getattr(signal, name) for name in shown}}
            tree.ensure(parent, signal.name, parent=self.run.id, params=params, tags=self._tags)
            described = {"psnr_zero": signal.psnr_zero, **signal.descriptors}
            if signal.psnr_constant is not None:
                described["psnr_constant"] = signal.psnr_constant
            tree.log(parent, {name: {0: value} for name, value in described.items()})
        columns = point_columns(point.network, signal.shape)
        params = {
            "signal": signal.name,
            "kind": point.kind,
            "point": point.name,
            "network": point.network.network,
            **{name.removeprefix("hp_"): value for name, value in columns.items()},
            "epochs": self.run.scale.fit.epochs,
            "learning_rate": (point.fit or self.run.scale.fit).learning_rate,
            "decay": (point.fit or self.run.scale.fit).decay,
        }
        if self.run.scale.hold_out:
            params["hold_out"] = self.run.scale.hold_out
        tags = self._tags | {"kind": point.kind, "signal": signal.name}
        tree.ensure(id, f"{signal.name} {point.name}", parent=parent, params=params, tags=tags)
        fresh = {s for s, r in rows.items() if r["status"] not in UNFINISHED} - tree.seen[id]
        metrics: dict[str, Curve] = {}
        for seed in sorted(fresh):
            peak = headline(rows[seed])
            metrics[f"psnr_peak_seed_{seed}"] = {} if peak is None else {0: peak}
            metrics[f"psnr_db_seed_{seed}"] = curves.get(rows[seed]["key"], {})
        # MLflow's table shows the last value of a metric. So each mean has its own name, and
        # its step is the number of seeds.
        for name, seeds in self.run.question.seed_groups(self.run.scale).items():
            scored = [score_of(rows[s]) if s in rows else None for s in seeds]
            known = [score for score in scored if score is not None]
            # Means that are compared are over all of their seeds, or are left out.
            if known and (name == "psnr_peak" or len(known) == len(seeds)):
                metrics[name] = {len(known): sum(known) / len(known)}
        statuses = " ".join(sorted({row["status"] for row in rows.values()}))
        code = {
            name: "; ".join(sorted({row[name] or "unknown" for row in rows.values()}))
            for name in ("versions", "commit")
        }
        tree.log(id, metrics, fresh, {"status": statuses, **code})

    def _curves(self, keys: Sequence[str]) -> dict[str, Curve]:
        curves = self.store.curves_by_key(keys)
        return {key: dict(zip(epochs, psnr, strict=True)) for key, (epochs, psnr) in curves.items()}

    def _signal_id(self, sha256: str) -> str:
        return f"{self.run.id}/{sha256[:16]}"

    @property
    def _tags(self) -> dict[str, str]:
        return {
            "scale": self.run.scale_name,
            "mlflow.source.name": f"studies/{self.run.study}.py",
        }


class BackgroundTracking:
    """Syncs in a thread while a study runs, less often where a sync is slow or MLflow is away."""

    def __init__(self, tracker: Tracker, every_seconds: float = 20.0) -> None:
        self.tracker, self.every = tracker, every_seconds
        self.stop = threading.Event()
        # Not in the thread: two threads that import the same packages may see them half loaded.
        import_mlflow()
        self.thread = threading.Thread(target=self._loop, name="mlflow", daemon=True)
        self.thread.start()

    def finish(self) -> None:
        """Wait for the current sync, and start no other."""
        self.stop.set()
        self.thread.join()

    def _loop(self) -> None:
        pause, failures = self.every, 0
        while not self.stop.wait(pause):
            begin = time.monotonic()
            if self.tracker.sync() is None:
                pause, failures = max(self.every, 5 * (time.monotonic() - begin)), 0
            else:
                pause = min(self.every * 2**failures, LONGEST_PAUSE)
                failures += 1
