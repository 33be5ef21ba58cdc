"""What can be said of a claim: five verdicts, each with what it rests on, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, assert_never

import attrs

from verifier.evidence.obligations import Obligation
from verifier.evidence.run import Run
from verifier.evidence.witness import Witness
from verifier.language.errors import Site
from verifier.language.expr import Bool, Real
from verifier.language.system import Arithmetic, Claim, System

Why = Literal["time", "memory", "resources", "incomplete"]


@attrs.frozen(eq=False)
class Certificate:
    """A k-inductive invariant that implies the claim: the claim with the lemmas it rests on."""

    k: int
    lemmas: tuple[tuple[str, Bool], ...]
    identity: bool = False
    """The claim is true of every state whatever."""
    obligations: tuple[Obligation, ...] = ()
    """Of a proof over tiers: all that was put to the solver."""


@attrs.frozen(eq=False)
class Breaking:
    """A state that satisfies all that is known, and one step out of the claim: unreachable, or a lemma is missing."""

    rule: str
    values: Mapping[str, Fraction | bool]


@attrs.frozen(eq=False)
class Proved:
    """Holds in every reachable state, for runs of any length."""

    certificate: Certificate


@attrs.frozen(eq=False)
class Bounded:
    """No run of up to ``depth`` steps violates it; longer ones were not excluded."""

    depth: int
    breaking: Breaking | None = None


@attrs.frozen(eq=False)
class Refuted:
    """This run violates it; the exact interpreter replayed it before anybody saw it."""

    run: Run
    shortest: bool = True


@attrs.frozen(eq=False)
class Vacuous:
    """It holds because nothing happens."""

    why: str


@attrs.frozen(eq=False)
class Unknown:
    """Not settled; ``depth`` is how far the search got."""

    why: Why
    detail: str
    depth: int | None = None
    breaking: Breaking | None = None


Verdict = Proved | Bounded | Refuted | Vacuous | Unknown


def word(verdict: Verdict) -> str:
    """The verdict's name, as every report prints it."""
    match verdict:
        case Proved():
            return "proved"
        case Bounded():
            return "bounded"
        case Refuted():
            return "refuted"
        case Vacuous():
            return "vacuous"
        case Unknown():
            return "unknown"
        case _:
            assert_never(verdict)


def reason(verdict: Verdict) -> str:
    """Why it is no answer, in words; nothing where it is one, or says no more than its name."""
    return verdict.detail if isinstance(verdict, Unknown) else verdict.why if isinstance(verdict, Vacuous) else ""


@attrs.frozen(eq=False)
class Finding:
    """A verdict with everything a reader needs to judge it."""

    design: str
    claim: Claim
    verdict: Verdict
    engine: str
    seconds: float
    parameters: Mapping[str, object]
    assumptions: tuple[tuple[str, str, Site], ...]
    """Name, sentence, and where it is written."""
    unused_assumptions: tuple[str, ...]
    """Those that a proof was found not to need, where that was worked out."""
    arithmetic: Arithmetic
    borrowers: str
    """For how many borrowers the verdict speaks: one, a number, or any."""
    declared: str | None
    """Why the design says that this claim is refuted, if it does."""
    explained: bool = False
    """Whether it was worked out which assumptions the proof needs."""
    columns: tuple[tuple[str, Real], ...] = ()
    """What the table of a run shows."""
    sites: Mapping[str, Site] = attrs.field(factory=dict)
    """Where each rule is written."""
    never_fires: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    """What the claim is made under beyond the design: "shock = 0.129"."""
    file: str | None = None
    """The spec's file, for designs that are not bundled."""
    settings: tuple[str, ...] = ()
    """Settings from outside, as NAME=VALUE."""
    questions: int = 0
    seed: int = 0
    notes: tuple[str, ...] = ()
    """What a verdict over tiers must say: which tiers, which price is read, what was lifted instead."""
    evidence: str | None = None
    """Where the obligations of the proof are written."""
    positions: tuple[tuple[Fraction, Fraction], ...] = ()
    """Of a run of several positions: the health and the collateral of each at the start."""
    system: System | None = None
    """What the verdict speaks of, as its evidence needs it."""
    witnesses: tuple[Witness, ...] = ()
    """Runs that show that a proof is about something."""
    tiers: bool = False
    """Whether the verdict is about a book of tiers."""

    @property
    def expected(self) -> bool:
        """Proved, or refuted exactly where the design declares it."""
        return isinstance(self.verdict, Refuted if self.declared is not None else Proved)
