"""What is taken from a running study and given back, and what that cost."""

import time
from pathlib import Path
from typing import NamedTuple

import studies.audio_grid
from tests.servers import BUCKET, S3Server

AUDIO_GRID = studies.audio_grid.__file__
CLIP = Path(AUDIO_GRID).parent / "clips" / "perc_bell.flac"
SIZES = ("--scale", "small", "--epochs", "60", "--max-samples", "2048")
NUM_FITS = 29  # SIREN, two rules, 20 cells; two confirming seeds of SIREN, Eqn. 11, best cell


class Outage(NamedTuple):
    """`seconds_to_recover` from when it was given back to the next row; `fits_lost` had to be
    done again."""

    injected: str
    seconds_to_recover: float
    fits_lost: int


def storage_away(s3: S3Server, results: str, seconds: float) -> Outage:
    """S3 does not answer for `seconds` while a study writes to the bucket's `results`."""
    s3.wait_for(f"{results}/fits/", 3)
    s3.stop()
    time.sleep(seconds)
    begin = time.monotonic()
    s3.start()
    stored = len(s3.names(f"{results}/fits/"))
    s3.wait_for(f"{results}/fits/", stored + 1)
    recovered = time.monotonic() - begin
    s3.wait_for(f"{results}/fits/", stored + 6)
    # A worker asks for a checkpoint when it begins a fit.
    begun = [r for r in s3.requests if r.startswith(f"HEAD /{BUCKET}/{results}/_checkpoints/")]
    injected = f"S3 does not answer for {seconds:.0f} s"
    return Outage(injected, recovered, len(begun) - len(set(begun)))
