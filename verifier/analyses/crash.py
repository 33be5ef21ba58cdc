"""Runs of concrete positions that do what a claim over tiers says cannot happen, replayed by the exact interpreter.

The fundamental price falls once; then others add to every position that they may add to, and every unhealthy one is
liquidated as far as it may be, in turn. Where nobody may be, time passes at that price as long as it changes anything,
such as what an oracle remembers; where it may not, owners act.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

from verifier.analyses.seats import seated
from verifier.engines.ask import Solver
from verifier.evidence.run import Run, Taken, Values, advance, replay, violated
from verifier.interpretations.exact import holds, value
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts, rule_facts, start_facts
from verifier.language.book import Tier
from verifier.language.expr import Bool, Expr, Real, Var, conjuncts, number, substitute, truth, variables
from verifier.language.lower import Problem
from verifier.language.pieces import Design, Shock
from verifier.language.system import Actor, Rule

ONE = Fraction(1)
LONGEST = 200
"""The most steps of such a run."""
CALM = 20
"""The most ticks in a row in which nobody acts and nothing but the positions' own clocks goes on."""
EXACT, GRID = 6, 10**9
"""In runs of more acts, where liquidators choose what to repay, they take a multiple of this share of a position.

Otherwise the price enters the quantity sold, that the next price, and each step doubles the digits.
"""

LARGEST = 16_000
"""A run ends where its numbers have more bits than this, which is what evidence stores: steps may double them."""


