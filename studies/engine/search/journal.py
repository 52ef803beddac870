"""Read and write the journal of a search: the Optuna study of a signal, in a file.

The next run continues from it, and optuna-dashboard opens it. Without it a search starts again
from all fits in the store.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import optuna
from filelock import FileLock
from optuna.distributions import FloatDistribution
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState, create_trial

from inr_models import InputError
from search_spaces.networks import stable
from search_spaces.rules import NoiseScales
from studies.engine.outcomes.signal_state import Suggestion
from studies.engine.signals.signal import Signal

NUM_WARM = "noisescape.warm"
"""Attribute of an Optuna study: how many of its first trials it did not suggest itself."""

SPACE = "noisescape.space"
"""Attribute of an Optuna study: the space that it searches."""

VERSIONS = "noisescape.optuna"
"""Attribute of an Optuna study: the versions of Optuna that have worked on it, in order."""

EXHAUSTED = "noisescape.exhausted"
"""Attribute of an Optuna study: the number of suggestions after which all others were repeats."""

_REMOVE = "Remove the file, and the search starts again from every row of the store."


class _KernelLock(JournalFileOpenLock):
    """Locks a journal by the kernel, so that a killed search leaves no lock behind.

    Optuna waits 30 s for a lock of a killed process, and forever if it lies in a moved folder.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        journal = Path(path)
        self._lock = FileLock(journal.with_name(f".{journal.name}.flock"))

    def acquire(self) -> bool:
        """Wait for the lock and take it."""
        self._lock.acquire()
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._lock.release()


def open_journal(path: Path, shown: str = "", *, to_write: bool = True) -> BaseStorage:
    """Return the storage that a journal is.

    Args:
        path: The journal, on a local disk.
        shown: What a message calls it, its path by default.
        to_write: Whether an unfinished last line is dropped, so that others can follow it.

    Raises:
        InputError: The file is no journal of Optuna.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _check_lines(path, drop_torn=to_write)
        return JournalStorage(JournalFileBackend(str(path), _KernelLock(str(path))))
    except OSError as error:
        why = f"cannot be opened ({error.strerror})."
        raise InputError.at("unreadable", shown or str(path), why) from error
    except Exception as error:  # a damaged line may make Optuna raise anything
        why = f"not a journal of this version of Optuna ({error}). {_REMOVE}"
        raise InputError.at("another-version", shown or str(path), why) from error


def _check_lines(path: Path, *, drop_torn: bool) -> None:
    """Refuse a damaged journal, and drop an unfinished last line.

    Optuna skips such a line when it reads, but would write the next line behind it.
    """
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if whole:
        json.loads(whole.splitlines()[-1])
    elif content:
        raise ValueError("it has no whole line")
    if drop_torn and len(whole) < len(content):
        os.truncate(path, len(whole))


def add_known(
    study: optuna.Study,
    space: Mapping[str, FloatDistribution],
    points: Iterable[tuple[NoiseScales, float]],
) -> None:
    """Give an Optuna study points of its space, and the PSNR in dB that each is known to have."""
    for scales, value in points:
        study.add_trial(
            create_trial(params=scales._asdict(), distributions=dict(space), value=value)
        )


def importance(suggestions: Sequence[Suggestion]) -> dict[str, float]:
    """Return the share of the variance of PSNR that each parameter explains (Optuna's fANOVA).

    It is {} for fewer than four different scores.
    """
    scored = [(s.scales, s.value) for s in suggestions if s.value is not None]
    if len({value for _, value in scored}) < 4:
        return {}
    s0, s1 = zip(*(scales for scales, _ in scored), strict=True)
    space = {
        "s0": FloatDistribution(min(s0), max(s0), log=min(s0) > 0),
        "s1": FloatDistribution(min(s1), max(s1)),
    }
    study = optuna.create_study(direction="maximize")
    add_known(study, space, scored)
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    return optuna.importance.get_param_importances(study, evaluator=evaluator)


def note_version(study: optuna.Study) -> bool:
    """Add this version of Optuna to those of a study. Return whether there is another.

    Versions differ in what they suggest. An earlier version of noisescape noted none.
    """
    begun = SPACE in study.user_attrs
    known = study.user_attrs.get(VERSIONS, ["unknown"] if begun else [])
    if optuna.__version__ not in known[-1:]:
        known = [*known, optuna.__version__]
        study.set_user_attr(VERSIONS, known)
    return len(known) > 1


def study_name(signal: Signal) -> str:
    """Return the name that optuna-dashboard shows. Its last word tells signals apart."""
    return f"{signal.name} {signal.sha256[:12]}"


def stored_name(storage: BaseStorage, signal: Signal) -> str | None:
    """Return the name under which a signal's Optuna study is stored, None if there is none."""
    names = optuna.get_all_study_names(storage)
    return next((n for n in names if n.rsplit(" ", 1)[-1] == signal.sha256[:12]), None)


def suggestions_of(study: optuna.Study) -> list[Suggestion]:
    """Return the points of an Optuna study in the order in which they became known.

    Suggestions that repeat a known point are left out.
    """
    num_warm = study.user_attrs.get(NUM_WARM)
    if num_warm is None:  # a run adds the known points, or was killed meanwhile
        return []
    suggestions = [
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
    num_own = sum(not suggestion.warm for suggestion in suggestions)
    if suggestions and study.user_attrs.get(EXHAUSTED) == num_own:
        suggestions[-1] = suggestions[-1]._replace(is_last=True)
    return suggestions
