"""Exact expressions with units: one interned node class, one enum of operations, one traversal.

Nodes are built exactly as written and never rewritten. Equal terms are the same object, so that
``==`` may build a formula and terms can still be dictionary keys.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Container, Iterable, Mapping
from contextvars import ContextVar
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar, Generic, NoReturn, TypeVar, cast

import attrs

from verifier.language.errors import mistake
from verifier.language.units import RATIO, Unit

V = TypeVar("V")
Number = int | Fraction | Decimal | float | str


class Op(StrEnum):
    """What a node does with its arguments. The second argument of a rounding is its grid."""

    ADD = "+"
    SUB = "-"
    MUL = "·"
    DIV = "/"
    MIN = "min"
    MAX = "max"
    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"
    FLOOR = "floor"
    WHERE = "where"
    LE = "≤"
    LT = "<"
    EQ = "="
    NOT = "¬"
    AND = "∧"
    OR = "∨"
    IMPLIES = "⇒"


ROUNDINGS = frozenset({Op.DOWN, Op.UP, Op.NEAREST})
COMPARISONS = frozenset({Op.LE, Op.LT, Op.EQ})


@attrs.frozen(cache_hash=True)
class Var:
    """A named quantity: a parameter, a state variable or a rule's input."""

    name: str
    sort: type[Expr]
    unit: Unit | None = None
    signed: bool = False
    changes: bool = False
    """Whether it is part of the state: rules may write it."""
    like: Fraction | None = attrs.field(default=None, eq=False)
    """A value that people know, tried first when a run is made readable."""


class Expr:
    """An interned node; ``Real`` and ``Bool`` add operators and nothing else."""

    __slots__ = ("args", "leaf", "op", "unit")
    op: Op | None
    args: tuple[Expr, ...]
    leaf: Fraction | bool | Var | None
    unit: Unit | None
    _interned: ClassVar[dict[tuple[object, ...], Expr]] = {}

    def __new__(
        cls,
        op: Op | None,
        args: tuple[Expr, ...] = (),
        leaf: Fraction | bool | Var | None = None,
        unit: Unit | None = None,
    ) -> Any:
        """The one node with this content (``Any`` keeps the subclass for type checkers)."""
        key = (cls, op, *map(id, args), leaf, unit)
        node = Expr._interned.get(key)
        if node is None:
            made = object.__new__(cls)
            made.op, made.args, made.leaf, made.unit = op, args, leaf, unit
            node = Expr._interned.setdefault(key, made)  # one node also where two threads come at once
        return node

    __hash__ = object.__hash__

    def __reduce__(self) -> NoReturn:
        raise TypeError("expressions are not pickled: send their text instead")

    def __bool__(self) -> bool:
        raise mistake(
            f"({shown(self)}) has no truth value: it is a formula. Write & | ~ for and/or/not, where(c, a, b) "
            "for if/else, (a <= x) & (x < b) for a <= x < b, and minimum/maximum for min/max."
        )

    def __repr__(self) -> str:
        return show(self)


