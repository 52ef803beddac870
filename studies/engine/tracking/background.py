"""Sync the view in MLflow while a study runs, in a thread that never holds the study up."""

import threading
import time

from studies.engine.tracking.mlflow_tree import import_mlflow
from studies.engine.tracking.tracker import Tracker

LONGEST_PAUSE = 600.0
"""Longest time in seconds between two attempts to reach an MLflow that is away."""


class BackgroundTracking:
    """Syncs in a thread while a study runs, less often where a sync is slow or MLflow is away."""

    def __init__(self, tracker: Tracker, every_seconds: float = 20.0) -> None:
        self.tracker, self.every = tracker, every_seconds
        self.stop = threading.Event()
        # Not in the thread: two threads that import the same packages may see them half loaded.
        import_mlflow()
        self.thread = threading.Thread(target=self._loop, name="mlflow", daemon=True)
        self.thread.start()

    def finish(self) -> None:
        """Wait for the current sync, and start no other."""
        self.stop.set()
        self.thread.join()

    def _loop(self) -> None:
        pause, failures = self.every, 0
        while not self.stop.wait(pause):
            begin = time.monotonic()
            if self.tracker.sync() is None:
                pause, failures = max(self.every, 5 * (time.monotonic() - begin)), 0
            else:
                pause = min(self.every * 2**failures, LONGEST_PAUSE)
                failures += 1
