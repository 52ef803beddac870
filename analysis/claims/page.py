"""Write the ledger as a Markdown page, from `templates/paper.md.j2`."""

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from analysis.claims.claim import Claim, Finding, Section, Verdict
from analysis.claims.data import Data, Row
from analysis.reporting.report import environment
from analysis.statistics.intervals import DIRECTION_ONLY
from analysis.theory.diagnosis_proof import Case, proof_rows

SIGNS = {
    Verdict.HOLDS: "holds",
    Verdict.IN_PART: "*in part*",
    Verdict.OPEN: "*open*",
    Verdict.FAILS: "**does not hold**",
    Verdict.UNTESTED: "not tested",
}
"""How a verdict stands in the table."""

COUNTED = {
    Verdict.HOLDS: "hold",
    Verdict.IN_PART: "hold in part",
    Verdict.OPEN: "are open",
    Verdict.FAILS: "do not hold",
    Verdict.UNTESTED: "are not tested",
}
"""How it stands after a number of claims."""


class Entry(NamedTuple):
    """Holds a claim and what the data say of it.

    Attributes:
        section: The title of its section.
        claim: The claim.
        finding: What the data say.
    """

    section: str
    claim: Claim
    finding: Finding


def entries_of(sections: Sequence[Section], data: Data) -> list[Entry]:
    """Return what the data say of every claim.

    Args:
        sections: The paper's sections with their claims.
        data: All that was measured.

    Example:
        >>> entries_of([], Data())
        []
    """
    return [
        Entry(section.title, claim, claim.evidence(data))
        for section in sections
        for claim in section.claims
    ]


def counts_of(entries: Sequence[Entry]) -> dict[Verdict, int]:
    """Return the number of claims by verdict, in the order of `Verdict`."""
    counts = Counter(entry.finding.verdict for entry in entries)
    return {verdict: counts[verdict] for verdict in Verdict if counts[verdict]}


def page(entries: Sequence[Entry], diagnoses: Sequence[Row] = ()) -> str:
    """Return the page as Markdown.

    Args:
        entries: The claims and what was found of them.
        diagnoses: The rows of `analysis.diagnosis_proof`.
    """
    cases = [Case(**{name: row[name] for name in Case._fields}) for row in diagnoses]
    sections = [(title, list(rows)) for title, rows in groupby(entries, lambda e: e.section)]
    text = (
        environment("analysis.claims")
        .get_template("paper.md.j2")
        .render(
            entries=entries,
            counts={COUNTED[verdict]: num for verdict, num in counts_of(entries).items()},
            sections=sections,
            signs=SIGNS,
            cases=cases,
            proof=proof_rows(cases),
            direction_only=DIRECTION_ONLY,
        )
    )
    return text.strip() + "\n"