class Real(Expr):
    """An exact quantity with a unit (``unit`` is None for zero, which has every unit)."""

    __slots__ = ()

    def __add__(self, other: Real | Number) -> Real:
        return _same(Op.ADD, self, other)

    def __radd__(self, other: Number) -> Real:
        return _same(Op.ADD, other, self)

    def __sub__(self, other: Real | Number) -> Real:
        return _same(Op.SUB, self, other)

    def __rsub__(self, other: Number) -> Real:
        return _same(Op.SUB, other, self)

    def __neg__(self) -> Real:
        return _same(Op.SUB, number(0), self)

    def __mul__(self, other: Real | Number) -> Real:
        left, right = self, real(other)
        unit = None if left.unit is None or right.unit is None else left.unit * right.unit
        return cast(Real, Real(Op.MUL, (left, right), unit=unit))

    def __rmul__(self, other: Number) -> Real:
        return real(other) * self

    def __truediv__(self, other: Real | Number) -> Real:
        left, right = self, real(other)
        if right.leaf == 0 and not isinstance(right.leaf, Var):
            raise mistake(f"({shown(left)}) is divided by the number 0; no state could ever take this step")
        unit = None if left.unit is None or right.unit is None else left.unit / right.unit
        return cast(Real, Real(Op.DIV, (left, right), unit=unit))

    def __rtruediv__(self, other: Number) -> Real:
        return real(other) / self

    def __mod__(self, other: Real | Number) -> Real:
        return self - real(other) * floor(self / real(other))

    def __pow__(self, exponent: int) -> Real:
        if not isinstance(exponent, int) or exponent < 1:
            raise mistake(
                f"({shown(self)}) ** {exponent!r}: a power needs a positive whole number; keep a growing power as a "
                "state variable that a rule multiplies"
            )
        product = self
        for _ in range(exponent - 1):
            product = product * self
        return product

    def __le__(self, other: Real | Number) -> Bool:
        return _compare(Op.LE, self, other)

    def __lt__(self, other: Real | Number) -> Bool:
        return _compare(Op.LT, self, other)

    def __ge__(self, other: Real | Number) -> Bool:
        return _compare(Op.LE, other, self)

    def __gt__(self, other: Real | Number) -> Bool:
        return _compare(Op.LT, other, self)

    def __eq__(self, other: Real | Number) -> Bool:  # type: ignore[override]
        return _compare(Op.EQ, self, other)

    def __ne__(self, other: Real | Number) -> Bool:  # type: ignore[override]
        return ~_compare(Op.EQ, self, other)

    __hash__ = object.__hash__


class Bool(Expr):
    """A formula: ``& | ~`` and ``implies``, never ``and or not``."""

    __slots__ = ()

    def __and__(self, other: Bool | bool) -> Bool:
        return cast(Bool, Bool(Op.AND, (self, truth(other))))

    def __or__(self, other: Bool | bool) -> Bool:
        return cast(Bool, Bool(Op.OR, (self, truth(other))))

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Bool:
        return cast(Bool, Bool(Op.NOT, (self,)))

    def __eq__(self, other: Bool | bool) -> Bool:  # type: ignore[override]
        return cast(Bool, Bool(Op.EQ, (self, truth(other))))

    def __ne__(self, other: Bool | bool) -> Bool:  # type: ignore[override]
        return ~(self == other)

    __hash__ = object.__hash__


def number(value: Number, unit: Unit | None = None) -> Real:
    """A number as it is written: 0.95 is nineteen twentieths, "1/3" a third.

    Raises SpecError for a float whose decimal text is not what anybody wrote (0.1 + 0.2).
    """
    exact = Q(value)
    return cast(Real, Real(None, leaf=exact, unit=None if exact == 0 else (unit or RATIO)))


def Q(value: Number) -> Fraction:  # noqa: N802 (the field's usual letter for the rationals)
    """An exact rational from a number or from its text."""
    if isinstance(value, float):
        text = repr(value)
        if not re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", text):
            raise mistake(f"{text} is not a finite number")
        if len(re.sub(r"\.0$|e.*|\D", "", text).lstrip("0")) > 15:
            raise mistake(
                f'{text} looks like the result of float arithmetic, which is not exact; write Q("...") with the number '
                "you mean, or do the arithmetic on Q values"
            )
        return Fraction(text)
    try:
        return Fraction(value)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise mistake(f"{value!r} is not a number; write an integer, a decimal or p/q") from None


def real(value: Real | Number) -> Real:
    """A real term; numbers are taken as written."""
    if isinstance(value, Real):
        return value
    if isinstance(value, (Bool, bool)):
        raise mistake(f"({value!r}) is a formula where a quantity is needed; write where({value!r}, 1, 0)")
    if isinstance(value, (int, float, Fraction, Decimal, str)):
        return number(value)
    raise mistake(f"{value!r} is not a quantity; a term is built from parameters, state, inputs and numbers")


