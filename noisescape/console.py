"""The command `noisescape`: every study by its name, and what the rules recommend for a signal.

    noisescape --help
    noisescape recommend my_clip.wav
    noisescape audio-grid plan --signals my_clips/*.wav
    eval "$(register-python-argcomplete noisescape)"      # bash completes studies, flags and names

The files in `studies` do the same, and `ray submit` wants files.
"""

import argparse
import ast
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import argcomplete

from inr_models import InputError
from inr_models.shown import shown
from search_spaces.rules import RULES
from studies.command.cli import Parser, add_verbs
from studies.command.cli import main as run_study
from studies.engine.planning.study import Study

FOLDER = Path(__file__).parents[1] / "studies"

RECOMMEND = "recommend"


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run a study by its name, or print recommendations, and exit.

    Args:
        argv: The arguments. The default is those of the process.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    names = study_names()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what could come next
        argcomplete.autocomplete(parser(os.environ["COMP_LINE"].split()[1:]))
    # A file's name is as good, because messages and results have it.
    if given and (name := given[0].replace("_", "-")) in names:
        run_study(study(name), given[1:], f"noisescape {name}")
    arguments = parser(given).parse_args(given)
    sys.exit(print_recommendations(arguments))


def print_recommendations(arguments: argparse.Namespace) -> int:
    """Print what the rules recommend for files, and return the exit code."""
    from noisescape.recommendation import recommend  # needs scipy, and reads the prior

    code = 0
    for file in arguments.files:
        try:
            recommended = recommend(
                file, width=arguments.width, depth=arguments.depth, rules=arguments.rules
            )
        except InputError as error:
            print(f"error: {shown(str(error))}", file=sys.stderr)
            code = 2
            continue
        print(recommended, end="\n\n" if file != arguments.files[-1] else "\n")
    return code


def study_names() -> dict[str, str]:
    """Return what each study asks, by its name with dashes. No study is imported.

    Example:
        >>> study_names()["audio-grid"]
        'Map where in (s0, s1) a sound fits best, and how close Eqn. 11 comes.'
    """
    files = sorted(FOLDER.glob("[a-z]*.py"))
    docstrings = {file: ast.get_docstring(ast.parse(file.read_text("utf-8"))) for file in files}
    return {
        file.stem.replace("_", "-"): (docstring or "").partition("\n")[0]
        for file, docstring in docstrings.items()
    }


def study(name: str) -> Study:
    """Return the study of a name with dashes."""
    return importlib.import_module(f"studies.{name.replace('-', '_')}").STUDY


def parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the command line. The study that `words` begin with has its verbs, others have none.

    Args:
        words: What the user typed so far, after `noisescape`.
    """
    top = Parser(
        prog="noisescape",
        description="Map how well a coordinate network fits a signal, as a function of its "
        "initialization. Each study asks one question.",
        epilog="`noisescape STUDY --help` shows the commands of a study, with examples. "
        "`noisescape STUDY run --help` shows its flags.",
    )
    sub = top.add_subparsers(metavar="STUDY", required=True, title="studies")
    _add_recommend(sub)
    for name, asks in study_names().items():
        added = sub.add_parser(name, help=asks)
        if words[:1] == [name]:
            add_verbs(added, study(name))
    return top


def _add_recommend(sub: Any) -> None:
    asks = "Print the noise scales that rules recommend for a signal, and what they may lose."
    options = sub.add_parser(RECOMMEND, help=asks, description=f"{asks} Nothing is fitted.")
    options.add_argument("files", nargs="+", metavar="FILE", help="sounds or images")
    options.add_argument(
        "--width",
        type=int,
        help="units of a hidden layer (default: about as many parameters as values)",
    )
    options.add_argument(
        "--depth", type=int, default=4, help="hidden layers (default: %(default)s)"
    )
    options.add_argument(
        "--rules",
        nargs="+",
        metavar="RULE",
        help=f"JSON files, or names: {', '.join(RULES)} (default: the recommended rule and rivals)",
    )
