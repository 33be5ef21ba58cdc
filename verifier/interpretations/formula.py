"""Terms as sympy formulas, for closed forms: what sympy makes of them is a suggestion until a solver has proved it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from verifier.language.expr import Expr, Interpretation, Op, Real, Var, interpret, maximum, minimum, number


def _rational(value: Fraction | bool) -> Any:
    return (
        sympy.true
        if value is True
        else sympy.false
        if value is False
        else sympy.Rational(value.numerator, value.denominator)
    )


def _itself(value: Any, _grid: Any) -> Any:
    return value


FORMULA: Interpretation[Any] = Interpretation(
    const=_rational,
    ops={
        Op.ADD: lambda a, b: a + b,
        Op.SUB: lambda a, b: a - b,
        Op.MUL: lambda a, b: a * b,
        Op.DIV: lambda a, b: a / b,
        Op.MIN: sympy.Min,
        Op.MAX: sympy.Max,
        Op.DOWN: _itself,
        Op.UP: _itself,
        Op.NEAREST: _itself,
        Op.FLOOR: sympy.floor,
        Op.WHERE: lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
        Op.LE: sympy.Le,
        Op.LT: sympy.Lt,
        Op.EQ: sympy.Eq,
        Op.NOT: sympy.Not,
        Op.AND: sympy.And,
        Op.OR: sympy.Or,
        Op.IMPLIES: sympy.Implies,
    },
)


class Symbols:
    """One sympy symbol for each variable, and the way back."""

    def __init__(self) -> None:
        self.of: dict[Var, Any] = {}
        self.back: dict[Any, Var] = {}

    def symbol(self, var: Var) -> Any:
        if var not in self.of:
            self.of[var] = sympy.Symbol(f"v{len(self.of)}", real=True)
            self.back[self.of[var]] = var
        return self.of[var]

    def formula(self, term: Expr) -> Any:
        """The term as a formula."""
        return interpret(term, FORMULA, self.symbol)

    def term(self, formula: Any, stands_for: Callable[[Var], Real]) -> Real | None:
        """The formula as a term, or None where it is none of ours, such as a root."""
        try:
            known = {symbol: stands_for(var) for symbol, var in self.back.items()}
            return _whole(formula, known)
        except _NoTerm:
            return None


class _NoTerm(Exception):  # noqa: N818 (an answer, not an error)
    pass


Signed = tuple[bool, Real]
"""Whether a term is to be subtracted, and its positive form: so that sums and products read as people write them."""


def _plain(signed: Signed) -> Real:
    negative, term = signed
    return -term if negative else term


def _whole(formula: Any, known: Mapping[Any, Real]) -> Real:
    """A formula that stands alone: its sign goes into a sum, where there is one."""
    match formula:
        case sympy.Add():
            return _plain(_sum(formula, known, whole=True))
        case sympy.Mul() | sympy.Pow():
            return _plain(_product(formula, known, whole=True))
        case _:
            return _plain(_signed(formula, known))


def _signed(formula: Any, known: Mapping[Any, Real]) -> Signed:
    if formula.is_Rational:
        return bool(formula < 0), number(abs(Fraction(int(formula.p), int(formula.q))))
    if formula in known:
        return False, known[formula]
    match formula:
        case sympy.Add():
            return _sum(formula, known)
        case sympy.Mul() | sympy.Pow():
            return _product(formula, known)
        case sympy.Max():
            return False, maximum(*(_whole(part, known) for part in formula.args))
        case sympy.Min():
            return False, minimum(*(_whole(part, known) for part in formula.args))
        case _:
            raise _NoTerm


def _sum(formula: Any, known: Mapping[Any, Real], *, whole: bool = False) -> Signed:
    """A sum, numbers first; in a product, where most of it is negative, its opposite."""
    terms = [_signed(part, known) for part in sorted(formula.as_ordered_terms(), key=lambda part: not part.is_Rational)]
    count = sum(negative for negative, _ in terms)
    opposite = count == len(terms) or (not whole and 2 * count > len(terms) - terms[0][0])
    return opposite, _added([(negative is not opposite, term) for negative, term in terms])


def _added(terms: list[Signed]) -> Real:
    """The sum, what is added before what is subtracted."""
    terms = sorted(terms, key=lambda signed: signed[0])
    total = _plain(terms[0])
    for negative, term in terms[1:]:
        total = total - term if negative else total + term
    return total


def _product(formula: Any, known: Mapping[Any, Real], *, whole: bool = False) -> Signed:
    """A product over a product, without a factor one."""
    over, under, opposite = list[Real](), list[Real](), False
    sums = list[tuple[int, Any]]()
    for factor in sympy.Mul.make_args(formula):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Integer:
            raise _NoTerm
        size = abs(int(exponent))
        if base.is_Rational:
            plain = base**exponent
            opposite ^= bool(plain < 0)
            over += [number(int(abs(plain.p)))] if plain.p not in {1, -1} else []
            under += [number(int(plain.q))] if plain.q != 1 else []
            continue
        negative, term = _signed(base, known)
        opposite ^= negative and size % 2 == 1
        if base.is_Add and exponent == 1:
            sums.append((len(over), base if negative else -base))
        (over if exponent > 0 else under).append(term**size)
    if whole and opposite and sums:
        place, turned = sums[0]
        over[place] = _added([_signed(part, known) for part in turned.as_ordered_terms()])
        opposite = False
    return opposite, _multiplied(over) / _multiplied(under) if under else _multiplied(over)


def _multiplied(factors: list[Real]) -> Real:
    product = factors[0] if factors else number(1)
    for factor in factors[1:]:
        product = product * factor
    return product
