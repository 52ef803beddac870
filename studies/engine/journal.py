"""The journal of a search: an Optuna study for each signal, in one file beside the run.

The next driver goes on from it, and optuna-dashboard opens it. Without it a search is gone
through again from the rows in the store.
"""

import json
import os
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


def journal_path(store: Store, run: Run) -> Path:
    """Where a run's journal is: beside it, or in the working folder if that is no local disk."""
    local = "://" not in store.location
    return Path(f"{store.root}/{run.folder}/optuna.journal" if local else f"{run.id}.journal")


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
            "search is gone through again from the rows in the store."
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


def history(store: Store, run: Run, signals: Sequence[Signal]) -> dict[str, list[Suggestion]]:
    """What the journal of a search holds, by the signals' sha256."""
    path = journal_path(store, run)
    if not path.exists():
        return {signal.sha256: [] for signal in signals}
    storage = open_journal(path)
    known = {study.study_name for study in optuna.get_all_study_summaries(storage)}
    found = {}
    for signal in signals:
        name = study_name(signal)
        study = optuna.load_study(study_name=name, storage=storage) if name in known else None
        found[signal.sha256] = suggestions_of(study) if study else []
    return found


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
