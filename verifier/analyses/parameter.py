"""Bounds over tiers as a parameter of the market varies: the depth that a market needs, for instance.

The question that covers all shocks is asked with the parameter left open, so that one answer speaks of a whole
interval of its values. Sales are bounded by what is held: sound for every mechanism, exact for those that sell it all.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.analyses.boundary import Open, decimal_between, opened, simplest
from verifier.analyses.cases import Case
from verifier.analyses.crowd import Judged, settle_crowd, up_to, with_curve
from verifier.analyses.lift import Lifter
from verifier.analyses.market import LEFT, ZERO, Market, Piece, Reading, market_of
from verifier.analyses.prove import finding_of
from verifier.engines.ask import Solver
from verifier.evidence.bound import Bound, Edge
from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts
from verifier.language.errors import SpecError
from verifier.language.expr import TRUE, Bool, Real, all_of, any_of, number
from verifier.language.pieces import Market as MarketPiece

FORMS = frozenset({"price_floor", "amplification", "no_spread", "no_cascade"})
CLOSE = Fraction(1, 4)
"""How close, in shares of the precision, an end is enclosed before its simplest fraction is tried."""


def bound_on_parameter(case: Case, market: Market, reading: Reading, made: Bound, solver: Solver) -> Bound:
    """The interval of the parameter in which the claim holds at the design's shock.

    Raises SpecError, NotLifted, GaveUp.
    """
    open_ = opened(case.design, case.prop, case.settings, made.vary)
    piece = next(held for held in open_.problem.pieces.values() if isinstance(held, MarketPiece))
    if case.prop.name not in FORMS or "tolerance" in dict(case.prop.arguments) or not is_of(piece, open_.value):
        own = ", ".join(name for name, _ in case.prop.arguments)
        raise SpecError(
            f"over the tiers of a book {made.vary} cannot vary for {case.prop.name}; what can: the shock"
            f"{', ' + own if own else ''}, and for most claims the parameters of the market"
        )
    return _Parameter(case, market, reading, open_, piece, solver, made).bound()


def is_of(piece: Any, value: Real) -> bool:
    return any(held is value for held in vars(piece).values())


@attrs.define(eq=False)
class _Parameter:
    case: Case
    market: Market
    reading: Reading
    open: Open
    piece: Any
    solver: Solver
    made: Bound

    def bound(self) -> Bound:
        present = self.open.present
        made = attrs.evolve(self.made, notes=self.market.notes)
        if present is None or self.broken(present, present) is not None:
            return attrs.evolve(
                made, why=f"the claim does not hold for the design's own {made.vary}: set one for which it does"
            )
        lifter = Lifter(self.open.problem, self.solver)
        lifter.discharged()
        ends = {up: self.end(present, up=up) for up in (True, False)}
        edges = {up: self.edge(end, up=up) for up, end in ends.items() if end is not None}
        proof = self.proof(lifter, ends[False], ends[True])
        open_side = [edge for edge in edges.values() if edge.unsafe is None]
        why = "no run of concrete positions was found beyond an end" if open_side else ""
        return attrs.evolve(made, low=edges.get(False), high=edges.get(True), proof=proof, why=why)

    def question(self, low: Fraction | None, high: Fraction | None) -> tuple[list[Bool], Bool]:
        """That for every shock and every value in the interval some prefix of the tiers is all that falls."""
        problem = self.open.between(low, high)
        facts = [*rigid_facts(specialise(problem.system, "real")), *up_to(self.market.shock)]
        return facts, any_of(*(self.prefix(count) for count in range(len(self.market.stairs.tiers) + 1)))

    def prefix(self, count: int) -> Bool:
        """That the first tiers are all that falls, and the claim holds of it."""
        tiers, held = self.market.stairs.tiers, self.market.stairs.held[count]
        unit = self.open.problem.pieces[self.open.problem.seats[0]].collateral.unit
        price = LEFT * self.piece.impact(number(held, unit)) / self.piece.impact(number(ZERO))
        safe = number(tiers[count].lo) * price >= 1 if count < len(tiers) else TRUE
        claimed = self.reading.holds(self.market, Piece(count, cast(Real, price), ZERO, held, TRUE))
        return all_of(safe, claimed)

    def broken(self, low: Fraction | None, high: Fraction | None) -> Fraction | None:
        """A value in the interval that the tiers do not show to be safe; None if there is none."""
        facts, goal = self.question(low, high)
        model = self.solver.ask(facts, [goal])
        if model is None:
            return None
        found = model.values.get(self.open.var)
        return found if isinstance(found, Fraction) else cast(Fraction, high if low is None else low)

    def end(self, present: Fraction, *, up: bool) -> Fraction | None:
        """The end of the interval, upwards or downwards from the present value; None where it has none."""
        far = self.broken(present, None) if up else self.broken(None, present)
        if far is None:
            return None
        near = present
        while abs(far - near) > CLOSE * self.made.precision:
            middle = (near + far) / 2
            found = self.broken(near, middle) if up else self.broken(middle, near)
            near, far = (
                (middle, far) if found is None else (near, found if abs(found - near) < abs(far - near) else middle)
            )
        edge = simplest(near, far)
        safe = self.broken(present, edge) if up else self.broken(edge, present)
        return edge if safe is None else near

    def edge(self, end: Fraction, *, up: bool) -> Edge:
        """The end with a run of concrete positions beyond it."""
        beyond = decimal_between(end, end + self.made.precision if up else end - self.made.precision)
        refuted = self.at(beyond)
        return Edge(end, beyond, refuted) if isinstance(refuted.verdict, Refuted) else Edge(end)

    def at(self, value: Fraction) -> Finding:
        """The finding with the parameter at a value."""
        started = time.perf_counter()
        settings: Mapping[str, Any] = {**self.open.settings, self.open.var.name: value}
        case = attrs.evolve(self.case, prop=self.open.prop, settings=settings, declared=None)
        problem = case.problem()
        market = market_of(case.design, problem, settings, self.solver)
        return finding_of(case, problem, settle_crowd(market, self.solver), market.notes, self.solver, started)

    def proof(self, lifter: Lifter, low: Fraction | None, high: Fraction | None) -> Finding:
        """The finding on the whole interval, lifted for all values of the parameter."""
        started = time.perf_counter()
        facts, goal = self.question(low, high)
        own = [item for item in self.market.certificate.obligations if item not in self.market.lifted.obligations]
        certificate = attrs.evolve(self.market.certificate, obligations=(*lifter.done, *own))
        case = attrs.evolve(self.case, prop=self.open.prop, settings=self.open.settings, declared=None)
        judged = Judged(Proved(with_curve(certificate, facts, goal)), self.open.problem.claim)
        return finding_of(case, self.open.problem, judged, self.market.notes, self.solver, started)
