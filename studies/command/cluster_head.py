"""List what to type at home for a study that `ray submit` started on a cluster's head."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from studies.engine.store.storage import NATIVE
from studies.engine.tracking.views import ALL_STUDIES, LOCAL_PAGES

BOOTSTRAP = "ray_bootstrap_config.yaml"
"""The file that `ray up` leaves in the home folder of a head, and of no other node."""

ON_HEAD = (
    "the results are on the head's own disk and are lost with it: copy them home before "
    "`ray down`, or keep them in a bucket (--results s3://...)."
)


def cluster_file() -> str | None:
    """Return the name of the cluster file that the user has, None where this is no head."""
    try:
        config = yaml.safe_load((Path.home() / BOOTSTRAP).read_text())
        provider = config["provider"]["type"]
    except (OSError, yaml.YAMLError, TypeError, KeyError):
        return None
    return "cluster.onprem.yaml" if provider == "local" else "cluster.yaml"


def commands_at_home(file: str, location: str, uri: str, open_mlflow: str) -> Sequence[str]:
    """Return lines to paste at home, in the checkout: one for the results, one for MLflow.

    Args:
        file: The cluster file.
        location: The results, as `Folder.location`.
        uri: MLflow's tracking URI.
        open_mlflow: The command that opens MLflow on this machine.

    Returns:
        The lines, without one for what home can reach directly.
    """
    lines = []
    if "://" not in location:
        lines.append(
            f"results  {shlex.join(['ray', 'rsync-down', file, f'{location}/', 'results/'])}"
        )
    elif location.split("://")[0] in NATIVE:
        code = f"from pyarrow import fs; fs.copy_files({location!r}, 'results')"
        lines.append(f"results  {shlex.join(['python', '-c', code])}")
    server = urlsplit(uri)
    if not server.scheme.startswith("http"):
        command = shlex.join(["ray", "exec", "-p", "5000", file, open_mlflow])
        lines.append(f"MLflow   {command}  # {LOCAL_PAGES}{ALL_STUDIES}")
    elif server.hostname in ("127.0.0.1", "localhost"):
        port = str(server.port or 80)
        command = shlex.join(["ray", "attach", "-p", port, file])
        lines.append(f"MLflow   {command}  # http://127.0.0.1:{port}{ALL_STUDIES}")
    return lines
