"""Formulas as text that is read back: for what is kept in files and compared between versions of a spec.

Prefix form, as in SMT-LIB: ``(<= (* 0.83 |debt|) (down |value| 1/1000))``. What occurs twice gets a name by
``(let ((?1 term) (?2 term)) body)``, each known to those after it. Reading builds nothing but terms over variables that
the reader is given, within limits on length and depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, cast

from verifier.language.expr import Bool, Expr, Op, Real, Var, decimal_text, truth, variable, walk

LONGEST, DEEPEST = 1_000_000, 400
WORTH_A_NAME = 24

WORDS = {
    Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.DIV: "/", Op.MIN: "min", Op.MAX: "max", Op.DOWN: "down", Op.UP: "up",
    Op.NEAREST: "nearest", Op.FLOOR: "floor", Op.WHERE: "ite", Op.LE: "<=", Op.LT: "<", Op.EQ: "=", Op.NOT: "not",
    Op.AND: "and", Op.OR: "or", Op.IMPLIES: "=>",
}  # fmt: skip
_R, _B = Real, Bool
SORTS: Mapping[Op, tuple[type[Expr], ...]] = {
    **dict.fromkeys((Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.MIN, Op.MAX, Op.DOWN, Op.UP, Op.NEAREST), (_R, _R)),
    **dict.fromkeys((Op.LE, Op.LT), (_R, _R)),
    **dict.fromkeys((Op.AND, Op.OR, Op.IMPLIES), (_B, _B)),
    Op.FLOOR: (_R,), Op.NOT: (_B,), Op.WHERE: (_B, _R, _R),
}  # fmt: skip
"""What each operation takes; equality takes two of one sort."""
MAKES_BOOL = frozenset({Op.LE, Op.LT, Op.EQ, Op.NOT, Op.AND, Op.OR, Op.IMPLIES})
OPS = {word: op for op, word in WORDS.items()}
BOUND = object()
"""What a binding leaves behind."""
NUMBER = re.compile(r"-?[0-9]{1,2000}(\.[0-9]{1,2000}|/0{0,9}[1-9][0-9]{0,2000})?")
TOKEN = re.compile(r"\s*([()]|\|[^|]*\||[^\s()|]+)")


class Unreadable(Exception):  # noqa: N818 (it says what the text is)
    """The text is no formula over the given variables."""


def written(root: Expr) -> str:
    """The term as text; the same term always gets the same text, whatever it is part of."""
    uses: dict[Expr, int] = {}
    order = walk(root)
    for node in order:
        for child in node.args:
            uses[child] = uses.get(child, 0) + 1
    text: dict[Expr, str] = {}
    bound: list[str] = []
    for node in order:
        plain = _leaf(node) if node.op is None else f"({WORDS[node.op]} {' '.join(text[arg] for arg in node.args)})"
        if uses.get(node, 0) > 1 and len(plain) >= WORTH_A_NAME:
            bound.append(plain)
            plain = f"?{len(bound)}"
        text[node] = plain
    if not bound:
        return text[root]
    names = " ".join(f"(?{number} {plain})" for number, plain in enumerate(bound, 1))
    return f"(let ({names}) {text[root]})"


def _leaf(node: Expr) -> str:
    if isinstance(node.leaf, Var):
        return f"|{node.leaf.name}|"
    return str(node.leaf).lower() if isinstance(node.leaf, bool) else decimal_text(node.leaf)  # type: ignore[arg-type]


def read(text: str, names: Mapping[str, Var]) -> Bool:
    """The formula. Raises Unreadable for anything that is none."""
    if len(text) > LONGEST:
        raise Unreadable(f"a formula of {len(text)} characters is longer than the {LONGEST} that are read")
    found = _Reader(names, text).term()
    if not isinstance(found, Bool):
        raise Unreadable("a quantity where a formula is needed")
    return found


class _Reader:
    """One text, token after token, without recursion."""

    def __init__(self, names: Mapping[str, Var], text: str) -> None:
        self.names, self.text = names, text
        self.bound: dict[str, Expr] = {}

    def tokens(self) -> Iterator[str]:
        position, end = 0, len(self.text.rstrip())
        while position < end:
            found = TOKEN.match(self.text, position)
            if found is None:
                raise Unreadable(f"at character {position}: {self.text[position : position + 20]!r}")
            yield found[1]
            position = found.end()

    def term(self) -> Expr:
        open_: list[list[Any]] = [[]]
        for part in self.tokens():
            if part == "(":
                open_.append([])
                if len(open_) > DEEPEST:
                    raise Unreadable(f"nested deeper than {DEEPEST}")
            elif part == ")":
                if len(open_) == 1:
                    raise Unreadable("a closing bracket too many")
                made = self.made(open_.pop())
                open_[-1].append(made)
            else:
                open_[-1].append(part if not open_[-1] and len(open_) > 1 else self.atom(part))
        if len(open_) != 1 or len(open_[0]) != 1 or not isinstance(open_[0][0], Expr):
            raise Unreadable("it is not one formula")
        return open_[0][0]

    def made(self, parts: list[Any]) -> Any:
        if len(parts) == 2 and isinstance(parts[0], str) and parts[0].startswith("?") and isinstance(parts[1], Expr):
            if parts[0] in self.bound:
                raise Unreadable(f"{parts[0]} is bound twice")
            self.bound[parts[0]] = parts[1]
            return BOUND
        if parts and all(part is BOUND for part in parts):
            return BOUND
        if len(parts) == 3 and parts[0] == "let" and parts[1] is BOUND:
            return parts[2]
        word, args = (parts[0] if parts else None), tuple(parts[1:])
        op = OPS.get(word) if isinstance(word, str) else None
        if op is None or not all(isinstance(arg, Expr) for arg in args):
            raise Unreadable(f"({word!r} ...) is no term")
        sorts = SORTS.get(op, (Real, Real) if args and isinstance(args[0], Real) else (Bool, Bool))
        if len(sorts) != len(args) or not all(isinstance(arg, sort) for arg, sort in zip(args, sorts, strict=True)):
            raise Unreadable(f"({word} ...) does not take these arguments")
        if op in {Op.DOWN, Op.UP, Op.NEAREST} and not (isinstance(args[1].leaf, Fraction) and args[1].leaf > 0):
            raise Unreadable(f"({word} ...) is rounded on a grid that is no number above zero")
        return Bool(op, args) if op in MAKES_BOOL else Real(op, args)

    def atom(self, text: str) -> Expr:
        if text in self.bound:
            return self.bound[text]
        if text.startswith("|"):
            if text[1:-1] not in self.names:
                raise Unreadable(f"there is no quantity {text[1:-1]}")
            return cast(Expr, variable(self.names[text[1:-1]]))
        if text in {"true", "false"}:
            return truth(text == "true")
        if not NUMBER.fullmatch(text):
            raise Unreadable(f"'{text}' is neither a number nor a quantity")
        return cast(Expr, Real(None, leaf=Fraction(text)))
