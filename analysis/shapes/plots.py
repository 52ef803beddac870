"""Draw meshes coloured by their distance from the true surface (paper, Fig. 17)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps, colors
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from numpy.typing import NDArray

from analysis.reporting.drawing import Drawing, drawing_of
from analysis.reporting.style import INK, styled
from analysis.shapes.fitted import FittedShape
from analysis.shapes.scores import vertex_errors

COLUMNS = 3
MOST_MESHES = 8
"""A figure shows at most so many meshes."""

LIGHT = np.array([0.35, -0.6, 0.72])
MOST_FACES = 30_000
"""A picture shows at most this many faces of a mesh. Others are left out at random."""

WORST, TIMES = 95, 3.0
"""The colours end at so many times this percentile of the best mesh's errors."""


@styled
def errors(surface: NDArray, shapes: Sequence[FittedShape]) -> Drawing:
    """Return the true points and every mesh as one figure. One scale of colours holds for all.

    Args:
        surface: Points of the true surface and their normals [m, 6].
        shapes: The meshes, in order, at least one.
    """
    drawn = shapes[:MOST_MESHES]
    of_vertices = [vertex_errors(shape.mesh, surface) for shape in drawn]
    limit = TIMES * min(float(np.percentile(own, WORST)) for own in of_vertices) or 1e-6
    norm = colors.Normalize(0, limit)
    rows = -(-(len(drawn) + 1) // COLUMNS)
    figure = Figure(figsize=(9.3, 3.1 * rows), layout="constrained")
    places = np.ravel(
        figure.subplots(rows, COLUMNS, squeeze=False, subplot_kw={"projection": "3d"})
    )
    _points(places[0], surface)
    for place, shape, own in zip(places[1:], drawn, of_vertices, strict=False):
        _mesh(place, shape.mesh, own, norm)
        text = f"{shape.name}, {shape.psnr:.1f} dB"
        place.set_title(text, fontsize=9, color=INK, parse_math=False, y=1.0)
    for place in places[len(drawn) + 1 :]:
        figure.delaxes(place)  # a hidden one of three axes breaks the layout
    bar = figure.colorbar(
        ScalarMappable(norm, colormaps["turbo"]),
        ax=list(places[: len(drawn) + 1]),
        shrink=0.5,
        pad=0.01,
        extend="max",
    )
    bar.set_label("distance from the surface (the box is 2 wide)")
    bar.outline.set_visible(False)  # type: ignore[operator]
    return drawing_of(figure)


def _points(axes: Any, surface: NDArray) -> None:
    some = surface[:: max(1, len(surface) // 12_000)]
    shade = 0.25 + 0.65 * _lit(some[:, 3:])
    x, y, z = _upright(some[:, :3]).T
    axes.scatter(x, y, z, c=shade, cmap="gray", vmin=0, vmax=1, s=1.2, lw=0, rasterized=True)
    axes.set_title("points that were fitted", fontsize=9, color=INK, y=1.0)
    _bare(axes)


def _mesh(axes: Any, mesh: Any, of_vertices: NDArray, norm: colors.Normalize) -> None:
    faces = np.asarray(mesh.faces)
    shown = np.arange(len(faces))
    if len(faces) > MOST_FACES:
        shown = np.random.default_rng(0).permutation(len(faces))[:MOST_FACES]
    corners = _upright(np.asarray(mesh.vertices))[faces[shown]]
    paint = colormaps["turbo"](norm(of_vertices[faces[shown]].mean(axis=1)))
    paint[:, :3] *= (0.45 + 0.55 * _lit(np.asarray(mesh.face_normals)[shown]))[:, None]
    axes.add_collection3d(
        Poly3DCollection(corners, facecolors=paint, edgecolors="none", lw=0, rasterized=True)
    )
    _bare(axes)


def _upright(points: NDArray) -> NDArray:
    """Return points with the second axis upwards, as most files of shapes have it."""
    return points[:, [0, 2, 1]] * np.array([1, -1, 1])


def _lit(normals: NDArray) -> NDArray:
    return np.clip(_upright(normals) @ (LIGHT / np.linalg.norm(LIGHT)), 0, 1)


def _bare(axes: Any) -> None:
    axes.set_axis_off()
    axes.set_box_aspect((1, 1, 1), zoom=1.7)
    axes.set(xlim=(-0.85, 0.85), ylim=(-0.85, 0.85), zlim=(-0.85, 0.85))
    axes.view_init(elev=12, azim=-60)
