"""Runs of the exact interpreter that go down to the brink of an act, and on from there as fast as the price may fall.

Where little is done in each tick, a fall costs most if it begins at the last price at which nothing is to be done. That
price is one at which an act's guard is an equality. Whoever may act does so at once. A price that falls but once goes
past the brink in that fall, so that runs straight down are tried, too, and once back up where nothing is to be done.
Who is given collateral as soon as there is something to do, and keeps it, loses most by what comes after: runs that
halt just past the brink are the third kind.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Literal, cast

import attrs

from verifier.engines.simulate import Simulator
from verifier.evidence.run import Run, Taken, Values, advance, replay, violated
from verifier.language.expr import Bool, Var, conjuncts, substitute
from verifier.language.system import Actor, Claim, Rule, System

STARTS, LONGEST = 20, 200
HAIR = Fraction(1, 10**9)
"""The share of the price by which a run goes just past a brink."""
BITS = 2000
"""A run ends where a number has more: where each act divides by what the one before made, they double with each."""


Way = Literal["to the brink", "straight", "just past"]
WAYS: tuple[Way, ...] = ("to the brink", "straight", "just past")


def over_the_brink(system: System, claim: Claim) -> Run | None:
    """A violating run with all acts in a fall over the brink, or None if it breaks nothing. In real numbers."""
    tick = system.find("tick")
    if tick is None or (path := Path.of(system, tick)) is None:
        return None
    chance = random.Random(0)
    for way, _ in product(WAYS, range(STARTS)):
        start = path.simulator.start(chance.choice)
        states, steps = [] if start is None else [start], list[Taken]()
        back = False
        while states and len(steps) < LONGEST and handy(states[-1]):
            move = path.next(states[-1], chance, way)
            if move is None and way == "straight" and not back:
                move, back = path.up(states[-1]), True
            if move is None:
                break
            steps.append(move[0])
            states.append(move[1])
            if violated(claim, states, steps, "real"):
                return replay(system, claim, states[0], steps, "real")
    return None


def handy(state: Values) -> bool:
    """Whether the state's numbers are short enough to go on with."""
    return all(number.denominator.bit_length() <= BITS for number in state.values() if number is not None)


@attrs.define(eq=False, slots=False)
class Path:
    """A system's way down: ``given`` is the tick's input and the next value of ``price``."""

    system: System
    tick: Rule
    price: Var
    given: Var
    simulator: Simulator

    @classmethod
    def of(cls, system: System, tick: Rule) -> Path | None:
        """None where a tick is more than one next value."""
        moved = [(var, term.leaf) for var, term in tick.updates.items() if term.leaf in tick.inputs]
        if len(moved) != 1 or len(tick.inputs) != 1:
            return None
        return cls(system, tick, moved[0][0], tick.inputs[0], Simulator(system, "real"))

    @cached_property
    def acts(self) -> list[Rule]:
        """What liquidators may do."""
        return [rule for rule in self.system.rules if rule.actor is Actor.LIQUIDATOR]

    @cached_property
    def then_due(self) -> list[Bool]:
        """What acts ask for, right after a tick."""
        parts = [part for rule in self.acts for part in conjuncts(rule.guard)]
        return [substitute(part, self.tick.updates) for part in parts]

    def next(self, state: Values, chance: random.Random, way: Way) -> tuple[Taken, Values] | None:
        """The next act or tick; None where the price is as low as it may be, and nothing is to be done."""
        return self.simulator.any_step(state, chance, self.acts) or self.down(state, way)

    def down(self, state: Values, way: Way) -> tuple[Taken, Values] | None:
        """A tick to the brink or just past it, if that is on the way down and not behind, else as far as it may be."""
        due = [] if way == "straight" else self.allowed(state, self.then_due)
        if way == "just past":
            due = self.ticks(state, [(1 - HAIR) * price for price, _ in due])
        brinks = [(price, after) for price, after in due if self.calm(after) == (way == "to the brink")]
        lowest = self.allowed(state, self.simulator.open_parts[self.tick.name])
        for price, after in [*brinks, *lowest]:
            if price < cast(Fraction, state[self.price]):
                return Taken(self.tick.name, {self.given: price}), after
        return None

    def up(self, state: Values) -> tuple[Taken, Values] | None:
        """A tick as far up as it may be."""
        above = self.allowed(state, self.simulator.open_parts[self.tick.name])
        price, after = above[-1] if above else (state[self.price], state)
        return (Taken(self.tick.name, {self.given: price}), after) if price > state[self.price] else None

    def calm(self, state: Values) -> bool:
        """Whether nobody may act."""
        return self.simulator.any_step(state, random.Random(0), self.acts) is None

    def allowed(self, state: Values, parts: Sequence[Bool]) -> list[tuple[Fraction, Values]]:
        """The prices at which a comparison among the parts is an equality, the lowest first, each with its tick."""
        equal, corners = self.simulator.corners(self.given, dict(state), parts)
        return self.ticks(state, sorted({*equal, *corners}))

    def ticks(self, state: Values, prices: Sequence[Fraction]) -> list[tuple[Fraction, Values]]:
        """Those of the prices that a tick may bring, each with its tick."""
        found = [(price, advance(self.system, self.tick, state, {self.given: price}, "real")) for price in prices]
        return [(price, after) for price, after in found if after is not None]
