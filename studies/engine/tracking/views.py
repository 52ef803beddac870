"""Say how MLflow's pages show a study: addresses, columns, notes.

MLflow 3 opens an experiment with its pages for chat traces unless an address asks for those of
training. It keeps views that somebody has shared (columns, order, filter) as tags of the
experiment. A view of ours is such a tag, so that an address with its key opens it. MLflow 3.17
ignores which runs such a view unfolds, so the note of a study's run shows the tree.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

TRAINING = "workflowType=machine_learning"
"""What an address needs to land on training runs."""

ALL_STUDIES = f"/#/experiments?{TRAINING}"
"""The page that lists the studies, below the address of the server."""

LOCAL_PAGES = "http://127.0.0.1:5000"
"""Where `mlflow ui` serves its pages."""

POINTS, TREE = "points", "tree"
"""Two views of a study: all points, best first, or study > signal > point."""

NOTE = "mlflow.note.content"
_VIEW = "mlflow.sharedViewState."

MOST_CHARACTERS = 4_800
"""The longest note, within MLflow's limit of a tag."""


def page_of_runs(experiment: str, view: str = POINTS) -> str:
    """Return the page that shows an experiment's runs in a view, below the server's address.

    Example:
        >>> page_of_runs("1")
        '/#/experiments/1/runs?viewStateShareKey=points&workflowType=machine_learning'
    """
    return f"/#/experiments/{experiment}/runs?viewStateShareKey={view}&{TRAINING}"


def page_of_run(experiment: str, run: str) -> str:
    """Return the page of one run, below the server's address."""
    return f"/#/experiments/{experiment}/runs/{run}?{TRAINING}"


def experiment_tags(experiment: str, primary: str) -> dict[str, str]:
    """Return the tags of an experiment by name: its note, its views, its primary metric.

    Args:
        experiment: MLflow's id of it.
        primary: The metric by which points are compared.
    """
    points = {"searchFilter": "params.kind LIKE '%'", "orderByKey": f"metrics.`{primary}`"}
    shared = {"selectedColumns": _columns(primary), "orderByAsc": False}
    return {
        NOTE: _experiment_note(experiment, primary),
        # MLflow shows this metric first, and selects it where runs are compared.
        "mlflow.experiment.primaryMetric.name": primary,
        "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
        _VIEW + POINTS: json.dumps(points | shared),
        _VIEW + TREE: json.dumps(shared),
    }


def _columns(primary: str) -> list[str]:
    metrics = dict.fromkeys([primary, "psnr_peak", "s0", "s1"])
    return [*(f"metrics.`{m}`" for m in metrics), "params.`kind`", "params.`psi`", "tags.`status`"]


def _experiment_note(experiment: str, primary: str) -> str:
    return (
        f"[All points, best first]({page_of_runs(experiment)[1:]}), or "
        f"[study, signal, point]({page_of_runs(experiment, TREE)[1:]}).\n\n"
        f"`{primary}` compares points: PSNR in dB, a mean over seeds. `psnr_peak` is the mean over "
        "the map's seeds, `seeds/psnr_db_seed_N` the curve of one seed over epochs. s0 and s1 are "
        "metrics as well as parameters, because MLflow sorts parameters as text."
    )


MORE = "There are more, which the table of runs shows."


class Listed(NamedTuple):
    """A run that a note links to.

    Args:
        run: MLflow's id of it.
        name: What the note calls it.
        psnr: Its PSNR in dB.
    """

    run: str
    name: str
    psnr: float


def study_note(
    experiment: str, title: str, points: Mapping[tuple[str, str], Sequence[Listed]]
) -> str:
    """Return the note of a study's run: its signals with their best points, as links.

    Args:
        experiment: MLflow's id of the experiment.
        title: What the study asks.
        points: The points of each signal, by the id of its run and its name.
    """
    lines: list[str] = []
    for most in (5, 3, 1, 0):  # every signal comes before many points of one
        lines = [title, ""]
        for (run, name), listed in points.items():
            lines.append(f"- {_link(experiment, run, name)}")
            lines += [f"    {line}" for line in _best(experiment, listed, most)]
        if sum(len(line) + 1 for line in lines) <= MOST_CHARACTERS:
            break
    return _cut(lines)


def signal_note(experiment: str, points: Sequence[Listed]) -> str:
    """Return the note of a signal's run: its best points, as links."""
    return _cut(["Points, best first:", "", *_best(experiment, points, 30)])


def _best(experiment: str, points: Sequence[Listed], most: int) -> list[str]:
    ordered = sorted(points, key=lambda point: point.psnr, reverse=True)
    lines = [f"- {p.psnr:.1f} dB {_link(experiment, p.run, p.name)}" for p in ordered[:most]]
    if len(ordered) > most > 0:
        lines.append(f"- and {len(ordered) - most:,} more")
    return lines


def _link(experiment: str, run: str, name: str) -> str:
    plain = "".join(character for character in name if character not in "[]<>`*|\\")
    return f"[{plain}]({page_of_run(experiment, run)[1:]})"


def _cut(lines: Sequence[str]) -> str:
    """Return the lines as text, without those that a tag has no room for."""
    kept, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > MOST_CHARACTERS:
            return "\n".join([*kept, "", MORE])
        kept.append(line)
    return "\n".join(kept)
