"""Read what the ledger is computed from."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from analysis.claims.data import Data, Fits, Fitted, Map, Number, Row
from analysis.claims.studied import fits_of_studies
from analysis.comparison.published import target_named
from analysis.findings.optimizers import read_optimizers
from analysis.regret.stored import confirmed
from analysis.statistics.recordings import stored_recordings
from analysis.surfaces.stored import stored_maps
from inr_models import InputError
from studies.engine.store.store import Store

MEASURED = "measured.parquet"

DENOISED = ("audio_denoising", "image_denoising")
"""The studies whose table `denoising.parquet` lies in the folder under their own name."""

RESULTS = "small_scale"
"""The results folder beside the committed tables."""


def read(folder: str, landscapes: str, results: Sequence[str] = ()) -> Data:
    """Return the data of the ledger.

    Args:
        folder: The committed tables, with a results folder in it.
        landscapes: A results folder with landscapes and the regrets of rules.
        results: More results folders, whose fits are added.

    Raises:
        InputError: A folder does not exist or cannot be read.
    """
    if not Path(folder).is_dir():
        raise InputError.at(
            "not-there", folder, "there is no such folder; give that of the tables."
        )
    own = str(Path(folder, RESULTS))
    folders = [*([own] if Path(own).is_dir() else []), *results]
    studies, image_maps = fits_of_studies(folders)
    stored = stored_maps(landscapes)
    setting = stored.setting
    sizes = f"small: {setting['n']:,} samples, {setting['hp_depth']} x {setting['hp_width']}, "
    sizes += f"{setting['fit_epochs']} epochs †"
    maps = [
        Map(one.recording, [fit.psnr for fit in one.fits], math.nan, sizes) for one in stored.maps
    ]
    recordings = stored_recordings(Store(landscapes, create=False))
    return Data(
        measured=measured_numbers(folder),
        scales={row["quantity"]: row["scale"] for row in _table(folder, MEASURED)},
        studies={**denoised_fits(folder), **studies},
        regrets={regret.rule: regret for regret in confirmed(landscapes, recordings)},
        maps={"sound": maps, "image": image_maps},
        landscapes=sizes,
        noise_scales=_table(folder, "noise_scales.parquet"),
        diagnoses=_table(folder, "diagnosis.parquet"),
        predictors=_table(folder, "predictors.parquet"),
        optimizers=read_optimizers(landscapes),
    )


def measured_numbers(folder: str) -> dict[tuple[str, str], list[Number]]:
    """Return the numbers of `analysis.measured` in a folder, by quantity and case."""
    measured: dict[tuple[str, str], list[Number]] = defaultdict(list)
    for row in _table(folder, MEASURED):
        number = Number(row["signal"], row["seed"], row["value"])
        measured[row["quantity"], row["case"]].append(number)
    return measured


def denoised_fits(folder: str) -> dict[str, Fits]:
    """Return what networks made of noisy signals, by study.

    The PSNR is that of the output which the clean signal chooses, as in the paper.

    Args:
        folder: A folder with tables that a study of denoising has written.
    """
    studies = {}
    for study in DENOISED:
        rows = [row for row in _table(folder, f"{study}.parquet") if row["kind"] == "network"]
        if not rows:
            continue
        first, num = rows[0], len({row["seed"] for row in rows})
        mark = "" if first["scale"] == "paper" else " †"
        sizes = f"{first['scale']}: {first['n']:,} samples, {first['depth']} x {first['width']}, "
        fits = Fits({}, {}, f"{sizes}{first['epochs']:,} epochs, {num} seeds{mark}")
        for row in rows:
            name = row["signal"].rpartition("_")[0]  # behind it comes the noise
            target = target_named(name) or name
            psnr = row["psnr_oracle"]
            fitted = Fitted(psnr, psnr, psnr - row["psnr_noisy"], is_dead=False)
            fits.of.setdefault((target, row["method"]), {})[row["seed"]] = fitted
        studies[study] = fits
    return studies


def _table(folder: str, name: str) -> list[Row]:
    """Return the rows of a table of the folder, [] if there is no such file."""
    path = Path(folder, name)
    if not path.is_file():
        return []
    try:
        return pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        why = "it is no Parquet file, or damaged; restore it, or give another folder."
        raise InputError.at("unreadable", path, why) from error
