"""Make the terminal's table of a grid, at most 80 columns wide."""

import math
from collections.abc import Sequence

from rich.table import Table

from analysis.grid.summary import Summary
from analysis.reporting.tables import number, short, wide_table
from studies.engine.planning.run import Run


def summary_table(run: Run, summaries: Sequence[Summary], scoring_seeds: Sequence[int]) -> Table:
    """Return the table of what each signal's best cell gains over Eqn. 11, in dB.

    Args:
        run: The run.
        summaries: Each signal's best cell.
        scoring_seeds: The seeds that score the optimum.
    """
    rule = run.scale.rules[0]
    table = wide_table(
        f"Peak PSNR in dB. SIREN, Eqn. 11 ({rule}) and the best cell are means over "
        f"{run.confirming_text(scoring_seeds)}, which the grid that chose the cell did not use. "
        "dead: fits less than 1 dB above the best constant, div: diverged fits, *: on the grid's "
        "rim.",
        named=run.noun,
        numbers=(
            "psi",
            "zero\noutput",
            "SIREN",
            "Eqn. 11",
            "best\ncell",
            "at s0, s1",
            "gain",
            "dead\n/div",
        ),
    )
    for s in summaries:
        best = s.best
        scales = best.point.scales if best else None
        rim = "*" if s.map.best_at_edge else ""
        at = f"{short(scales.s0)}, {short(scales.s1)}{rim}" if scales else "-"
        table.add_row(
            s.signal.name,
            f"{s.signal.descriptors['psi']:.3f}",
            f"{s.signal.psnr_zero:.1f}",
            number(s.siren.mean),
            number(s.rule.mean),
            number(best.mean if best else math.nan),
            at,
            number(s.difference, "+.1f"),
            f"{s.statuses['dead']}/{s.statuses['diverged']}",
        )
    return table
