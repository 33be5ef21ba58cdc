"""Random runs by the exact interpreter, biased to corners: amounts that make a guard's comparison an equality.

Uniform draws hardly ever find a violation; a comparison that is linear in the quantity to be drawn gives its corner by
two evaluations. Whoever drives this chooses from short lists, so that a search can shrink what it finds.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from verifier.evidence.run import Taken, Values, advance, begins
from verifier.interpretations.exact import UNDEFINED, holds, value
from verifier.interpretations.fixed import TABLES, grid_of, round_down
from verifier.language.expr import COMPARISONS, Bool, Expr, Op, Real, Var, conjuncts, variables
from verifier.language.system import Arithmetic, Rule, System

T = TypeVar("T")
Pick = Callable[[Sequence[T]], T]

PLAIN = tuple(Fraction(n, d) for n, d in ((1, 1), (2, 1), (1, 2), (10, 1), (0, 1), (1, 10), (1000, 1), (3, 7)))
TRIES, ONE, EXACTLY = 8, Fraction(1), (True, False)
SHARES = tuple(Fraction(n, d) for n, d in ((1, 1), (1, 2), (99, 100), (101, 100), (1, 10), (5, 7), (3, 2), (1, 1000)))


class Simulator:
    """Draws initial states and steps of one system in one arithmetic."""

    def __init__(self, system: System, arithmetic: Arithmetic) -> None:
        self.system, self.arithmetic = system, arithmetic
        named = [item.formula for item in system.assumptions if item.on is None or item.on == "start"]
        facts = [*system.domain, *system.init, *named, *system.unsigned_start()]
        self.start_parts = [part for fact in facts for part in conjuncts(fact)]
        self.forced = {
            part.args[0].leaf: part.args[1].leaf
            for part in self.start_parts
            if part.op is Op.EQ
            and isinstance(part.args[0].leaf, Var)
            and isinstance(part.args[1].leaf, (Fraction, bool))
        }
        self.kept: dict[Var, list[Var]] = {}
        """Which variables remember the initial value of which."""
        for kept, term in system.rigid.items():
            self.kept.setdefault(variables(term)[0], []).append(kept)
        self.closed_parts: dict[str, list[Bool]] = {}
        """What each rule asks of the state alone."""
        self.open_parts: dict[str, list[Bool]] = {}
        """What each rule asks of its inputs."""
        for rule in system.rules:
            named = [item.formula for item in system.assumed(rule.name)]
            parts = [part for fact in (rule.guard, *named) for part in conjuncts(fact)]
            inputs = frozenset(rule.inputs)
            self.closed_parts[rule.name] = [part for part in parts if not inputs & _mentions(part)]
            self.open_parts[rule.name] = [part for part in parts if inputs & _mentions(part)]

    def start(self, pick: Pick[Any]) -> Values | None:
        """An initial state, or None if the draw missed."""
        state: Values = {}
        for var in (*self.system.params, *self.system.state):
            if var in self.system.histories:
                continue
            if var in self.forced:
                state[var] = self.forced[var]
            else:
                self.draw(var, state, self.start_parts, pick)
            state |= dict.fromkeys(self.kept.get(var, ()), state[var])
        for var, about in self.system.histories.items():
            known = value(about, state, TABLES[self.arithmetic])
            nothing = False if var.sort is Bool else Fraction(0)
            state[var] = nothing if known is UNDEFINED else known  # type: ignore[assignment]
        return state if begins(self.system, state, self.arithmetic) is None else None

    def false_somewhere(self, formulas: Sequence[Bool], facts: Sequence[Bool]) -> bool:
        """Whether a formula is false in one of a few drawn states, reached or not, in which the facts hold."""
        chance, table = random.Random(0), TABLES[self.arithmetic]
        parts = [part for fact in facts for part in conjuncts(fact)]
        for _ in range(TRIES):
            env: Values = {}
            for var in variables(*facts, *formulas):
                self.draw(var, env, parts, chance.choice)
            if all(holds(fact, env, table) for fact in facts):
                memo = dict[Expr, Any]()
                if any(value(formula, env, table, memo) is False for formula in formulas):
                    return True
        return False

    def step(self, rule: Rule, state: Values, pick: Pick[Any]) -> tuple[Taken, Values] | None:
        """The rule's step with drawn inputs and the state after, or None if the draw missed."""
        env = dict(state)
        table = TABLES[self.arithmetic]
        if not all(holds(part, env, table) for part in self.closed_parts[rule.name]):
            return None
        parts = self.open_parts[rule.name]
        for var in rule.inputs:
            self.draw(var, env, parts, pick)
        inputs = {var: env[var] for var in rule.inputs}
        post = advance(self.system, rule, state, inputs, self.arithmetic)
        return None if post is None else (Taken(rule.name, inputs), post)

    def any_step(
        self, state: Values, chance: random.Random, of: Sequence[Rule] | None = None
    ) -> tuple[Taken, Values] | None:
        """A step by the first enabled rule, of all or of these, in a random order; None if every draw missed."""
        rules = list(self.system.rules if of is None else of)
        chance.shuffle(rules)
        return next((taken for rule in rules if (taken := self.step(rule, state, chance.choice))), None)

    def draw(self, var: Var, env: Values, parts: Sequence[Bool], pick: Pick[Any]) -> None:
        """Give the variable a value: a corner of what the parts say of it, or a share of one."""
        if var.sort is Bool:
            forced = [part.args[1] for part in parts if part.op is Op.EQ and part.args[0].leaf == var]
            env[var] = forced[0].leaf if forced and isinstance(forced[0].leaf, bool) else pick((False, True))
            return
        equal, corners = self.corners(var, env, parts)
        useful = [corner for corner in corners if corner]
        plain = [*self.scale(var, env), *corners]
        decided = [p for p in parts if var in _mentions(p) and all(v in env or v == var for v in _mentions(p))]
        table = TABLES[self.arithmetic]
        for attempt in range(TRIES):
            bases = equal or (useful if useful and attempt < TRIES // 2 else plain)
            value = self.on_grid(var, pick(bases) * (ONE if equal or pick(EXACTLY) else pick(SHARES)), pick)
            env[var] = value
            if (var.signed or value >= 0) and all(holds(part, env, table) for part in decided):
                return

    def scale(self, var: Var, env: Values) -> list[Fraction]:
        """Amounts of the size of what there is: known values, and those of state in the same unit."""
        peers = [
            number for peer, number in env.items() if peer.changes and peer.unit and peer.unit.fits(var.unit) and number
        ]
        known = [var.like] if var.like is not None else list(PLAIN)
        return [*(number for number in peers if not isinstance(number, bool)), *known]

    def on_grid(self, var: Var, value: Fraction, pick: Pick[Any]) -> Fraction:
        """The value, in the fixed-point reading one of its two neighbours on the variable's grid."""
        if self.arithmetic == "real":
            return value
        grid = grid_of(var)
        lower = round_down(value, grid)
        return lower if lower == value or pick((True, False)) else lower + grid

    def corners(self, var: Var, env: Values, parts: Sequence[Bool]) -> tuple[list[Fraction], list[Fraction]]:
        """Where a comparison about the variable is an equality: of equations, and of inequalities."""
        equal: list[Fraction] = []
        corners: list[Fraction] = []
        for part in parts:
            comparison = part.args[0] if part.op is Op.NOT else part
            if comparison.op not in COMPARISONS or not isinstance(comparison.args[0], Real):
                continue
            mentioned = _mentions(comparison)
            if var not in mentioned or any(v not in env and v != var for v in mentioned):
                continue
            if (root := self.root(var, env, comparison)) is not None:
                (equal if comparison.op is Op.EQ and part.op is not Op.NOT else corners).append(root)
        return equal, corners

    def root(self, var: Var, env: Values, comparison: Expr) -> Fraction | None:
        """Where both sides are equal, if their difference is linear in the variable."""
        points = []
        for guess in (1, 2, 3):
            env[var] = Fraction(guess)
            memo: dict[Expr, object] = {}
            left, right = (value(side, env, TABLES["real"], memo) for side in comparison.args)
            if left is UNDEFINED or right is UNDEFINED:
                del env[var]
                return None
            points.append(left - right)  # type: ignore[operator]
        del env[var]
        slope = points[1] - points[0]
        if slope == 0 or points[2] - points[1] != slope:
            return None
        return Fraction(1 - points[0] / slope)


_MENTIONS: dict[Expr, frozenset[Var]] = {}


def _mentions(term: Expr) -> frozenset[Var]:
    if term not in _MENTIONS:
        _MENTIONS[term] = frozenset(variables(term))
    return _MENTIONS[term]
