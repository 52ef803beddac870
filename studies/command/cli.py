"""plan | run | status | report: the four verbs of every study.

Exit codes: 0 all done; 2 the user's input; 3 done, but something was left out; 130 Ctrl-C.
"""

import argparse
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

from rich.console import Console

from inr_models import InputError
from inr_models.shown import shown
from studies.command import verbs
from studies.engine.planning.study import Study
from studies.engine.signals.reading import signal_type


def _one_sentence(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """For what a study file itself has wrong, an axis with reversed bounds say; tracebacks of
    what was not foreseen keep no password.
    """
    if not isinstance(error, InputError):
        for line in "".join(traceback.format_exception(kind, error, trace)).splitlines():
            print(shown(line), file=sys.stderr)
        return
    print(f"error: {error}", file=sys.stderr, flush=True)
    os._exit(2)


sys.excepthook = _one_sentence


MAX_NAMES = 20
"""Of cases, that the help lists."""


class _Parser(argparse.ArgumentParser):
    """Quotes what it refuses as it may be shown."""

    def error(self, message: str) -> NoReturn:
        super().error(shown(message))


def main(study: Study, argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line of `study`, and exit."""
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    console = Console(highlight=False, markup=False, emoji=False)  # names hold brackets and colons
    try:
        arguments = parser(study).parse_args(_with_verb(sys.argv[1:] if argv is None else argv))
        code = arguments.verb(study, arguments, console)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print(
            "Interrupted. What is finished is kept: `report` shows it, the same command goes on.",
            file=sys.stderr,
        )
        code = 130
    sys.stdout.flush()
    sys.exit(code)


def parser(study: Study) -> argparse.ArgumentParser:
    """The command line: what to fit, how much of it, where it runs and where it goes."""
    top = _Parser(prog=f"{study.name}.py", description=study.question)
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    where.add_argument("--max-concurrent", type=int, metavar="N", help="fits side by side")
    where.add_argument(
        "--workers-per-gpu",
        type=int,
        metavar="N",
        help="that share a GPU (default: 1 to 4, by size)",
    )
    settings, picks = (_settings(study, picks=picks) for picks in (False, True))
    tracking = argparse.ArgumentParser(add_help=False)
    tracking.add_argument(
        "--tracking-uri", metavar="URI", help="MLflow (default: SQLite in the results)"
    )
    sub = top.add_subparsers(metavar="plan | run | status | report", required=True)

    def verb(name: str, does: str, *parents: Any) -> argparse.ArgumentParser:
        made = sub.add_parser(name, help=does, description=does, parents=parents)
        made.set_defaults(verb=getattr(verbs, name))
        return made

    verb("plan", "what a run would do and cost, before anything starts", settings, where)
    run = verb("run", "do what is missing, then report (the default)", settings, where, tracking)
    run.add_argument("--yes", action="store_true", help="start even a run of over a day on CPUs")
    verb("status", "what is done of the newest run that fits the flags", picks)
    verb("report", "make the table, the HTML report and MLflow anew", picks, tracking)
    return top


def _settings(study: Study, *, picks: bool) -> argparse.ArgumentParser:
    """What to fit and how much of it; or, where that `picks` a stored run, what it shall have."""

    def default(value: object) -> str:
        return f"(default: {'any' if picks else value})"

    results = argparse.ArgumentParser(add_help=False)
    results.add_argument(
        "--results", default="results", metavar="FOLDER", help="the store (default: %(default)s)"
    )
    results.add_argument(
        "--scale",
        choices=("small", "paper"),
        help=f"sizes {default(study.default_scale)}",
    )
    results.add_argument(
        "--signals",
        nargs="+",
        metavar="PATH",
        help=f"{signal_type(study.media).files} {default(_default_signals(study))}",
    )
    results.add_argument("--seeds", type=int, metavar="N", help="seeds of every point")
    if study.small.cases:
        results.add_argument(
            "--networks",
            nargs="+",
            metavar="NAME",
            help=f"{_some_of(study)} {default('all')}",
        )
        results.add_argument(
            "--tune",
            action="store_true",
            default=None,
            help="also search each network's own settings, on a seed that no score is on",
        )
    else:
        results.add_argument(
            "--rules", nargs="+", metavar="RULE", help="further rules: names, or JSON files"
        )
        results.add_argument(
            "--confirm-seeds", type=int, metavar="N", help="fresh seeds that score what is compared"
        )
        results.add_argument(
            "--width", type=int, metavar="N", help="of hidden layers; the grid keeps its (K, g)"
        )
        results.add_argument("--depth", type=int, metavar="N", help="hidden layers")
        results.add_argument(
            "--zero-output-bias",
            action="store_true",
            default=None,
            help="the output layer's bias begins at 0",
        )
        results.add_argument("--learning-rate", type=float, metavar="RATE", help="Adam's, at first")
    results.add_argument("--epochs", type=int, metavar="N", help="full-batch updates of a fit")
    size = signal_type(study.media).size
    results.add_argument("--max-samples", type=int, metavar="N", help=size)
    results.add_argument("--precision", metavar="NAME", help="float32; on GPUs also tf32")
    if study.search:
        results.add_argument(
            "--trials",
            type=int,
            metavar="N",
            help=f"suggestions for every signal {default(study.search.trials)}",
        )
        results.add_argument(
            "--sampler",
            metavar="NAME",
            help=f"tpe, gp or random {default(study.search.sampler)}",
        )
        results.add_argument(
            "--early-stopping",
            action="store_true",
            default=None,
            help="stop fits that are behind the others of their signal",
        )
    return results


def _default_signals(study: Study) -> str:
    """A study's own signals in words."""
    if study.signals == ("clips",):
        return "six CC0 clips"
    return ", ".join(Path(name).stem for name in study.signals)


def _some_of(study: Study) -> str:
    """Which names `--networks` takes; two stand for many."""
    names = list(dict.fromkeys(c.name for c in study.small.cases + study.paper.cases))
    if len(names) <= MAX_NAMES:
        return f"some of {', '.join(names)}"
    shown = ", ".join(f'"{name}"' for name in (study.small.cases[0].name, names[-1]))
    return f"some of the study's cases, as its tables name them: {shown}; a wrong name lists all"


def _with_verb(argv: Sequence[str]) -> list[str]:
    if argv and (argv[0] in ("plan", "run", "status", "report") or argv[0] in ("-h", "--help")):
        return list(argv)
    return ["run", *argv]
