"""The journal of a search: an Optuna study for each signal, in one file beside the run.

The next driver goes on from it, and optuna-dashboard opens it. Without it a search starts anew,
knowing all that is in the store.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import optuna
from optuna.distributions import FloatDistribution
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from inr_models import InputError
from search_spaces.rules import NoiseScales
from studies.engine.known import Suggestion
from studies.engine.plan import stable
from studies.engine.signals import Signal
from studies.engine.store import Store
from studies.engine.study import Run

NUM_WARM = "noisescape.warm"
"""A study's attribute: how many of its first trials were known before it suggested any."""


class RunJournal:
    """The journal of a run: beside it, or where the results are on no local disk a copy of the
    one beside it, which `keep` puts back.

    Raises:
        InputError: the file is not a journal of Optuna's.
    """

    def __init__(self, store: Store, run: Run) -> None:
        self.store, self.name = store, f"{run.folder}/optuna.journal"
        self.is_local = "://" not in store.location
        if self.is_local:
            self.path = Path(store.root) / self.name
        else:
            self.scratch = tempfile.TemporaryDirectory(prefix="noisescape-journal-")
            self.path = Path(self.scratch.name) / "optuna.journal"
            if content := store.read_bytes(self.name):
                self.path.write_bytes(content)

    def keep(self) -> None:
        """Put what is new of it with the results."""
        if not self.is_local:
            self.store.write_bytes(self.name, self.path.read_bytes())

    def storage(self) -> BaseStorage:
        """Its studies, for Optuna."""
        try:
            return open_journal(self.path)
        except InputError as error:
            raise InputError(
                str(error).replace(str(self.path), f"{self.store.results}/{self.name}")
            ) from error

    def suggestions(self, signals: Sequence[Signal]) -> dict[str, list[Suggestion]]:
        """What it holds, by the signals' sha256."""
        if not self.path.exists():
            return {signal.sha256: [] for signal in signals}
        storage = self.storage()
        known = {study.study_name for study in optuna.get_all_study_summaries(storage)}
        found = {}
        for signal in signals:
            name = study_name(signal)
            study = optuna.load_study(study_name=name, storage=storage) if name in known else None
            found[signal.sha256] = suggestions_of(study) if study else []
        return found


def open_journal(path: Path) -> BaseStorage:
    """The storage of a run's studies.

    Raises:
        InputError: the file is not a journal of Optuna's.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _drop_torn_line(path)
        return JournalStorage(JournalFileBackend(str(path)))
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror}).") from error
    except Exception as error:  # whatever its lines make Optuna raise
        raise InputError(
            f"{path}: not a journal of this version of Optuna ({error}); remove it, and the "
            "search starts anew, knowing every row of the store."
        ) from error


def _drop_torn_line(path: Path) -> None:
    """Optuna would pass over an unfinished last line, but write the next one behind it."""
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole:
        json.loads(whole.splitlines()[-1])
    if content and not whole:
        raise ValueError("no line ends")
    if len(whole) < len(content):
        os.truncate(path, len(whole))


def importance(suggestions: Sequence[Suggestion]) -> dict[str, float]:
    """How much of the variance of PSNR each parameter explains (Optuna's fANOVA); {} of few."""
    scored = [s for s in suggestions if s.value is not None]
    if len({s.value for s in scored}) < 4:
        return {}
    s0, s1 = ([s.scales[i] for s in scored] for i in (0, 1))
    space = {
        "s0": FloatDistribution(min(s0), max(s0), log=min(s0) > 0),
        "s1": FloatDistribution(min(s1), max(s1)),
    }
    study = optuna.create_study(direction="maximize")
    study.add_trials(
        [
            create_trial(params=s.scales._asdict(), distributions=dict(space), value=s.value)
            for s in scored
        ]
    )
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def study_name(signal: Signal) -> str:
    """What optuna-dashboard shows."""
    return f"{signal.name} {signal.sha256[:8]}"


def suggestions_of(study: optuna.Study) -> list[Suggestion]:
    """Its points in the order in which they became known, those left out that said nothing."""
    num_warm = study.user_attrs.get(NUM_WARM, 0)
    return [
        Suggestion(
            number=trial.number,
            scales=NoiseScales(stable(trial.params["s0"]), stable(trial.params["s1"])),
            value=trial.value if trial.state == TrialState.COMPLETE else None,
            warm=trial.number < num_warm,
            stopped=trial.state == TrialState.PRUNED,
        )
        for trial in study.get_trials(deepcopy=False)
        if trial.state != TrialState.FAIL and len(trial.params) == 2
    ]
