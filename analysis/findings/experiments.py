"""What happened to optima when sounds or the network's width were changed, as the page tells it.

The numbers are those of `analysis.variants_report`, from RESULTS/_rules.
"""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from analysis.experiments.rows import Row, left_by
from analysis.experiments.variants_report import COMMAND
from analysis.findings.markdown import db, table
from analysis.statistics.intervals import Interval, recordings_interval

FILES = ("variants.parquet", "widths.parquet")

COLUMNS = (
    "experiment", "regret_db", "noise_db", "shared_db", "original", "variant", "psi_original",
    "width_original", "width_variant", "bandwidth_original", "bandwidth_variant", "gain_original",
    "gain_variant",
)  # fmt: skip

MUCH_DB = 1.0
"""What a shared (K, g) has to lose before psi is said not to suffice: beyond any noise of fits."""

ABOUT = {
    "phases": "same magnitudes, random phases",
    "two surrogates": "both with random phases: chance alone",
    "noise": "white noise, {} dB below",
    "twice": "upsampled to twice the samples",
    "equal psi": "another spectrum of the same psi",
    "width": "width {} instead of {}",
}


def read_experiments(results: str) -> tuple[Row, ...]:
    """A row a pair of an original and its variant; () where nothing was compared."""
    return tuple(row for name in FILES for row in left_by(COMMAND, results, name, COLUMNS))


def experiments(rows: Sequence[Row]) -> list[str]:
    """Markdown paragraphs, none without rows."""
    if not rows:
        return []
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        kinds[_kind(row)].append(row)
    lines = [
        [
            kind,
            str(len({row["original"] for row in mine})),
            db(_mean(mine, "regret_db")),
            f"{np.mean([row['noise_db'] for row in mine]):.2f} dB",
            _ratio(mine, "bandwidth"),
            _ratio(mine, "gain"),
        ]
        for kind, mine in kinds.items()
    ]
    header = (
        "changed",
        "originals",
        "lost: mean [95 %]",
        "noise",
        "K by K before",
        "g by g before",
    )
    return [
        "## Experiments",
        "What the original's best (K, g) loses on the changed sound's own surface, 0 or more by "
        "its nature, beside the deviation of single fits from there; and how far the optimum has "
        "moved, as a geometric mean. K is in rad per unit of coordinate.",
        table(header, lines),
        _of_phases(rows),
        *_of_equal_psi([row for row in rows if row["experiment"] == "equal psi"]),
        *_of_widths([row for row in rows if row["experiment"] == "width"]),
    ]


def _kind(row: Row) -> str:
    about = ABOUT[row["experiment"]]
    if row["experiment"] == "noise":
        return about.format(str(row["variant"]).rpartition("noise")[2])
    return about.format(row["width_variant"], row["width_original"])


def _mean(rows: Sequence[Row], column: str) -> Interval:
    return _interval([row[column] for row in rows], rows)


def _interval(values: Sequence[float], rows: Sequence[Row]) -> Interval:
    """Over originals, none of two: it would span everything."""
    originals = [row["original"] for row in rows]
    if len(set(originals)) < 3:
        return Interval(float(np.mean(values)), math.nan, math.nan)
    return recordings_interval(values, originals)


def _ratio(rows: Sequence[Row], name: str) -> str:
    logs = [math.log(row[f"{name}_variant"] / row[f"{name}_original"]) for row in rows]
    mean, low, high = map(math.exp, _interval(logs, rows))
    return f"{mean:.2f}" if math.isnan(low) else f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def psi_cannot(rows: Sequence[Row]) -> str:
    """A sentence, if sounds of one psi have optima that no one (K, g) can serve; else ""."""
    found = {row["original"]: row for row in rows if row["experiment"] == "equal psi"}
    lost = [row["shared_db"] for row in found.values() if row["shared_db"] > MUCH_DB]
    if not lost:
        return ""
    return (
        f"No rule of psi alone can suffice: on sounds that were made to have one psi, any one (K, "
        f"g) loses {' or '.join(f'{each:.1f} dB' for each in sorted(lost))} in the mean."
    )


def _of_equal_psi(rows: Sequence[Row]) -> list[str]:
    """What a rule of psi alone has to lose on sounds that have one psi."""
    found = {row["original"]: (row["psi_original"], row["shared_db"]) for row in rows}
    if not found:
        return []
    each = [f"{lost:.2f} dB at psi {psi:.2g}" for psi, lost in sorted(found.values())]
    noise = np.mean([row["noise_db"] for row in rows])
    return [
        f"Of {len(rows) // len(found) + 1} sounds that have one psi, the best (K, g) for all "
        f"loses, in the mean, {', '.join(each)}, beside a noise of {noise:.2f} dB: so much at the "
        "least a rule of psi alone loses on them."
    ]


def _of_widths(rows: Sequence[Row]) -> list[str]:
    """Whether it is the gain g that carries over to another width, or s1 itself."""
    lines = []
    for width in sorted({row["width_variant"] for row in rows}):
        mine = [row for row in rows if row["width_variant"] == width]
        # g^2 - 1 = width s1^2 / 2
        kept = [1 + (row["gain_original"] ** 2 - 1) * width / row["width_original"] for row in mine]
        by = [math.sqrt(k) / row["gain_original"] for k, row in zip(kept, mine, strict=True)]
        lines.append(
            f"{_ratio(mine, 'gain')} at width {width}, where with s1 itself it would be "
            f"{math.exp(np.mean(np.log(by))):.2f}"
        )
    return [f"The optimum's g goes by {'; '.join(lines)}."] * bool(lines)


def _of_phases(rows: Sequence[Row]) -> str:
    """Whether an optimum hangs on what no spectrum tells, by what chance alone loses."""
    lost: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        # The original of two surrogates is the first of them.
        original = str(row["original"]).removesuffix("_phases0")
        lost[row["experiment"]][original].append(row["regret_db"])
    pairs = [
        (name, float(np.mean(mine) - np.mean(lost["two surrogates"][name])))
        for name, mine in lost["phases"].items()
        if name in lost["two surrogates"]
    ]
    if not pairs:
        return "Phases: not compared."
    names, more = zip(*pairs, strict=True)
    found = recordings_interval(more, names)
    clip, most = max(pairs, key=lambda each: each[1])
    says = (
        f"Random phases lose {db(found)} more than another draw of them does, at most "
        f"{most:.1f} dB ({clip.replace('_', ' ')})"
    )
    if found.low > 0:
        return (
            f"{says}: the optimum hangs on the phases as well, which no spectral descriptor tells."
        )
    return f"{says}: that optima in general hang on phases cannot be told from this."
