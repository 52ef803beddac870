"""The store's tables: every column's type, unit and meaning. README links here.

A column that is added later is nullable, and reads as null in older files.
"""

from typing import NamedTuple

import pyarrow as pa

from search_spaces.descriptors import DESCRIPTORS
from studies.engine.store.metrics import METRICS, ZERO_OUTPUT


class Column(NamedTuple):
    name: str
    type: pa.DataType
    unit: str
    meaning: str
    required: bool = False


_TEXT, _INT, _REAL = pa.string(), pa.int64(), pa.float64()
_REALS = pa.list_(pa.float64())

FITS = (
    Column("key", _TEXT, "", "content key of the trial: the hash of `config`", True),
    Column("study", _TEXT, "", "study that computed the fit first", True),
    Column("signal", _TEXT, "", "name of the signal when it was fitted", True),
    Column("sha256", _TEXT, "", "of the fitted float32 samples; tells signals apart", True),
    Column("crop", _TEXT, "", "of a sound `head` or `loudest`, of an image `whole` or `busiest`"),
    Column("n", _INT, "samples", "fitted samples", True),
    Column("channels", _INT, "", "fitted channels"),
    Column("sample_rate", _REAL, "Hz", "of the file; the fit does not see it"),
    Column("network", _TEXT, "", "`siren`, `siren2` ..: a key of inr_models.MODELS", True),
    Column("hp_width", _INT, "features", "of every hidden layer"),
    Column("hp_depth", _INT, "layers", "hidden layers"),
    Column("hp_omega_first", _REAL, "rad/unit", "omega of the first layer"),
    Column("hp_omega_hidden", _REAL, "rad/unit", "omega of later layers"),
    Column("hp_s0", _REAL, "rad/unit", "noise scale on W_1 (siren2)"),
    Column("hp_s1", _REAL, "", "noise scale on W_2 (siren2)"),
    Column("hp_zero_output_bias", pa.bool_(), "", "whether the output bias began at 0"),
    Column("hp_factor_gradient", pa.bool_(), "", "finer: |z| + 1 differentiated as well"),
    Column("hp_first_bias", _REAL, "", "finer_pp: bound of the first biases"),
    Column("hp_scale", _REAL, "", "wire, gauss: of the Gaussian's argument"),
    Column("hp_beta", _REAL, "", "hosc: sharpness"),
    Column("hp_alpha", _REAL, "", "siren_scaled: factor on the hidden weights"),
    Column("hp_octaves", _INT, "octaves", "relu_pe: of the encoding"),
    Column("hp_num_frequencies", _INT, "", "siren_rff: random frequencies"),
    Column("hp_sigma", _REAL, "cycles/unit", "siren_rff: their deviation"),
    Column("hp_tt_layer", _INT, "", "siren2_tt: the hidden layer in tensor-train form"),
    Column("hp_tt_modes", _TEXT, "", "siren2_tt: modes of both sides of its matrix"),
    Column("hp_tt_rank", _INT, "", "siren2_tt: largest rank"),
    Column("hp_s0_nyquist", _REAL, "share", "s0 / (pi n / 2), n along the longest axis; follows"),
    Column("hp_bandwidth", _REAL, "rad/unit", "K = rms frequency of layer 2 (siren2); follows"),
    Column("fit_epochs", _INT, "epochs", "asked for; one epoch is one full-batch update"),
    Column("fit_learning_rate", _REAL, "", "Adam's, at the start"),
    Column("fit_decay", _REAL, "", "factor on the learning rate"),
    Column("fit_decay_every", _INT, "epochs", "between decays"),
    Column("fit_precision", _TEXT, "", "of matrix products: `float32` or `tf32`"),
    Column("fit_version", _INT, "", "inr_models.FIT_VERSION"),
    Column("seed", _INT, "", "of the initialization", True),
    *(Column(metric.column, _REAL, metric.unit, metric.meaning) for metric in METRICS),
    Column(ZERO_OUTPUT, _REAL, "dB", "PSNR of an all-zero output"),
    Column("epoch_of_peak", _INT, "epochs", "updates before the peak"),
    Column("num_epochs", _INT, "epochs", "scored updates; fewer than asked: partial, diverged"),
    Column(
        "status", _TEXT, "",
        "`ok`; `dead`: peak within 1 dB of zero output; `diverged`: the error stopped being "
        "finite (its peak is of the part before); `partial`: a search stopped it at a rung (its "
        "metrics are of the part before); `failed`: see `error`, metrics are null",
        True,
    ),
    Column("error", _TEXT, "", "what went wrong, for `failed`"),
    Column("seconds", _REAL, "s", "training time, shared evenly in a stack"),
    Column("seconds_per_epoch", _REAL, "s", "seconds by scored updates"),
    Column("parameters", _INT, "", "trainable numbers of the network; a complex one is two"),
    Column("flops_per_epoch", _REAL, "FLOP", "of an update's matrix products, see README"),
    Column("device", _TEXT, "", "CPU, or the card's name"),
    Column(
        "path", _TEXT, "",
        "how an update was computed: `eager` (autograd), `blocked` (none) or `compiled`, with "
        "` graph` where a GPU replays it as one",
    ),
    Column("stack", _INT, "", "networks that were trained together, 1 for one by itself"),
    Column("batch", _INT, "", "number, in its run, of the batch (Tune trial) that it was in"),
    Column("batch_fits", _INT, "", "fits that were packed into the batch"),
    Column("batch_seconds", _REAL, "s", "expected of the batch, by which it was packed"),
    Column("versions", _TEXT, "", "of noisescape, Python and torch"),
    Column("commit", _TEXT, "", "git commit of the code, `+` if it was changed; else null"),
    Column("config", _TEXT, "", "the whole trial as canonical JSON, defaults left out"),
    Column("written_at", pa.timestamp("us", tz="UTC"), "", "when the row was made", True),
    Column("objective", _TEXT, "", "what was minimized; null: the mean squared error over all"),
)  # fmt: skip

