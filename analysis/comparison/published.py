"""Look up the paper's figures for the targets that are available, and what is wrong with them.

They are peak PSNR in dB, means over five seeds. A target is recognized by its name and by its psi
in Table 6.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from studies.engine.signals.signal import Signal

if TYPE_CHECKING:  # benchmarks.paper_scale reads the tables where pydantic may be missing
    from studies.engine.planning.run import Run

# The tables' ReLU-PE and SIREN-RFF are the networks of the authors' code, not the textbook's.
_T1 = ("siren", "finer", "wire", "relu_pe_authors", "siren_rff_authors", "finer_pp", "siren2")
_T2 = ("siren", "siren2", "relu_pe_authors", "wire", "finer", "gauss")

TABLE_1 = {
    "tetris": (13.4, 13.6, 13.6, 13.6, 38.1, 52.2, 62.7),
    "tap": (20.4, 21.1, 21.1, 21.1, 44.8, 51.8, 53.5),
    "whoosh": (33.8, 53.4, 20.2, 20.2, 41.8, 55.4, 64.9),
    "radiation": (32.3, 34.2, 34.2, 34.2, 52.4, 50.9, 63.0),
    "arch": (29.7, 58.5, 17.2, 17.2, 44.1, 65.2, 95.2),
    "relay": (28.5, 34.7, 20.7, 20.7, 40.5, 54.1, 60.4),
    "voltage": (34.0, 53.4, 20.0, 19.9, 43.7, 56.5, 64.5),
    "foley": (36.6, 56.8, 29.7, 22.5, 44.9, 56.4, 58.3),
    "shattered": (39.1, 58.6, 25.5, 25.4, 46.4, 57.9, 64.7),
    "bach": (59.4, 64.5, 26.1, 18.9, 41.8, 62.2, 60.5),
    "birds": (55.7, 59.6, 24.6, 24.4, 45.7, 58.7, 61.2),
}
TABLE_2 = {
    "noise": (21.3, 36.1, 16.9, 25.5, 33.0, 34.1),
    "2D-Riemann": (55.3, 59.1, 45.8, 49.7, 60.5, 28.1),
    "camera": (38.9, 44.9, 28.4, 37.2, 46.4, 28.6),
    "castle": (33.6, 36.5, 22.3, 28.5, 36.9, 19.2),
    "rock": (26.9, 36.2, 16.1, 26.5, 36.6, 31.8),
}
# Tables 2 (gray) and 5 (RGB) have means over whole sets, which are not available.
SETS = (
    "DTD braided, gray", "DTD woven, gray", "Kodak, gray", "DTD braided", "DTD woven", "Kodak",
)  # fmt: skip
TABLE_4 = {"relay": (71.73, 74.35), "bach": (58.74, 61.4), "whoosh": (44.84, 51.95)}

TABLE_3 = {
    "bach": (34.69, 35.53), "dilse": (35.16, 35.18), "birds": (34.84, 37.17),
    "counting": (38.19, 38.71),
}  # fmt: skip
"""PSNR in dB of FINER++ and SIREN² after denoising."""

TABLE_2_SETS = {
    "DTD braided, gray": (48.6, 75.2, 65.4),
    "DTD woven, gray": (41.9, 61.0, 53.1),
    "Kodak, gray": (34.9, 37.6, 38.1),
}
TABLE_5 = {
    "DTD braided": (45.75, 47.15, 47.93),
    "DTD woven": (39.08, 40.95, 41.64),
    "Kodak": (35.89, 37.48, 37.50),
}
"""PSNR in dB of SIREN, SIREN² and FINER, means over the images of a set."""


class Scales(NamedTuple):
    """A row of Table 6."""

    psi: float
    s0: float
    s1: float


TABLE_6 = {
    "tetris": Scales(0.5732, 3436, 1.72),
    "tap": Scales(0.7264, 3478, 2.18),
    "whoosh": Scales(0.5266, 3412, 1.58),
    "radiation": Scales(0.8368, 3489, 2.51),
    "arch": Scales(0.4996, 3394, 1.5),
    "relay": Scales(0.6310, 3457, 1.89),
    "voltage": Scales(0.4540, 3354, 1.36),
    "foley": Scales(0.1772, 2487, 0.53),
    "shattered": Scales(0.3942, 3278, 1.18),
    "bach": Scales(0.0737, 1410, 0.22),
    "birds": Scales(0.1789, 2499, 0.54),
    "noise": Scales(0.5934, 47, 0.24),
    "camera": Scales(0.3121, 39, 0.12),
    "castle": Scales(0.1097, 21, 0.04),
    "rock": Scales(0.4055, 43, 0.16),
    "dragon": Scales(0.0642, 25, 1e-3),
}
"""Table 6. The table cuts s0 to a whole number."""

PSI = {name: row.psi for name, row in TABLE_6.items() if name != "dragon"}
"""The psi of the targets, from Table 6."""

TABLES: dict[str, dict[str, dict[str, float]]] = {
    "audio_architectures": {n: dict(zip(_T1, v, strict=True)) for n, v in TABLE_1.items()},
    "image_architectures": {
        **{n: dict(zip(_T2, v, strict=True)) for n, v in TABLE_2.items()},
        **{name: {} for name in SETS},
    },
    "tensor_train": {
        n: dict(zip(("siren2", "siren2_tt"), v, strict=True)) for n, v in TABLE_4.items()
    },
}
"""PSNR in dB by study, target and network."""

EPOCHS = {"audio_architectures": 30_000, "image_architectures": 30_000, "tensor_train": 10_000}
"""The number of epochs after which the paper scores, by study."""

LIFT_DB = 2.1
"""The maximum over random minibatches adds at most this much in dB to zero output.