def truth(value: Bool | bool) -> Bool:
    """A formula; True and False are formulas too."""
    if isinstance(value, Bool):
        return value
    if isinstance(value, bool):
        return cast(Bool, Bool(None, leaf=value))
    raise mistake(f"({value!r}) is a quantity where a formula is needed; compare it with something")


def variable(var: Var) -> Any:
    """The term that stands for a variable."""
    return var.sort(None, leaf=var, unit=var.unit)


TRUE, FALSE = truth(True), truth(False)


def _joint_unit(what: str, left: Real, right: Real) -> Unit | None:
    if left.unit is None or right.unit is None:
        return left.unit or right.unit
    if not left.unit.fits(right.unit):
        raise mistake(
            f"({shown(left)} {what} {shown(right)}) mixes units: the left side is in {left.unit}, the right side in "
            f"{right.unit}. {_mend(left, right)}"
        )
    return left.unit


def _mend(left: Real, right: Real) -> str:
    """How the two units can be brought together."""
    for plain, other in ((left, right), (right, left)):
        if isinstance(plain.leaf, Fraction):
            return f"Give the number its unit: amount({plain.leaf}, UNIT) with the unit of {shown(other)}."
    assert left.unit is not None
    assert right.unit is not None
    return f"Multiply the right side by something in {left.unit / right.unit}, or compare like with like."


def _same(op: Op, left: Real | Number, right: Real | Number) -> Real:
    a, b = real(left), real(right)
    return cast(Real, Real(op, (a, b), unit=_joint_unit(op.value, a, b)))


def _compare(op: Op, left: Real | Number, right: Real | Number) -> Bool:
    a, b = real(left), real(right)
    _joint_unit(op.value, a, b)
    return cast(Bool, Bool(op, (a, b)))


def amount(value: Number, unit: Unit) -> Real:
    """A number with a unit: ``amount(2000, DEBT)``."""
    return number(value, unit)


def whole(term: Real) -> int | None:
    """The term's own number, where it is a fixed one, whole and not negative: what Python may count with."""
    fixed = term.leaf if isinstance(term.leaf, Fraction) else None
    return int(fixed) if fixed is not None and fixed.denominator == 1 and fixed >= 0 else None


def count(term: Real) -> int:
    """The same where there has to be one."""
    found = whole(term)
    if found is None:
        raise mistake(f"({term!r}) is to be a fixed whole number here: set it, as in --set NAME=2")
    return found


def minimum(first: Real | Number, *others: Real | Number) -> Real:
    """The smallest of its arguments."""
    least = real(first)
    for other in others:
        least = _same(Op.MIN, least, other)
    return least


def maximum(first: Real | Number, *others: Real | Number) -> Real:
    """The largest of its arguments."""
    most = real(first)
    for other in others:
        most = _same(Op.MAX, most, other)
    return most


def where(condition: Bool | bool, then: Real | Number, otherwise: Real | Number) -> Real:
    """``then`` where the condition holds, else ``otherwise``; only the chosen one is evaluated."""
    a, b = real(then), real(otherwise)
    return cast(Real, Real(Op.WHERE, (truth(condition), a, b), unit=_joint_unit("or", a, b)))


def implies(premise: Bool | bool, conclusion: Bool | bool) -> Bool:
    """If the premise holds, so does the conclusion. A proof checks that the premise can hold."""
    return cast(Bool, Bool(Op.IMPLIES, (truth(premise), truth(conclusion))))


def same(one: Expr, other: Expr) -> Bool:
    """That two terms of one sort are equal."""
    return cast(Bool, Bool(Op.EQ, (one, other)))


def all_of(*formulas: Bool | bool) -> Bool:
    """All of them; those that are literally true are left out."""
    return _join(Op.AND, TRUE, formulas)


