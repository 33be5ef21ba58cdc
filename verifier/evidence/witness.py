"""What must be able to happen for a proof to mean something, and the runs in which it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import attrs

from verifier.evidence.run import Run, Taken, Values
from verifier.interpretations.exact import holds
from verifier.interpretations.fixed import TABLES
from verifier.language.expr import TRUE, Bool, Op, conjuncts
from verifier.language.system import Arithmetic, Claim, System

START = "a first state"


@attrs.frozen(eq=False)
class Way:
    """In some state (rule None) the formula holds, or as the rule fires."""

    rule: str | None
    formula: Bool


@attrs.frozen(eq=False)
class Wanted:
    """Something that must be able to happen, in one of some ways."""

    what: str
    ways: tuple[Way, ...]


@attrs.frozen(eq=False)
class Witness:
    """That it happens in the way of that number: at the end of a run, or in numbers that are not rational."""

    what: str
    way: int
    run: Run | None
    depth: int
    """The steps before it happens."""


def wanted(system: System, claim: Claim) -> list[Wanted]:
    """What must be able to happen for a proof of the claim to mean something."""
    acts = [rule.name for rule in system.rules if rule.name in claim.steps]
    found = []
    if acts:
        found.append(Wanted(f"a state in which {acts[0]} is enabled", tuple(Way(name, TRUE) for name in acts)))
        met = [(name, list(premises(own(claim.steps[name])))) for name in acts]
        if all(asked for _, asked in met):
            ways = tuple(Way(name, premise) for name, asked in met for premise in asked)
            found.append(Wanted("a step with the claim's premise", ways))
    found.append(Wanted(START, (Way(None, TRUE),)))
    found += [Wanted(f"the shock's bound, {formula!r}", (Way(None, formula),)) for formula in system.extremes]
    found += [Wanted(f"the claim's premise, {left!r}", (Way(None, left),)) for left in premises(claim.formula)]
    return found


def own(formula: Bool) -> Bool:
    """What a claim says of a step; what precedes it says that it is defined."""
    return cast(Bool, formula.args[1]) if formula.op is Op.AND else formula


def premises(formula: Bool) -> Iterable[Bool]:
    """The left sides of the implications that the formula is made of."""
    for part in conjuncts(formula):
        if part.op is Op.IMPLIES and part.args[1].op is not None:
            yield cast(Bool, part.args[0])


def happens(
    item: Wanted, states: Sequence[Values], steps: Sequence[Taken], arithmetic: Arithmetic, *, within: int | None = None
) -> int | None:
    """The first way in which it happens in the last state, or by the last step, of a run; ``within``: of this one."""
    table = TABLES[arithmetic]
    for number, way in enumerate(item.ways):
        if within is not None and number != within:
            continue
        if way.rule is None:
            if holds(way.formula, states[-1], table):
                return number
        elif steps and steps[-1].rule == way.rule and holds(way.formula, {**states[-2], **steps[-1].inputs}, table):
            return number
    return None
