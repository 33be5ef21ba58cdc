"""Where a claim about single positions stops to hold as one quantity varies.

The question is never "is exactly x safe", whose answers need not be in order, but whether some value in an interval is
not: the quantity is left open, so that a proof speaks of the whole interval at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs

from verifier.analyses.cases import with_arguments
from verifier.engines.ask import GaveUp, Solver
from verifier.engines.portfolio import settle
from verifier.evidence.run import Values
from verifier.evidence.verdict import Proved, Refuted, Verdict
from verifier.interpretations.exact import UNDEFINED, value
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import Timeline, cone, goal_at, path, rigid_facts, start_facts
from verifier.language.errors import SpecError
from verifier.language.expr import Bool, Real, Var, number, variable
from verifier.language.lower import Problem, compose
from verifier.language.pieces import ANY, Design, Property
from verifier.language.system import Claim, System

TIGHT = Fraction(1, 2**28)
"""How closely a path is followed to the value at which it begins."""


@attrs.frozen(eq=False)
class Open:
    """A claim in which one quantity, ``var``, is left open; ``present`` is the design's own value of it, if any."""

    design: type[Design]
    prop: Property
    settings: Mapping[str, Any]
    problem: Problem
    var: Var
    present: Fraction | None

    @property
    def value(self) -> Real:
        return variable(self.var)  # type: ignore[no-any-return]

    def between(self, low: Fraction | None, high: Fraction | None) -> Problem:
        """The problem with the quantity in this interval."""
        value, unit = self.value, self.var.unit
        bounds: list[Bool] = []
        if low is not None:
            bounds.append(value >= number(low, unit))
        if high is not None:
            bounds.append(value <= number(high, unit))
        return self.under(*bounds)

    def under(self, *facts: Bool) -> Problem:
        """The problem with more facts about its parameters."""
        system = attrs.evolve(self.problem.system, domain=(*self.problem.system.domain, *facts))
        return attrs.evolve(self.problem, system=system)


def opened(design: type[Design], prop: Property, settings: Mapping[str, Any], vary: str) -> Open:
    """The claim with the named quantity left open. Raises SpecError."""
    fixed = compose(design, prop, settings)
    settings = {fixed.named.get(name, name): given for name, given in {**dict(prop.settings), **settings}.items()}
    prop = attrs.evolve(prop, settings=())
    if vary in dict(prop.arguments):
        prop, name = with_arguments(prop, {vary: ANY}), vary
        problem = compose(design, prop, settings)
    else:
        loose = compose(design, prop, {**{k: v for k, v in settings.items() if k != vary}, vary: ANY})
        name = loose.named.get(vary, vary)
        settings = {**settings, name: ANY}
        problem = compose(design, prop, settings)
    var = next((var for var in problem.system.params if var.name == name), None)
    if var is None or var.sort is not Real:
        raise SpecError(f"{vary} is no number that can vary: name a parameter of {design.title} or of the claim")
    present = fixed.system.fixed.get(var.name)
    return Open(design, prop, settings, problem, var, present if type(present) is Fraction else None)


@attrs.frozen(eq=False)
class End:
    """One end of a proved interval: ``safe`` is proved, ``unsafe`` refuted along ``rules``; None if there is no end."""

    safe: Fraction | None
    unsafe: Fraction | None = None
    rules: tuple[str, ...] = ()
    values: Values | None = None
    """A violation as close to the end as was looked for."""
    why: str = ""
    """Why the two are not closer together."""


