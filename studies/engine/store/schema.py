"""Define the store's tables: the type, the unit and the meaning of every column.

The hp_ and fit_ columns follow from the configs of the networks and of the fit, which describe
each field where they declare it. Every column that is added later must be nullable, so that it
reads as null in older files.
"""

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from inr_models import MODELS, FitConfig
from inr_models.columns import DescribedField, described_fields
from search_spaces.descriptors import DESCRIPTORS
from studies.engine.store.metrics import BAND_LIMIT, BEST_CONSTANT, METRICS, ZERO_OUTPUT


class Column(NamedTuple):
    """Describes a column of a table. Every row must have a value in a `required` one."""

    name: str
    type: pa.DataType
    unit: str
    meaning: str
    required: bool = False


_CROP = "`head`, `loudest`, `start` or `whole` of a sound, `whole` or `busiest` of an image"
_TEXT, _INT, _REAL = pa.string(), pa.int64(), pa.float64()
_REALS = pa.list_(pa.float64())
# `rows.point_columns` writes a tuple as text, "10 x 30".
_ARROW_TYPES = {str: _TEXT, int: _INT, float: _REAL, bool: pa.bool_(), tuple: _TEXT}


def columns_of(prefix: str, fields: Iterable[DescribedField]) -> list[Column]:
    """Return one column for each field of a config, in their order.

    >>> columns_of("fit_", described_fields(FitConfig))[0].name
    'fit_epochs'
    """
    return [Column(prefix + f.name, _ARROW_TYPES[f.type], f.unit, f.meaning) for f in fields]


def network_fields(configs: Iterable[type]) -> list[DescribedField]:
    """Return the fields of all these networks, each once, numbers before flags in each network.

    Raises:
        TypeError: two networks describe a field of one name differently.
    """
    fields: dict[str, DescribedField] = {}
    for config in configs:
        for field in sorted(described_fields(config), key=lambda field: field.type is bool):
            if fields.setdefault(field.name, field) != field:
                raise TypeError(
                    f"{config.__name__}.{field.name}: another network describes this field "
                    "differently; share its annotation or rename it."
                )
    return list(fields.values())


FITS = (
    Column("key", _TEXT, "", "content key of the trial: the hash of `config`", True),
    Column("study", _TEXT, "", "study that computed the fit first", True),
    Column("signal", _TEXT, "", "name of the signal when it was fitted", True),
    Column("sha256", _TEXT, "", "SHA-256 of the fitted float32 samples, identifies them", True),
    Column("crop", _TEXT, "", _CROP),
    Column("n", _INT, "samples", "samples of the signal, with those in gaps or held out", True),
    Column("channels", _INT, "", "fitted channels"),
    Column("sample_rate", _REAL, "Hz", "sample rate of the file, which the fit does not use"),
    Column("network", _TEXT, "", "name of the network, a key of inr_models.MODELS", True),
    *columns_of("hp_", network_fields(MODELS.values())),
    Column("hp_s0_nyquist", _REAL, "share", "derived: s0 / (pi n / 2), n along the longest axis"),
    Column("hp_bandwidth", _REAL, "rad/unit", "derived: K, the rms frequency of layer 2 (siren2)"),
    *columns_of("fit_", described_fields(FitConfig)),
    Column("fit_version", _INT, "", "inr_models.FIT_VERSION"),
    Column("seed", _INT, "", "seed of the initialization", True),
    *(Column(metric.column, _REAL, metric.unit, metric.meaning) for metric in METRICS),
    Column(ZERO_OUTPUT, _REAL, "dB", "PSNR of an all-zero output"),
    Column(
        BEST_CONSTANT, _REAL, "dB",
        "PSNR of the best constant output, the mean of each channel; null if an earlier version "
        "wrote the row, whose status then knows zero output alone",
    ),
    Column(
        BAND_LIMIT, _REAL, "dB",
        "PSNR of the signal without what lies above Nyquist of the fitted samples, a bound for "
        "what lies between them; null unless every k-th sample is fitted",
    ),
    Column("epoch_of_peak", _INT, "epochs", "updates before the peak"),
    Column("num_epochs", _INT, "epochs", "scored updates; fewer than asked: partial, diverged"),
    Column(
        "status", _TEXT, "",
        "`ok`; `dead`: peak less than 1 dB above zero output or the best constant, whichever is "
        "better; `empty`: the distance of a shape has one sign everywhere; `diverged`: the error "
        "stopped being finite (its peak is of the part before); "
        "`partial`: a search stopped it at a rung (its metrics are of the part before); `failed`: "
        "see `error`, metrics are null",
        True,
    ),
    Column("error", _TEXT, "", "what went wrong, if the status is `failed`"),
    Column("seconds", _REAL, "s", "training time, shared evenly in a stack"),
    Column("seconds_per_epoch", _REAL, "s", "seconds divided by the number of scored updates"),
    Column("parameters", _INT, "", "trainable numbers of the network, two for a complex one"),
    Column("flops_per_epoch", _REAL, "FLOP", "of an update's matrix products; null for shapes"),
    Column("device", _TEXT, "", "`CPU`, or the name of the GPU"),
    Column(
        "path", _TEXT, "",
        "how an update was computed: `eager` (by autograd), `blocked` (without it) or `compiled`, "
        "with ` graph` where a GPU replays the update as one graph",
    ),
    Column("stack", _INT, "", "networks that were trained together, 1 for a network alone"),
    Column("batch", _INT, "", "number of the batch (Tune trial) of the fit, in its run"),
    Column("batch_fits", _INT, "", "fits in the batch"),
    Column("batch_seconds", _REAL, "s", "expected time of the batch, which limits its fits"),
    Column("versions", _TEXT, "", "versions of noisescape, Python and torch"),
    Column("commit", _TEXT, "", "git commit of the code, `+` if changed since, null without git"),
    Column("config", _TEXT, "", "the whole trial as canonical JSON without its defaults"),
    Column("written_at", pa.timestamp("us", tz="UTC"), "", "when the row was made", True),
    Column("objective", _TEXT, "", "what was minimized; null: the squared error over all samples"),
)  # fmt: skip

