"""States and inputs in whole grid steps, drawn from what a spec assumes: all sizes, and the places where things flip.

A flip is where a condition, or the way that an action goes, changes between two neighbouring whole numbers; it is found
by bisection of the compiled spec, whatever its roundings.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

import attrs

from verifier.interpretations.compiled import Action, Steps, action, term
from verifier.interpretations.fixed import grid_of
from verifier.language.expr import Bool, Expr, Op, Var, conjuncts, number, variable, variables, walk
from verifier.language.system import Rule, System

MOST = 112
"""Amounts are drawn up to this power of two."""
SCANNED = (0, 1, *(2**bits for bits in range(8, 257, 8)))

MOSTLY = (True, False, True, True)
"""Flags are mostly set: what they allow is what there is to be compared."""

State = dict[Var, Steps]


class Draw(Protocol):
    """Whoever decides: a search that can make smaller what it found."""

    def integer(self, least: int, most: int) -> int: ...

    def choose(self, options: Sequence[Any]) -> Any: ...


@attrs.frozen
class Segment:
    """Neighbouring whole numbers with one outcome."""

    low: int
    high: int
    outcome: Hashable


def segments(outcome: Callable[[int], Hashable], points: Sequence[int]) -> list[Segment]:
    """The line from the first point to the last, cut wherever the outcome at the points turns out to change."""
    made, low, now = [], points[0], outcome(points[0])
    for point in points[1:]:
        after = outcome(point)
        while now != after:
            last = flip(outcome, low, point, now)
            made.append(Segment(low, last, now))
            low, now = last + 1, outcome(last + 1)
    return [*made, Segment(low, points[-1], now)]


def flip(outcome: Callable[[int], Hashable], low: int, high: int, before: Hashable) -> int:
    """The last number, going up from ``low``, before the outcome is another."""
    while high - low > 1:
        middle = (low + high) // 2
        if outcome(middle) == before:
            low = middle
        else:
            high = middle
    return low


@attrs.frozen(eq=False)
class Part:
    """A term as a function of the variables that it mentions."""

    term: Expr
    mentions: tuple[Var, ...]
    run: Callable[..., Any]

    def holds(self, state: Mapping[Var, Steps]) -> bool:
        return self.run(*[state[var] for var in self.mentions]) is True

    def steps(self, state: Mapping[Var, Steps], var: Var) -> Steps:
        """What it is worth, in the grid steps of a variable."""
        found = self.run(*[state[mentioned] for mentioned in self.mentions])
        return found if isinstance(found, bool) else int(found / grid_of(var))


def part(formula: Expr) -> Part:
    mentions = tuple(variables(formula))
    return Part(formula, mentions, term(mentions, formula))


class Spec:
    """A system's fixed-point reading, ready to run, and what it assumes of its states."""

    def __init__(self, system: System, *, words: Mapping[str, int], wider: Sequence[str] = ()) -> None:
        self.system, self.words = system, words
        self.order = [*system.params, *system.state]
        self.places = {var: number for number, var in enumerate(self.order)}
        named = [item.formula for item in system.assumptions if item.on is None or item.on == "start"
                 if item.name not in wider]  # fmt: skip
        named += [variable(var) < number(2 ** words[var.name] * grid_of(var), var.unit)
                  for var in self.order if var.name in words]  # fmt: skip
        facts = [*system.domain, *system.init, *named, *system.unsigned_start()]
        self.start_conditions = [part(found) for fact in facts for found in conjuncts(fact)]
        self.forced: dict[Var, Part] = {}
        """Variables that an equation gives, in terms of those before them."""
        for item in self.start_conditions:
            if item.term.op is Op.EQ:
                self.force(*item.term.args)
        self.actions: dict[str, Action] = {rule.name: action(system, rule) for rule in system.rules}
        self.way: list[bool] = []
        self.traced = {rule.name: action(system, rule, self.way) for rule in system.rules}
        self.assumed = {rule.name: [part(item.formula) for item in system.assumed(rule.name)] for rule in system.rules}
        self.allowed: dict[tuple[object, ...], list[Segment]] = {}
        """Where the start's conditions on a variable hold, by the values of what else they mention."""

    def force(self, left: Expr, right: Expr) -> None:
        """Let an equation give the later one of its variables."""
        for var, other in ((left.leaf, right), (right.leaf, left)):
            if isinstance(var, Var) and all(self.places[v] < self.places[var] for v in variables(other)):
                self.forced.setdefault(var, part(other))
                return

    def start(self, draw: Draw) -> State | None:
        """A state that the spec may start in, or None if the draw missed."""
        state: State = {}
        for var in self.order:
            if var in self.forced:
                state[var] = self.forced[var].steps(state, var)
            else:
                about = [c for c in self.start_conditions
                         if var in c.mentions and all(v in state or v == var for v in c.mentions)]  # fmt: skip
                self.draw(var, state, about, draw)
        return state if self.starts(state) else None

    def starts(self, state: State) -> bool:
        """Whether the spec may start in this state."""
        return all(item.holds(state) for item in self.start_conditions)

    def draw(self, var: Var, state: State, about: Sequence[Part], draw: Draw) -> None:
        """Give the variable a value for which the conditions about it hold, where there is one."""
        state[var] = (
            draw.choose(MOSTLY)
            if var.sort is Bool
            else inside(draw.choose(self.allowing(var, state, about) or [Segment(0, 0, None)]), draw)
        )

    def allowing(self, var: Var, state: State, about: Sequence[Part]) -> list[Segment]:
        """Where the conditions about a variable hold, the others being what they are."""
        key = (var, *(state[other] for item in about for other in item.mentions if other != var))
        if key not in self.allowed:
            changed, allowing = dict(state), (True,) * len(about)

            def outcome(number: int) -> tuple[bool, ...]:
                changed[var] = number
                return tuple(item.holds(changed) for item in about)

            places = [Segment(n, n, allowing) for n in self.named(var, about) if outcome(n) == allowing]
            self.allowed[key] = places or [one for one in segments(outcome, SCANNED) if one.outcome == allowing]
        return self.allowed[key]

    def range_of(self, var: Var, state: State) -> Segment | None:
        """How far a variable can be moved from where it is, the others being what they are."""
        found = self.allowing(var, state, [item for item in self.start_conditions if var in item.mentions])
        return next((one for one in found if one.low <= state[var] <= one.high), None)

    def named(self, var: Var, about: Sequence[Part]) -> list[int]:
        """The values that an alternative among the conditions gives the variable outright."""
        equations = [node for item in about for node in walk(item.term) if node.op is Op.EQ]
        sides = [(node.args[0].leaf, node.args[1].leaf) for node in equations]
        return [int(Fraction(number) / grid_of(var)) for leaf, number in (*sides, *(side[::-1] for side in sides))
                if leaf == var and isinstance(number, Fraction)]  # fmt: skip

    def inputs(self, rule: Rule, state: State, draw: Draw) -> State:
        """Inputs of a rule, accepted or not: of each way in which the rule can end, as often at its very edge."""
        env = {**state, **dict.fromkeys(rule.inputs, 1)}
        for var in rule.inputs:
            if var.sort is Bool:
                env[var] = draw.choose((False, True))
                continue
            env[var] = inside(draw.choose(segments(self.outcome(rule.name, env, var), self.points_of(var))), draw)
        return {var: env[var] for var in rule.inputs}

    def points_of(self, var: Var) -> list[int]:
        """Numbers all over the range of an input."""
        most = 2 ** self.words.get(var.name, MOST) - 1
        return [*(point for point in SCANNED if point < most), most]

    def outcome(self, rule: str, env: Mapping[Var, Steps], var: Var) -> Callable[[int], Hashable]:
        """How the rule ends, and by which way, for each value of a variable."""
        traced, changed = self.traced[rule], dict(env)
        values = [changed[v] for v in traced.takes]
        place = traced.takes.index(var)

        def ends(number: int) -> Hashable:
            self.way.clear()
            values[place] = number
            found = traced.run(*values)
            return (found if isinstance(found, str) else None, *self.way)

        return ends

    def allows(self, rule: str, env: Mapping[Var, Steps]) -> bool:
        """Whether the spec's assumptions let the rule act at all."""
        return all(item.holds(env) for item in self.assumed[rule])


def inside(segment: Segment, draw: Draw) -> int:
    """A number of a segment: mostly of any size as likely as of any other, else any number or one of the ends."""
    low, high = segment.low, segment.high
    least, most = low.bit_length(), high.bit_length()
    if draw.choose((False, False, True)):
        return int(draw.choose((low, high, draw.integer(low, high))))
    kind = draw.integer(least, most)
    return draw.integer(max(low, 2 ** (kind - 1) if kind else 0), min(high, 2**kind - 1))