def any_of(*formulas: Bool | bool) -> Bool:
    """At least one of them; those that are literally false are left out."""
    return _join(Op.OR, FALSE, formulas)


def _join(op: Op, neutral: Bool, formulas: Iterable[Bool | bool]) -> Bool:
    joined = neutral
    for formula in map(truth, formulas):
        if formula is not neutral:
            joined = formula if joined is neutral else cast(Bool, Bool(op, (joined, formula)))
    return joined


def conjuncts(formula: Bool) -> list[Bool]:
    """The parts of a conjunction, in order."""
    if formula.op is not Op.AND:
        return [formula]
    left, right = formula.args
    assert isinstance(left, Bool)
    assert isinstance(right, Bool)
    return [*conjuncts(left), *conjuncts(right)]


def disjuncts(formula: Bool) -> list[Bool]:
    """The parts of a disjunction, in order; of an implication the premise denied, and the conclusion."""
    if formula.op not in {Op.OR, Op.IMPLIES}:
        return [formula]
    left, right = formula.args
    assert isinstance(left, Bool)
    assert isinstance(right, Bool)
    return [*disjuncts(left if formula.op is Op.OR else ~left), *disjuncts(right)]


def floor(value: Real) -> Real:
    """The largest whole number not above ``value``, in every reading."""
    return cast(Real, Real(Op.FLOOR, (value,), unit=value.unit))


def down(value: Real | Number, decimals: int | None = None) -> Real:
    """Rounded towards minus infinity at its unit's decimals, or those given; itself in the real reading."""
    return _rounded(Op.DOWN, value, decimals)


def up(value: Real | Number, decimals: int | None = None) -> Real:
    """Rounded towards plus infinity at its unit's decimals, or those given; itself in the real reading."""
    return _rounded(Op.UP, value, decimals)


def nearest(value: Real | Number, decimals: int | None = None) -> Real:
    """Rounded to the nearest grid point, halves up; itself in the real reading."""
    return _rounded(Op.NEAREST, value, decimals)


# Units forget their decimals when they are multiplied and divided; the grids of the units that the design in hand names
# are noted here, one note a composition, so that no design decides how another one rounds.
_GRIDS: ContextVar[dict[object, set[int]] | None] = ContextVar("grids", default=None)


def forget_grids() -> None:
    """Begin a new design."""
    _GRIDS.set({})


def register_grid(unit: Unit) -> None:
    """Remember the decimals of a named unit, so that a product in that unit can be rounded on its grid."""
    if unit.decimals is not None and unit.powers:
        grids = _GRIDS.get()
        if grids is not None:
            grids.setdefault(unit.powers, set()).add(unit.decimals)


def _grid(unit: Unit | None) -> int | None:
    """The decimals that a rounding takes if it names none: the unit's own, else the only ones it is kept to."""
    if unit is None or unit.decimals is not None:
        return None if unit is None else unit.decimals
    known = (_GRIDS.get() or {}).get(unit.powers, set())
    return next(iter(known)) if len(known) == 1 else None


def _rounded(op: Op, value: Real | Number, decimals: int | None) -> Real:
    term = real(value)
    if decimals is None:
        decimals = _grid(term.unit)
    if decimals is None:
        raise mistake(
            f"{op.value}({shown(term)}) needs a scale: its unit ({term.unit or 'any'}) has no decimals, or several. "
            f"Write {op.value}(..., 18) for eighteen decimals."
        )
    return cast(Real, Real(op, (term, number(Fraction(1, 10**decimals))), unit=term.unit))


# The one traversal, and what is built on it.


@attrs.frozen
class Interpretation(Generic[V]):
    """A reading of expressions: what a constant and a variable become, and one function per operation."""

    const: Callable[[Fraction | bool], V]
    ops: Mapping[Op, Callable[..., V]]

    def __attrs_post_init__(self) -> None:
        missing = set(Op) - set(self.ops)
        if missing:
            raise TypeError(f"an interpretation without {', '.join(sorted(missing))}")