CURVES = (
    Column("key", _TEXT, "", "key of the fit", True),
    Column("epoch", _INT, "epochs", "updates so far, log-spaced, with 0 and the last one", True),
    Column("psnr", _REAL, "dB", "PSNR of the error that chooses the peak, at that epoch", True),
    Column(
        "errors",
        _REALS,
        "",
        "every error of the objective at that epoch, the fitted one first, then the held-out one; "
        "null in a regression, whose only error is the one of `psnr`",
    ),
)

SIGNALS = (
    Column("sha256", _TEXT, "", "SHA-256 of the fitted float32 samples", True),
    Column("name", _TEXT, "", "name in tables", True),
    Column("source", _TEXT, "", "path of the file, as the user gave it"),
    Column("num_samples", _INT, "samples", "fitted samples", True),
    Column("image_height", _INT, "pixels", "rows of an image, null for a sound"),
    Column("image_width", _INT, "pixels", "columns of an image, null for a sound"),
    Column("channels", _INT, "", "fitted channels"),
    Column("sample_rate", _REAL, "Hz", "sample rate of a sound's file"),
    Column("file_samples", _INT, "samples", "samples of the whole file"),
    Column("crop", _TEXT, "", _CROP),
    Column("crop_start", _INT, "samples", "first sample of the crop in the file"),
    Column("peak", _REAL, "", "number that samples were divided by: peak or half range"),
    Column("offset", _REAL, "", "number that was subtracted from samples before the division"),
    Column("psnr_zero", _REAL, "dB", "PSNR of an all-zero output", True),
    Column("psnr_constant", _REAL, "dB", "PSNR of the best constant output"),
    Column(
        "bands",
        _REALS,
        "share",
        "share of the summed magnitude without DC in each of equal bands from 0 to Nyquist",
    ),
    *(Column(f"descriptor_{name}", _REAL, *info) for name, info in DESCRIPTORS.items()),
    Column("written_at", pa.timestamp("us", tz="UTC"), "", "when the row was made", True),
    Column(
        "shape",
        pa.list_(_INT),
        "samples",
        "samples along each axis of a signal with three axes or more, else null",
    ),
)

TABLES = {"fits": FITS, "_curves": CURVES, "_signals": SIGNALS}
"""Folder under the results -> columns. Dataset readers skip folders that begin with _, so the
results folder itself opens as the table of fits."""


def arrow_schema(table: str) -> pa.Schema:
    """Return the Arrow schema of a table. Units and meanings are metadata of its fields.

    >>> arrow_schema("fits").field("hp_s0").metadata[b"unit"]
    b'rad/unit'
    """
    return pa.schema(
        pa.field(c.name, c.type, metadata={"unit": c.unit, "meaning": c.meaning})
        for c in TABLES[table]
    )
