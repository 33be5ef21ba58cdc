"""A market over the tiers of a book: its curve, the pieces of it, and why they speak for any number of borrowers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

import attrs

from verifier.analyses.lift import Lifted, Lifter, NotLifted
from verifier.analyses.seats import book_of
from verifier.analyses.theorem import and_at_once, theorem
from verifier.engines.ask import Solver
from verifier.engines.staircase import Flight, Paid, Staircase
from verifier.evidence.verdict import Certificate
from verifier.language.book import Tier
from verifier.language.errors import SpecError
from verifier.language.expr import (
    TRUE,
    Bool,
    Q,
    Real,
    Var,
    decimal_text,
    maximum,
    minimum,
    number,
    substitute,
    variable,
)
from verifier.language.lower import Problem
from verifier.language.pieces import Crowd, Design, Shock

ZERO, ONE = Fraction(0), Fraction(1)
LEFT = cast(Real, variable(Var("what the shock leaves", Real)))


@attrs.frozen(eq=False)
class Market:
    """What a book of tiers, a mechanism and a market come to: the curve, and why it speaks for any number."""

    problem: Problem
    design: type[Design]
    settings: Mapping[str, Any]
    stairs: Staircase
    lifted: Lifted
    certificate: Certificate
    shock: Fraction

    @property
    def notes(self) -> tuple[str, ...]:
        """What a verdict over tiers must say."""
        rows = self.stairs.tiers
        shown = "; ".join(map(brief, rows[:8])) + (f"; ... up to {brief(rows[-1])}" if len(rows) > 8 else "")
        said = [f"{len(rows)} tiers (health from the first price on: collateral): {shown}"]
        sick = sum(tier.lo < 1 for tier in rows)
        if self.lifted.grown != 1:
            times = decimal_text(self.lifted.grown)
            said.append(f"these are with what others may add to them: {times} times what positions have at the start")
            said.append("what others do with collateral that they take instead of a liquidation is not looked at")
        if sick:
            said.append(f"{sick} of them are unhealthy from the start, and sold at a shock of nothing")
        wide = [tier for tier in rows if not tier.is_class]
        if wide:
            widest = max(tier.hi / tier.lo for tier in wide)
            said.append(
                f"{len(wide)} are no classes of one health; the widest reaches {float(widest):.4g} times its floor"
            )
        if self.lifted.impact(self.stairs.held[-1]) == 1:
            said.append("the price that the mechanism sees does not move with sales, so nothing cascades")
        else:
            said.append("the oracle reads the market price, which sales move")
        if self.stairs.kept is not None:
            said.append("what positions do not sell before they are healthy again is counted, of each by itself")
        if self.stairs.last_sale is not None:
            least = decimal_text(self.stairs.last_sale)
            said.append(f"who falls to a health of less than {least}, and that at once, sells nothing in the market")
        most = self.stairs.sold(self.stairs.fallen(self.shock), self.shock)
        if most and self.lifted.impact(most) == 0:
            said.append(
                f"the market is exhausted: up to {float(most):.6g} may be sold, not for all of which there are buyers"
            )
        return (*said, *self.lifted.notes)

    def argument(self, name: str) -> Fraction:
        """The value of one of the claim's own arguments."""
        return Q(dict(self.problem.prop.arguments)[name])

    @property
    def depth(self) -> Fraction:
        """What shares of the market are measured by."""
        depth = self.lifted.market.depth.leaf if hasattr(type(self.lifted.market), "depth") else None
        if not isinstance(depth, Fraction):
            raise SpecError("a share of the market's depth needs a market with a depth that is a number")
        return depth


@attrs.frozen(eq=False)
class Piece:
    """A piece of the curve for the solver: the first tiers have fallen, and so much of the first price is left."""

    fallen: int
    price: Real
    share: Fraction
    sold: Fraction
    fits: Bool
    """That these numbers are what the theorem asks for."""


@attrs.frozen
class Broken:
    """A shock at which the tiers allow what is claimed not to happen, and positions that should show it."""

    over: Fraction
    """The largest shock, from below, at which it does not happen."""
    shock: Fraction
    positions: tuple[Tier, ...]
    upto: Fraction
    """The largest shock at which the same happens."""


@attrs.frozen(eq=False)
class Reading:
    """What a claim means over tiers: of a piece of the curve, and of the whole of it."""

    holds: Callable[[Market, Piece], Bool]
    breaks: Callable[[Market, Fraction], Broken | None]
    measure: Callable[[Market, Fraction], Fraction | None] = lambda _market, _shock: None
    """For all shocks up to this one, the best value of the claim's own argument; None if there is none."""


