"""Two questions a claim may ask about a rule: would it act the same elsewhere, which whole numbers does it use?"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import attrs

from verifier.language.errors import mistake
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
    substitute,
    variable,
    walk,
)
from verifier.language.system import Rule
from verifier.language.units import RATIO


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
    """A fresh variable for each real quantity that the environment holds."""
    reals = [var for var in environment if var.sort is Real]
    return {var: variable(attrs.evolve(var, name=f"{var.name} elsewhere", like=None)) for var in reals}


@attrs.frozen(eq=False)
class Words:
    """The whole numbers that a contract computes for one step: each a term times a power of ten."""

    numbers: tuple[tuple[Real, int], ...]

    def fit(self, bits: Real) -> Bool:
        """That each of them is below two to the power of ``bits``."""
        assert isinstance(bits.leaf, Fraction)
        limit = 2 ** int(bits.leaf)
        return all_of(*(term < amount(Fraction(limit, 10**scale), term.unit or RATIO) for term, scale in self.numbers))


def words(rule: Rule) -> Words:
    """Sums, products and the scaled dividends of rounded quotients, with the decimals that a contract keeps them at.

    Raises SpecError for a quotient that is not rounded: no contract computes it.
    """
    scales: dict[Expr, int] = {}
    found: dict[Real, int] = {}
    for node in walk(rule.guard, *rule.updates.values()):
        if not isinstance(node, Real):
            continue
        scales[node] = _scale(node, scales)
        if node.op in {Op.ADD, Op.MUL}:
            found[node] = scales[node]
        if node.op in ROUNDINGS and node.args[0].op is Op.DIV:
            over, under = node.args[0].args
            assert isinstance(over, Real)
            found[over] = max(found.get(over, 0), scales[node] + scales[under])
    return Words(tuple(found.items()))


def _scale(node: Real, scales: Mapping[Expr, int]) -> int:
    """The decimals at which a contract keeps the term."""
    inner = [scales[arg] for arg in node.args if isinstance(arg, Real)]
    match node.op:
        case None if isinstance(node.leaf, Var):
            decimals = node.leaf.unit.decimals if node.leaf.unit else None
            if decimals is None:
                raise mistake(f"{node.leaf.name} has a unit without decimals; no contract keeps it as a whole number")
            return decimals
        case None:
            assert isinstance(node.leaf, Fraction)
            return next((k for k in range(80) if node.leaf * 10**k % 1 == 0), 18)
        case Op.MUL:
            return sum(inner)
        case Op.DIV:
            return inner[0]
        case op if op in ROUNDINGS:
            grid = node.args[1].leaf
            assert isinstance(grid, Fraction)
            return len(str(grid.denominator)) - 1
        case Op.FLOOR:
            return 0
        case _:
            return max(inner)
