"""One fit of some seconds on Ray, for `test_resume`: python long_fit.py RESULTS [RETRY_SECONDS]"""

import sys

import numpy as np

from inr_models import FitConfig, Siren2Config
from studies.engine.cluster.tune_run import run_schedule
from studies.engine.cluster.workers import connect
from studies.engine.planning.points import PlannedFit, Point, Step
from studies.engine.planning.trial import Trial
from studies.engine.running.schedule import Schedule
from studies.engine.signals.signal import Signal, sha256_of
from studies.engine.store.rows import signal_row
from studies.engine.store.storage import RETRY_SECONDS
from studies.engine.store.store import Store

EPOCHS = 3_000

if __name__ == "__main__":
    values = np.random.default_rng(0).uniform(-1, 1, (1024, 1)).astype(np.float32)
    signal = Signal(
        name="noise",
        sha256=sha256_of(values, (1024,)),
        source="",
        shape=(1024,),
        channels=1,
        sample_rate=1.0,
        file_samples=1024,
        crop="head",
        crop_start=0,
        peak=1.0,
        psnr_zero=4.8,
        descriptors={"psi": 0.5},
        values=values,
    )
    point = Point(name="point", kind="grid", network=Siren2Config(width=32, s0=100.0, s1=1.0))
    trial = Trial(signal=signal.sha256, network=point.network, fit=FitConfig(epochs=EPOCHS), seed=0)
    Store(sys.argv[1]).add_signals([signal_row(signal)])
    fit = PlannedFit(signal=signal, point=point, trial=trial, stage=0)
    run_schedule(
        "test",
        Schedule([(iter([Step([fit])]), {})], lambda _: 10.0, num_workers=1),
        [signal],
        connect("cpu", 1),
        sys.argv[1],
        on_row=print,
        on_idle=print,
        checkpoint_seconds=0.1,
        retry_seconds=float(sys.argv[2]) if len(sys.argv) > 2 else RETRY_SECONDS,
    )
