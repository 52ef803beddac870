"""Read the fits of the studies that repeat the paper's comparisons."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from analysis.claims.data import Fits, Fitted, Map
from analysis.comparison.published import target_named, target_of
from analysis.statistics.recordings import read_recordings
from inr_models import InputError
from search_spaces.rules import EQN11_BY_DIMENSIONS, RULES
from studies.engine.outcomes.signal_state import score_of
from studies.engine.planning.points import Point, cells_of, keys_of, points_of_cases, siren2_at
from studies.engine.planning.scale import Scale, ScaleName
from studies.engine.signals.signal import Signal
from studies.engine.store.metrics import BEST_CONSTANT, ZERO_OUTPUT
from studies.engine.store.rows import Row, signal_from_row
from studies.engine.store.store import Curve, Store

GRID_OF_IMAGES = "image_grid"
"""The study whose maps are evidence for images."""


@dataclass(frozen=True)
class StoredStudy:
    """Holds what a results folder says of a study that was run."""

    study: str
    scale_name: ScaleName
    scale: Scale
    media: str
    signals: tuple[str, ...]

    @property
    def sizes(self) -> str:
        """The sizes in words. A dagger marks that a GPU could do more."""
        unit = {"sound": "samples", "shape": "points of the grid"}.get(self.media, "pixels")
        scale = self.scale
        seeds = f", {scale.seeds} seeds" if scale.seeds > 1 else ""
        sizes = f"{scale.depth} x {scale.width}, {scale.fit.epochs:,} epochs{seeds}"
        mark = "" if self.scale_name == "paper" else " †"
        return f"{self.scale_name}: {scale.max_samples:,} {unit}, {sizes}{mark}"


_STORED: TypeAdapter[StoredStudy] = TypeAdapter(StoredStudy)


class Opened(NamedTuple):
    """Holds what a results folder has, read once."""

    store: Store
    rows: Mapping[str, Row]
    curves: Mapping[str, Curve]
    signals: Mapping[str, Signal]
    recordings: Mapping[str, str]


def fits_of_studies(folders: Sequence[str]) -> tuple[dict[str, Fits], list[Map]]:
    """Return each study's fits, and the maps of images.

    The fits are those at the paper's scale if a folder has some, otherwise those at the small one.

    Args:
        folders: Results folders.

    Raises:
        InputError: A folder cannot be read, what it says of a study is damaged, or it has no study
            whose fits are evidence.
    """
    of: dict[tuple[str, ScaleName], Fits] = {}
    maps: dict[str, Map] = {}
    for folder in folders:
        opened = _opened(Store(folder, create=False))
        is_evidence = False
        for stored in _stored_studies(opened.store):
            if stored.scale.hold_out:
                continue  # its fits see a part of the samples, which the paper's do not
            is_evidence |= stored.study == GRID_OF_IMAGES or bool(stored.scale.cases)
            if stored.study == GRID_OF_IMAGES:
                maps |= _maps(stored, opened)
            key = (stored.study, stored.scale_name)
            known = of.setdefault(key, Fits({}, {}, stored.sizes, stored.scale.fit.decay))
            _add_fits(known, stored, opened)
        if not is_evidence:
            why = "it has no study of networks; run studies/audio_architectures.py or its like."
            raise InputError.at("not-there", folder, why)
    studies = {study: fits for (study, _), fits in of.items() if fits.of}
    studies |= {study: fits for (study, name), fits in of.items() if name == "paper" and fits.of}
    return studies, list(maps.values())


def _opened(store: Store) -> Opened:
    rows = {row["key"]: row for row in store.fits(objective=None).to_pylist()}
    signals = (signal_from_row(row) for row in store.signals().to_pylist())
    return Opened(
        store,
        rows,
        store.curves_by_key(list(rows)),
        {signal.sha256: signal for signal in signals},
        read_recordings(store),
    )


def _stored_studies(store: Store) -> Iterator[StoredStudy]:
    for folder in store.names("_studies"):
        path = f"_studies/{folder}/study.json"
        content = store.read_bytes(path)
        if content is None:
            continue
        try:
            yield _STORED.validate_json(content)
        except ValidationError as error:
            where = f"{store.results}/{path}"
            why = f"it is damaged or of another version ({error.error_count()} fields)."
            raise InputError.at("unreadable", where, why) from None


def _signals(stored: StoredStudy, opened: Opened) -> list[Signal]:
    return [opened.signals[sha256] for sha256 in stored.signals if sha256 in opened.signals]


def _add_fits(known: Fits, stored: StoredStudy, opened: Opened) -> None:
    """Add a run's fits to those of its study."""
    scale = stored.scale
    for signal in _signals(stored, opened):
        is_papers = stored.scale_name == "paper"
        target = target_of(signal) if is_papers else target_named(signal.name)
        target = target or signal.name
        for point in points_of_cases(scale, signal):
            for seed, row in _rows(scale, signal, point, opened.rows):
                if fitted := _fitted(row, opened.curves):
                    known.of.setdefault((target, point.case), {})[seed] = fitted
                    known.psi[target] = signal.descriptors["psi"]


def _rows(
    scale: Scale, signal: Signal, point: Point, rows: Mapping[str, Row]
) -> Iterator[tuple[int, Row]]:
    """Yield the seed and the row of every fit of a point that there is."""
    for seed, key in zip(
        scale.map_seeds, keys_of(scale, signal, point, scale.map_seeds), strict=True
    ):
        if key in rows:
            yield seed, rows[key]


def _fitted(row: Row, curves: Mapping[str, Curve]) -> Fitted | None:
    """Return a fit, None if it is not whole. A diverged fit scores as zero output, and is dead."""
    psnr = score_of(row)
    if psnr is None:
        return None
    diverged = row["status"] == "diverged"
    return Fitted(
        psnr=psnr,
        final=psnr if diverged else row["metric_psnr_final"],
        above_zero=psnr - max(row[ZERO_OUTPUT], row[BEST_CONSTANT]),
        is_dead=diverged or row["status"] == "dead",
        curve=curves.get(row["key"], ([], [])),
    )


def _maps(stored: StoredStudy, opened: Opened) -> dict[str, Map]:
    """Return the maps of a grid's signals that have all cells, by their sha256."""
    scale = stored.scale
    assert scale.grid, "it is a grid"
    maps = {}
    for signal in _signals(stored, opened):
        target = scale.target(signal)
        scales = RULES[EQN11_BY_DIMENSIONS[target.dimensions]](target)
        rule = Point(name="Eqn. 11", kind="rule", network=siren2_at(scale, scales))
        points = [*cells_of(scale, scale.grid, target.side), rule]
        *cells, eqn11 = (_mean(scale, signal, point, opened.rows) for point in points)
        if not any(map(math.isnan, cells)):
            recording = opened.recordings.get(signal.name, signal.source)
            maps[signal.sha256] = Map(recording, cells, eqn11, stored.sizes)
    return maps


def _mean(scale: Scale, signal: Signal, point: Point, rows: Mapping[str, Row]) -> float:
    scores = [score_of(row) for _, row in _rows(scale, signal, point, rows)]
    known = [score for score in scores if score is not None]
    return statistics.fmean(known) if known else math.nan
