"""Import what a report needs while fits run, so that it is there when they end."""

import importlib
import threading
from functools import cache

LIBRARIES = (
    "jinja2",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
)
"""The libraries that take longest to import, and that nothing else imports in a run.

Two threads that import the same package may see it half loaded.
"""


@cache
def import_for_report() -> None:
    """Begin to import the libraries in a thread. A second call does nothing."""
    threading.Thread(target=_import, name="imports", daemon=True).start()


def _import() -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
