"""Give a Ray that starts on this machine a token and a folder of its own. It imports no Ray.

Without a token, whoever reaches Ray's ports on this machine may run code as the user. Ray lets
everybody write into its folders.
"""

import atexit
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path


def give_own_token() -> None:
    """Let a Ray that this process will start accept only who knows a token that is drawn here.

    Its files lie in a folder that other users cannot enter. The folder is removed at the end,
    unless RAY_TMPDIR says where it should be. Ray reads the variables at import, and its processes
    inherit them. Other users cannot read them. Nothing is done if Ray is imported already, if there
    is a cluster to join, or if the user has chosen an authentication.
    """
    if "ray" in sys.modules or "RAY_AUTH_MODE" in os.environ or _may_join():
        return
    os.environ["RAY_AUTH_MODE"] = "token"
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    chosen = os.environ.get("RAY_TMPDIR")
    os.environ["RAY_TMPDIR"] = own = tempfile.mkdtemp(prefix="ray-", dir=chosen)
    if not chosen:
        atexit.register(shutil.rmtree, own, ignore_errors=True)  # after Ray's own, which come later


def _may_join() -> bool:
    """Return whether `ray.init()` would look for a cluster, see `ray_private.cluster_address`."""
    address = os.environ.get("RAY_ADDRESS")
    if address:
        return address != "local"
    folder = os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()
    return (Path(folder) / "ray" / "ray_current_cluster").exists()
