"""SMT-LIB 2 text: how a question is put to a solver, z3 or any other.

Three encodings. In "real", a rounding is its argument. In "relaxed", a rounding is *any* value of its rounding interval
and everything is real: what has no model there has none in integers either, while a model says nothing. In "integer",
each quantity is its number of grid steps, a term is a numerator over a positive denominator, and a rounding is the
integer q with q·d <= n < (q+1)·d.

A quotient is a fresh variable q with q·b = a wherever b is not zero: the solver's own total division is never used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import attrs

from verifier.interpretations.fixed import decimals_of
from verifier.language.expr import ROUNDINGS, Bool, Expr, Op, Real, Var, walk

Encoding = Literal["real", "relaxed", "integer"]


@attrs.frozen
class Script:
    """A question as text, and how to read the answer: the solver's name of each variable, its grid steps per unit."""

    text: str
    names: Mapping[Var, str]
    steps: Mapping[Var, int]
    goals: tuple[str, ...]
    logic: str


def script(facts: Sequence[Bool], goals: Sequence[Bool], encoding: Encoding) -> Script:
    """Ask whether the facts can hold together while at least one goal fails, or at all if there are no goals.

    The goals are named, so that an answer can say which of them fail.
    """
    return _Writer(encoding).question(facts, goals)


def each_goal(text: str) -> list[str]:
    """A script that asks for several goals at once as one script for each of them, together as good as the whole."""
    found = GOALS.search(text)
    if found is None:
        return []
    return [f"{text[: found.start()]}(assert (not {goal}))\n(check-sat)\n" for goal in found[1].split()]


GOALS = re.compile(r"\(assert \(not \(and ((?:goal!\d+ ?)+)\)\)\)\n\(check-sat\)\n\Z")


def literal(value: Fraction) -> str:
    """A rational number as SMT-LIB text."""
    size = abs(value)
    text = f"{size.numerator}.0" if size.denominator == 1 else f"(/ {size.numerator}.0 {size.denominator}.0)"
    return f"(- {text})" if value < 0 else text


def whole(value: int) -> str:
    """An integer as SMT-LIB text."""
    return str(value) if value >= 0 else f"(- {-value})"


RELATIONS = {Op.LE: "<=", Op.LT: "<", Op.EQ: "="}
LOGIC = {Op.AND: "and", Op.OR: "or", Op.IMPLIES: "=>"}
ARITHMETIC = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*"}

Ratio = tuple[str, str]
"""Numerator and positive denominator; the denominator is mostly the text of a number."""


