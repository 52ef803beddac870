"""MLflow: a view of the store as nested runs, study > signal > point.

The only way in is `sync`, which adds what the store has and MLflow has not. So the view can
be filled in while a study runs, after MLflow was away, or into a new server altogether.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from inr_models import InputError
from inr_models.shown import shown
from studies.engine.outcomes.known_points import (
    Suggestion,
    named_points,
    point_at,
    score_of,
    stored_rows,
)
from studies.engine.planning.points import Point, all_seeds, keys_of, points, rule_points
from studies.engine.planning.study import RUN_JSON, Run
from studies.engine.signals.signal import Signal
from studies.engine.store.folder import local_path
from studies.engine.store.metrics import headline
from studies.engine.store.rows import REPORTED, Row, point_columns
from studies.engine.store.store import UNFINISHED, Store
from studies.engine.tracking.mlflow_tree import MlflowTree

if TYPE_CHECKING:
    from analysis.reporting.report import Report

Curve = dict[int, float]

LONGEST_PAUSE = 600.0
"""Seconds between two tries to reach an MLflow that is away."""

POINTS_AT_ONCE = 256
"""Points whose curves are read together: the store reads its whole table of curves each time."""


def default_uri(results: str) -> str:
    """SQLite beside the results, or in the working folder when those are not on a local disk."""
    folder = local_path("." if "://" in results else results) / "_mlflow"
    if wrong := {"?", "%"} & set(str(folder)):
        raise InputError(
            f"--results {results}: MLflow's database cannot lie in a folder whose path has "
            f"{wrong.pop()} in it; name another, or a server with --tracking-uri."
        )
    return f"sqlite:///{folder}/mlflow.db"


class Tracker:
    """Keeps one run's view in MLflow up to date."""

    def __init__(self, uri: str, run: Run, signals: Sequence[Signal], store: Store) -> None:
        self.uri, self.run, self.signals, self.store = uri, run, signals, store
        self.tree: MlflowTree | None = None

    def sync(self, report: "Report | None" = None, *, finished: bool = False) -> str | None:
        """Add all that the store has and MLflow has not. Returns why it could not, if so.

        Args:
            report: what the run came to: kept beside the study's run, numbers by signal.
            finished: whether the study is complete, so that its runs are.
        """
        try:
            self._sync(report, finished)
        except Exception as error:  # whatever a backend raises: it must not cost the study
            self.tree = None  # what it knew may be of a server that is not there any more
            reason = str(error).strip().splitlines() or [type(error).__name__]
            # Cut when nothing secret is left: a part of a password would not be known as one.
            return f"{shown(self.uri)}: {shown(reason[0])[:160]}"
        return None

    def _sync(self, report: "Report | None", finished: bool) -> None:
        run = self.run
        self.tree = self.tree or MlflowTree(self.uri, run.study, run.id)
        is_new = run.id not in self.tree.runs
        self.tree.ensure(
            run.id,
            f"{run.study} {run.scale_name}",
            params={"scale": run.scale_name, "signals": len(self.signals)},
            tags=self._tags | {"mlflow.note.content": run.question},
        )
        if is_new:
            self.tree.log_text(run.id, "study.json", RUN_JSON.dump_json(run, indent=1).decode())
        suggestions = self._suggestions()
        by_sha = {signal.sha256: signal for signal in self.signals}
        for sha256, rows in stored_rows(run, self.store, REPORTED):
            signal = by_sha[sha256]
            due = []
            for point in self._points(signal, rows, suggestions.get(sha256, ())):
                id = f"{self._signal_id(sha256)}/{point.name}"
                seeds = all_seeds(run)
                keys = zip(seeds, keys_of(run, signal, point, seeds), strict=True)
                found = {seed: rows[key] for seed, key in keys if key in rows}
                ended = {seed for seed, row in found.items() if row["status"] not in UNFINISHED}
                if found and (id not in self.tree.runs or ended - self.tree.seen[id]):
                    due.append((id, point, found))
            for first in range(0, len(due), POINTS_AT_ONCE):
                some = due[first : first + POINTS_AT_ONCE]
                curves = self._curves([row["key"] for *_, f in some for row in f.values()])
                for id, point, found in some:
                    self._log_point(self.tree, id, signal, point, found, curves)
        if report:
            for sha256, numbers in report.numbers.items():
                if (id := self._signal_id(sha256)) in self.tree.runs:
                    self.tree.log(id, {name: {0: value} for name, value in numbers.items()})
            self.tree.log_text(run.id, "report.html", report.html)
            for name, svg in report.figures.items():
                self.tree.log_text(run.id, f"figures/{name}.svg", svg)
        if finished:
            self.tree.finish()

    def _suggestions(self) -> Mapping[str, Sequence[Suggestion]]:
        if not self.run.search:
            return {}
        from studies.engine.search.journal import RunJournal

        return RunJournal(self.store, self.run).suggestions(self.run, self.signals)

    def _points(
        self, signal: Signal, rows: Mapping[str, Row], suggestions: Sequence[Suggestion]
    ) -> Sequence[Point]:
        """Every named point; but of a search the rules', its own, and what was confirmed."""
        if not self.run.search:
            return points(self.run, signal)
        confirming = (*self.run.choosing_seeds, *self.run.scoring_seeds)
        named = named_points(self.run, signal)
        found = {point.network: point for point in rule_points(self.run, signal)}
        for s in suggestions:
            point = named.get(s.scales) or point_at(self.run, s.scales)
            keys = keys_of(self.run, signal, point, confirming)
            # What another study found is shown where it came to be confirmed.
            if not s.warm or any(key in rows for key in keys):
                found.setdefault(point.network, point)
        return list(found.values())

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
        tags = self._tags | {"kind": point.kind, "signal": signal.name}
        tree.ensure(id, f"{signal.name} {point.name}", parent=parent, params=params, tags=tags)
        fresh = {s for s, r in rows.items() if r["status"] not in UNFINISHED} - tree.seen[id]
        metrics: dict[str, Curve] = {}
        for seed in sorted(fresh):
            peak = headline(rows[seed])
            metrics[f"psnr_peak_seed_{seed}"] = {} if peak is None else {0: peak}
            metrics[f"psnr_db_seed_{seed}"] = curves.get(rows[seed]["key"], {})
        # MLflow's table shows a metric's last value: the means have names of their own, and
        # the number of seeds as the step.
        for name, seeds in (
            ("psnr_peak", range(self.run.scale.seeds)),
            ("psnr_choosing", self.run.choosing_seeds),
            ("psnr_confirmed", self.run.scoring_seeds),
        ):
            scored = [score_of(rows[s], signal) if s in rows else None for s in seeds]
            known = [score for score in scored if score is not None]
            # What is compared is a mean over all its seeds or none.
            if known and (name == "psnr_peak" or len(known) == len(seeds)):
                metrics[name] = {len(known): sum(known) / len(known)}
        statuses = " ".join(sorted({row["status"] for row in rows.values()}))
        code = {
            name: "; ".join(sorted({row[name] or "unknown" for row in rows.values()}))
            for name in ("versions", "commit")
        }
        tree.log(id, metrics, fresh, {"status": statuses, **code})

    def _curves(self, keys: Sequence[str]) -> dict[str, Curve]:
        curves: dict[str, Curve] = defaultdict(dict)
        for row in self.store.curves(keys).to_pylist():
            curves[row["key"]][row["epoch"]] = row["psnr"]
        return curves

    def _signal_id(self, sha256: str) -> str:
        return f"{self.run.id}/{sha256[:16]}"

    @property
    def _tags(self) -> dict[str, str]:
        return {
            "scale": self.run.scale_name,
            "mlflow.source.name": f"studies/{self.run.study}.py",
        }


class BackgroundTracking:
    """Syncs now and then beside the study: seldom where a sync takes long or MLflow is away."""

    def __init__(self, tracker: Tracker, every_seconds: float = 20.0) -> None:
        self.tracker, self.every = tracker, every_seconds
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._loop, name="mlflow", daemon=True)
        self.thread.start()

    def finish(self) -> None:
        """Wait for the sync under way, and start no other."""
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