CURVES = (
    Column("key", _TEXT, "", "of the fit", True),
    Column("epoch", _INT, "epochs", "updates; log-spaced, 0 and the last included", True),
    Column("psnr", _REAL, "dB", "full-signal PSNR after that many updates", True),
)

SIGNALS = (
    Column("sha256", _TEXT, "", "of the fitted float32 samples", True),
    Column("name", _TEXT, "", "shown in tables", True),
    Column("source", _TEXT, "", "path as it was given"),
    Column("num_samples", _INT, "samples", "fitted samples", True),
    Column("image_height", _INT, "pixels", "rows of an image; null of a sound"),
    Column("image_width", _INT, "pixels", "columns of an image; null of a sound"),
    Column("channels", _INT, "", "fitted channels"),
    Column("sample_rate", _REAL, "Hz", "of a sound's file"),
    Column("file_samples", _INT, "samples", "in the whole file"),
    Column("crop", _TEXT, "", "`head` or `loudest` of a sound, `whole` or `busiest` of an image"),
    Column("crop_start", _INT, "samples", "where the crop begins in the file"),
    Column("peak", _REAL, "", "the value, or half the range, that samples were divided by"),
    Column("psnr_zero", _REAL, "dB", "PSNR of an all-zero output", True),
    Column(
        "bands",
        _REALS,
        "share",
        "of the summed magnitude without DC, in equal bands from 0 to Nyquist",
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
"""Folder under the results -> columns. Dataset readers pass over folders that begin with _,
so the results folder itself opens as the table of fits."""


def arrow_schema(table: str) -> pa.Schema:
    """The Arrow schema of a table, units and meanings as field metadata."""
    return pa.schema(
        pa.field(c.name, c.type, metadata={"unit": c.unit, "meaning": c.meaning})
        for c in TABLES[table]
    )
