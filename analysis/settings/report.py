"""Report maps in several settings: the best cell of each, and how far below it the rules lie."""

import datetime
import math
from collections.abc import Sequence
from typing import NamedTuple

from rich.table import Table

from analysis.grid.maps import heatmap
from analysis.grid.page_tables import cells
from analysis.reporting.drawing import Drawing, image
from analysis.reporting.marks import marks
from analysis.reporting.page_table import Cell, Column, PageTable
from analysis.reporting.report import file_name, paper_files, render, svg_texts
from analysis.reporting.tables import number, wide_table
from analysis.surfaces.surfaces import share_and_gain
from search_spaces.rules import RECOMMENDED
from studies.engine.outcomes.landscape import Landscape, landscape
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState


class MappedSetting(NamedTuple):
    """A signal in one setting.

    Args:
        name: The setting in words.
        ratio: Values for each parameter, n/p, as the run asks for it.
        state: The signal with its fits, in a run of a grid at the setting's width and depth.
    """

    name: str
    ratio: float
    state: SignalState


class _Summary(NamedTuple):
    """Hold K as a share of Nyquist and g of a map's best cell, and points' PSNR in dB."""

    setting: MappedSetting
    map: Landscape
    best: float
    share: float
    gain: float
    points: dict[str, float]

    @property
    def size(self) -> str:
        """The network's layers and width."""
        scale = self.setting.state.run.scale
        return f"{scale.depth} x {scale.width}"

    @property
    def dead(self) -> int:
        """How many fits of the map are dead."""
        return int((self.map.status == "dead").sum())


def settings_report(
    results: Results, mapped: Sequence[MappedSetting], now: datetime.datetime
) -> Report:
    """Return the report of maps in several settings.

    Args:
        results: All that is stored of the run.
        mapped: The settings of one signal after the other.
        now: The time that the page shows.
    """
    summaries = [_summarize(setting) for setting in mapped]
    rules = _shown_rules(results)
    figures: dict[str, Drawing] = {}
    tables = {"settings": _page_table(summaries, rules, results.run.noun)}
    sections: dict[str, list[tuple[str, str]]] = {}
    for summary in summaries:
        name, state = summary.setting.name, summary.setting.state
        images = sections.setdefault(state.signal.sha256, [])
        if summary.map.best is None:
            continue
        file = f"{file_name(state.signal.name, state.signal.sha256)}-{file_name(name, '')[:-1]}"
        figures[file] = heatmap(summary.map, marks(state))
        tables[file] = cells(summary.map)
        images.append((name, image(figures[file], f"{name}: peak PSNR of {state.signal.name}")))
    html = render(
        "setting_maps.html.j2",
        results,
        now,
        table=tables["settings"],
        clips=[
            {"signal": state.signal, "maps": sections[state.signal.sha256]}
            for state in results.states
        ],
    )
    return Report(
        tables=[_terminal_table(summaries, rules, results)],
        html=html,
        numbers=_numbers(summaries),
        figures=svg_texts(figures),
        files=paper_files(figures, tables),
    )


def _summarize(setting: MappedSetting) -> _Summary:
    state, relief = setting.state, landscape(setting.state)
    best, share, gain = math.nan, math.nan, math.nan
    if relief.best and relief.best.scales:
        best = relief.cell_means[relief.best]
        target = state.run.scale.target(state.signal)
        share, gain = share_and_gain(target, relief.best.scales)
    seeds = state.run.scale.map_seeds
    points = {p.name: state.mean(p, seeds) for p in state.points if p.kind != "grid"}
    return _Summary(setting, relief, best, share, gain, points)


def _shown_rules(results: Results) -> list[str]:
    """Return the rules of the terminal's table: the run's first, and the recommended one."""
    names = list(results.run.rules)
    return list(dict.fromkeys([names[0], RECOMMENDED if RECOMMENDED in names else names[-1]]))


def _numbers(summaries: Sequence[_Summary]) -> dict[str, dict[str, float]]:
    """Return each signal's best PSNR in dB in every setting, by the signal's sha256."""
    numbers: dict[str, dict[str, float]] = {}
    for summary in summaries:
        depth = summary.setting.state.run.scale.depth
        name = f"psnr_best_ratio_{summary.setting.ratio:g}_depth_{depth}"
        numbers.setdefault(summary.setting.state.signal.sha256, {})[name] = summary.best
    return numbers


def _terminal_table(summaries: Sequence[_Summary], rules: Sequence[str], results: Results) -> Table:
    heads = [rule.replace("_", "_\n") for rule in rules]
    table = wide_table(
        "Peak PSNR in dB. All points have the map's seeds, so part of the best cell's lead is "
        "luck. K as a share of Nyquist and g are those of the best cell. n/p: values for each "
        f"parameter. Then: python -m analysis.settings {results.store.results}",
        named=results.run.noun,
        numbers=("n/p", "size", *heads, "best\ncell", "K", "g"),
    )
    for s in summaries:
        shown = [*(s.points[rule] for rule in rules), s.best]
        table.add_row(
            s.setting.state.signal.name,
            f"{s.setting.ratio:g}",
            s.size,
            *map(number, shown),
            number(s.share, ".3f"),
            number(s.gain),
        )
    return table


def _page_table(summaries: Sequence[_Summary], rules: Sequence[str], noun: str) -> PageTable:
    names = list(dict.fromkeys(name for s in summaries for name in s.points))
    columns = [
        Column(noun),
        Column("n/p", ".3g"),
        Column("layers x width"),
        Column("best cell (dB)", is_main=True),
        *(Column(f"{name} (dB)") for name in names),
        Column("K / Nyquist", ".3f"),
        Column("g", ".2f"),
        Column("remark"),
    ]
    rows: list[list[Cell]] = []
    for s in summaries:
        target = s.setting.state.run.scale.target(s.setting.state.signal)
        remarks = [f"{s.dead} fits dead"] if s.dead else []
        if s.map.best_at_edge:
            remarks.append("best cell on the rim")
        of_points = [s.points[name] for name in names]
        start = [s.setting.state.signal.name, target.values_per_parameter, s.size, s.best]
        rows.append([*start, *of_points, s.share, s.gain, ", ".join(remarks)])
    return PageTable(columns, rows, num_grouped=1)
