"""Say whether a local MLflow shows a report already, without MLflow, whose import takes seconds."""

import sqlite3
from contextlib import closing
from pathlib import Path

STAMP, TREE, ID = "noisescape.shown", "noisescape.run", "noisescape.id"
"""Tags of MLflow's runs: what of a run was shown last, whose tree it is in, and our own id."""

_STAMPED = """
SELECT runs.experiment_id, tags.value FROM runs JOIN tags ON tags.run_uuid = runs.run_uuid
WHERE runs.lifecycle_stage = 'active' AND runs.status = 'FINISHED'
    AND tags.key = :stamp AND tags.value LIKE :value
"""

_COUNT = """
SELECT COUNT(*) FROM runs
JOIN tags AS tree ON tree.run_uuid = runs.run_uuid AND tree.key = :tree AND tree.value = :run
JOIN tags AS id ON id.run_uuid = runs.run_uuid AND id.key = :id
WHERE runs.lifecycle_stage = 'active' AND runs.status = 'FINISHED'
"""


def stamp_of(shown: str, num_runs: int) -> str:
    """Return the value of the tag of a study's run that shows all it should.

    Args:
        shown: What stands for all that is shown, as a hash.
        num_runs: Number of MLflow's runs in the tree of the study's run.
    """
    return f"{shown} {num_runs}"


def stamped_experiment(uri: str, run: str, shown: str) -> str | None:
    """Return MLflow's id of the experiment that shows a run in full.

    None if it does not, as far as an SQLite file says it. A server has to be asked by MLflow.

    Args:
        uri: MLflow's tracking URI.
        run: The id of the run of the study.
        shown: What `stamp_of` got.
    """
    file = Path(uri.removeprefix("sqlite:///"))
    if not uri.startswith("sqlite:///") or not file.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as database:
            given = {"stamp": STAMP, "value": f"{shown} %", "tree": TREE, "run": run, "id": ID}
            (num_runs,) = database.execute(_COUNT, given).fetchone()
            for experiment, value in database.execute(_STAMPED, given):
                if value == stamp_of(shown, num_runs):
                    return str(experiment)
    except (
        sqlite3.Error
    ):  # it is damaged, locked or of another MLflow, which MLflow itself will say
        pass
    return None
