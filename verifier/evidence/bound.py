"""How far a claim holds: two sides, each with what it rests on."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import attrs

from verifier.evidence.verdict import Finding, Proved, Refuted, Vacuous


@attrs.frozen(eq=False)
class Closed:
    """A formula for where the safe interval ends."""

    formula: str
    meaning: str = ""
    """What its letters stand for, where they are not the names of parameters."""
    safe_for_all: bool = False
    """The claim is proved up to the formula for all values of the parameters in it."""
    tight_for_all: bool = False
    """For all of them there is a violation beyond it."""
    polynomial: str | None = None
    """Of an irrational end: what it is a root of."""


@attrs.frozen(eq=False)
class Edge:
    """One end of the safe interval: proved at ``safe``, refuted at ``unsafe``, which is None where no run was found."""

    safe: Fraction
    unsafe: Fraction | None = None
    refuted: Finding | None = None
    closed: Closed | None = None
    exact: bool = True
    """Whether the safe side is the end itself, and not a rational number next to it."""

    @property
    def gap(self) -> Fraction | None:
        return None if self.unsafe is None else abs(self.unsafe - self.safe)


@attrs.frozen
class Step:
    """A piece of the cascade curve: shocks over ``over`` and up to ``to``, how many tiers fall, what price is left."""

    over: Fraction
    to: Fraction
    fallen: int
    highest: Fraction
    lowest: Fraction


@attrs.frozen(eq=False)
class Curve:
    """What shocks do to a market, by tiers: the labels of the tiers, and the pieces of the curve."""

    tiers: tuple[str, ...]
    steps: tuple[Step, ...]


@attrs.frozen(eq=False)
class Bound:
    """The interval of a quantity in which a claim holds. An end that is None is where the quantity's domain ends."""

    design: str
    claim: str
    doc: str
    arguments: tuple[str, ...]
    """The claim's arguments and settings, as text."""
    vary: str
    precision: Fraction
    low: Edge | None = None
    high: Edge | None = None
    proof: Finding | None = None
    """The finding on the whole interval, the quantity left open."""
    why: str = ""
    """What was not settled."""
    elsewhere: tuple[Fraction, ...] = ()
    """Safe values that were found outside of the interval."""
    notes: tuple[str, ...] = ()
    curve: Curve | None = None
    seconds: float = 0.0
    questions: int = 0

    @property
    def edge(self) -> Edge | None:
        """The end that the bound is about: the upper one, if there is one."""
        return self.high or self.low

    @property
    def side(self) -> Literal["largest", "smallest"]:
        return "largest" if self.high is not None or self.low is None else "smallest"

    @property
    def is_safe(self) -> bool:
        """Whether the interval is proved; where nothing happens in it, that says something only if it does beyond."""
        if self.proof is None or isinstance(self.proof.verdict, Proved):
            return self.proof is not None
        beyond = any(edge is not None and edge.refuted is not None for edge in (self.low, self.high))
        return beyond and isinstance(self.proof.verdict, Vacuous)

    @property
    def verdict(self) -> Literal["proved", "unknown"]:
        """Proved where the interval is proved and each of its ends refuted within the precision beyond it."""
        edges = [edge for edge in (self.low, self.high) if edge is not None]
        close = all(self.closed_in(edge) for edge in edges)
        return "proved" if self.is_safe and close and not self.why else "unknown"

    def closed_in(self, edge: Edge) -> bool:
        refuted = edge.refuted is not None and isinstance(edge.refuted.verdict, Refuted)
        return refuted and edge.gap is not None and edge.gap <= self.precision
