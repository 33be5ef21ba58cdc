"""Two questions a claim may ask about a rule: would it act the same elsewhere, which whole numbers does it use?"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs

from verifier.language.errors import SpecError, mistake
from verifier.language.expr import (
    ROUNDINGS,
    Bool,
    Expr,
    Op,
    Real,
    Var,
    all_of,
    amount,
    same,
    shown,
    substitute,
    variable,
    walk,
)
from verifier.language.system import Rule
from verifier.language.units import RATIO, Unit


@attrs.frozen(eq=False)
class Elsewhere:
    """The rule's step with everything that the environment holds, prices above all, replaced by any other values."""

    rule: str
    same: Bool
    """It can be taken there too, and changes everything in the same way."""


def elsewhere(rule: Rule, others: Mapping[Var, Expr]) -> Elsewhere:
    """The step where the environment's quantities have the values of ``others``."""
    equal: list[Bool] = [substitute(rule.guard, others)]
    for term in rule.updates.values():
        there = substitute(term, others)
        if there is not term:
            equal.append(same(term, there))
    untouched = len(equal) == 1 and equal[0] is rule.guard
    return Elsewhere(rule.name, all_of() if untouched else all_of(*equal))


def other_values(environment: Mapping[Var, str]) -> dict[Var, Expr]:
    """A fresh variable for everything that the environment holds."""
    return {var: variable(attrs.evolve(var, name=f"{var.name} elsewhere", like=None)) for var in environment}


@attrs.frozen(eq=False)
class Words:
    """The whole numbers that a contract computes for one step: each a term times a power of ten."""

    numbers: tuple[tuple[Real, int], ...]

    def apart(self, *units: Unit) -> Words:
        """Those but in these units, which wrap on purpose."""
        return Words(tuple(one for one in self.numbers if not any(unit.fits(one[0].unit) for unit in units)))

    def fit(self, bits: Real) -> Bool:
        """That each of them is below two to the power of ``bits``."""
        assert isinstance(bits.leaf, Fraction)
        limit = 2 ** int(bits.leaf)
        return all_of(*(term < amount(Fraction(limit, 10**scale), term.unit or RATIO) for term, scale in self.numbers))


def words(rule: Rule) -> Words:
    """
    Sums, products and the scaled dividends of rounded quotients, with the decimals that a contract keeps them at.

    Raises SpecError for a quotient that is not rounded: no contract computes it.
    """
    scales = decimals_needed(rule.guard, *rule.updates.values())
    found: dict[Real, int] = {}
    for node in walk(rule.guard, *rule.updates.values()):
        if not isinstance(node, Real):
            continue
        scale = scales[node]
        if node.op in {Op.ADD, Op.MUL}:
            if scale is None:
                raise mistake(f"({shown(node)}) holds a quotient that is not rounded; no contract computes it")
            found[node] = scale
        if node.op in ROUNDINGS and node.args[0].op is Op.DIV:
            over, under = node.args[0].args
            above, below, own = scales[over], scales[under], scale
            assert isinstance(over, Real)
            if above is None or below is None or own is None:
                raise mistake(f"({shown(node)}) divides what is not a whole number; no contract computes it")
            found[over] = max(found.get(over, 0), above, own + below)
    return Words(tuple(found.items()))


def refuse_off_grid(rule: Rule) -> None:
    """In the fixed-point reading, what a rule writes must lie on the grid of what it writes to. Raises SpecError."""
    scales = decimals_needed(*rule.updates.values())
    for var, term in rule.updates.items():
        if var.sort is Real and var.unit is not None and var.unit.decimals is not None:
            needed = scales[term]
            if needed is None or needed > var.unit.decimals:
                raise SpecError(
                    f"rule {rule.name} writes ({shown(term)}) to {var.name}, which is kept to {var.unit.decimals} "
                    "decimals: round it there, with down, up or nearest",
                    rule.site,
                )


def decimals_needed(*roots: Expr) -> dict[Expr, int | None]:
    """How many decimals each quantity under the roots can need at most; None where no number suffices."""
    scales: dict[Expr, int | None] = {}
    for node in walk(*roots):
        if isinstance(node, Real):
            scales[node] = _scale(node, [scales[arg] for arg in node.args if isinstance(arg, Real)])
    return scales


def _scale(node: Real, inner: list[int | None]) -> int | None:
    """The decimals at which a contract keeps the term."""
    if node.op in ROUNDINGS:
        grid = node.args[1].leaf
        assert isinstance(grid, Fraction)
        return len(str(grid.denominator)) - 1
    if node.op is Op.FLOOR:
        return 0
    if isinstance(node.leaf, Var):
        return node.leaf.unit.decimals if node.leaf.unit else None
    if isinstance(node.leaf, Fraction):
        kept = (node.unit and node.unit.decimals) or 0  # as a parameter is, whatever its value
        return next((k for k in range(kept, 120) if node.leaf * 10**k % 1 == 0), None)
    known = [scale for scale in inner if scale is not None]
    if node.op is Op.DIV and node.args[1].leaf == 1:  # only the unit changes
        return inner[0]
    if node.op is Op.DIV or len(known) < len(inner):
        return None
    return sum(known) if node.op is Op.MUL else max(known)
