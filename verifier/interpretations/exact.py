"""Exact rationals: what a term is worth in a state, in the real reading. A division by zero is UNDEFINED."""

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, Final

from verifier.language.expr import Expr, Interpretation, Op, Var, interpret


class _Undefined:
    """The value of a division by zero, and of everything that needs it."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
Value = Fraction | bool | _Undefined


def strict(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of one or two arguments, undefined where an argument is."""

    def lifted(a: Any, b: Any = None) -> Any:
        if a is UNDEFINED or b is UNDEFINED:
            return UNDEFINED
        return function(a) if b is None else function(a, b)

    return lifted


def _divide(a: Fraction, b: Fraction) -> Value:
    return a / b if b else UNDEFINED


def _and(a: Any, b: Any) -> Any:
    return b if a is True else a


def _or(a: Any, b: Any) -> Any:
    return b if a is False else a


def _implies(a: Any, b: Any) -> Any:
    return a if a is UNDEFINED else b if a else True


def _where(condition: Any, a: Any, b: Any) -> Any:
    return condition if condition is UNDEFINED else a if condition else b


def _itself(value: Fraction, _grid: Fraction) -> Fraction:
    return value


EXACT: Interpretation[Any] = Interpretation(
    const=lambda value: value,
    ops={
        Op.ADD: strict(operator.add),
        Op.SUB: strict(operator.sub),
        Op.MUL: strict(operator.mul),
        Op.DIV: strict(_divide),
        Op.MIN: strict(min),
        Op.MAX: strict(max),
        Op.DOWN: strict(_itself),
        Op.UP: strict(_itself),
        Op.NEAREST: strict(_itself),
        Op.FLOOR: strict(lambda a: Fraction(a // 1)),
        Op.WHERE: _where,
        Op.LE: strict(operator.le),
        Op.LT: strict(operator.lt),
        Op.EQ: strict(operator.eq),
        Op.NOT: strict(operator.not_),
        Op.AND: _and,
        Op.OR: _or,
        Op.IMPLIES: _implies,
    },
)

State = Mapping[Var, Fraction | bool]


def value(term: Expr, state: State, table: Interpretation[Any] = EXACT, memo: dict[Expr, Any] | None = None) -> Value:
    """What the term is worth in the state."""
    return interpret(term, table, state.__getitem__, memo)  # type: ignore[no-any-return]


def holds(formula: Expr, state: State, table: Interpretation[Any] = EXACT, memo: dict[Expr, Any] | None = None) -> bool:
    """Whether the formula is true in the state; an undefined one is not."""
    return interpret(formula, table, state.__getitem__, memo) is True
