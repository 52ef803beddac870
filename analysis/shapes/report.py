"""Report a study of shapes: the standings of the networks, their meshes and how far they err."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from analysis.comparison.report import comparison_report
from analysis.comparison.standings import Comparison
from analysis.reporting.drawing import Drawing, image
from analysis.reporting.page_table import Cell, Column, PageTable
from analysis.reporting.parquet import parquet_bytes
from analysis.reporting.report import file_name, paper_files, svg_texts
from analysis.reporting.tables import add_numbers, wide_table
from analysis.shapes import plots
from analysis.shapes.fitted import FittedShape, fitted_shapes
from studies.engine.outcomes.report import Report
from studies.engine.outcomes.results import Results
from studies.engine.outcomes.signal_state import SignalState
from studies.engine.planning.points import Point
from studies.engine.signals.shapes import HALF_SIDE
from studies.engine.store.store import cloud_path

CAPTION = (
    "Chamfer: mean distance between mesh and surface, both ways. Hausdorff: the largest. Both in % "
    "of the shape's longest side. Normals: mean |cos| between them. The meshes are those of seed 0."
)


def shapes_report(
    results: Results,
    winners: Sequence[Sequence[Point]],
    resolution: int,
    now: datetime.datetime,
) -> Report:
    """Return the report of a study of shapes.

    Args:
        results: All that is stored of the run.
        winners: Each shape's points that a tuning chose.
        resolution: Points of the grid of marching cubes along each axis.
        now: The time that the page shows.
    """
    figures: dict[str, Drawing] = {}
    of_page: dict[str, PageTable] = {}
    files: dict[str, bytes] = {}
    tables: list[Table] = []
    rows: list[dict[str, Any]] = []
    numbers: dict[str, Mapping[str, float]] = {}

    def pieces(state: SignalState, comparison: Comparison) -> dict[str, Any]:
        signal, name = state.signal, file_name(state.signal.name, state.signal.sha256)
        shapes = list(fitted_shapes(state, results.store, comparison, resolution))
        if not shapes:
            return {"shapes": None, "meshes": "", "without_surface": (), "resolution": resolution}
        for shape in shapes:
            rows.append(_row(signal.name, signal.sha256, resolution, shape))
            if shape.mesh is not None:
                ply = shape.mesh.export(file_type="ply")
                files[f"{name}-{file_name(shape.name, '')[:-1]}.ply"] = ply
        surface = results.store.read_array(cloud_path(signal.sha256))
        meshes = ""
        shown = [shape for shape in shapes if shape.mesh is not None and shape.is_ranked]
        if surface is not None and shown:
            figures[f"{name}-meshes"] = plots.errors(surface, shown)
            meshes = image(figures[f"{name}-meshes"], f"Meshes of {signal.name}")
        of_page[f"{name}-meshes"] = _page_table(shapes)
        tables.append(_table(signal.name, shapes))
        numbers[signal.sha256] = {
            f"chamfer_{shape.name}": shape.scores.chamfer for shape in shapes if shape.scores
        }
        without = [shape.name for shape in shapes if shape.mesh is None]
        return {
            "shapes": of_page[f"{name}-meshes"],
            "meshes": meshes,
            "without_surface": without,
            "resolution": resolution,
        }

    report = comparison_report(results, winners, now, template="shapes.html.j2", pieces=pieces)
    if tables:
        tables[-1].caption = CAPTION
    files["shapes.parquet"] = parquet_bytes(rows)
    return report._replace(
        tables=[*report.tables, *tables],
        figures={**report.figures, **svg_texts(figures)},
        files={**report.files, **paper_files(figures, of_page), **files},
        numbers={sha: {**own, **numbers.get(sha, {})} for sha, own in report.numbers.items()},
    )


def percent(distance: float) -> float:
    """Return a distance in the box as a percentage of a shape's longest side.

    Example:
        >>> percent(0.016)
        1.0
    """
    return 100 * distance / (2 * HALF_SIDE)


def _page_table(shapes: Sequence[FittedShape]) -> PageTable:
    """Return how well the mesh of each network fits the surface."""
    columns = [
        Column("mesh of"),
        Column("PSNR (dB)"),
        Column("Chamfer (%)", ".3f", is_main=True),
        Column("Hausdorff (%)", ".2f"),
        Column("normals", ".3f"),
        Column("faces", ","),
        Column("remark"),
    ]
    rows: list[list[Cell]] = []
    for shape in shapes:
        scores, cells = shape.scores, list[Cell]([None] * 4)
        if scores and shape.mesh is not None:
            distances = percent(scores.chamfer), percent(scores.hausdorff)
            cells = [*distances, scores.normals, len(shape.mesh.faces)]
        rows.append([shape.name, shape.psnr, *cells, "" if scores else "no surface"])
    return PageTable(columns, rows)


def _table(name: str, shapes: Sequence[FittedShape]) -> Table:
    table = wide_table("", f"{name}: the meshes")
    table.add_column("network", no_wrap=True)
    add_numbers(table, "PSNR", "Chamfer %", "Hausdorff %", "normals", "faces")
    for shape in shapes:
        if shape.scores is None:
            table.add_row(shape.name, f"{shape.psnr:.1f}", "no surface")
            continue
        table.add_row(
            shape.name,
            f"{shape.psnr:.1f}",
            f"{percent(shape.scores.chamfer):.3f}",
            f"{percent(shape.scores.hausdorff):.2f}",
            f"{shape.scores.normals:.3f}",
            f"{len(shape.mesh.faces):,}" if shape.mesh is not None else "-",
        )
    return table


def _row(signal: str, sha256: str, resolution: int, shape: FittedShape) -> dict[str, Any]:
    scores = shape.scores
    return {
        "signal": signal,
        "sha256": sha256,
        "network": shape.name,
        "resolution": resolution,
        "psnr": shape.psnr,
        "chamfer": scores.chamfer if scores else None,
        "hausdorff": scores.hausdorff if scores else None,
        "normal_consistency": scores.normals if scores else None,
        "num_faces": len(shape.mesh.faces) if shape.mesh is not None else 0,
    }
