"""Fit the prior over landscapes to a results folder.

    python -m analysis.prior analysis/data
    python -m analysis.prior results --to my_prior.json

It writes the file that `search_spaces.prior` reads. The landscapes of all sizes of signals and
networks count, so that further results improve it. Results that confirm findings must stay out.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from threadpoolctl import threadpool_limits

from analysis.prior.fitting import fit_prior
from analysis.prior.landscapes import all_landscapes
from analysis.reporting.commands import run, surfaces_parser
from analysis.reporting.output_paths import file_to_write
from search_spaces.prior.landscape_prior import FILE, prior_json


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = surfaces_parser("analysis.prior", __doc__)
    options.add_argument("--to", metavar="FILE", default=str(FILE), help="the prior, JSON")
    return run(_write, options, argv)


def _write(arguments: argparse.Namespace) -> None:
    to = file_to_write("--to", arguments.to)
    landscapes = all_landscapes(arguments.results, arguments.recordings)
    num_signals = len({one.name for one in landscapes})
    sizes = {(one.target.width, one.target.depth, one.target.shape) for one in landscapes}
    origin = (
        f"{len(landscapes)} landscapes of {num_signals} signals from "
        f"{len({one.recording for one in landscapes})} recordings in {len(sizes)} sizes, in "
        f"{Path(arguments.results).name}"
    )
    # Further BLAS threads only wait for each other, and round differently.
    with threadpool_limits(1, "blas"):
        prior = fit_prior(landscapes, origin)
    to.write_text(prior_json(prior), encoding="utf-8")
    Console(highlight=False, markup=False, soft_wrap=True).print(f"{origin}\nprior {arguments.to}")


if __name__ == "__main__":
    raise SystemExit(main())
