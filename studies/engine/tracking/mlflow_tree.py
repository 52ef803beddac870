"""Write nested MLflow runs under ids of our own, so that a later process finds them again."""

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname

from inr_models import InputError
from studies.engine.tracking.stamp import ID, TREE
from studies.engine.tracking.views import NOTE

_SEEN = "noisescape.seeds"
_MAX_METRICS = 1000  # a batch, by MLflow's own limit
_MAX_NAME, _MAX_VALUE = 250, 5000  # of a run in its databases; of a parameter or tag
_SCHEMES = ("sqlite", "postgresql", "mysql", "mssql", "http", "https", "databricks")

DATABASE_ATTEMPTS = 5
"""MLflow doubles its pauses from 0.1 s on, so this takes 3 s."""


def import_mlflow() -> ModuleType:
    """Import MLflow without its telemetry, and with short waits for a server that is away.

    MLflow starts its telemetry at import, so nothing here imports it at the top of a module.
    What the user has set in the environment stays.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # By default a server that is away would hold the study up for minutes.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    import mlflow

    return mlflow


def _limit_waits() -> None:
    """Let MLflow wait seconds for a database that is away, not the 100 s that it waits itself."""
    from mlflow.store.db import utils

    utils.MAX_RETRY_COUNT = min(utils.MAX_RETRY_COUNT, DATABASE_ATTEMPTS)


def check_uri(uri: str) -> None:
    """Check a tracking URI before the study runs, since MLflow itself would refuse it afterwards.

    Raises:
        InputError: no tracking store has such a URI.
    """
    # `without_secrets` ends a URI at a blank, so it would miss a password behind one. The name of
    # an SQLite file may have blanks.
    if any(character.isspace() for character in uri) and not uri.startswith("sqlite:"):
        fix = "a URI has no blanks; write %20 for each."
        raise InputError.at("wrong-kind", "--tracking-uri", fix)
    if uri.startswith("sqlite:") and not re.fullmatch("sqlite:///.*[^/]", uri.split("?")[0]):
        fix = (
            "it names no file, and a database in memory is gone afterwards; give sqlite:///file.db."
        )
        raise InputError.of_value("wrong-kind", "--tracking-uri", uri, fix)
    if uri.split(":")[0].split("+")[0] not in _SCHEMES:
        fix = "MLflow takes a server (http://host:port) or a database (sqlite:///file.db, ...)."
        raise InputError.of_value("wrong-kind", "--tracking-uri", uri, fix)


class MlflowTree:
    """Writes the MLflow runs of one run of a study.

    Args:
        uri: the tracking server or database.
        experiment: MLflow's experiment, created if it does not exist.
        tree: the id of the run of the study, which tells its MLflow runs from those of others.

    Attributes:
        runs: {our id: MLflow's run id}.
        seen: {our id: the seeds that are logged there}.

    Raises:
        MlflowException: (by any method) MLflow fails, or an SQLite file would put artifacts
            elsewhere than beside itself.
    """

    def __init__(self, uri: str, experiment: str, tree: str) -> None:
        self.tree = tree
        local = Path(uri.removeprefix("sqlite:///")) if uri.startswith("sqlite:///") else None
        if local:
            local.parent.mkdir(parents=True, exist_ok=True)
        mlflow = import_mlflow()
        if not uri.startswith(("http", "databricks")):
            _limit_waits()
        self.client = mlflow.MlflowClient(uri)
        self.artifacts = local.parent.absolute() / "artifacts" if local else None
        self.experiment = self._experiment(experiment)
        self.runs: dict[str, str] = {}
        self.seen: dict[str, set[int]] = {}
        self.finished: set[str] = set()
        self.broken_off: list[str] = []
        token = None
        while True:
            page = self.client.search_runs(
                [self.experiment],
                f"tags.`{TREE}` = '{tree}'",
                max_results=1000,
                page_token=token,
            )
            for run in page:
                id = run.data.tags.get(ID)
                if id is None:
                    self.broken_off.append(run.info.run_id)
                    continue
                self.runs[id] = run.info.run_id
                if run.info.status == "FINISHED":
                    self.finished.add(id)
                self.seen[id] = {int(seed) for seed in run.data.tags.get(_SEEN, "").split()}
            token = page.token
            if not token:
                break

    def ensure(
        self,
        id: str,
        name: str,
        *,
        parent: str | None = None,
        params: Mapping[str, Any],
        tags: Mapping[str, str],
    ) -> str:
        """Return MLflow's id of a run, and create the run if it does not exist.

        Args:
            id: ours, by which a later process finds it again.
            name: what MLflow's pages call it.
            parent: our id of the run that it belongs to.
            params: {name: value}; None is left out.
            tags: {name: value}.
        """
        from mlflow.entities import Param, RunTag

        if id not in self.runs:
            marks = {"mlflow.runName": name[:_MAX_NAME], TREE: self.tree, **tags}
            if parent:
                marks["mlflow.parentRunId"] = self.runs[parent]
            run_id = self.client.create_run(self.experiment, tags=marks).info.run_id
            known = [Param(key, _text(value)) for key, value in params.items() if value is not None]
            # Our id comes with the parameters, so a run without them is known to be incomplete.
            self.client.log_batch(run_id, params=known, tags=[RunTag(ID, id)])
            self.runs[id], self.seen[id] = run_id, set()
        return self.runs[id]

    def log(
        self,
        id: str,
        metrics: Mapping[str, Mapping[int, float]],
        seeds: set[int] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log metrics, then tags.

        Args:
            id: ours, of a run that `ensure` has created.
            metrics: {name: {step: value}}; NaN is left out.
            seeds: count these as seen once all metrics are logged.
            tags: {name: value}.
        """
        from mlflow.entities import Metric, RunTag

        now = int(time.time() * 1000)
        flat = [
            Metric(name, float(value), now, step)
            for name, values in metrics.items()
            for step, value in values.items()
            if value == value
        ]
        for at in range(0, len(flat), _MAX_METRICS):
            self.client.log_batch(self.runs[id], flat[at : at + _MAX_METRICS])
        marks = [RunTag(key, value) for key, value in (tags or {}).items()]
        if seeds:
            seen = self.seen[id] | seeds
            marks.append(RunTag(_SEEN, " ".join(map(str, sorted(seen)))))
        if marks:
            self.client.log_batch(self.runs[id], tags=marks)
        if seeds:
            self.seen[id] |= seeds

    def describe_experiment(self, tags: Mapping[str, str]) -> None:
        """Set the experiment's tags that differ. A note that it has stays, as it may be a user's.

        Args:
            tags: {name: value}.
        """
        known = self.client.get_experiment(self.experiment).tags
        for name, value in tags.items():
            if known.get(name) != value and not (name == NOTE and name in known):
                self.client.set_experiment_tag(self.experiment, name, value)

    def log_text(self, id: str, name: str, text: str) -> None:
        """Keep a text file as the run's artifact."""
        if self.artifacts:
            self._check_place(self.client.get_run(self.runs[id]).info.artifact_uri, self.artifacts)
        self.client.log_text(self.runs[id], text, name)

    def finish(self) -> None:
        """Mark every run as finished that is not yet, so that MLflow notes the time.

        Move incomplete runs, which an outage left, to MLflow's bin: `ensure` has replaced them.
        """
        while self.broken_off:
            self.client.delete_run(self.broken_off[-1])
            self.broken_off.pop()
        for id in self.runs.keys() - self.finished:
            self.client.set_terminated(self.runs[id], "FINISHED")
            self.finished.add(id)

    def _check_place(self, uri: str | None, artifacts: Path) -> None:
        """Refuse a database that was copied with its results and still names the old folder."""
        from mlflow.exceptions import MlflowException

        path = Path(url2pathname(urlparse(uri or "").path))
        if not path.resolve().is_relative_to(artifacts.resolve()):
            raise MlflowException(
                f"its files belong to results in another folder; remove {artifacts.parent.name}/"
            )

    def _experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        experiment = self.client.get_experiment_by_name(name)
        if experiment is None:
            try:
                # This kind makes MLflow show training runs instead of chat traces.
                kind = {"mlflow.experimentKind": "custom_model_development"}
                place = self.artifacts.as_uri() if self.artifacts else None
                return self.client.create_experiment(name, place, kind)
            except MlflowException:  # another process has created it first
                experiment = self.client.get_experiment_by_name(name)
                if experiment is None:
                    raise
        return experiment.experiment_id


def _text(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)[:_MAX_VALUE]
