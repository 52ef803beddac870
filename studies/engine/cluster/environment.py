"""Set the environment variables with which Ray and Tune do what a study needs, and no more.

Ray and Tune read these when they start and not at import, so whoever starts them calls these
functions first. What the user has set stays.
"""

import os


def quiet_ray() -> None:
    """Keep Ray from reporting usage statistics. Call it before `ray.init()`."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")


def quiet_tune() -> None:
    """Keep Tune from printing, logging and saving. Call it before `Tuner.fit()`.

    A run resumes from its store, so Tune's own logs and checkpoints would only cost time.
    """
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")
    os.environ.setdefault("TUNE_GLOBAL_CHECKPOINT_S", "3600")


def limit_pending_trials(count: int) -> None:
    """Let at most `count` Tune trials wait for resources. Call it before `Tuner.fit()`."""
    os.environ.setdefault("TUNE_MAX_PENDING_TRIALS_PG", str(count))
