"""Write what `--help` says beside the flags: their defaults, the names they take, examples."""

import textwrap
from pathlib import Path
from typing import Any

from studies.engine.planning.question import Flag
from studies.engine.planning.resolving import flags_of, resolve
from studies.engine.planning.run import Run
from studies.engine.planning.study import Study
from studies.engine.signals.reading import signal_type

WIDTH = 80
"""The columns of the text below the flags, which argparse does not wrap."""

MANY = 3
"""A flag of more names than this lists them below the flags."""

_NOTHING = (None, False, "", 0, [], ())


def empty_runs(study: Study) -> list[Run]:
    """Return the study's runs of no signal at its scales, from which flags read their defaults."""
    return [resolve(study, "small", ()), resolve(study, "paper", ())]


def flag_help(flag: Flag, runs: list[Run], *, picks: bool) -> str:
    """Return the help text of a flag, with its default.

    Args:
        flag: The flag.
        runs: From `empty_runs`.
        picks: Whether the flag picks a stored run, so that its default is any value.
    """
    default = "any" if picks else flag.default or _default(flag, runs)
    text = f"{flag.help} (default: {default})".replace(" (default: )", "")
    return text.replace("%", "%%")  # for argparse


def _default(flag: Flag, runs: list[Run]) -> str:
    """Return a flag's default in words, "" for nothing: one, or that of each scale."""
    values = [flag.read(run) for run in runs]
    small, paper = ("none" if value in _NOTHING else _text(value) for value in values)
    if small == paper:
        return "" if small == "none" else small
    return f"{small}; with --scale paper: {paper}"


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def default_signals(study: Study) -> str:
    """Return a study's own signals in words."""
    if study.signals == ("clips",):
        return "six CC0 clips"
    return ", ".join(Path(name).stem for name in study.signals)


def epilog(study: Study, command: str) -> str:
    """Return what follows the flags: the names that some of them take, and examples.

    Args:
        study: The study.
        command: What the user types to start it.
    """
    flags = {flag.name: flag for flag in flags_of(study)}
    parts = []
    for flag in flags.values():
        if len(flag.names) > MANY:
            names = textwrap.fill(", ".join(_quoted(flag)), WIDTH - 2)
            title = f"names of --{flag.name.replace('_', '-')}:\n"
            parts.append(title + textwrap.indent(names, "  "))
    lines = "\n".join(f"  {command} {example}" for example in _examples(study, flags))
    return "\n\n".join([*parts, f"examples:\n{lines}"])


def _quoted(flag: Flag) -> list[str]:
    """Return the names that a flag takes, as a shell takes them."""
    return [f'"{name}"' if " " in name else name for name in flag.names]


def _examples(study: Study, flags: dict[str, Flag]) -> list[str]:
    """Return arguments of commands that a user may want first."""
    files = f"--signals 'my_{study.media}s/*{signal_type(study.media).suffixes[0]}'"
    examples = [f"plan {files}", f"run {files}", "run --scale paper --device cuda"]
    if "trials" in flags:
        examples.append("run --trials 20")
    if "networks" in flags:
        examples.append(f"run --networks {' '.join(_quoted(flags['networks'])[:2])}")
    if "rules" in flags:
        examples.append("run --rules my_rule.json")
    return [*examples, "status", "report --results my_results"]
