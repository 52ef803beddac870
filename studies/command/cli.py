"""The command line of every study: plan | run | status | report.

The exit code is 0 if all is done, 2 for a mistake in the user's input, 3 if something was left
out, and 130 after Ctrl-C.
"""

import argparse
import logging
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, NoReturn

from argcomplete.completers import ChoicesCompleter
from rich.console import Console

from inr_models import InputError
from inr_models.collector import collect_less
from inr_models.shown import print_anything, shown
from studies.command import verbs
from studies.command.helping import default_signals, empty_runs, epilog, flag_help
from studies.engine.planning.resolving import flags_of
from studies.engine.planning.scale import DEFAULT_SCALE
from studies.engine.planning.study import Study
from studies.engine.signals.reading import signal_type


def _one_sentence(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an InputError as one sentence, and other tracebacks without passwords.

    This is installed at import and not in `main()`: a study file builds its `Study` before it
    calls `main()`, and that may fail, for instance on an axis with reversed bounds.
    """
    if not isinstance(error, InputError):
        for line in "".join(traceback.format_exception(kind, error, trace)).splitlines():
            print(shown(line), file=sys.stderr)
        return
    print(f"error: {error}", file=sys.stderr, flush=True)
    os._exit(2)


sys.excepthook = _one_sentence


VERBS = ("plan", "run", "status", "report")


class OneList(argparse.Action):
    """Stores the values of a flag, and refuses the flag again. Its values would replace others."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest, None) is not None:
            parser.error(f"{option_string} is given twice; write all values behind one")
        setattr(namespace, self.dest, values)


class Parser(argparse.ArgumentParser):
    """Refuses an argument in one line, and quotes it without control characters and passwords."""

    def error(self, message: str) -> NoReturn:
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message and not unknown.startswith("-"):
            message += f" ({' | '.join(VERBS)} come first, and files follow --signals)"
        self.exit(2, f"error: {shown(message)}. See {self.prog} --help.\n")


TERMINATED = threading.Event()
"""Set once the process was asked to end, as by Slurm, `docker stop` or `timeout`."""


def _end(number: int, frame: object) -> NoReturn:
    # Tune catches the exception, and raises none of its own.
    TERMINATED.set()
    raise KeyboardInterrupt


def main(study: Study, argv: Sequence[str] | None = None, command: str | None = None) -> NoReturn:
    """Run the command line of a study, and exit.

    Args:
        study: The study.
        argv: The arguments. The default is those of the process.
        command: What the user typed to start the study. The default is the name of its file.
    """
    collect_less()
    print_anything()
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    console = Console(highlight=False, markup=False, emoji=False)  # names hold brackets and colons
    signal.signal(signal.SIGTERM, _end)
    try:
        given = _with_verb(sys.argv[1:] if argv is None else argv)
        arguments = parser(study, command).parse_args(given)
        code = arguments.verb(study, arguments, console)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print(
            "Interrupted. Finished fits are stored: `report` shows them, `run` continues.",
            file=sys.stderr,
        )
        code = 143 if TERMINATED.is_set() else 130
    sys.stdout.flush()
    sys.exit(code)


def parser(study: Study, command: str | None = None) -> argparse.ArgumentParser:
    """Return the command line of a study, which `command` starts (default: its file)."""
    top = Parser(prog=command or f"{study.name}.py", description=study.title)
    add_verbs(top, study)
    return top


def add_verbs(top: argparse.ArgumentParser, study: Study) -> None:
    """Add a study's verbs to its parser: what to fit, how much of it, where it runs and goes."""
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument(
        "--device",
        choices=("auto", "cpu", "cuda"),
        default="auto",
        help="where fits run (default: a GPU if there is one)",
    )
    where.add_argument(
        "--max-concurrent",
        type=int,
        metavar="N",
        help="maximum number of concurrent fits (default: as many as there is room for)",
    )
    where.add_argument(
        "--workers-per-gpu",
        type=int,
        metavar="N",
        help="workers that share a GPU (default: 1 to 4, by size)",
    )
    settings, picks = (_settings(study, picks=picks) for picks in (False, True))
    tracking = argparse.ArgumentParser(add_help=False)
    tracking.add_argument(
        "--tracking-uri", metavar="URI", help="MLflow (default: SQLite in the results)"
    )
    top.epilog, top.formatter_class = epilog(study, top.prog), argparse.RawDescriptionHelpFormatter
    sub = top.add_subparsers(metavar=" | ".join(VERBS), required=True)

    def verb(does: Callable[..., int], help: str, *parents: Any) -> argparse.ArgumentParser:
        added = sub.add_parser(
            does.__name__,
            help=help,
            description=help,
            parents=parents,
            epilog=top.epilog,
            formatter_class=top.formatter_class,
        )
        added.set_defaults(verb=does)
        return added

    verb(verbs.plan, "show what a run would do and cost, and start nothing", settings, where)
    run = verb(
        verbs.run, "do what is missing, then report (the default)", settings, where, tracking
    )
    run.add_argument("--yes", action="store_true", help="start even a run of over a day on CPUs")
    verb(verbs.status, "show what is done of the newest run that matches the flags", picks)
    verb(verbs.report, "write the table, the HTML report and MLflow again", picks, tracking)


def _settings(study: Study, *, picks: bool) -> argparse.ArgumentParser:
    """Return the flags that say what to fit and how much of it.

    Args:
        picks: Whether the flags pick a stored run instead, so that their default is any value.
    """

    def default(value: object) -> str:
        return f"(default: {'any' if picks else value})"

    results = argparse.ArgumentParser(add_help=False)
    results.add_argument(
        "--results", default="results", metavar="FOLDER", help="the store (default: %(default)s)"
    )
    results.add_argument(
        "--scale",
        choices=("small", "paper"),
        help="sizes of signals, networks and training: small takes minutes on two cores, paper "
        f"has the paper's and takes GPUs {default(DEFAULT_SCALE)}",
    )
    results.add_argument(
        "--signals",
        nargs="+",
        action=OneList,
        metavar="PATH",
        help=f"{signal_type(study.media).files} {default(default_signals(study))}",
    )
    runs = empty_runs(study)
    for flag in flags_of(study):
        action = results.add_argument(
            f"--{flag.name.replace('_', '-')}",
            default=None,
            help=flag_help(flag, runs, picks=picks),
            **({"action": OneList} if "nargs" in flag.options else {}),
            **flag.options,
        )
        if flag.names:
            _complete(action, flag.names)
    return results


def _complete(action: Any, names: Sequence[str]) -> None:
    """Let a shell complete the names of a flag. argcomplete looks for this attribute."""
    action.completer = ChoicesCompleter(dict.fromkeys(names, ""))


def _with_verb(argv: Sequence[str]) -> list[str]:
    if argv and (argv[0] in VERBS or argv[0] in ("-h", "--help")):
        return list(argv)
    return ["run", *argv]
