"""A study's fits one after the other in this process, without Ray: what a cluster must come to.

python -m tests.cluster.without_ray run --scale small ...   # as studies/audio_grid.py
"""

import sys

from rich.console import Console

from studies.audio_grid import STUDY
from studies.command.asked import asked_run
from studies.command.cli import main, parser
from studies.engine.cluster.workers import Workers, take_device
from studies.engine.planning.run import run_json
from studies.engine.running.batch import run_batch
from studies.engine.running.job import Job
from studies.engine.store.rows import brief, signal_row
from studies.engine.store.store import Store

if __name__ == "__main__":
    arguments = parser(STUDY).parse_args(sys.argv[1:])
    store = Store(arguments.results)
    run, (signals, _) = asked_run(STUDY, arguments, store, Console())
    store.add_signals(map(signal_row, signals))
    store.write_bytes(f"{run.folder}/study.json", run_json(run))
    device = take_device(Workers(device="cpu", count=1, limit=1))
    job = Job(run, signals, store)
    job.measure(lambda *_: (1.0, 1))
    schedule = job.schedule(num_workers=1)
    while batch := schedule.next():
        trials = [fit.trial for fit in batch.fits]
        rungs = [fit.rungs for fit in batch.fits]
        for outcome in run_batch(STUDY.name, batch.fits[0].signal, trials, device, rungs):
            store.append([outcome.row], outcome.curve)
            schedule.record(brief(outcome.row))
    main(STUDY, ["report", "--results", arguments.results])
