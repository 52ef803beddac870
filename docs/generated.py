"""Write the parts of the site that follow from the code: flags, columns, rules, networks.

Each directive stands for Markdown that a function here returns:

    ```{generated} columns fits
    ```
"""

import contextlib
import importlib
import io
import os
import re
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.regret.parquet import SCHEMA as REGRETS
from inr_models import MODELS
from noisescape.console import RECOMMEND
from noisescape.console import main as console_main
from search_spaces.rules import RULES
from studies.command.cli import parser
from studies.engine.planning.study import Study
from studies.engine.store.schema import TABLES

ROOT = Path(__file__).parents[1]
DOCTOR = "studies.engine.doctor"
VERBS = ("plan", "run", "status", "report")


def table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def columns(name: str) -> str:
    """Return the columns of a table of the store."""
    rows = [
        (f"`{column.name}`", str(column.type), column.unit, column.meaning)
        for column in TABLES[name]
    ]
    return table(("column", "type", "unit", "meaning"), rows)


def regrets() -> str:
    """Return the columns of `regret.parquet`."""
    rows = [(f"`{field.name}`", str(field.type), _meaning(field)) for field in REGRETS]
    return table(("column", "type", "meaning"), rows)


def _meaning(field: pa.Field) -> str:
    return (field.metadata or {}).get(b"meaning", b"").decode()


def rules() -> str:
    """Return every rule with its kind and its formula."""
    rows = [(f"`{name}`", rule.kind, f"`{rule.formula}`") for name, rule in RULES.items()]
    return table(("rule", "kind", "formula"), rows)


def networks() -> str:
    """Return every network with the first line of its documentation."""
    rows = [
        (f"`{name}`", f"`{kind.__name__}`", (kind.__doc__ or "").splitlines()[0])
        for name, kind in MODELS.items()
    ]
    return table(("name", "config", "what it is"), rows)


def studies() -> str:
    """Return every study with its question."""
    rows = [(f"`{study.name}`", study.title) for study in all_studies()]
    return table(("study", "question"), rows)


def flags() -> str:
    """Return the flags that all studies share, then those of each study alone."""
    of_study = {study.name: flags_of(parser(study)) for study in all_studies()}
    shared = [
        flag for flag in next(iter(of_study.values())) if all(flag in f for f in of_study.values())
    ]
    parts = ["### Flags of every study", _flag_table(shared)]
    for name, own in of_study.items():
        rest = [flag for flag in own if flag not in shared]
        parts += [f"### studies/{name}.py", _flag_table(rest)]
    return "\n\n".join(parts)


def flags_of(top: ArgumentParser) -> list[tuple[str, str, str]]:
    """Return the flag with its values, its meaning and the verbs that take it, for every flag."""
    (verbs,) = (action for action in top._actions if action.choices and not action.option_strings)
    meanings: dict[str, str] = {}
    takers: dict[str, list[str]] = {}
    for verb, sub in dict(verbs.choices or {}).items():
        for action in sub._actions:
            if action.option_strings and "--help" not in action.option_strings:
                words = sub._get_formatter()._format_action_invocation(action)
                meanings.setdefault(words, (action.help or "") % {**vars(action), "prog": sub.prog})
                takers.setdefault(words, []).append(verb)
    return [
        (words, meaning, "all" if len(takers[words]) == len(VERBS) else ", ".join(takers[words]))
        for words, meaning in meanings.items()
    ]


def _flag_table(flags: list[tuple[str, str, str]]) -> str:
    rows = [(f"`{words}`", meaning, verbs) for words, meaning, verbs in flags]
    return table(("flag", "meaning", "commands"), rows)


def all_studies() -> list[Study]:
    """Return the study of every file in `studies`, by name."""
    found = []
    for path in sorted((ROOT / "studies").glob("*.py")):
        study = getattr(importlib.import_module(f"studies.{path.stem}"), "STUDY", None)
        if isinstance(study, Study):
            found.append(study)
    return found


def console() -> str:
    """Return the help of the command `noisescape`, and of what it does without a study."""
    parts = []
    for words in ([], [RECOMMEND]):
        name = " ".join(["noisescape", *words])
        parts += [f"### {name}", f"```text\n{printed_by(console_main, [*words, '--help'])}\n```"]
    return "\n\n".join(parts)


def commands() -> str:
    """Return the help of every command `python -m analysis...`, and of the doctor."""
    names = [f"analysis.{path.stem}" for path in (ROOT / "analysis").glob("*.py")]
    names += [f"analysis.{path.parent.name}" for path in (ROOT / "analysis").glob("*/__main__.py")]
    parts = []
    for name in [*sorted(names), DOCTOR]:
        if not name.endswith("__init__"):
            parts += [f"### python -m {name}", f"```text\n{help_of(name)}\n```"]
    return "\n\n".join(parts)


def help_of(name: str) -> str:
    """Return what `python -m NAME --help` prints."""
    module = importlib.import_module(f"{name}.command" if name == DOCTOR else name)
    main = getattr(module, "main", None) or importlib.import_module(f"{name}.__main__").main
    return printed_by(main, ["--help"])


def printed_by(main: Callable[[list[str]], Any], words: list[str]) -> str:
    """Return what a command prints before it exits."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        main(words)
    return printed.getvalue().rstrip()


PARTS: dict[str, Callable[..., str]] = {
    part.__name__: part
    for part in (columns, commands, console, flags, networks, regrets, rules, studies)
}


class Generated(SphinxDirective):
    """Stands for the Markdown of one of `PARTS`, which its argument names."""

    required_arguments = 1
    optional_arguments = 9

    def run(self) -> list[nodes.Node]:
        name, *rest = self.arguments
        return self.parse_text_to_nodes(PARTS[name](*rest), allow_section_headings=True)


OUTSIDE_CODE = re.compile(r"[*|](?=[^`]*(?:`[^`]*`[^`]*)*$)")
"""Characters that mean something to docutils, where an even number of backticks follows."""


def as_markdown(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]
) -> None:
    """Let a docstring mean what it would mean in Markdown.

    An indented block is shown as it is, and `*` and `|` are characters.
    """
    text = re.sub(r"(?m)^(\S.*)\n\n(?=    )", r"\1\n\n::\n\n", "\n".join(lines))
    lines.clear()
    for line in text.split("\n"):
        if not line.startswith("    "):
            line = OUTSIDE_CODE.sub(r"\\\g<0>", line)
        lines.append(line)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    os.environ["COLUMNS"] = "90"  # the width of the commands' help
    app.add_directive("generated", Generated)
    app.connect("autodoc-process-docstring", as_markdown, priority=100)
    return {"parallel_read_safe": True}