def walk(*roots: Expr, known: Container[Expr] = ()) -> list[Expr]:
    """All nodes under the roots, children first, shared ones once, in order of appearance; none under known ones."""
    seen: set[Expr] = set()
    order: list[Expr] = []
    begun: list[Expr] = []
    stack: list[Expr | None] = [*reversed(roots)]  # None stands for the last of those begun: all under it are there
    while stack:
        node = stack.pop()
        if node is None:
            order.append(begun.pop())
        elif node not in seen and node not in known:
            seen.add(node)
            if node.args:
                begun.append(node)
                stack.append(None)
                stack.extend(node.args[::-1])
            else:
                order.append(node)
    return order


_PROGRAMS: dict[Expr, list[tuple[Expr, tuple[int, ...]]]] = {}


def _program(root: Expr) -> list[tuple[Expr, tuple[int, ...]]]:
    """The nodes under the root, children first, each with the positions of its arguments; made once."""
    program = _PROGRAMS.get(root)
    if program is None:
        order = walk(root)
        position = {node: number for number, node in enumerate(order)}
        program = _PROGRAMS[root] = [(node, tuple(position[child] for child in node.args)) for node in order]
    return program


def interpret(root: Expr, into: Interpretation[V], env: Callable[[Var], V], memo: dict[Expr, V] | None = None) -> V:
    """The value of ``root``; ``memo`` shares values between several roots in one environment."""
    values: list[V] = []
    ops, const = into.ops, into.const
    for node, args in _program(root):
        if memo is not None and node in memo:
            values.append(memo[node])
            continue
        if node.op is None:
            leaf = node.leaf
            result = env(leaf) if isinstance(leaf, Var) else const(cast("Fraction | bool", leaf))
        elif len(args) == 2:  # most are: a list less
            result = ops[node.op](values[args[0]], values[args[1]])
        else:
            result = ops[node.op](*[values[arg] for arg in args])
        values.append(result)
        if memo is not None:
            memo[node] = result
    return values[-1]


def variables(*roots: Expr) -> list[Var]:
    """The variables under the roots, in order of appearance."""
    return list(dict.fromkeys(var for root in roots for var in _mentioned(root)))


_MENTIONED: dict[Expr, tuple[Var, ...]] = {}


def _mentioned(root: Expr) -> tuple[Var, ...]:
    """The variables under one root, looked for once."""
    found = _MENTIONED.get(root)
    if found is None:
        found = _MENTIONED[root] = tuple(node.leaf for node in walk(root) if isinstance(node.leaf, Var))
    return found


def rebuild(op: Op, like: Expr, args: tuple[Expr, ...]) -> Expr:
    """The node ``like`` with other arguments."""
    return cast(Expr, type(like)(op, args, unit=like.unit))


def substitute(root: V, changes: Mapping[Var, Expr], memo: dict[Expr, Expr] | None = None) -> V:
    """``root`` with variables replaced by terms; everything else as it was written."""
    done = {} if memo is None else memo
    for node in walk(cast(Expr, root), known=done):
        if isinstance(node.leaf, Var):
            done[node] = changes.get(node.leaf, node)
        elif node.op is not None:
            args = tuple(done[child] for child in node.args)
            same = all(new is old for new, old in zip(args, node.args, strict=True))
            done[node] = node if same else rebuild(node.op, node, args)
        else:
            done[node] = node
    return cast(V, done[cast(Expr, root)])


def exchange(root: V, old: Expr, new: Expr) -> V:
    """The term with every occurrence of one subterm replaced by another."""
    made: dict[Expr, Expr] = {old: new}
    for node in walk(cast(Expr, root), known=made):
        args = tuple(made[child] for child in node.args)
        same = all(new is child for new, child in zip(args, node.args, strict=True))
        made[node] = node if same or node.op is None else rebuild(node.op, node, args)
    return cast(V, made[cast(Expr, root)])


