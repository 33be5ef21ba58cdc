"""Bounds over the tiers of a book: read off the curve, then proved and refuted like any other claim over tiers."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import attrs

from verifier.analyses.boundary import decimal_between
from verifier.analyses.cases import Case, briefly, own_arguments, with_arguments
from verifier.analyses.crowd import SPLITS, cover, crash_of, members, settle_crowd
from verifier.analyses.lift import NothingHappens, NotLifted, not_lifted
from verifier.analyses.lowest import closed_form
from verifier.analyses.market import LEFT, Broken, Market, brief, cut, market_of
from verifier.analyses.parameter import bound_on_parameter
from verifier.analyses.prove import finding_of
from verifier.analyses.readings import reading_of
from verifier.analyses.theorem import with_bound
from verifier.engines.ask import GaveUp, Solver
from verifier.evidence.bound import Bound, Curve, Edge, Step
from verifier.evidence.verdict import Finding, Refuted
from verifier.language.book import Tier
from verifier.language.lower import Problem
from verifier.language.pieces import Shock

ZERO, ONE = Fraction(0), Fraction(1)
MOST = ONE - Fraction(1, 10**6)
"""The largest shock that is looked at: nearly all of the price."""
SMALLEST = frozenset({"factor", "tolerance", "most"})
"""Arguments of which the smallest value is wanted."""
FARTHEST = 2**12
"""How many times the precision a refuted value is looked for beyond what is proved."""
CLOSELY = 32
"""How many times further away than what was tried at last such a value may be."""
WHOLE = frozenset({"most"})
"""Arguments that are whole numbers."""


def arguments_of(case: Case, vary: str) -> tuple[str, ...]:
    """What the claim is made under, as text, but for what varies."""
    merged = {**dict(case.prop.arguments), **dict(case.prop.settings), **case.settings}
    return tuple(briefly(name, given) for name, given in merged.items() if name != vary)


def bound_over_tiers(
    case: Case, problem: Problem, solver: Solver, vary: str, precision: Fraction, tell: Callable[[str], None]
) -> Bound:
    """The bound of a claim over tiers. Raises SpecError for a quantity that cannot vary there."""
    shock = next(slot for slot, piece in problem.wired.items() if isinstance(piece, Shock))
    made = Bound(case.design.title, problem.claim.name, problem.claim.doc, arguments_of(case, vary), vary, precision)
    tell("lifting to tiers")
    try:
        search = _OverTiers(case, problem, solver, precision)
        if vary in {shock, "bound", f"{shock}.bound"}:
            return search.largest_shock(made)
        if vary in own_arguments(case.prop):
            return search.best_argument(made, vary)
        return bound_on_parameter(case, search.market, search.reading, made, solver)
    except NothingHappens as why:
        return attrs.evolve(made, why=str(why))
    except NotLifted as why:
        return attrs.evolve(made, why=not_lifted(why))
    except GaveUp as why:
        return attrs.evolve(made, why=str(why))


def nearest_run(vary: str, value: Fraction) -> str:
    """What is told where the first value that a run refutes is some way off what is proved."""
    return f"no run of concrete positions was found nearer than {vary} = {cut(value)}"


class _OverTiers:
    """One claim over tiers, at whatever shock."""

    def __init__(self, case: Case, problem: Problem, solver: Solver, precision: Fraction) -> None:
        self.case, self.problem, self.solver, self.precision = case, problem, solver, precision
        self.market = market_of(case.design, problem, dict(case.settings), solver)
        self.reading = reading_of(case.prop)

    def at(self, shock: Fraction, **arguments: Fraction) -> tuple[Case, Market]:
        """The case and its market with another bound on the shock, or another argument of the claim."""
        prop = with_arguments(self.case.prop, arguments)
        settings = with_bound(self.problem, self.case.settings, shock)
        case = attrs.evolve(self.case, prop=attrs.evolve(prop, settings=()), settings=settings, declared=None)
        problem = case.problem()
        return case, attrs.evolve(self.market, problem=problem, settings=case.settings, shock=shock)

    def finding(self, shock: Fraction, **arguments: Fraction) -> Finding:
        """The finding at a shock."""
        started = time.perf_counter()
        case, market = self.at(shock, **arguments)
        return finding_of(case, market.problem, settle_crowd(market, self.solver), market.notes, self.solver, started)

    def largest_shock(self, made: Bound) -> Bound:
        """The largest shock up to which the claim holds, from nothing on."""
        made = attrs.evolve(made, curve=self.curve(MOST))
        broken = self.reading.breaks(attrs.evolve(self.market, shock=MOST), MOST)
        if broken is None:
            return self.at_any_shock(made)
        notes = self.market.notes
        if broken.over < 0:
            finding = self.finding(ZERO)
            return attrs.evolve(made, notes=notes, why=f"not even a shock of nothing is safe: {told(finding)}")
        if (within := self.within_one_tier(broken)) is not None:
            why = f"the tier {brief(within)} is no class: once its lowest falls, others in it may be dragged along"
            notes = (*notes, why)
        unsafe, refuted = self.beyond(broken)
        closed = closed_form(self.market, broken, self.case, self.solver, refuted)
        exact = self.market.stairs.straight
        edge = Edge(broken.over, unsafe, refuted, closed, exact=exact)
        why = self.why_apart(broken, unsafe)
        return attrs.evolve(made, high=edge, proof=self.finding(broken.over), notes=notes, why=why)

    def why_apart(self, broken: Broken, unsafe: Fraction | None) -> str:
        """Why the two sides are further apart than the precision; nothing where they are not."""
        if unsafe is None:
            return "no run of concrete positions was found beyond it"
        if unsafe - broken.over <= self.precision:
            return ""
        reasons = []
        if self.market.stairs.paid is not None:
            reasons.append(
                f"what is proved is reached only as positions get smaller: the run has {SPLITS[-1]} in the first tier"
            )
        if any(not tier.is_class for tier in broken.positions):
            reasons.append("of positions in a wide tier only its limits are known, and the proof assumes the worst")
        return "; ".join(reasons) or nearest_run("shock", unsafe)

    def at_any_shock(self, made: Bound) -> Bound:
        """Where no shock that was looked at breaks the claim: whether none at all does, short of the whole price."""
        made = attrs.evolve(made, proof=self.finding(MOST), notes=self.market.notes)
        whole = attrs.evolve(self.market, shock=ONE)
        if self.market.stairs.straight and self.solver.ask([LEFT > 0, LEFT <= 1], [cover(whole, self.reading)]) is None:
            return made
        return attrs.evolve(made, high=Edge(MOST), why="larger shocks, up to the whole price, were not settled")

    def within_one_tier(self, broken: Broken) -> Tier | None:
        """The tier in which one position drags another one along, where that is how the claim breaks."""
        own = self.market.stairs.tiers
        return None if broken.positions[0] in own else next(t for t in own if t.lo == broken.positions[0].lo)

    def beyond(self, broken: Broken) -> tuple[Fraction | None, Finding | None]:
        """The smallest shock over the bound at which a run of concrete positions breaks the claim, with that run."""
        limit = min(broken.upto, broken.over + self.precision)
        near = decimal_between(broken.over, limit)
        for shock in dict.fromkeys((near, decimal_between(max(near, (broken.over + limit) / 2), limit))):
            finding = self.finding(shock)
            if isinstance(finding.verdict, Refuted):
                return shock, finding
        _, market = self.at(broken.upto)
        tiers = [member for tier in broken.positions if tier.collateral for member in members(tier, market)]
        crash = crash_of(market, tiers, 1 if market.lifted.spread is None else SPLITS[-1])
        low, high = near, broken.upto
        while high - low > self.precision:
            middle = (low + high) / 2
            if crash.run(middle, self.solver) is None:
                low = middle
            else:
                high = middle
        shock = min(broken.upto, decimal_between(high, high + self.precision))
        finding = self.finding(shock)
        return (shock, finding) if isinstance(finding.verdict, Refuted) else (None, None)

    def best_argument(self, made: Bound, vary: str) -> Bound:
        """The best value of the claim's own argument for all shocks up to the design's."""
        market = self.market
        best = self.reading.measure(market, market.shock)
        made = attrs.evolve(made, notes=market.notes, curve=self.curve(market.shock))
        if best is None:
            return attrs.evolve(made, why="no value is enough: a shock next to nothing does it")
        smallest = vary in SMALLEST
        step = ONE if vary in WHOLE else self.precision
        near = best - step if smallest else best + step
        unsafe = near if vary in WHOLE else decimal_between(best, near)
        made = attrs.evolve(made, precision=step)
        refuted = self.finding(market.shock, **{vary: unsafe}) if unsafe >= 0 else None
        if refuted is not None and not isinstance(refuted.verdict, Refuted) and vary not in WHOLE:
            unsafe = decimal_between((best + near) / 2, near)
            refuted = self.finding(market.shock, **{vary: unsafe})
        why = ""
        if refuted is not None and not isinstance(refuted.verdict, Refuted):
            unsafe, refuted = self.nearest(unsafe, -step if smallest else step, vary)
            said = nearest_run(vary, unsafe) if refuted else "no run of concrete positions was found that breaks it"
            most = (
                "all who are open sell whatever they may"
                if self.market.stairs.kept is None
                else "all sell at the lowest price"
            )
            why = f"{said}: in the proof {most}"
        edge = Edge(best, unsafe if refuted else None, refuted, exact=market.stairs.straight)
        made = attrs.evolve(made, proof=self.finding(market.shock, **{vary: best}), why=why)
        return attrs.evolve(made, low=edge) if smallest else attrs.evolve(made, high=edge)

    def nearest(self, value: Fraction, step: Fraction, vary: str) -> tuple[Fraction, Finding | None]:
        """About the first value of an argument, step by step, that a run of concrete positions refutes, and the run."""
        near, far, found = 0, 1, self.finding(self.market.shock, **{vary: value + step})
        while not isinstance(found.verdict, Refuted):
            near, far = far, 2 * far
            if far > FARTHEST or value + far * step < 0:
                return value, None
            found = self.finding(self.market.shock, **{vary: value + far * step})
        while far - near > 1 + far // CLOSELY:
            middle = (near + far) // 2
            between = self.finding(self.market.shock, **{vary: value + middle * step})
            if isinstance(between.verdict, Refuted):
                far, found = middle, between
            else:
                near = middle
        return value + far * step, found

    def curve(self, shock: Fraction) -> Curve:
        """What each shock does, piece by piece."""
        stairs = self.market.stairs
        steps = [
            Step(
                max(f.over, ZERO),
                f.to,
                f.fallen,
                stairs.floor(f.fallen, max(f.over, ZERO)),
                stairs.floor(f.fallen, f.to),
            )
            for f in stairs.flights(shock)
        ]
        return Curve(tuple(map(str, stairs.tiers)), tuple(steps))


def told(finding: Finding) -> str:
    return f"{finding.claim.name} is {type(finding.verdict).__name__.lower()} there"