def piece_of(market: Market, flight: Flight) -> Piece:
    """The numbers of a piece. Where sales are bounded by debts, those of its largest shock serve for all of it."""
    stairs, fallen = market.stairs, flight.fallen
    if stairs.straight:
        sold = stairs.sold(fallen, flight.to)
        share, fits = market.lifted.impact(sold), TRUE
        if stairs.last_sale is not None and stairs.silent(fallen, flight.to):
            fits = number(stairs.tiers[fallen - 1].hi) * LEFT < number(stairs.last_sale)
        return Piece(fallen, LEFT * number(share), share, sold, fits)
    left, (sold, own) = ONE - flight.to, stairs.bounded(fallen, flight.to)
    share = market.lifted.impact(sold)
    if stairs.paid is None:
        enough = (
            TRUE if sold == stairs.held[fallen] else number(sold) >= unkept(market.lifted, stairs, fallen, left * share)
        )
        return Piece(fallen, number(left * share), share, sold, (number(left) <= LEFT) & enough)
    debt = number(stairs.paid.spread) * (number(stairs.owed[fallen]) - number(stairs.owed[own]))
    worth = number(left) * (number(market.lifted.worth(sold)) - number(stairs.worths[own]))
    fits = (number(left) <= LEFT) & (debt <= worth)
    return Piece(fallen, number(left * share), share, sold, fits)


def unkept(lifted: Lifted, stairs: Staircase, fallen: int, price: Fraction) -> Real:
    """What the first tiers sell at most, if no price is lower, as a term for the solver."""
    sold = number(ZERO)
    for tier in stairs.tiers[:fallen]:
        health, kept = lifted.kept_by
        share = 1 - substitute(kept, {health: number(tier.lo * price)})
        sold = sold + number(tier.collateral) * maximum(0, minimum(1, share))
    return sold


def brief(tier: Tier) -> str:
    """A tier for a person: its numbers cut to six digits where they are longer."""
    ends = [tier.lo] if tier.is_class else [tier.lo, tier.hi]
    return f"{' to '.join(map(cut, ends))}: {cut(tier.collateral)}"


def cut(value: Fraction) -> str:
    """A number in full where it is short, else to six digits."""
    text = decimal_text(value)
    return text if len(text) <= 8 else f"≈{float(value):.6g}"


def market_of(
    design: type[Design],
    problem: Problem,
    settings: Mapping[str, Any],
    solver: Solver,
    tiers: Sequence[Tier] | None = None,
    known: Collection[str] | None = None,
) -> Market:
    """The market of a problem over tiers, every obligation discharged; ``known`` is what ``theorem`` takes.

    Raises NotLifted, NothingHappens, GaveUp, SpecError.
    """
    book = book_of(problem)
    assert book is not None
    snapshot = next(piece for piece in problem.pieces.values() if isinstance(piece, Crowd))
    rows = tuple(tiers if tiers is not None else snapshot.rows)
    refuse_disorder(rows)
    if problem.prop.arithmetic != "real":
        raise SpecError("over tiers claims are about real numbers; in fixed point ask about single positions")
    bound = bound_of(problem)
    lifted = Lifter(problem, solver).lifted()
    rows = tuple(larger(tier, lifted.grown) for tier in rows)
    if lifted.owners_act and rows[0].lo < 1:
        raise NotLifted("owners may act, and some positions may be liquidated from the start")
    paid = Paid(cast(Fraction, lifted.spread), owed(rows, lifted), lifted.worth) if lifted.paid else None
    certificate = theorem(
        design, problem, settings, book, solver, paid=lifted.paid, stays=lifted.owners_act, known=known
    )
    certificate = attrs.evolve(certificate, obligations=(*lifted.obligations, *certificate.obligations))
    last_sale = None
    if lifted.last_sale is not None and paid is None and rows[0].lo >= 1:
        once = and_at_once(certificate, design, problem, settings, solver, known)
        certificate, last_sale = (certificate, None) if once is None else (once, lifted.last_sale)
    kept = None if paid is not None or lifted.least_kept is None else lifted.kept
    stairs = Staircase(rows, lifted.impact, paid, kept=kept, last_sale=last_sale)
    return Market(problem, design, settings, stairs, lifted, certificate, bound)


def larger(tier: Tier, times: Fraction) -> Tier:
    """The tier of the same positions with so many times the collateral for the same debts."""
    return attrs.evolve(tier, lo=tier.lo * times, hi=tier.hi * times, collateral=tier.collateral * times)


def refuse_disorder(rows: Sequence[Tier]) -> None:
    """Tiers are listed by ascending health, apart from each other. Raises SpecError."""
    if not rows:
        raise SpecError("the book has no tiers: give it rows=(...), or --book FILE")
    for tier in rows:
        if tier.lo <= 0 or tier.hi < tier.lo or tier.collateral < 0:
            raise SpecError(f"a tier runs from one positive health to another, and holds collateral, not {tier}")
    for lower, upper in pairwise(rows):
        if upper.lo <= lower.hi:
            raise SpecError(f"tiers ascend and do not touch, but {lower} comes before {upper}")


def owed(rows: Sequence[Tier], lifted: Lifted) -> tuple[Fraction, ...]:
    """The most that each tier owes, at the first price: what its lowest health allows, or less where it is known."""
    most = [lifted.owed_per_value * tier.collateral / tier.lo for tier in rows]
    return tuple(high if tier.debt is None else min(high, tier.debt) for high, tier in zip(most, rows, strict=True))


def bound_of(problem: Problem) -> Fraction:
    """The shock's bound."""
    shock: Any = next(piece for piece in problem.pieces.values() if isinstance(piece, Shock))
    if not isinstance(shock.bound.leaf, Fraction):
        raise SpecError("over tiers the shock is a number; 'verifier bound' finds the largest one")
    return shock.bound.leaf