class _Writer:
    """The lines of one script: declarations and definitions in the order in which they are needed."""

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.lines: list[str] = []
        self.names: dict[Var, str] = {}
        self.steps: dict[Var, int] = {}
        self.text: dict[Expr, str] = {}
        self.ratio: dict[Expr, tuple[str, str]] = {}
        self.not_zero: set[Expr] = set()
        self.not_negative: set[Expr] = set()
        self.fresh = 0
        self.uses: dict[Expr, int] = {}
        self.mixed = False
        self.unwritten: Iterator[Expr] = iter(())
        """What is under the roots, in order of appearance."""

    def question(self, facts: Sequence[Bool], goals: Sequence[Bool]) -> Script:
        order = walk(*facts, *goals)
        for node in order:
            for child in node.args:
                self.uses[child] = self.uses.get(child, 0) + 1
        self.unwritten = iter(order)
        self.not_zero, self.not_negative = _plain_signs(facts)
        for fact in facts:
            text = self.formula(fact)
            self.lines.append(f"(assert {text})")
        names = []
        for position, goal in enumerate(goals):
            text = self.formula(goal)
            names.append(f"goal!{position}")
            self.lines.append(f"(define-fun goal!{position} () Bool {text})")
        if goals:
            self.lines.append(f"(assert (not {_nary('and', names)}))")
        kind = "Int" if self.encoding == "integer" else "Real"
        logic = "QF_NIA" if kind == "Int" else "QF_NIRA" if self.mixed else "QF_NRA"
        return Script("\n".join([f"(set-logic {logic})", *self.lines]), self.names, self.steps, tuple(names), logic)

    def formula(self, root: Bool) -> str:
        """The next of the roots, after all that is under it and not written yet."""
        while root not in self.text:
            self.write(next(self.unwritten))
        return self.text[root]

    def write(self, node: Expr) -> None:
        if isinstance(node, Bool):
            self.text[node] = self.named(node, self.boolean(node))
        elif self.encoding == "integer":
            self.text[node] = ""
            self.ratio[node] = self.as_ratio(node)
        else:
            self.text[node] = self.named(node, self.as_real(node))

    def named(self, node: Expr, text: str) -> str:
        """A shared term gets a name, so that the text stays as small as the graph."""
        if node.op is None or self.uses.get(node, 0) < 2 or len(text) < 24:
            return text
        sort = "Bool" if isinstance(node, Bool) else "Real"
        return self.define(text, sort)

    def define(self, text: str, sort: str) -> str:
        self.fresh += 1
        self.lines.append(f"(define-fun t!{self.fresh} () {sort} {text})")
        return f"t!{self.fresh}"

    def declare(self, var: Var) -> str:
        sort = "Bool" if var.sort is Bool else "Int" if self.encoding == "integer" else "Real"
        self.names[var] = f"|{var.name}|"
        self.steps[var] = 10 ** decimals_of(var) if self.encoding == "integer" else 1
        self.lines.append(f"(declare-const {self.names[var]} {sort})")
        return self.names[var]

    def auxiliary(self, kind: str, sort: str) -> str:
        self.fresh += 1
        name = f"{kind}!{self.fresh}"
        self.lines.append(f"(declare-const {name} {sort})")
        return name

    def leaf(self, node: Expr) -> str:
        if isinstance(node.leaf, Var):
            return self.names.get(node.leaf) or self.declare(node.leaf)
        if isinstance(node.leaf, bool):
            return str(node.leaf).lower()
        assert isinstance(node.leaf, Fraction)
        return literal(node.leaf)

    def boolean(self, node: Expr) -> str:
        if node.op is None:
            return self.leaf(node)
        if node.op is Op.NOT:
            return f"(not {self.text[node.args[0]]})"
        if node.op in LOGIC:
            return f"({LOGIC[node.op]} {' '.join(self.text[arg] for arg in node.args)})"
        assert node.op is not None
        relation = RELATIONS[node.op]
        if self.encoding == "integer" and isinstance(node.args[0], Real):
            (a, b), (c, d) = self.ratio[node.args[0]], self.ratio[node.args[1]]
            left, right = (a, c) if b == d else (_times(a, d), _times(c, b))
            return f"({relation} {left} {right})"
        return f"({relation} {self.text[node.args[0]]} {self.text[node.args[1]]})"

    # Reals, exact and relaxed.

    def as_real(self, node: Expr) -> str:
        if node.op is None:
            return self.leaf(node)
        args = [self.text[arg] for arg in node.args]
        match node.op:
            case Op.DIV:
                return self.quotient(node, args[0], args[1])
            case Op.MIN:
                return f"(ite (<= {args[0]} {args[1]}) {args[0]} {args[1]})"
            case Op.MAX:
                return f"(ite (<= {args[0]} {args[1]}) {args[1]} {args[0]})"
            case Op.WHERE:
                return f"(ite {' '.join(args)})"
            case Op.FLOOR:
                return self.real_floor(args[0])
            case op if op in ROUNDINGS:
                return args[0] if self.encoding == "real" else self.interval(op, args[0], args[1])
            case op:
                return f"({ARITHMETIC[op]} {' '.join(args)})"

    def quotient(self, node: Expr, a: str, b: str) -> str:
        divisor = node.args[1]
        if _is_zero(divisor):
            return self.auxiliary("q", "Real")
        if isinstance(divisor.leaf, Fraction):
            return f"(* {literal(1 / divisor.leaf)} {a})"
        q = self.auxiliary("q", "Real")
        product = f"(= (* {q} {b}) {a})"
        self.lines.append(
            f"(assert {product})" if divisor in self.not_zero else f"(assert (=> (not (= {b} 0.0)) {product}))"
        )
        return q

    def real_floor(self, a: str) -> str:
        if self.encoding == "relaxed":
            return self.interval(Op.DOWN, a, "1.0")
        self.mixed = True
        q = self.auxiliary("n", "Int")
        self.lines.append(f"(assert (and (<= (to_real {q}) {a}) (< {a} (+ (to_real {q}) 1.0))))")
        return f"(to_real {q})"

    def interval(self, op: Op, a: str, grid: str) -> str:
        r = self.auxiliary("r", "Real")
        bounds = {
            Op.DOWN: f"(and (<= {r} {a}) (< {a} (+ {r} {grid})))",
            Op.UP: f"(and (<= {a} {r}) (< {r} (+ {a} {grid})))",
            Op.NEAREST: f"(and (<= (* 2.0 (- {r} {a})) {grid}) (< (* 2.0 (- {a} {r})) {grid}))",
        }
        self.lines.append(f"(assert {bounds[op]})")
        return r

    # Integers: numerator over denominator.

    def as_ratio(self, node: Expr) -> Ratio:
        if node.op is None:
            if isinstance(node.leaf, Var):
                return self.leaf(node), str(self.steps.get(node.leaf) or 10 ** decimals_of(node.leaf))
            assert isinstance(node.leaf, Fraction)
            return whole(node.leaf.numerator), str(node.leaf.denominator)
        ratios = [self.ratio[arg] for arg in node.args if isinstance(arg, Real)]
        match node.op:
            case Op.MUL:
                (a, b), (c, d) = ratios
                return self.kept(node, _times(a, c), _times(b, d))
            case Op.DIV:
                return self.integer_quotient(node, *ratios)
            case Op.FLOOR:
                return self.rounded(Op.DOWN, ratios[0], Fraction(1)), "1"
            case op if op in ROUNDINGS:
                grid = node.args[1].leaf
                assert isinstance(grid, Fraction)
                return self.rounded(op, ratios[0], grid), str(grid.denominator)
            case Op.WHERE:
                return self.chosen(node, *ratios)
            case op:
                (a, c), denominator = self.common(ratios)
                texts = {
                    Op.ADD: f"(+ {a} {c})",
                    Op.SUB: f"(- {a} {c})",
                    Op.MIN: f"(ite (<= {a} {c}) {a} {c})",
                    Op.MAX: f"(ite (<= {a} {c}) {c} {a})",
                }
                return self.kept(node, texts[op], denominator)

    def chosen(self, node: Expr, then: Ratio, otherwise: Ratio) -> Ratio:
        """One of two ratios. A denominator may be zero where it is not chosen, so it must not touch the other's."""
        condition = self.text[node.args[0]]
        if then[1] == otherwise[1] or (then[1].isdigit() and otherwise[1].isdigit()):
            (a, c), denominator = self.common((then, otherwise))
            return self.kept(node, f"(ite {condition} {a} {c})", denominator)
        denominator = self.short(f"(ite {condition} {then[1]} {otherwise[1]})")
        return self.kept(node, f"(ite {condition} {then[0]} {otherwise[0]})", denominator)

    def kept(self, node: Expr, numerator: str, denominator: str) -> Ratio:
        if self.uses.get(node, 0) > 1 and len(numerator) > 24:
            numerator = self.define(numerator, "Int")
        return numerator, denominator

    def common(self, ratios: Iterable[Ratio]) -> tuple[tuple[str, str], str]:
        """Both numerators over one denominator."""
        (a, b), (c, d) = ratios
        if b == d:
            return (a, c), b
        if b.isdigit() and d.isdigit():
            from math import lcm

            both = lcm(int(b), int(d))
            return (_times(a, str(both // int(b))), _times(c, str(both // int(d)))), str(both)
        return (_times(a, d), _times(c, b)), _times(b, d)

    def integer_quotient(self, node: Expr, over: Ratio, under: Ratio) -> Ratio:
        """a/b over c/d is a·d over b·c, with the sign moved up so that the denominator stays positive."""
        (a, b), (c, d) = over, under
        if _is_zero(node.args[1]):
            return self.auxiliary("q", "Int"), "1"
        if isinstance(node.args[1].leaf, Fraction) and node.args[1].leaf < 0:
            a, c = f"(- {a})", str(-node.args[1].leaf.numerator)
        elif not _never_negative(node.args[1], self.not_negative):
            a, c = f"(ite (< {c} 0) (- {a}) {a})", f"(ite (< {c} 0) (- {c}) {c})"
        return self.kept(node, _times(a, d), _times(b, c))

    def rounded(self, op: Op, ratio: Ratio, grid: Fraction) -> str:
        """The integer number of grid steps that the ratio rounds to."""
        numerator, denominator = ratio
        n, d = _times(numerator, str(grid.denominator)), _times(denominator, str(grid.numerator))
        if n == numerator and d == "1":
            return numerator
        n, d = self.short(n), self.short(d)
        q = self.auxiliary("q", "Int")
        bounds = {
            Op.DOWN: f"(and (<= (* {q} {d}) {n}) (< {n} (* (+ {q} 1) {d})))",
            Op.UP: f"(and (< (* (- {q} 1) {d}) {n}) (<= {n} (* {q} {d})))",
            Op.NEAREST: f"(and (<= (* 2 {q} {d}) (+ (* 2 {n}) {d})) (< (+ (* 2 {n}) {d}) (* 2 (+ {q} 1) {d})))",
        }
        self.lines.append(f"(assert {bounds[op]})" if d.isdigit() else f"(assert (=> (< 0 {d}) {bounds[op]}))")
        return q

    def short(self, text: str) -> str:
        return text if len(text) < 24 else self.define(text, "Int")


def _times(a: str, b: str) -> str:
    if a == "1" or b == "1":
        return b if a == "1" else a
    if a.isdigit() and b.isdigit():
        return str(int(a) * int(b))
    return f"(* {a} {b})"


def _nary(op: str, args: Sequence[str]) -> str:
    return args[0] if len(args) == 1 else f"({op} {' '.join(args)})"


def _plain_signs(facts: Iterable[Bool]) -> tuple[set[Expr], set[Expr]]:
    """The terms that the facts plainly state not to be zero, and those they state not to be negative."""
    not_zero: set[Expr] = set()
    not_negative: set[Expr] = set()
    stack: list[Expr] = list(facts)
    while stack:
        fact = stack.pop()
        if fact.op is Op.AND:
            stack.extend(fact.args)
        elif fact.op in {Op.LT, Op.LE} and _is_zero(fact.args[0]):
            not_negative.add(fact.args[1])
            if fact.op is Op.LT:
                not_zero.add(fact.args[1])
        elif fact.op is Op.NOT and fact.args[0].op is Op.EQ and _is_zero(fact.args[0].args[1]):
            not_zero.add(fact.args[0].args[0])
    return not_zero, not_negative


def _is_zero(term: Expr) -> bool:
    return isinstance(term, Real) and isinstance(term.leaf, Fraction) and term.leaf == 0


def _never_negative(root: Expr, stated: set[Expr]) -> bool:
    """Whether the term is plainly not negative: built without subtraction from terms that are stated not to be."""
    signs: dict[Expr, bool] = {}
    for node in walk(root):
        if node in stated:
            signs[node] = True
        elif node.op is None:
            signs[node] = isinstance(node.leaf, Fraction) and node.leaf >= 0
        else:
            signs[node] = node.op not in {Op.SUB, Op.FLOOR} and all(signs[a] for a in node.args if isinstance(a, Real))
    return signs[root]
