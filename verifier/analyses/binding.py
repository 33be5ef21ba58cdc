"""The binding constraints of a violation: which comparisons along a run hold with equality, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, TypeVar, cast

import attrs
import sympy

from verifier.evidence.run import Values
from verifier.interpretations.exact import EXACT, UNDEFINED
from verifier.interpretations.formula import Symbols
from verifier.interpretations.unroll import rule_facts, start_facts
from verifier.language.expr import (
    COMPARISONS,
    Bool,
    Expr,
    Interpretation,
    Op,
    Real,
    Var,
    conjuncts,
    interpret,
    rebuild,
    substitute,
    variable,
    variables,
)
from verifier.language.system import Claim, System, timed

E = TypeVar("E", bound=Expr)
NEAR = Fraction(1, 10**5)
"""Relative difference below which a comparison at a tight violation counts as binding."""


@attrs.frozen(eq=False)
class Atom:
    """A comparison that a violation rests on.

    ``strict`` where equality is excluded; ``goal`` where the claim makes it; ``choice`` where it decides which of two
    quantities is the smaller, so that equality there is a coincidence and no constraint.
    """

    left: Real
    right: Real
    strict: bool
    goal: bool
    choice: bool = False


class Path:
    """The states along some rules as terms in the parameters, the start and the inputs; each input is timed."""

    def __init__(self, system: System, claim: Claim, rules: Sequence[str]) -> None:
        now: dict[Var, Expr] = {var: variable(timed(var, 0)) for var in system.state}
        now |= self.given_at_the_start(system, now)
        self.facts: list[Bool] = [substitute(fact, now) for fact in start_facts(system)]
        self.goal = claim.formula
        for step, name in enumerate(rules):
            rule = system.rule(name)
            here = now | {var: cast(Expr, variable(timed(var, step))) for var in rule.inputs}
            self.facts += [substitute(fact, here) for fact in rule_facts(system, rule)]
            self.goal = substitute(claim.steps.get(name, claim.formula), here)
            now = now | {var: substitute(term, here) for var, term in rule.updates.items()}
        if not claim.on_steps:
            self.goal = substitute(claim.formula, now)

    @staticmethod
    def given_at_the_start(system: System, now: dict[Var, Expr]) -> dict[Var, Expr]:
        """What the initial condition says outright of a variable: that it equals a term."""
        known: dict[Var, Expr] = {}
        for fact in system.init:
            for part in conjuncts(fact):
                var = part.args[0].leaf if part.op is Op.EQ else None
                if isinstance(var, Var) and var not in known and var not in variables(part.args[1]):
                    known[var] = part.args[1]
        for _ in known:
            known = {var: substitute(term, known) for var, term in known.items()}
        return {var: substitute(term, now) for var, term in known.items()}

    def unknowns(self) -> list[Var]:
        """The start and the inputs, timed: first what people have no usual value for, then in order of appearance."""
        found = [var for var in variables(*self.facts, self.goal) if var.name.rpartition("@")[2].isdigit()]
        return sorted(found, key=lambda var: var.like is not None)

    def atoms(self, env: Values) -> list[Atom]:
        """The comparisons that make the facts true and the goal false in this environment, each branch decided."""
        reader = Reader(env)
        for fact in self.facts:
            reader.support(fact, truth=True, goal=False)
        reader.support(self.goal, truth=False, goal=True)
        return reader.atoms


class Reader:
    """Reads formulas in an environment: which comparisons carry their truth, with every choice made."""

    def __init__(self, env: Values) -> None:
        self.env, self.memo = env, dict[Expr, Any]()
        self.atoms: list[Atom] = []
        self.made: dict[Expr, Expr] = {}
        self.seen: set[tuple[Expr, bool]] = set()

    def value(self, node: Expr) -> Any:
        return interpret(node, EXACT, lambda var: self.env.get(var, UNDEFINED), self.memo)

    def support(self, formula: Expr, *, truth: bool, goal: bool) -> None:
        """Note the comparisons because of which the formula is true, or false."""
        if self.value(formula) is not truth or (formula, truth) in self.seen:
            return
        self.seen.add((formula, truth))
        match formula.op:
            case Op.NOT:
                self.support(formula.args[0], truth=not truth, goal=goal)
            case Op.AND | Op.OR:
                every = truth is (formula.op is Op.AND)
                carrying = [part for part in formula.args if self.value(part) is truth]
                for part in carrying if every else carrying[:1]:
                    self.support(part, truth=truth, goal=goal)
            case Op.IMPLIES:
                premise, conclusion = formula.args
                if not truth or self.value(premise) is True:
                    self.support(conclusion, truth=truth, goal=goal)
                self.support(premise, truth=self.value(premise) is True, goal=goal)
            case op if op in COMPARISONS and isinstance(formula.args[0], Real):
                strict = (op is Op.LT) is truth if op is not Op.EQ else not truth
                left, right = (self.straight(side, goal=goal) for side in formula.args)
                self.atoms.append(Atom(cast(Real, left), cast(Real, right), strict, goal))
            case Op.EQ:
                for part in formula.args:
                    self.support(part, truth=self.value(part) is True, goal=goal)
            case _:
                pass

    def straight(self, node: E, *, goal: bool) -> E:
        """The term with each choice made as the environment makes it; what decides the choice is noted."""
        if node in self.made:
            return cast(E, self.made[node])
        made: Expr
        match node.op:
            case Op.WHERE:
                condition = self.value(node.args[0]) is True
                self.support(node.args[0], truth=condition, goal=goal)
                made = self.straight(node.args[1 if condition else 2], goal=goal)
            case Op.MIN | Op.MAX:
                left, right = node.args
                low, high = self.value(left), self.value(right)
                first = (low <= high) is (node.op is Op.MIN) if low != high else not variables(left)
                one, other = (self.straight(side, goal=goal) for side in node.args)
                self.atoms.append(Atom(cast(Real, one), cast(Real, other), strict=False, goal=goal, choice=True))
                made = one if first else other
            case None:
                made = node
            case _:
                made = rebuild(node.op, node, tuple(self.straight(child, goal=goal) for child in node.args))
        self.made[node] = made
        return cast(E, made)


# A value with its size: what the sum of all its parts would be, were they all positive.
_Sized = tuple[Fraction, Fraction]
SIZED: Interpretation[Any] = Interpretation(
    const=lambda value: (Fraction(value), abs(Fraction(value))),
    ops={
        **{op: (lambda *args: args[0]) for op in Op},
        Op.ADD: lambda a, b: (a[0] + b[0], a[1] + b[1]),
        Op.SUB: lambda a, b: (a[0] - b[0], a[1] + b[1]),
        Op.MUL: lambda a, b: (a[0] * b[0], a[1] * b[1]),
        Op.DIV: lambda a, b: (a[0] / b[0], a[1] / abs(b[0])) if b[0] else (Fraction(0), Fraction(0)),
    },
)


def binds(atom: Atom, env: Values) -> bool:
    """Whether both sides are all but equal."""
    (left, a), (right, b) = (interpret(side, SIZED, lambda var: _sized(env[var])) for side in (atom.left, atom.right))
    return bool(abs(left - right) <= NEAR * max(a, b))


def _sized(value: Fraction | bool) -> _Sized:
    return Fraction(value), abs(Fraction(value))


class Equations:
    """Binding constraints as polynomials that are zero, and what linear elimination makes of them."""

    def __init__(self, atoms: Iterable[Atom], env: Values, symbols: Symbols) -> None:
        self.symbols, self.env = symbols, env
        self.pending: list[Any] = []
        self.solved: dict[Any, Any] = {}
        for atom in atoms:
            self.add(symbols.formula(atom.left) - symbols.formula(atom.right))
        self.pending += [symbol for var, symbol in symbols.of.items() if self.negligible(var)]

    def negligible(self, var: Var) -> bool:
        """Whether an input is next to nothing beside the quantities of its kind: a violation as small as can be."""
        peers = [abs(Fraction(self.env[peer])) for peer in self.symbols.of if peer.unit == var.unit]
        return 0 < abs(Fraction(self.env[var])) <= NEAR * max(peers)

    def add(self, formula: Any) -> None:
        """Note each factor of the formula's numerator that vanishes."""
        top = sympy.fraction(sympy.together(formula))[0]
        if top == 0 or not top.free_symbols:
            return
        for factor, _ in sympy.factor_list(top)[1]:
            if factor.free_symbols and self.vanishes(factor) and factor not in self.pending:
                self.pending.append(factor)

    def vanishes(self, factor: Any) -> bool:
        """Whether a polynomial is all but zero at the violation, as measured by its monomials."""
        numbers = {symbol: self.env[self.symbols.back[symbol]] for symbol in factor.free_symbols}
        poly = sympy.Poly(factor, *numbers)
        parts = []
        for powers, coefficient in poly.terms():
            part = Fraction(int(coefficient.p), int(coefficient.q))
            for symbol, power in zip(poly.gens, powers, strict=True):
                part *= Fraction(numbers[symbol]) ** power
            parts.append(part)
        return abs(sum(parts, Fraction(0))) <= NEAR * sum(map(abs, parts), Fraction(0))

    def eliminate(self, unknowns: Sequence[Var]) -> None:
        """Solve for one unknown after the other, as long as one occurs linearly."""
        wanted = [self.symbols.of[var] for var in unknowns if var in self.symbols.of]
        while (found := self.linear(wanted)) is not None:
            equation, unknown = found
            solution = sympy.cancel(sympy.solve(equation, unknown)[0])
            self.solved = {known: term.subs(unknown, solution) for known, term in self.solved.items()}
            self.solved[unknown] = solution
            rest, self.pending = [other for other in self.pending if other is not equation], []
            for other in rest:
                self.add(other.subs(unknown, solution))

    def linear(self, wanted: Sequence[Any]) -> tuple[Any, Any] | None:
        for equation in sorted(self.pending, key=sympy.count_ops):
            for unknown in wanted:
                if unknown in equation.free_symbols and sympy.degree(equation, unknown) == 1:
                    return equation, unknown
        return None

    def roots(self, var: Var) -> list[Any]:
        """What the equations that are left say of one variable: formulas near its value at the violation."""
        symbol, found = self.symbols.symbol(var), []
        numbers = {
            s: sympy.Rational(*Fraction(self.env[v]).as_integer_ratio())
            for v, s in self.symbols.of.items()
            if v in self.env
        }
        for equation in self.pending:
            if symbol in equation.free_symbols:
                for root in sympy.solve(equation, symbol):
                    near = root.subs(numbers)
                    if (
                        near.is_number
                        and near.is_real
                        and abs(near - numbers[symbol]) <= NEAR * 10 * abs(numbers[symbol])
                    ):
                        found.append(shortest(root))
        return sorted(dict.fromkeys(found), key=sympy.count_ops)


def shortest(formula: Any) -> Any:
    """The formula as a product, or as one less a product, whichever is shorter."""
    written = [sympy.Add(1, sympy.factor(formula - 1), evaluate=False), sympy.factor(formula)]
    return min(written, key=sympy.count_ops)
