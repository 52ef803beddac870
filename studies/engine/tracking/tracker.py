"""MLflow: a view of the store as nested runs, study > signal > point.

`sync` adds what the store has and MLflow lacks. So the view can be filled while a study runs,
after MLflow was away, or into a new server.
"""

import math
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
from studies.engine.tracking.mlflow_tree import MlflowTree
from studies.engine.tracking.stamp import STAMP, stamp_of
from studies.engine.tracking.views import (
    NOTE,
    Listed,
    experiment_tags,
    page_of_runs,
    signal_note,
    study_note,
)

Curve = dict[int, float]

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

    def sync(
        self, report: Report | None = None, *, finished: bool = False, stamp: str = ""
    ) -> str | None:
        """Add all that the store has and MLflow lacks.

        Args:
            report: The run's report. Its page is kept with the study's run, its numbers with the
                signals'.
            finished: Whether the study is complete.
            stamp: What stands for all that a complete study shows, see `stamped_experiment`.

        Returns:
            Why MLflow could not be reached, None if it could.
        """
        try:
            self._sync(report, finished, stamp)
        except Exception as error:  # whatever a backend raises: it must not cost the study
            self.tree = None  # what it knew may be of a server that is not there any more
            # `shown` comes before the cut: it would not recognize a part of a password.
            return f"{shown(self.uri)}: {shown(first_line(error))[:160]}"
        return None

    @property
    def page(self) -> str:
        """The page of the study's runs, below the server's address, once `sync` has reached it."""
        assert self.tree, "`sync` has reached MLflow"
        return page_of_runs(self.tree.experiment)

    @property
    def primary(self) -> str:
        """The metric by which points are compared."""
        groups = self.run.question.seed_groups(self.run.scale)
        return "psnr_confirmed" if "psnr_confirmed" in groups else "psnr_peak"

    def _sync(self, report: Report | None, finished: bool, stamp: str) -> None:
        run = self.run
        if self.tree is None:
            self.tree = MlflowTree(self.uri, run.study, run.id)
            self.tree.describe_experiment(experiment_tags(self.tree.experiment, self.primary))
        is_new = run.id not in self.tree.runs
        self.tree.ensure(
            run.id,
            f"{run.study} {run.scale_name}",
            params={"scale": run.scale_name, "signals": len(self.signals)},
            tags=self._tags | {NOTE: run.title},
        )
        if is_new:
            self.tree.log_text(run.id, "study.json", run_json(run).decode())
        suggestions = run.question.suggestions(run, self.signals, self.store)
        by_sha = {signal.sha256: signal for signal in self.signals}
        listed: dict[str, list[Listed]] = {}
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
                listed[sha256] = self._listed(self.tree, state)
        if report:
            for sha256, numbers in report.numbers.items():
                if (id := self._signal_id(sha256)) in self.tree.runs:
                    self.tree.log(id, {name: {0: value} for name, value in numbers.items()})
            self._write_notes(self.tree, listed)
            self.tree.log_text(run.id, "report.html", report.html)
            for name, svg in report.figures.items():
                self.tree.log_text(run.id, f"figures/{name}.svg", svg)
        if finished:
            self.tree.finish()
            if stamp:
                self.tree.log(run.id, {}, tags={STAMP: stamp_of(stamp, len(self.tree.runs))})

    def _listed(self, tree: MlflowTree, state: SignalState) -> list[Listed]:
        """Return the points of a signal that have a mean over the map's seeds."""
        listed = []
        for point in self.run.question.tracked_points(state):
            id = f"{self._signal_id(state.signal.sha256)}/{point.name}"
            psnr = state.mean(point, self.run.scale.map_seeds)
            if id in tree.runs and not math.isnan(psnr):
                listed.append(Listed(tree.runs[id], shown_name(point), psnr))
        return listed

    def _write_notes(self, tree: MlflowTree, listed: Mapping[str, Sequence[Listed]]) -> None:
        """Link the runs of the signals and the best points in the notes of what they belong to."""
        by_signal = {}
        for signal in self.signals:
            id = self._signal_id(signal.sha256)
            if id in tree.runs:
                points = listed.get(signal.sha256, ())
                by_signal[tree.runs[id], signal.name] = points
                tree.log(id, {}, tags={NOTE: signal_note(tree.experiment, points)})
        note = study_note(tree.experiment, self.run.title, by_signal)
        tree.log(self.run.id, {}, tags={NOTE: note})

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
            "psi": f"{signal.descriptors['psi']:.4f}",
            "network": point.network.network,
            **{name.removeprefix("hp_"): value for name, value in columns.items()},
            "epochs": self.run.scale.fit.epochs,
            "learning_rate": (point.fit or self.run.scale.fit).learning_rate,
            "decay": (point.fit or self.run.scale.fit).decay,
            "optimizer": (point.fit or self.run.scale.fit).optimizer,
        }
        if self.run.scale.hold_out:
            params["hold_out"] = self.run.scale.hold_out
        tags = self._tags | {"kind": point.kind, "signal": signal.name}
        name = f"{signal.name} {shown_name(point)}"
        tree.ensure(id, name, parent=parent, params=params, tags=tags)
        fresh = {s for s, r in rows.items() if r["status"] not in UNFINISHED} - tree.seen[id]
        # MLflow's table shows the last value of a metric, so each mean has its own name. A
        # comparison of runs selects the metric that was logged first.
        metrics = self._means(rows)
        # MLflow sorts parameters as text. A metric at step 0 gets no chart over steps.
        if point.scales:
            metrics |= {"s0": {0: point.scales.s0}, "s1": {0: point.scales.s1}}
        for seed in sorted(fresh):
            peak = headline(rows[seed])
            metrics[f"seeds/psnr_peak_seed_{seed}"] = {} if peak is None else {0: peak}
            metrics[f"seeds/psnr_db_seed_{seed}"] = curves.get(rows[seed]["key"], {})
        statuses = " ".join(sorted({row["status"] for row in rows.values()}))
        code = {
            name: "; ".join(sorted({row[name] or "unknown" for row in rows.values()}))
            for name in ("versions", "commit")
        }
        tree.log(id, metrics, fresh, {"status": statuses, **code})

    def _means(self, rows: Mapping[int, Row]) -> dict[str, Curve]:
        """Return a point's mean PSNR over each group of seeds, the primary metric first."""
        groups = self.run.question.seed_groups(self.run.scale)
        means: dict[str, Curve] = {}
        for name in sorted(groups, key=lambda name: name != self.primary):
            seeds = groups[name]
            scored = [score_of(rows[s]) if s in rows else None for s in seeds]
            known = [score for score in scored if score is not None]
            # Means that are compared are over all of their seeds, or are left out.
            if known and (name == "psnr_peak" or len(known) == len(seeds)):
                means[name] = {0: sum(known) / len(known)}
        return means

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


def shown_name(point: Point) -> str:
    """Return what MLflow calls a point: with its scales, where its name does not have them."""
    if point.scales is None or point.kind == "search":
        return point.name
    place = f"s0 {point.scales.s0:.4g}, s1 {point.scales.s1:.3g}"
    return f"{place} ({point.name})" if point.kind == "grid" else f"{point.name}: {place}"