The largest lift is that of radiation, 2.05 dB.
"""

MINIBATCHED = ("finer", "wire", "relu_pe_authors")
"""Networks that Table 1 trained by three steps an epoch and scored on the last minibatch."""

MISCOUNTED = ("relu_pe_authors", "siren_rff_authors")
"""Networks that have fewer parameters in the authors' code than in Tables 1 and 2.

At 4 x 193 in Table 1 these are 115,608 and 149,769, and the table says 150,155 for both.
"""


class Published(NamedTuple):
    """A figure of the paper in dB, with a mark for each thing that is wrong with it."""

    psnr: float
    marks: str

    def __str__(self) -> str:
        return f"{self.psnr:.1f}{self.marks}"


UNAVAILABLE = ("voltage", "foley", "birds", *SETS)
"""Targets that are not available."""

MARKS = {
    "§": "the paper's figure is for its own field, from another solver",
    "‡": "the paper's figure is zero output, or that plus the lift of a maximum over minibatches",
    "†": "the paper takes three minibatch steps an epoch and scores on the last minibatch",
    "¶": "the paper's table counts more parameters than its code's network has",
}


def target_named(name: str) -> str | None:
    """Return the paper's name for a signal by its name alone, None if the paper has no such target.

    >>> target_named("GT_Tetris_3")
    'tetris'
    """
    if name == "riemann":
        return "2D-Riemann"
    stem = name.lower().removeprefix("gt_").split("_")[0].rstrip("0123456789")
    return stem if stem in PSI or stem in TABLE_3 else None


def target_of(signal: Signal) -> str | None:
    """Return the paper's name for a signal, None if it is no target of the paper.

    A signal named GT_Tetris_3 is "tetris" if its psi agrees with Table 6.
    """
    stem = target_named(signal.name)
    if stem == "2D-Riemann":
        return stem if signal.shape == (512, 512) else None
    psi = PSI.get(stem or "")
    # A signal of the same name but another psi is another recording or another crop.
    if psi is None or round(abs(signal.descriptors["psi"] - psi), 4) > 1e-4:
        return None
    return stem


def is_papers(run: "Run") -> bool:
    """Return whether a run trains as the paper did, so that the paper's figures are comparable."""
    return run.scale_name == "paper" and run.scale.fit.epochs == EPOCHS.get(run.study)


def published(study: str, signal: Signal, case: str) -> Published | None:
    """Return what the paper reports for a case on a signal, None if it reports nothing.

    Args:
        study: The study's name.
        signal: The signal.
        case: The network, as the study calls it.
    """
    target = target_of(signal)
    psnr = TABLES.get(study, {}).get(target or "", {}).get(case)
    if psnr is None:
        return None
    # The paper rounds to 0.1 dB.
    lift = LIFT_DB if case in MINIBATCHED else 0.1
    marks = "¶" if case in MISCOUNTED else ""
    if study == "audio_architectures" and psnr <= signal.psnr_zero + lift:
        marks = "‡" + marks
    elif study == "audio_architectures" and case in MINIBATCHED:
        marks = "†" + marks
    elif target == "2D-Riemann":
        marks = "§" + marks
    return Published(psnr, marks)


def left_out(study: str, signals: Sequence[Signal]) -> tuple[list[str], list[str]]:
    """Return the paper's targets that are not available, and those that are not in `signals`.

    Args:
        study: The study's name.
        signals: The signals of a run.
    """
    targets = {target_of(signal) for signal in signals}
    missing = [name for name in TABLES.get(study, {}) if name not in targets]
    return (
        [name for name in missing if name in UNAVAILABLE],
        [name for name in missing if name not in UNAVAILABLE],
    )
