"""From one position to any number: what must hold of a mechanism and its market so that tiers speak for borrowers.

The obligations O1 to O6 of docs/tiers.md, each a question to the solver about the mechanism at hand, and the theorem
on two groups of borrowers, proved by induction for every number in it. What fails is named, with the state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.engines.unroll import rigid_facts, rule_facts
from verifier.interpretations.exact import value
from verifier.interpretations.specialise import specialise
from verifier.language.expr import (
    Bool,
    Expr,
    Op,
    Real,
    Var,
    conjuncts,
    exchange,
    number,
    substitute,
    variable,
    variables,
)
from verifier.language.lower import Problem
from verifier.language.pieces import (
    Market,
    Oracle,
)
from verifier.language.system import Actor, Rule


class NotLifted(Exception):  # noqa: N818 (an answer, not an error)
    """An obligation fails, so nothing is said about any number of borrowers."""


@attrs.frozen(eq=False)
class Obligation:
    """One thing to be shown: under the facts, all goals hold."""

    name: str
    facts: tuple[Bool, ...]
    goals: tuple[Bool, ...]


@attrs.frozen(eq=False)
class Lifted:
    """What the tiers need to know of a mechanism and its market, every obligation discharged."""

    obligations: tuple[Obligation, ...]
    spread: Fraction | None
    """What is seized is worth at most so many times what is repaid."""
    owed_per_value: Fraction
    """The debt of a position of health one, for each unit of its collateral's value."""
    market: Any
    paid: bool
    notes: tuple[str, ...]

    def impact(self, sold: Fraction) -> Fraction:
        """The share of the price that is left when so much was sold."""
        return _number(self.market.impact, sold)

    def worth(self, sold: Fraction) -> Fraction:
        """What selling so much brings, were the fundamental price one."""
        return _number(self.market.worth, sold)


def _number(method: Any, sold: Fraction) -> Fraction:
    var = Var("sold", Real, None)
    return cast(Fraction, value(method(variable(var)), {var: sold}))