# How terms are printed.

_BINDING = {
    Op.IMPLIES: 0, Op.OR: 1, Op.AND: 2, Op.NOT: 3, Op.EQ: 4, Op.LE: 4, Op.LT: 4, Op.ADD: 5, Op.SUB: 5, Op.MUL: 6,
    Op.DIV: 6,
}  # fmt: skip
_ATOM = 9
DIGITS = 5000
"""A number of more digits has no text; a decimal of half as many places is written as a fraction."""
if 0 < sys.get_int_max_str_digits() < DIGITS:
    sys.set_int_max_str_digits(DIGITS)
Shown = tuple[str, int]


def decimal_text(value: Fraction) -> str:
    """An exact number as people write it: a finite decimal where there is one that is not too long, else p/q."""
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    places = max(twos, fives)
    if denominator != 1 or places > DIGITS // 2:
        return f"{value.numerator}/{value.denominator}"
    if places == 0:
        return str(value.numerator)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def _constant(value: Fraction | bool) -> Shown:
    return (str(value).lower() if isinstance(value, bool) else decimal_text(value)), _ATOM


def _infix(op: Op) -> Callable[[Shown, Shown], Shown]:
    own = _BINDING[op]

    def text(left: Shown, right: Shown) -> Shown:
        if op is Op.MUL and not right[0].replace(".", "").isdigit():
            base = right[0] if right[1] == _ATOM else f"({right[0]})"
            if left == right or left[0] == f"{base}²":
                return f"{base}{'²' if left == right else '³'}", _ATOM - 1
        tight_right = op in {Op.SUB, Op.DIV, Op.IMPLIES, Op.EQ, Op.LE, Op.LT}
        a = left[0] if left[1] >= own + (op in {Op.IMPLIES, Op.EQ, Op.LE, Op.LT}) else f"({left[0]})"
        b = right[0] if right[1] >= own + tight_right else f"({right[0]})"
        return f"{a}{op.value}{b}" if op in {Op.MUL, Op.DIV} else f"{a} {op.value} {b}", own

    return text


def _call(op: Op) -> Callable[..., Shown]:
    kept = 1 if op in ROUNDINGS else None
    return lambda *args: (f"{op.value}({', '.join(arg[0] for arg in args[:kept])})", _ATOM)


def _negation(inner: Shown) -> Shown:
    return f"¬{inner[0]}" if inner[1] == _ATOM else f"¬({inner[0]})", _BINDING[Op.NOT]


TEXT: Interpretation[Shown] = Interpretation(
    const=_constant,
    ops={op: _negation if op is Op.NOT else _infix(op) if op in _BINDING else _call(op) for op in Op},
)


def show(root: Expr) -> str:
    """The whole term as text."""
    return interpret(root, TEXT, lambda var: (var.name, _ATOM))[0]


LONG = 4000
"""A term of more nodes than this, shared ones counted each time, is not written out: its text could be endless."""


def size(root: Expr) -> int:
    """The number of nodes of the term as a tree."""
    sizes: dict[Expr, int] = {}
    for node in walk(root):
        sizes[node] = 1 + sum(sizes[child] for child in node.args)
    return sizes[root]


def fingerprint(root: Expr) -> str:
    """A digest of the term's structure, the same in every run."""
    known: dict[Expr, str] = {}
    for node in walk(root):
        parts = [
            type(node).__name__,
            str(node.op),
            repr(node.leaf),
            repr(node.unit),
            *(known[child] for child in node.args),
        ]
        known[node] = hashlib.sha256("|".join(parts).encode()).hexdigest()
    return known[root]


def shown(root: Expr, width: int = 60) -> str:
    """The term as text for a message, cut where it is long."""
    if size(root) > LONG:
        return "…"
    text = show(root)
    return text if len(text) <= width else f"{text[: width - 1]}…"
