"""What the gate found, as plain data: one result a claim, and nothing that depends on how they were dealt out."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import attrs

from verifier.evidence.baseline import Key
from verifier.evidence.record import Record, plain, structured
from verifier.language.errors import SpecError
from verifier.language.expr import decimal_text

Standing = Literal["held", "better", "new", "open", "broken"]


@attrs.frozen
class Break:
    """One way in which a claim is weaker, or not shown to be as strong."""

    kind: Literal["verdict", "formula", "bound", "assumption", "environment", "reading", "vanished"]
    text: str
    state: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Change:
    """Something that is different; a value is None where there is none."""

    kind: Literal["parameter", "rule", "piece", "assumption"]
    name: str
    before: str | None
    after: str | None


@attrs.frozen
class Moved:
    """A bound that moved; ``after`` is None where it was not found again."""

    quantity: str
    side: Literal["largest", "smallest"]
    before: str
    after: str | None

    def text(self, claim: str) -> str:
        """In words, with percent."""
        after = "no longer proved" if self.after is None else percent(self.after)
        return f"{self.side} {self.quantity.replace('_', ' ')} with {claim} {percent(self.before)} → {after}"


@attrs.frozen
class Result:
    """One claim beside what the baseline says of it."""

    design: str
    property: str
    under: list[str]
    arithmetic: str
    standing: Standing
    before: str
    after: str
    statement: str
    breaks: list[Break] = attrs.field(factory=list)
    improvements: list[str] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)
    changes: list[Change] = attrs.field(factory=list)
    moved: Moved | None = None
    restores: str | None = None
    record: Record | None = None
    """The verdict; none of a claim that nobody makes any more."""

    def key(self) -> Key:
        """Which claim it is."""
        return self.design, self.property, tuple(self.under), self.arithmetic


@attrs.frozen
class Refinement:
    """Whether the second of two systems refines the first; ``state`` is where it was seen not to."""

    shown: bool
    why: str
    state: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Report:
    """The results of a shard, ``[1, 1]`` being all, out of so many claims."""

    shard: list[int]
    claims: int
    results: list[Result]
    refines: Refinement | None = None


def percent(text: str) -> str:
    """A share as people say it, to at most four digits of a percent; what is no share as it is."""
    value = Fraction(text)
    if not 0 <= value <= 1:
        return text
    share = 100 * value
    rounded = Fraction(round(share * 10_000), 10_000)
    whole, _, rest = decimal_text(rounded).partition(".")
    return f"{'' if rounded == share else '≈'}{whole}{'.' + rest.ljust(2, '0') if rest else ''} %"


def as_data(report: Report) -> dict[str, Any]:
    """The report as a JSON object."""
    data: dict[str, Any] = plain(report)
    return data


def from_data(data: Any) -> Report:
    """The report of a JSON object. Raises ValueError for anything that is none."""
    return structured(data, Report, "report of the gate")


def merged(parts: Sequence[Report]) -> Report:
    """The whole from its parts. Raises SpecError unless they are all the parts of one run."""
    if not parts:
        raise SpecError("there is nothing to merge")
    of, claims = parts[0].shard[1], parts[0].claims
    numbers = sorted(part.shard[0] for part in parts)
    if any(part.shard[1] != of or part.claims != claims for part in parts) or numbers != list(range(1, of + 1)):
        raise SpecError(
            f"these are not all the parts of one run: {', '.join(f'{p.shard[0]}/{p.shard[1]}' for p in parts)}"
        )
    results = [result for part in parts for result in part.results]
    results.sort(key=Result.key)
    if len(results) != claims:
        raise SpecError(f"the parts hold {len(results)} claims of {claims}")
    return Report([1, 1], claims, results)


def status(report: Report) -> int:
    """0 the gate holds, 1 it is broken, 3 something is open and nothing worse."""
    found = {result.standing for result in report.results}
    return 1 if "broken" in found else 3 if "open" in found else 0