class Lifter:
    """Lifts the one-position problem of a design whose book is a crowd."""

    def __init__(self, problem: Problem, solver: Solver) -> None:
        self.system, self.solver = specialise(problem.system, "real"), solver
        self.it = problem.pieces[problem.seats[0]]
        self.slot = problem.seats[0]
        self.market = self.one(problem.pieces, Market)
        self.oracle = self.one(problem.pieces, Oracle)
        self.reading = variable(Var("reading", Real, self.oracle.quote().unit))
        self.first = variable(Var("first price", Real, self.oracle.quote().unit))
        self.floor = variable(Var("health at the start", Real, None))
        self.done: list[Obligation] = []

    @staticmethod
    def one(pieces: Mapping[str, Any], kind: type) -> Any:
        return next(piece for piece in pieces.values() if isinstance(piece, kind))

    def lifted(self) -> Lifted:
        """Discharge everything. Raises NotLifted, GaveUp."""
        spread = self.it.spread() if hasattr(type(self.it), "spread") else None
        self.market_laws()
        paid = spread is not None and self.pays_what_it_sells()
        self.locality()
        for rule in self.rules(Actor.LIQUIDATOR):
            self.first_touch(rule)
            self.flow(rule, spread)
        for rule in self.rules(Actor.OWNER):
            self.harmless(rule)
        per_value = value(self.at(self.it.health_value(), self.number(1)), {_var(self.it.collateral): Fraction(1)})
        return Lifted(
            tuple(self.done), _constant(spread), cast(Fraction, per_value), self.market, paid, tuple(self.notes())
        )

    def rules(self, actor: Actor) -> list[Rule]:
        return [rule for rule in self.system.rules if rule.actor is actor and rule.owner == self.slot]

    def number(self, plain: int) -> Real:
        return number(Fraction(plain), self.oracle.quote().unit)

    def at(self, term: Any, reading: Real) -> Any:
        """The term with the oracle's reading replaced."""
        return exchange(term, self.oracle.quote(), reading)

    def show(self, name: str, facts: Sequence[Bool], goals: Sequence[Bool]) -> None:
        """Discharge an obligation, or say which state breaks it."""
        obligation = Obligation(name, tuple(facts), tuple(goals))
        try:
            model = self.solver.ask(facts, goals)
        except GaveUp as why:
            raise GaveUp(why.kind, f"lifting to tiers, {name}: {why}") from None
        if model is not None:
            raise NotLifted(f"{name} fails: {told(model)}")
        self.done.append(obligation)

    # The market (O5).

    def market_laws(self) -> None:
        less, more = (variable(Var(name, Real, self.it.collateral.unit)) for name in ("sold so far", "sold at last"))
        facts = [*self.plain_facts(), less >= 0, more >= less]
        self.show("the market: nothing sold, nothing lost", self.plain_facts(), [self.market.impact(less * 0) == 1])
        impact = self.market.impact
        self.show("the market: the more is sold, the lower the price", facts, [impact(more) <= impact(less)])
        self.show("the market: no negative price", facts, [impact(less) >= 0])
        price = self.market.shock.price * impact(self.market.all_sold())
        self.show(
            "the market: its price is the fundamental one with that impact", facts, [self.market.price() == price]
        )
        for rule in self.rules_of_others():
            sold = self.market.all_sold()
            post = substitute(sold, rule.updates)
            known = [*self.plain_facts(), sold >= 0, *rule_facts(self.system, rule)]
            self.show(f"the market: {rule.name} sells nothing", _about(known, sold, post), [post <= sold, post >= 0])

    def rules_of_others(self) -> list[Rule]:
        return [rule for rule in self.system.rules if rule.owner != self.slot]

    def pays_what_it_sells(self) -> bool:
        """Whether the market's worth is a potential: rising, concave, its slope the price."""
        less, more, quantity = (
            variable(Var(name, Real, self.it.collateral.unit)) for name in ("sold so far", "sold at last", "sold now")
        )
        facts = [*self.plain_facts(), less >= 0, quantity > 0]

        def gain(before: Real) -> Real:
            return cast(Real, self.market.worth(before + quantity) - self.market.worth(before))

        try:
            within = [gain(less) <= quantity * self.market.impact(less)]
            self.show("the market: a sale brings at most its first price", facts, within)
            self.show("the market: a larger sale brings more", facts, [gain(less) > 0])
            self.show("the market: a later sale brings no more", [*facts, more >= less], [gain(more) <= gain(less)])
        except (NotLifted, GaveUp):
            return False
        return True

    # The mechanism (O1 to O4).

    def plain_facts(self) -> list[Bool]:
        """What holds of the parameters, and that readings are positive."""
        return [*rigid_facts(self.system), self.reading > 0, self.first > 0]

    def untouched(self) -> dict[Var, Expr]:
        """What else a position has, as it is at the start."""
        forced = {fact.args[0].leaf: fact.args[1] for fact in self.system.init if fact.op is Op.EQ}
        return {var: forced[var] for var in self.system.state if self.system.owners[var] == self.slot and var in forced}

    def seen(self, rule: Rule, known_of: Mapping[Var, Expr] | None = None) -> list[Bool]:
        """What holds when the rule acts, in terms of the position, its inputs and the reading alone."""
        facts = [substitute(fact, known_of or {}) for fact in rule_facts(self.system, rule)]
        known = [part for fact in facts for part in conjuncts(self.at(fact, self.reading))]
        own = {_var(self.it.collateral), _var(self.it.debt), _var(self.reading), *rule.inputs, *self.system.params}
        signs = [self.it.collateral >= 0, self.it.debt >= 0]
        return [*self.plain_facts(), *signs, *(part for part in known if set(variables(part)) <= own)]

    def first_touch(self, rule: Rule) -> None:
        """O1: who is touched for the first time has a floor on health that this reading breaks."""
        start = self.floor * self.it.debt <= self.at(self.it.health_value(), self.first)
        goal = self.floor * self.reading < self.first
        self.show(f"first touch by {rule.name}", [*self.seen(rule, self.untouched()), self.floor > 0, start], [goal])

    def flow(self, rule: Rule, spread: Real | None) -> None:
        """O2: no sale beyond the collateral, no repayment beyond the debt, what is seized within the spread."""
        collateral, debt = self.it.collateral, self.it.debt
        left = self.at(substitute(collateral, rule.updates), self.reading)
        owed = self.at(substitute(debt, rule.updates), self.reading)
        sold = self.at(substitute(self.market.all_sold(), rule.updates), self.reading) - self.market.all_sold()
        goals = [left >= 0, left <= collateral, sold <= collateral - left, sold >= 0, owed >= 0]
        self.show(f"flow of {rule.name}: no sale beyond the collateral", self.seen(rule), goals[:4])
        if spread is not None:
            worth = sold * self.reading <= spread * (debt - owed)
            self.show(
                f"flow of {rule.name}: seized within the spread", self.seen(rule), [goals[4], owed <= debt, worth]
            )

    def locality(self) -> None:
        """O3: a liquidation writes its position and the market, nobody else writes a position."""
        owners = self.system.owners
        shared = {name for name in self.system.environment if name != self.market_slot()}
        for rule in self.rules(Actor.LIQUIDATOR):
            elsewhere = [var.name for var in rule.updates if owners[var] in shared and var not in self.system.histories]
            if elsewhere:
                raise NotLifted(f"{rule.name} writes {', '.join(elsewhere)}, which all positions share")
        for rule in self.rules_of_others():
            mine = [var.name for var in rule.updates if owners[var] == self.slot and var not in self.system.histories]
            if mine:
                raise NotLifted(f"{rule.name} writes {', '.join(mine)} of every position at once")

    def market_slot(self) -> str:
        sold = variables(self.market.all_sold())
        return self.system.owners[sold[0]] if sold else ""

    def harmless(self, rule: Rule) -> None:
        """What an owner may still do makes the position smaller and not less healthy."""
        collateral, debt = self.it.collateral, self.it.debt
        left, owed = substitute(collateral, rule.updates), substitute(debt, rule.updates)
        start = self.floor * debt <= self.at(self.it.health_value(), self.first)
        health = exchange(self.it.health_value(), self.oracle.quote(), self.first)
        kept = self.floor * owed <= substitute(health, rule.updates)
        self.show(
            f"{rule.name} does no harm",
            [*self.seen(rule), self.floor > 0, start],
            [left <= collateral, owed <= debt, kept],
        )

    # What is said, but nothing rests on.

    def notes(self) -> list[str]:
        """The close limit, where there is one: whether two positions together may do what each may."""
        if not hasattr(type(self.it), "close_limit"):
            return []
        limit = self.at(self.it.close_limit(), self.reading)
        one, two = self.copy("one"), self.copy("other")
        both = {var: one[var] + two[var] for var in one}
        unhealthy = self.at(~self.it.healthy(), self.reading)
        facts = [*self.plain_facts(), *(term > 0 for term in (*one.values(), *two.values()))]
        facts += [substitute(unhealthy, one), substitute(unhealthy, two)]
        whole = substitute(limit, one) + substitute(limit, two) <= substitute(limit, both)
        try:
            model = self.solver.ask(facts, [whole])
        except GaveUp:
            return ["whether two positions together may repay what each may was not settled: the whole debt is lifted"]
        if model is None:
            return []
        why = "the limit on what one call repays is not super-additive, so tiers lift its least homogeneous majorant, "
        return [f"{why}the whole debt, which needs no assumption: {told(model)}"]

    def copy(self, word: str) -> dict[Var, Any]:
        own = (_var(self.it.collateral), _var(self.it.debt))
        return {var: variable(Var(f"{word} {var.name}", Real, var.unit)) for var in own}


def told(model: Model) -> str:
    """A model in words: what has a value, rounded by nobody."""
    shown = [f"{var.name} = {'irrational' if found is None else found}" for var, found in model.values.items()]
    return ", ".join(shown)


def _var(term: Any) -> Var:
    return cast(Var, term.leaf)


def _constant(term: Real | None) -> Fraction | None:
    return None if term is None else cast(Fraction, value(term, {}))


def _about(facts: Sequence[Bool], *terms: Real) -> list[Bool]:
    """The facts that share a variable with the terms, directly."""
    wanted = set(variables(*terms))
    return [
        fact for whole in facts for fact in conjuncts(whole) if not variables(fact) or set(variables(fact)) & wanted
    ]