@attrs.define(eq=False)
class Boundary:
    """Searches the ends of the interval around a value for which the claim is proved."""

    open: Open
    solver: Solver
    precision: Fraction
    system: System = attrs.field(init=False)
    claim: Claim = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.system = specialise(self.open.problem.system, self.solver.arithmetic)
        self.claim = self.open.problem.claim

    def settled(self, low: Fraction | None, high: Fraction | None) -> Verdict:
        """The verdict on all values of an interval at once."""
        problem = self.open.between(low, high)
        return settle(specialise(problem.system, self.solver.arithmetic), problem.claim, self.solver).verdict

    def seed(self) -> Fraction | None:
        """A value for which the claim is proved: what the author states, the design's own, nothing at all, a lot."""
        tried = (self.stated(), self.open.present, Fraction(0), Fraction(1))
        return next((x for x in dict.fromkeys(tried) if x is not None and self.safe_at(x)), None)

    def stated(self) -> Fraction | None:
        """What the author's closed form says, where it is about this quantity and needs no open parameter."""
        return stated(self.open.problem, self.open.var.name.rpartition(".")[2])

    def safe_at(self, x: Fraction) -> bool:
        """Whether the parameters may have this value, and the claim is proved for it."""
        system = specialise(self.open.between(x, x).system, self.solver.arithmetic)
        possible = self.solver.ask([*rigid_facts(system), *start_facts(system)]) is not None
        return possible and isinstance(self.settled(x, x), Proved)

    def end(self, start: Fraction, *, up: bool, guess: Guess = lambda *_: ()) -> End:
        """The end of the safe interval, upwards or downwards from a value for which the claim is proved."""
        verdict = self.settled(start, None) if up else self.settled(None, start)
        if isinstance(verdict, Proved):
            return End(None)
        for _ in range(8):
            if not isinstance(verdict, Refuted):
                return End(start, why=getattr(verdict, "detail", "no run was found"))
            rules = tuple(step.rule for step in verdict.run.steps)
            near, far, values = self.tightened(rules, start, self.number_in(verdict.run.params), up=up)
            stated = self.stated()
            for edge in (*([] if stated is None else [stated]), *guess(rules, values), simplest(near, far), near):
                if min(near, far) <= edge <= max(near, far):
                    verdict = self.settled(*((start, edge) if up else (edge, start)))
                    if isinstance(verdict, Proved):
                        return End(edge, self.beyond(edge, rules, far, up=up), rules, values)
                    if isinstance(verdict, Refuted) and self.number_in(verdict.run.params) != edge:
                        break
        return End(start, why="each violation found was followed by a closer one")

    def number_in(self, params: Mapping[Var, Fraction | bool]) -> Fraction:
        found = params[self.open.var]
        assert isinstance(found, Fraction)
        return found

    def tightened(
        self, rules: Sequence[str], safe: Fraction, broken: Fraction, *, up: bool
    ) -> tuple[Fraction, Fraction, Values]:
        """The value nearest to the safe one at which a run along these rules violates: enclosed, with the violation."""
        part = self.whole(rules)
        near, far, values = safe, broken, self.violation(part, rules, broken, broken)
        while values is not None and abs(far - near) > TIGHT * min(Fraction(1), max(abs(far), TIGHT)):
            middle = (near + far) / 2
            closer = self.violation(part, rules, *((near, middle) if up else (middle, near)))
            if closer is None:
                near = middle
            else:
                values, found = closer, closer[self.open.var]
                far = found if isinstance(found, Fraction) and found != near else middle
        if values is None:
            raise GaveUp("incomplete", "a violation found is none at its own value")
        return near, far, values

    def whole(self, rules: Sequence[str]) -> System:
        part = cone(self.system, self.claim)
        return part if all(part.find(name) for name in rules) else self.system

    def violation(self, part: System, rules: Sequence[str], low: Fraction, high: Fraction) -> Values | None:
        """A violation along these rules with the quantity in the interval."""
        timeline, steps = Timeline(part), [part.rule(name) for name in rules]
        value, unit = self.open.value, self.open.var.unit
        facts = [*path(timeline, steps), value >= number(low, unit), value <= number(high, unit)]
        model = self.solver.ask(facts, [goal_at(timeline, self.claim, len(steps), steps[-1] if steps else None)])
        return None if model is None else {var: found for var, found in model.values.items() if found is not None}

    def beyond(self, edge: Fraction, rules: Sequence[str], far: Fraction, *, up: bool) -> Fraction:
        """The simplest value within the precision beyond the edge at which these rules violate."""
        reach = self.precision if up else -self.precision
        part = self.whole(rules)
        for share in (1, 2, 8, 64):
            x = decimal_between(edge, edge + reach / share)
            if x != edge and self.violation(part, rules, x, x) is not None:
                return x
        return far


Guess = Any
"""From rules and a tight violation along them to values at which the interval may end."""


def stated(problem: Problem, vary: str) -> Fraction | None:
    """The author's closed form for this quantity as a number; None where there is none, or something in it is open."""
    term = problem.forms.get(vary)
    return None if term is None else number_of(term, {})


def number_of(term: Real, params: Mapping[Var, Fraction]) -> Fraction | None:
    """The value of a term without state; None if something in it is left open or divided by zero."""
    try:
        found = value(term, params)
    except KeyError:
        return None
    return None if found is UNDEFINED else Fraction(found)  # type: ignore[arg-type]


def simplest(one: Fraction, other: Fraction) -> Fraction:
    """The fraction with the smallest denominator in the closed interval (Stern and Brocot)."""
    low, high = min(one, other), max(one, other)
    whole = low.__ceil__()
    if whole <= high:
        return Fraction(whole)
    floor = low.__floor__()
    return floor + 1 / simplest(1 / (high - floor), 1 / (low - floor))


def decimal_between(edge: Fraction, limit: Fraction) -> Fraction:
    """The decimal with the fewest digits beyond the edge and up to the limit, on whichever side that is."""
    for digits in range(60):
        scale = 10**digits
        found = (
            Fraction((edge * scale).__floor__() + 1, scale)
            if limit > edge
            else Fraction((edge * scale).__ceil__() - 1, scale)
        )
        if min(edge, limit) <= found <= max(edge, limit):
            return found
    return limit
