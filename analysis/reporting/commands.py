"""Parse the arguments of the commands `python -m analysis.*`, and refuse bad input."""

import argparse
import sys
from collections.abc import Callable, Sequence

from inr_models import InputError
from inr_models.shown import print_anything


def parser(module: str, description: str | None, results: str = "") -> argparse.ArgumentParser:
    """Return the parser of `python -m MODULE`.

    Args:
        module: the name that users type.
        description: the help text, with its line breaks.
        results: the help of the positional argument `results`; "" leaves the argument out.

    Example:
        >>> parser("analysis.example", "Do a thing.", "a folder").parse_args(["out"]).results
        'out'
    """
    options = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if results:
        options.add_argument("results", help=results)
    return options


def surfaces_parser(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return the parser of a command that reads landscapes from a results folder.

    Args:
        module: The name that users type.
        description: The help text, with its line breaks.
    """
    options = parser(
        module, description, "a results folder with landscapes (studies/rule_check.py)"
    )
    add_recordings(options)
    return options


def add_recordings(options: argparse.ArgumentParser) -> None:
    """Add the option `--recordings`, for `analysis.statistics.recordings.read_recordings`."""
    options.add_argument(
        "--recordings",
        metavar="CSV",
        help="columns signal, recording: which signals were cut from one recording",
    )


def run(
    command: Callable[[argparse.Namespace], int | None],
    arguments: argparse.ArgumentParser,
    argv: Sequence[str] | None,
) -> int:
    """Run a command and return its exit code: 2 after one sentence if the input is at fault.

    Args:
        command: takes the parsed arguments and returns an exit code or None, which stands for 0.
        arguments: the parser.
        argv: the arguments, those of the process if None.
    """
    print_anything()
    parsed = arguments.parse_args(argv)
    try:
        return command(parsed) or 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
