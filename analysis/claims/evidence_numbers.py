"""Judge claims by the numbers of `analysis.measured`."""

from typing import NamedTuple

from analysis.claims.claim import Criterion, Evidence, Finding, joint, shown
from analysis.claims.data import Data

COMMAND = "python -m analysis.measured"


class Part(NamedTuple):
    """One number of a claim, and when it is as claimed.

    Attributes:
        case: The case in `analysis.measured`.
        label: What the page calls the number.
        criterion: Judges it. None for a number that is only shown.
        unit: The number's unit, with a space before it.
        digits: Digits after the point.
    """

    case: str
    label: str
    criterion: Criterion | None = None
    unit: str = ""
    digits: int = 2


def measured(quantity: str, *parts: Part, signal: str | None = None) -> Evidence:
    """Return the evidence of a claim about numbers of one quantity.

    Args:
        quantity: The name of the quantity.
        parts: The numbers.
        signal: The only signal that counts, by default all that were measured.

    Example:
        >>> measured("phases", Part("layers 2 to 4", "share"))(Data()).verdict.value
        'is not tested'
    """

    def find(data: Data) -> Finding | None:
        verdicts, figures = [], []
        for part in parts:
            interval = data.number(quantity, part.case, signal)
            if interval is None:
                return None
            figures.append(f"{part.label} {shown(interval, part.unit, part.digits)}")
            if part.criterion:
                verdicts.append(part.criterion(interval))
        verdict = joint(verdicts)
        return Finding(verdict, "; ".join(figures), data.scales[quantity])

    return Evidence(find, COMMAND)


def of_all(*evidence: Evidence) -> Evidence:
    """Return the evidence of a claim that holds if it holds in all of several respects.

    Its command is that of the first.

    Example:
        >>> share = measured("phases", Part("layers 2 to 4", "share"))
        >>> of_all(share, share)(Data()).verdict.value
        'is not tested'
    """

    def find(data: Data) -> Finding:
        findings = [one(data) for one in evidence]
        scales = dict.fromkeys(finding.scale for finding in findings if finding.scale)
        verdict = joint([finding.verdict for finding in findings])
        return Finding(verdict, "; ".join(f.figure for f in findings), "; ".join(scales))

    return Evidence(find, evidence[0].command)
