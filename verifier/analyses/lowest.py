"""The closed form of the shock at which the lowest tiers of a book drag the next one along.

At that shock a tier is exactly healthy at the price that the sales of those below it leave: the binding constraint.
sympy solves it; the solver then proves the formula for all healths, sizes and parameters, whatever other tiers there
are, and that beyond it a run of one position a tier breaks the claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, cast

import attrs
import sympy

from verifier.analyses.binding import Atom, Path, Reader, shortest
from verifier.analyses.cases import Case
from verifier.analyses.irrational import irrational
from verifier.analyses.lift import Lifter, NothingHappens, NotLifted
from verifier.analyses.market import ZERO, Broken, Market
from verifier.analyses.seats import elsewhere_than_the_book, seats_of
from verifier.engines.ask import GaveUp, Solver
from verifier.evidence.bound import Closed
from verifier.evidence.run import Values
from verifier.evidence.verdict import Finding, Refuted
from verifier.interpretations.exact import value
from verifier.interpretations.formula import Symbols
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts
from verifier.language.expr import (
    FALSE,
    Bool,
    Expr,
    Op,
    Real,
    Var,
    all_of,
    any_of,
    exchange,
    maximum,
    number,
    show,
    substitute,
    variable,
    variables,
)
from verifier.language.lower import Problem, compose
from verifier.language.pieces import ANY, Book, Crowd, Shock
from verifier.language.pieces import Market as MarketPiece
from verifier.language.system import System, defined, timed

NAMED = frozenset({"no_cascade", "no_spread"})
MOST = 4
"""Of more tiers than these no formula is made."""


def closed_form(market: Market, broken: Broken, case: Case, solver: Solver, refuted: Finding | None) -> Closed | None:
    """The formula for the largest safe shock, for claims about who drags whom along; None where none was found."""
    flights = market.stairs.flights(broken.shock)
    fallen = flights[-1].fallen
    if case.prop.name not in NAMED or case.prop.arguments or not 0 < fallen <= MOST:
        return None
    if market.stairs.kept is not None or market.lifted.grown != 1 or market.lifted.owners_act:
        return None
    tiers = LowestTiers(market, case, fallen)
    if market.stairs.paid is not None and market.stairs.bounded(fallen - 1, broken.over)[1] < fallen - 1:
        return irrational(tiers, broken, solver)
    return tiers.rational(solver, refuted)


class LowestTiers:
    """The lowest tiers as positions whose healths and sizes are open, in a market whose parameters are."""

    def __init__(self, market: Market, case: Case, count: int) -> None:
        self.market, self.count, self.design = market, count, case.design
        rows = market.stairs.tiers[:count]
        settings = elsewhere_than_the_book(market.problem, dict(market.settings))
        prop = case.prop
        sized = compose(case.design, prop, settings, seats_of(market.problem, [(t.lo, t.collateral) for t in rows]))
        loose = {name: ANY for name, found in sized.system.fixed.items() if type(found) is Fraction}
        books = seats_of(market.problem, [(cast(Fraction, ANY), cast(Fraction, ANY))] * count)
        kinds = {name: given for name, given in settings.items() if sized.named.get(name, name) not in loose}
        own = {name for name, piece in sized.wired.items() if isinstance(piece, Book)}
        kept = {name: found for name, found in loose.items() if name.partition(".")[0] not in own}
        prop = attrs.evolve(
            prop, settings=tuple((k, v) for k, v in prop.settings if sized.named.get(k, k) not in loose)
        )
        self.problem: Problem = compose(case.design, prop, {**kinds, **kept}, books)
        self.system: System = specialise(self.problem.system, "real")
        self.seats: list[Any] = [self.problem.pieces[seat] for seat in self.problem.seats]
        self.healths = [cast(Real, seat.book.health) for seat in self.seats]
        self.sizes = [cast(Real, seat.book.size) for seat in self.seats]
        self.piece: Any = next(p for p in self.problem.pieces.values() if isinstance(p, MarketPiece))
        shock: Any = next(p for p in self.problem.pieces.values() if isinstance(p, Shock))
        self.bound: Real = shock.bound
        self.numbers: Values = {
            var: cast(Fraction, sized.system.fixed[var.name])
            for var in self.system.params
            if var.name in sized.system.fixed
        }
        for seat, tier in zip(self.seats, rows, strict=True):
            self.numbers |= {seat.book.health.leaf: tier.lo, seat.book.size.leaf: tier.collateral}

    def left_of(self, count: int) -> Real:
        """The share of the first market price that is left when all of so many tiers is sold."""
        return cast(Real, self.piece.impact(self.held(count)) / self.piece.impact(self.held(0)))

    def held(self, count: int) -> Real:
        total = number(0)
        for size in self.sizes[:count]:
            total = total + size
        return total

    def letter(self, var: Var) -> Real:
        """A short name: h for a tier's health, φ for its collateral as a share of the depth, C where there is none."""
        size = "φ" if self.depth is not None else "C"
        names = {item.leaf: f"h{place}" for place, item in enumerate(self.healths, 1)}
        names |= {item.leaf: f"{size}{place}" for place, item in enumerate(self.sizes, 1)}
        return cast(Real, variable(Var(names.get(var, var.name), Real)))

    def text(self, term: Expr) -> str:
        """A formula in short names."""
        return show(substitute(term, {var: self.letter(var) for var in variables(term)}))

    def in_shares(self, term: Expr) -> str:
        """A formula in short names, collateral as shares of the depth where there is one."""
        symbols = Symbols()
        formula = symbols.formula(term).subs(self.as_shares(symbols))
        told = symbols.term(sympy.cancel(formula), self.letter)
        return show(term if told is None else told)

    @property
    def depth(self) -> Real | None:
        return self.piece.depth if hasattr(type(self.piece), "depth") else None

    def as_shares(self, symbols: Symbols) -> dict[Any, Any]:
        """Each tier's collateral as a share of the depth times it."""
        if self.depth is None:
            return {}
        depth = symbols.formula(self.depth)
        return {symbols.formula(size): symbols.formula(size) * depth for size in self.sizes}

    @property
    def meaning(self) -> str:
        share = (
            "φ1, ...: their collateral as a share of the depth"
            if self.depth is not None
            else "C1, ...: their collateral"
        )
        return f"h1, h2, ...: the healths of the lowest tiers; {share}"

    def rational(self, solver: Solver, refuted: Finding | None) -> Closed | None:
        """The larger of the shocks that open the first tier, and each next one by the sales of those below it."""
        reader, terms = Reader(self.numbers), list[Real]()
        told: list[Real] = []
        for tier in range(self.count):
            symbols = Symbols()
            left = reader.straight(self.left_of(tier), goal=False)
            root = 1 / (symbols.formula(self.healths[tier]) * symbols.formula(left))
            term = symbols.term(shortest(sympy.cancel(1 - root)), lambda var: cast(Real, variable(var)))
            shares = symbols.term(shortest(sympy.cancel(1 - root.subs(self.as_shares(symbols)))), self.letter)
            if term is None or shares is None:
                return None
            terms.append(term)
            told.append(shares)
        gaps = [(a, a.left - a.right if first(a, self.numbers) else a.right - a.left) for a in reader.atoms]
        branch = [gap > 0 if a.strict else gap >= 0 for a, gap in gaps if variables(gap)]
        joined = maximum(*terms)
        safe = self.safe(joined, branch, solver)
        tight = self.tight(terms, branch, solver, refuted)
        texts = {fact: self.in_shares(fact.args[1]) for fact in branch}
        limits = [f"{text} {'>' if fact.op is Op.LT else '≥'} 0" for fact, text in texts.items() if not text.isdigit()]
        said = f"; while {' and '.join(limits)}" if limits else ""
        return Closed(show(maximum(*told)), f"{self.meaning}{said}", safe, tight)

    def ordered(self) -> list[Bool]:
        """Healths ascend from above zero, and there is something to sell."""
        facts = [self.healths[0] > 0, *(size > 0 for size in self.sizes)]
        return facts + [low < high for low, high in zip(self.healths, self.healths[1:], strict=False)]

    def safe(self, term: Real, branch: Sequence[Bool], solver: Solver) -> bool:
        """Whether up to the formula some prefix of these tiers is all that falls, by the shock alone."""
        left = 1 - self.bound
        prefixes = []
        for fallen in range(self.count):
            beyond = self.healths[fallen] * left * self.left_of(fallen) >= 1
            prefixes.append(beyond & (self.healths[fallen - 1] * left < 1) if fallen else beyond)
        facts = [*rigid_facts(self.system), *self.ordered(), *branch, defined(term), self.bound <= term]
        try:
            return solver.ask(facts, [any_of(*prefixes)]) is None and self.lifts(solver)
        except GaveUp:
            return False

    def lifts(self, solver: Solver) -> bool:
        """Whether every obligation of lifting holds for all parameters, and not for the design's own alone."""
        problem = self.market.problem
        slot = next(name for name, piece in problem.wired.items() if isinstance(piece, Crowd))
        fixed = [name for name, found in problem.system.fixed.items() if type(found) is Fraction]
        merged = {**dict(problem.prop.settings), **self.market.settings}
        kept = {k: v for k, v in merged.items() if problem.named.get(k, k) not in fixed}
        book = type(problem.pieces[slot]).__annotations__ | {"health": None}
        loose = {name: ANY for name in fixed if name.removeprefix(f"{slot}.") not in book}
        prop = attrs.evolve(problem.prop, settings=())
        try:
            Lifter(compose(self.design, prop, {**kept, **loose}), solver).discharged()
        except (NotLifted, NothingHappens):
            return False
        return True

    def tight(self, terms: Sequence[Real], branch: Sequence[Bool], solver: Solver, refuted: Finding | None) -> bool:
        """Whether one position a tier shows it beyond the formula, the last tier being healthy by the shock alone."""
        if refuted is None or not isinstance(refuted.verdict, Refuted):
            return False
        rules = [step.rule for step in refuted.verdict.run.steps]
        if any(self.system.find(name) is None or (self.system.rule(name).inputs and name != "tick") for name in rules):
            return False
        path = Path(self.system, self.problem.claim, rules)
        witness = self.witness(path)
        parts = [substitute(part, witness) for part in (*path.facts, ~path.goal)]
        run = all_of(*(all_of(defined(part), part) for part in parts))
        facts = [*rigid_facts(self.system), *self.ordered(), *branch]
        facts += [all_of(defined(term), self.bound > term) for term in terms]
        facts += [self.healths[-1] * (1 - self.bound) >= 1]
        try:
            return solver.ask(facts, [run]) is None
        except GaveUp:
            return False

    def witness(self, path: Path) -> dict[Var, Expr]:
        """Each position exactly at its health, and the whole fall at once."""
        shock: Any = next(p for p in self.problem.pieces.values() if isinstance(p, Shock))
        price = number(shock.price.leaf.like or 1, shock.price.unit)
        made: dict[Var, Expr] = {var: number(ZERO) if var.sort is Real else FALSE for var in path.unknowns()}
        made[timed(shock.price.leaf, 0)] = price
        made[next(var for var in path.unknowns() if var.name == "tick.price@0")] = (1 - self.bound) * price
        for seat, health, size in zip(self.seats, self.healths, self.sizes, strict=True):
            made[timed(seat.collateral.leaf, 0)] = size
            worth = exchange(seat.health_value(), seat.oracle.quote(), price * self.piece.impact(self.held(0)))
            made[timed(seat.debt.leaf, 0)] = substitute(worth, {seat.collateral.leaf: size}) / health
        return made


def first(atom: Atom, numbers: Values) -> bool:
    """Whether the left side is the larger one."""
    return bool(cast(Fraction, value(atom.left, numbers)) >= cast(Fraction, value(atom.right, numbers)))