class Crash:
    """One market in which positions of these healths and sizes meet one fall of the price.

    Of each, liquidators who choose what to repay take a share of so many ``portions`` at a time, one after the other.
    """

    def __init__(
        self, design: type[Design], problem: Problem, settings: Mapping[str, Any], tiers: Sequence[Tier],
        portions: int = 1,
    ) -> None:  # fmt: skip
        whole = seated(design, problem, settings, [(tier.lo, tier.collateral) for tier in tiers])
        self.tiers, self.portions = tiers, portions
        self.claim, self.pieces, self.seats = whole.claim, whole.pieces, whole.seats
        self.system = specialise(whole.system, "real")
        self.path: Any = next(piece for piece in whole.pieces.values() if isinstance(piece, Shock))

    def run(self, shock: Fraction, solver: Solver) -> Run | None:
        """The run of this shock up to the first violation, replayed; None if there is none."""
        start = self.start(solver)
        if start is None:
            return None
        states, steps = [start], list[Taken]()
        for taken, state in self.moves(shock, states, solver):
            steps.append(taken)
            states.append(state)
            if violated(self.claim, states, steps, "real"):
                return replay(self.system, self.claim, start, steps, "real")
        return None

    def start(self, solver: Solver) -> Values | None:
        """Each position at its tier's lowest health, with all of the tier's collateral."""
        price = self.path.price
        facts = [*rigid_facts(self.system), *start_facts(self.system)]
        facts.append(price == number(price.leaf.like or ONE, price.unit))
        for seat, tier in zip(self.seats, self.tiers, strict=True):
            piece = self.pieces[seat]
            facts.append(piece.debt * number(tier.lo) == piece.health_value())
        model = solver.ask(facts)
        if model is None:
            return None
        wanted = (*self.system.params, *self.system.rigid, *self.system.state)
        start = {var: model.values.get(var, False if var.sort is Bool else Fraction(0)) for var in wanted}
        return None if any(found is None for found in start.values()) else cast(Values, start)

    def moves(self, shock: Fraction, states: list[Values], solver: Solver) -> Iterable[tuple[Taken, Values]]:
        """The fall, then acts until nobody is left who may act, now or after more ticks at that price.

        None of it where the shock does not allow such a fall in one tick.
        """
        tick = self.system.rule("tick")
        low = cast(Fraction, value((1 - number(shock)) * self.path.price, states[0]))
        inputs: Values = {tick.inputs[0]: low}
        post = advance(self.system, tick, states[-1], inputs, "real")
        before: Values = {}
        calm = 0
        while post is not None and post != before and calm < CALM and len(states) < LONGEST and bits(post) <= LARGEST:
            yield Taken(tick.name, inputs), post
            calm = calm + 1 if self.idle(before, post) else 0
            for seat in self.seats:
                yield from self.helped(seat, states, solver)
            told = len(states)
            yield from self.liquidated(states)
            calm = calm if told == len(states) else 0
            before = states[-1]
            post = advance(self.system, tick, before, inputs, "real")
            if post is None:
                yield from self.owned(states)
                before = states[-1]
                post = advance(self.system, tick, before, inputs, "real")

    def idle(self, before: Values, post: Values) -> bool:
        """Whether nothing but what belongs to positions has changed."""
        others = (var for var in post if self.system.owners.get(var) not in self.seats)
        return bool(before) and all(before[var] == post[var] for var in others)

    def helped(self, seat: str, states: list[Values], solver: Solver) -> Iterable[tuple[Taken, Values]]:
        """What anyone may add to the position now."""
        collateral = self.pieces[seat].collateral
        for rule in self.rules(seat, Actor.ANYONE):
            inputs = self.found(rule, states[-1], solver)
            post = None if inputs is None else advance(self.system, rule, states[-1], inputs, "real")
            if inputs is not None and post is not None and amount(collateral, post) > amount(collateral, states[-1]):
                yield Taken(rule.name, inputs), post

    def found(self, rule: Rule, state: Values, solver: Solver) -> Values | None:
        """Inputs with which the rule can act, if any."""
        facts = [part for fact in rule_facts(self.system, rule) for part in conjuncts(fact)]
        open_ = [part for part in facts if set(variables(part)) & set(rule.inputs)]
        if not all(holds(part, state) for part in facts if not set(variables(part)) & set(rule.inputs)):
            return None
        known = [(var, state[var]) for var in variables(*open_) if var in state]
        here: dict[Var, Expr] = {
            var: truth(held) if isinstance(held, bool) else number(held, var.unit) for var, held in known
        }
        model = solver.ask([substitute(part, here) for part in open_])
        inputs = {var: None if model is None else model.values.get(var) for var in rule.inputs}
        return None if model is None or None in inputs.values() else cast(Values, inputs)

    def owned(self, states: list[Values]) -> Iterable[tuple[Taken, Values]]:
        """Owners' acts that need no choice."""
        for seat in self.seats:
            for rule in self.rules(seat, Actor.OWNER):
                post = None if rule.inputs else advance(self.system, rule, states[-1], {}, "real")
                if post is not None:
                    yield Taken(rule.name, {}), post

    def liquidated(self, states: list[Values]) -> Iterable[tuple[Taken, Values]]:
        """Liquidations until nobody is left that may be."""
        acted = True
        while acted and len(states) < LONGEST:
            acted = False
            for seat in self.seats:
                for rule in self.liquidations(seat):
                    for _ in range(self.portions):
                        move = self.move(seat, rule, states)
                        if move is None:
                            break
                        if bits(move[1]) > LARGEST or len(states) >= LONGEST:
                            return
                        acted = True
                        yield move

    def move(self, seat: str, rule: Rule, states: Sequence[Values]) -> tuple[Taken, Values] | None:
        """A liquidation of one portion, or of all where a portion would heal the position; None where none is due."""
        whole = self.liquidation(seat, rule, states, 1)
        if self.portions == 1 or whole is None:
            return whole
        part = self.liquidation(seat, rule, states, self.portions)
        lasting = part is not None and self.liquidation(seat, rule, [*states, part[1]], 1) is not None
        return part if lasting else whole

    def liquidation(
        self, seat: str, rule: Rule, states: Sequence[Values], portions: int
    ) -> tuple[Taken, Values] | None:
        """A liquidation of all that may be, or of one of so many portions."""
        inputs: Values = {var: self.most(seat, var, states, portions) for var in rule.inputs}
        post = advance(self.system, rule, states[-1], inputs, "real")
        return None if post is None else (Taken(rule.name, inputs), post)

    def acts(self, seat: str, run: Run) -> bool:
        """Whether the run touches the position."""
        return any(self.system.rule(taken.rule).owner == seat for taken in run.steps)

    def fall(self, run: Run) -> Fraction:
        """The shock of a run: by what share the fundamental price fell."""
        before, after = (cast(Fraction, value(self.path.price, state)) for state in run.states[:2])
        return ONE - after / before

    def liquidations(self, seat: str) -> list[Rule]:
        return self.rules(seat, Actor.LIQUIDATOR)

    def rules(self, seat: str, actor: Actor) -> list[Rule]:
        return [rule for rule in self.system.rules if rule.owner == seat and rule.actor is actor]

    def most(self, seat: str, var: Var, states: Sequence[Values], portions: int) -> Fraction:
        """All of the debt or collateral that the input is about, or a portion of what it began as; see GRID."""
        piece = self.pieces[seat]
        terms: list[Real] = [piece.debt, piece.collateral]
        own = next(
            (t for t in terms if var.unit is not None and t.unit is not None and t.unit.fits(var.unit)), terms[0]
        )
        most = min(amount(own, states[-1]), amount(own, states[0]) / portions)
        few = len(self.seats) * self.portions <= EXACT
        if own is not piece.debt or not hasattr(type(piece), "spread") or few:
            return most
        paid_for_one = amount(piece.oracle.quote() / piece.spread(), states[-1])
        if most >= amount(piece.collateral, states[-1]) * paid_for_one:
            return most
        grid = amount(piece.collateral, states[0]) / GRID
        return (most / paid_for_one // grid) * grid * paid_for_one


def amount(term: Real, state: Values) -> Fraction:
    return cast(Fraction, value(term, state))


def bits(state: Values) -> int:
    """The length of the longest numerator or denominator in a state."""
    numbers = (found for found in state.values() if isinstance(found, Fraction))
    return max((max(abs(n.numerator), n.denominator).bit_length() for n in numbers), default=0)
