"""Make the tables of a denoising study: for the terminal, 80 columns wide, and as Parquet."""

import math
from collections.abc import Sequence

from rich.table import Table

from analysis.denoising import perceptual
from analysis.denoising.methods import Choice, DenoisedSignal, Method
from analysis.denoising.scores import IMAGE_SCORES, SOUND_SCORES
from analysis.reporting.page_table import Cell, Column, PageTable
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.tables import add_numbers, number, wide_table
from studies.engine.planning.run import Run


def score_names(denoised: DenoisedSignal) -> tuple[str, ...]:
    """Return the names of the scores of this type of signal."""
    return SOUND_SCORES if len(denoised.signal.shape) == 1 else IMAGE_SCORES


def page_names(denoised: DenoisedSignal) -> tuple[str, ...]:
    """Return the names of the scores that the page has room for: those of the terminal and more."""
    names = score_names(denoised)
    if denoised.methods:
        scores = denoised.methods[0].scores
        names += tuple(name for name in perceptual.NAMES if name in scores)
    return names


def score_text(name: str, value: float) -> str:
    """Return a score as tables show it: dB with one digit, others with three.

    Args:
        name: The score, see `scores`.
        value: Its value.
    """
    return f"{value:.3f}" if name in ("SSIM", "MAE", *perceptual.NAMES) else number(value)


def denoising_table(denoised: DenoisedSignal, caption: str = "") -> Table:
    """Return the table of one signal: what each method reaches when it is chosen blindly.

    Args:
        denoised: What the methods made of a signal.
        caption: The text below the table.
    """
    names = score_names(denoised) if denoised.truth is not None else ()
    noisy = ", ".join(f"{n} {score_text(n, denoised.noisy_scores[n])}" for n in names)
    title = f"{denoised.signal.name}: {f'noisy {noisy}' if noisy else 'no clean signal is known'}"
    table = wide_table(caption, title)
    table.add_column("method", no_wrap=True, ratio=3, overflow="ellipsis")
    table.add_column("setting", no_wrap=True, ratio=2, overflow="ellipsis")
    add_numbers(table, "held\nout")
    with_deviation = bool(names) and denoised.num_seeds > 1
    for name in names:
        add_numbers(table, name)
        if name == "PSNR" and with_deviation:
            add_numbers(table, "±")
    if names:
        add_numbers(table, "oracle\nPSNR", "regret")
    chosen = denoised.chosen
    for method in sorted(denoised.methods, key=_order):
        mark = "*" if method is chosen else ""
        cells = [method.name + mark, method.blind.setting, number(method.held_out)]
        for name in names:
            cells.append(score_text(name, method.scores[name]))
            if name == "PSNR" and with_deviation:
                cells.append(number(method.deviation))
        if method.oracle:
            cells += [number(method.oracle_psnr), number(method.regret)]
        table.add_row(*cells)
    return table


def page_table(denoised: DenoisedSignal) -> PageTable:
    """Return the page's table of one signal, the best method of each kind first."""
    names = page_names(denoised) if denoised.truth is not None else ()
    columns = [Column("method"), Column("setting"), Column("held out (dB)")]
    for name in names:
        columns.append(Column(*_head_and_form(name), is_main=name == "PSNR"))
        if name == "PSNR":
            columns.append(Column("±"))
    if names:
        columns += [Column("oracle: PSNR (dB)"), Column("its setting"), Column("regret (dB)")]
    rows: list[list[Cell]] = []
    if names:
        noisy: list[Cell] = ["noisy", "", None]
        for name in names:
            noisy += [denoised.noisy_scores.get(name), *([None] if name == "PSNR" else [])]
        rows.append([*noisy, None, "", None])
    for method in sorted(denoised.methods, key=_order):
        mark = "*" if method is denoised.chosen else ""
        row: list[Cell] = [method.name + mark, method.blind.setting, method.held_out]
        for name in names:
            row += [method.scores[name], *([method.deviation] if name == "PSNR" else [])]
        if names:
            setting = method.oracle.setting if method.oracle else ""
            row += [method.oracle_psnr, setting, method.regret]
        rows.append(row)
    return PageTable(columns, rows)


def _head_and_form(name: str) -> tuple[str, str]:
    """Return a score's name with its unit, and how it is shown. See `score_text`."""
    if name in ("SSIM", "MAE", *perceptual.NAMES):
        return name, ".3f"
    return f"{name} (dB)", ".1f"


def _order(method: Method) -> tuple[bool, float]:
    """Sort networks and rules before classical methods, and the better ones first."""
    score = method.scores.get("PSNR", method.held_out)
    return method.kind == "classical", -score


CAPTION = (
    "Setting and epoch are chosen by samples that no fit has seen (held out: PSNR in dB against "
    "the noisy samples). The clean signal chose only what is marked oracle. regret: what the blind "
    "choice loses against it. *: the network that the held-out samples choose; its output is "
    "written beside the report. With several seeds, each repeats the whole choice: scores are "
    "means, ± is the deviation of PSNR, and settings and outputs are those of the first."
)


def denoising_parquet(run: Run, signals: Sequence[DenoisedSignal]) -> bytes:
    """Return a Parquet file with a row a signal, method and seed, unrounded.

    `seed` is null for a method that draws nothing.

    Args:
        run: The run.
        signals: What the methods made of each signal.
    """
    rows = []
    for denoised in signals:
        for method in denoised.methods:
            for choice in method.choices:
                rows.append(_row(run, denoised, method, choice))
    return parquet_bytes(rows)


def _row(
    run: Run, denoised: DenoisedSignal, method: Method, choice: Choice
) -> dict[str, str | float | bool | None]:
    oracle = choice.oracle
    row: dict[str, str | float | bool | None] = {
        "study": run.study,
        "scale": run.scale_name,
        "n": denoised.signal.num_samples,
        "width": run.scale.width,
        "depth": run.scale.depth,
        "epochs": run.scale.fit.epochs,
        "signal": denoised.signal.name,
        "sha256": denoised.signal.sha256,
        "method": method.name,
        "kind": method.kind,
        "seed": choice.seed,
        "setting": choice.blind.setting,
        "psnr_held_out": choice.blind.held_out,
        "is_chosen": method is denoised.chosen,
        "oracle_setting": oracle.setting if oracle else None,
        "regret_db": None if math.isnan(choice.regret) else choice.regret,
    }
    for name in ("PSNR", "SSIM", "MAE", "LSD", *perceptual.NAMES):
        key = name.lower()
        row[key] = choice.blind.scores.get(name)
        row[f"{key}_noisy"] = denoised.noisy_scores.get(name)
        row[f"{key}_oracle"] = oracle.scores.get(name) if oracle else None
    return row
