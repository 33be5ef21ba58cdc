"""Terms as sympy formulas, for closed forms: what sympy makes of them is a suggestion until a solver has proved it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import sympy

from verifier.language.expr import Expr, Interpretation, Op, Real, Var, interpret, maximum, minimum, number


def _rational(value: Fraction | bool) -> Any:
    return sympy.true if value is True else sympy.false if value is False else sympy.Rational(value.numerator, value.denominator)


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

    def term(self, formula: Any, variable_of: Callable[[Var], Real]) -> Real | None:
        """The formula as a term, or None where it is none of ours, such as a root."""
        return _term(formula, {symbol: variable_of(var) for symbol, var in self.back.items()})


def _term(formula: Any, known: Mapping[Any, Real]) -> Real | None:
    if formula.is_Rational:
        return number(Fraction(int(formula.p), int(formula.q)))
    if formula in known:
        return known[formula]
    parts = [_term(part, known) for part in formula.args] if not formula.is_Pow else []
    if any(part is None for part in parts):
        return None
    match formula:
        case sympy.Add():
            return _sum(formula, known)
        case sympy.Mul():
            return _product(formula, known)
        case sympy.Pow() if formula.exp.is_Integer:
            base = _term(formula.base, known)
            size = abs(int(formula.exp))
            return None if base is None else base**size if formula.exp > 0 else 1 / base**size
        case sympy.Max():
            return maximum(*parts)  # type: ignore[arg-type]
        case sympy.Min():
            return minimum(*parts)  # type: ignore[arg-type]
        case _:
            return None


def _sum(formula: Any, known: Mapping[Any, Real]) -> Real:
    """A sum that begins with what is positive: 1 - a rather than -a + 1."""
    parts = sorted(formula.as_ordered_terms(), key=lambda part: (part.could_extract_minus_sign(), not part.is_Rational))
    total = _term(parts[0], known)
    assert total is not None
    for part in parts[1:]:
        negative = part.could_extract_minus_sign()
        size = _term(-part if negative else part, known)
        assert size is not None
        total = total - size if negative else total + size
    return total


def _product(formula: Any, known: Mapping[Any, Real]) -> Real:
    """A product over a product: a·b/c, without a factor one."""
    top, bottom = formula.as_numer_denom()
    if bottom == 1:
        made: Real | None = None
        for factor in formula.as_ordered_factors():
            term = _term(factor, known)
            assert term is not None
            made = term if made is None else made * term
        assert made is not None
        return made
    over, under = _term(top, known), _term(bottom, known)
    assert over is not None
    assert under is not None
    return over / under
