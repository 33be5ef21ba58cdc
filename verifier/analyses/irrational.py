"""The critical shock where sales are bounded by debts: an algebraic number, with its polynomial and its radicals.

Two equations say where it lies: the proceeds potential, at the most that the lowest tiers can sell, and the next
tier's health, exactly one at the price that this leaves. What holds there holds of every smaller shock, which is proved
for all parameters; the polynomial and the radicals are sympy's elimination of what is sold from the two.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import sympy

from verifier.analyses.binding import Reader
from verifier.analyses.lift import debt_per_value
from verifier.analyses.market import Broken
from verifier.engines.ask import GaveUp, Solver
from verifier.evidence.bound import Closed
from verifier.interpretations.formula import Symbols
from verifier.interpretations.unroll import rigid_facts
from verifier.language.expr import Real, Var, exchange, number, show, variable, variables
from verifier.language.system import defined

if TYPE_CHECKING:
    from verifier.analyses.lowest import LowestTiers

SOLD, LEFT, MORE = (cast(Real, variable(Var(name, Real))) for name in ("sold", "left", "more left"))
NEAR = sympy.Rational(1, 10**9)
"""How near a root must lie to the number that the staircase found."""


def irrational(tiers: LowestTiers, broken: Broken, solver: Solver) -> Closed | None:
    """The polynomial of the shock, its radicals where there are some, and whether it is safe for all parameters."""
    found = _Root(tiers, broken)
    polynomial = found.polynomial()
    if polynomial is None:
        return None
    plain = tiers.count == 2 and not found.branches
    formula = found.radicals() or f"the root of {polynomial} near {float(broken.over):.9g}"
    meaning = f"{tiers.meaning}; proved of the root, which sympy wrote out"
    safe = plain and grows(tiers, found.equations, solver)
    return Closed(formula, meaning, safe, polynomial=f"{polynomial} = 0")


class _Root:
    """The two equations and what sympy makes of them."""

    def __init__(self, tiers: LowestTiers, broken: Broken) -> None:
        self.tiers, self.over = tiers, sympy.Rational(*broken.over.as_integer_ratio())
        stairs = tiers.market.stairs
        last = tiers.count - 1
        most, own = stairs.bounded(last, broken.over)
        self.equations = equations(tiers, own)
        reader = Reader(tiers.numbers | {leaf(SOLD): most, leaf(LEFT): 1 - broken.over})
        self.symbols = Symbols()
        straight = [self.symbols.formula(reader.straight(term, goal=False)) for term in self.equations]
        self.branches = [atom for atom in reader.atoms if variables(atom.left - atom.right)]
        tops = [sympy.fraction(sympy.together(term))[0] for term in straight]
        self.left = self.symbols.of[leaf(LEFT)]
        self.shared = sympy.resultant(*tops, self.symbols.of[leaf(SOLD)])
        given = {symbol: tiers.numbers[var] for var, symbol in self.symbols.of.items() if var in tiers.numbers}
        self.numbers = {s: sympy.Rational(*Fraction(found).as_integer_ratio()) for s, found in given.items()}

    def polynomial(self) -> str | None:
        """The factor, with whole coefficients, that has the shock among its roots."""
        x = sympy.Symbol("x")
        top = sympy.fraction(sympy.together(self.shared.subs(self.numbers).subs(self.left, 1 - x)))[0]
        for factor, _ in sympy.Poly(top, x).factor_list()[1]:
            if any(abs(root - self.over) < NEAR for root in factor.nroots(n=20)):
                return written(factor.as_expr())
        return None

    def radicals(self) -> str | None:
        """The root written out for all parameters, where it is one of degree two at the most."""
        for factor, _ in sympy.factor_list(self.shared)[1]:
            if self.left in factor.free_symbols and sympy.degree(factor, self.left) <= 2:
                for root in sympy.solve(factor, self.left):
                    if abs(sympy.N(root.subs(self.numbers), 20) - (1 - self.over)) < NEAR:
                        return self.in_letters(root)
        return None

    def in_letters(self, root: Any) -> str:
        names = {s: sympy.Symbol(show(self.tiers.letter(var)), positive=True) for var, s in self.symbols.of.items()}
        return written(1 - sympy.simplify(root.subs(self.tiers.as_shares(self.symbols)).subs(names)))


def equations(tiers: LowestTiers, own: int) -> tuple[Real, Real]:
    """Two terms that are zero at the shock: the potential, and the next tier's health less one."""
    begun = tiers.piece.impact(tiers.held(0))
    rows = list(zip(tiers.seats, tiers.healths, tiers.sizes, strict=True))
    debt = number(0)
    for seat, health, size in rows[own : tiers.count - 1]:
        debt = debt + seat.spread() * debt_per_value(seat) * size / health
    potential = LEFT * (tiers.piece.worth(SOLD) - tiers.piece.worth(tiers.held(own))) / begun - debt
    healthy = tiers.healths[tiers.count - 1] * LEFT * tiers.piece.impact(SOLD) / begun - 1
    return cast(Real, potential), cast(Real, healthy)


def grows(tiers: LowestTiers, terms: tuple[Real, Real], solver: Solver) -> bool:
    """Whether what is zero at one shock is at least zero at every smaller one, for all parameters."""
    facts = [*rigid_facts(tiers.system), *tiers.ordered(), SOLD >= 0, LEFT > 0, MORE >= LEFT]
    facts += [fact for term in terms for fact in (defined(term == 0), term == 0)]
    try:
        return solver.ask(facts, [exchange(term, LEFT, MORE) >= 0 for term in terms]) is None and tiers.lifts(solver)
    except GaveUp:
        return False


def written(formula: Any) -> str:
    """A sympy formula as text for people."""
    return str(formula).replace("**", "^").replace("*", "·").replace("sqrt", "√")


def leaf(term: Real) -> Var:
    return cast(Var, term.leaf)
