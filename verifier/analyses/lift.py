"""From one position to any number: what must hold of a mechanism and its market so that tiers speak for borrowers.

The obligations O1 to O6 of docs/tiers.md, each a question to the solver about the mechanism at hand, and the theorem
on two groups of borrowers, proved by induction for every number in it. What fails is named, with the state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, reduce
from typing import Any, cast

import attrs

from verifier.engines.ask import GaveUp, Model, Solver
from verifier.evidence.obligations import Obligation
from verifier.interpretations.exact import value
from verifier.interpretations.specialise import specialise
from verifier.interpretations.unroll import rigid_facts, rule_facts, start_facts
from verifier.language.errors import SpecError
from verifier.language.expr import (
    TRUE,
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
from verifier.language.history import at_start, remembered
from verifier.language.lower import Problem, marked_in
from verifier.language.pieces import Book, Generic, Market, Oracle, Shock
from verifier.language.system import Actor, Rule, System, defined


class NotLifted(Exception):  # noqa: N818 (an answer, not an error)
    """An obligation fails, so nothing is said about any number of borrowers."""


def not_lifted(why: NotLifted) -> str:
    """The same for a verdict."""
    return f"the mechanism was not lifted to tiers (docs/tiers.md says what that asks): {why}"


class NothingHappens(Exception):  # noqa: N818 (an answer, not an error)
    """There is no such market, or nobody in it can ever be liquidated: whatever is claimed would hold."""


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
    least_kept: Callable[[Real], Real] | None
    """Of a mechanism that says so, the share never sold, by the debt over the value at a price below all met."""
    last_sale: Fraction | None
    """The health below which nothing is sold any more, where the mechanism says so and its oracle reads the market."""
    grown: Fraction
    """The most that a position may sell, for each unit of collateral that it has at the start."""
    owners_act: bool
    """Whether owners may act where the claim asks what was so since they did."""
    notes: tuple[str, ...]

    def impact(self, sold: Fraction) -> Fraction:
        """The share of the first market price that is left when so much was sold."""
        return _number(self.market.impact, sold) / _number(self.market.impact, Fraction(0))

    @cached_property
    def kept_by(self) -> tuple[Var, Real]:
        """What a position never sells, as a share of what it had, by its health at a price below all that are met."""
        assert self.least_kept is not None
        health = Var("health", Real, None)
        return health, self.least_kept(number(self.owed_per_value) / variable(health))

    def kept(self, health: Fraction) -> Fraction:
        """The same as a number."""
        return cast(Fraction, value(self.kept_by[1], {self.kept_by[0]: health}))

    def worth(self, sold: Fraction) -> Fraction:
        """What selling so much brings, were the first market price one."""
        return _number(self.market.worth, sold) / _number(self.market.impact, Fraction(0))


def _number(method: Any, sold: Fraction) -> Fraction:
    var = Var("sold", Real, None)
    return cast(Fraction, value(method(variable(var)), {var: sold}))


def asks_for(problem: Problem, *arguments: str) -> bool:
    """Whether the claim is a function of one of these."""
    source = problem.prop.source
    return isinstance(source, Generic) and bool({*arguments} & {*inspect.signature(source.function).parameters})


class Lifter:
    """Lifts the one-position problem of a design whose book is a crowd."""

    def __init__(self, problem: Problem, solver: Solver) -> None:
        self.problem, self.solver = problem, solver
        self.system = specialise(problem.system, "real")
        self.slot = problem.seats[0]
        self.it = problem.pieces[self.slot]
        self.market, self.oracle, self.shock = (self.one(kind) for kind in (Market, Oracle, Shock))
        self.slots = {id(piece): name for name, piece in problem.pieces.items()}
        price = self.market.price().unit
        self.reading = variable(Var("the oracle's reading", Real, price))
        self.first = variable(Var("the first reading", Real, price))
        self.floor = variable(Var("the health at the start", Real, None))
        self.done: list[Obligation] = []
        self.unbounded: list[str] = []

    def one(self, kind: type) -> Any:
        found = [piece for piece in self.problem.pieces.values() if isinstance(piece, kind)]
        if len(found) != 1:
            raise NotLifted(f"tiers know one {kind.__name__.lower()}, and this design has {len(found)}")
        return found[0]

    def lifted(self) -> Lifted:
        """Discharge everything. Raises NotLifted, NothingHappens, GaveUp, SpecError for a parameter that is open."""
        if self.system.params:
            raise SpecError(f"over tiers every parameter is a number, and {self.system.params[0].name} is open")
        paid = self.discharged()
        spread = self.it.spread() if paid or self.chosen() else None
        per_value = cast(Fraction, value(debt_per_value(self.it), {}))
        last_sale, least_kept = self.last_sale(), self.least_kept()
        return Lifted(
            tuple(self.done), None if spread is None or variables(spread) else _constant(spread), per_value,
            self.market, paid, least_kept, last_sale, self.grown(), self.owners_count(), tuple(self.notes()),
        )  # fmt: skip

    def discharged(self) -> bool:
        """Discharge every obligation; whether sales are bounded by debts. Raises NotLifted, NothingHappens, GaveUp."""
        self.wiring()
        self.something_happens()
        self.market_laws()
        paid = self.spread_is_fixed() and self.pays_what_it_sells()
        self.oracle_laws()
        self.locality()
        self.linear_health()
        for rule in self.liquidations():
            self.first_touch(rule)
            self.flow(rule, self.it.spread() if paid else None)
        for rule in (*self.owners_rules(), *self.helpers_rules()):
            self.harmless(rule)
        self.judged_by_the_fundamental()
        return paid

    def liquidations(self) -> list[Rule]:
        """All rules of a position that are neither its owner's nor a helper's, whoever may act."""
        others = (*self.owners_rules(), *self.helpers_rules())
        return [rule for rule in self.system.rules if rule.owner == self.slot and rule not in others]

    def owners_rules(self) -> list[Rule]:
        return [rule for rule in self.system.rules if rule.owner == self.slot and rule.actor is Actor.OWNER]

    def helpers_rules(self) -> list[Rule]:
        """Of a mechanism to whose positions others may add: the rules of anyone, which then sell nothing."""
        rules = self.system.rules if self.is_helped() else ()
        return [rule for rule in rules if rule.owner == self.slot and rule.actor is Actor.ANYONE]

    def is_helped(self) -> bool:
        return hasattr(type(self.it), "most_held")

    def held(self) -> Real:
        """The most that a position may still sell: its collateral, with what a mechanism says that others may add."""
        return cast(Real, self.it.most_held() if self.is_helped() else self.it.collateral)

    def others_rules(self) -> list[Rule]:
        return [rule for rule in self.system.rules if rule.owner != self.slot]

    def chosen(self) -> bool:
        """Whether liquidators choose how much they take."""
        return hasattr(type(self.it), "spread") and any(rule.inputs for rule in self.liquidations())

    def spread_is_fixed(self) -> bool:
        if not hasattr(type(self.it), "spread"):
            return False
        return not any(var.changes for var in variables(self.it.spread()))

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

    # What can be seen without a solver.

    def wiring(self) -> None:
        """One shock, one market, one oracle, seen by all; no other piece, and nobody writes what is another's."""
        for name, piece in self.problem.pieces.items():
            if not isinstance(piece, (Shock, Market, Oracle, Book)) and name != self.slot and not self.inert(piece):
                raise NotLifted(f"{name} is no piece that tiers know: shock, market, oracle, book, mechanism")
        seen = [(self.it, "market", self.market), (self.it, "oracle", self.oracle)]
        seen += [(self.oracle, "market", self.market), (self.market, "shock", self.shock)]
        for piece, field, wanted in seen:
            if piece.__dict__.get(field) is not wanted:
                raise NotLifted(f"{type(piece).__name__} does not see the design's {field}")
        known = {name for name, piece in self.problem.pieces.items() if not isinstance(piece, Book)}
        for rule in self.system.rules:
            if rule.owner not in known:
                raise NotLifted(f"{rule.name} is a rule of none of the pieces that tiers know")

    def locality(self) -> None:
        """O3: a position's rules write the position and the market, nobody else what it has, owes and is judged by."""
        owners, histories = self.system.owners, self.system.histories
        shared = {self.slots[id(piece)] for piece in (self.shock, self.oracle)}
        for rule in (*self.liquidations(), *self.owners_rules()):
            elsewhere = [var.name for var in rule.updates if owners[var] in shared and var not in histories]
            if elsewhere:
                raise NotLifted(f"{rule.name} writes {', '.join(elsewhere)}, which all positions share")
        judged = set(variables(self.it.collateral, self.it.debt, self.it.health_value(), self.held()))
        for rule in self.others_rules():
            mine = [var.name for var in rule.updates if var in judged and owners[var] == self.slot]
            if mine:
                raise NotLifted(f"{rule.name} writes {', '.join(mine)} of every position at once")

    def clocks(self) -> set[Var]:
        """What others write of a position, such as how long it has been unhealthy: tiers know nothing of it."""
        written = {var for rule in self.others_rules() for var in rule.updates}
        return {var for var in written if self.system.owners[var] == self.slot}

    def loose(self) -> set[Var]:
        """The clocks, and of positions that others may add to what these and owners write besides what tiers know."""
        rules, owners = (*self.owners_rules(), *self.helpers_rules()) if self.is_helped() else (), self.system.owners
        written = {var for rule in rules for var in rule.updates if owners[var] == self.slot}
        known = {_var(self.it.collateral), _var(self.it.debt), *self.tallies(), *self.system.histories}
        return self.clocks() | (written - known)

    def tallies(self) -> set[Var]:
        """The position's own; one of a market or an oracle may be what these go by."""
        return {var for var in self.system.tallies if self.system.owners[var] == self.slot}

    # That there is something to prove.

    def something_happens(self) -> None:
        """The market has initial states, and a position in one of them can be liquidated at some reading."""
        if not self.can_be("the market begins", [*rigid_facts(self.system), *start_facts(self.system)]):
            raise NothingHappens("no initial state satisfies all that is assumed of the parameters and of the start")
        touched = {rule.name: [*self.seen(rule, self.untouched()), *self.at_first()] for rule in self.liquidations()}
        if not any(self.can_be(f"somebody is touched by {name}", facts) for name, facts in touched.items()):
            raise NothingHappens("no position can be liquidated, at whatever reading of the oracle")

    def can_be(self, name: str, facts: Sequence[Bool]) -> bool:
        """Whether all of this can hold together; noted if so."""
        if self.solver.ask(facts) is None:
            return False
        self.done.append(Obligation(name, tuple(facts), expected="sat"))
        return True

    # The market (O5) and the oracle (O6).

    def market_laws(self) -> None:
        less, more = (variable(Var(name, Real, self.it.collateral.unit)) for name in ("sold so far", "sold at last"))
        plain, impact, sold = self.plain_facts(), self.market.impact, self.market.all_sold()
        facts = [*plain, less >= 0, more >= less]
        self.show("the market: it has a price at the start", plain, [impact(less * 0) > 0])
        self.show("the market: nothing is sold at the start", [*plain, *start_facts(self.system)], [sold == 0])
        self.show("the market: the more is sold, the lower the price", facts, [impact(more) <= impact(less)])
        self.show("the market: no negative price", facts, [impact(less) >= 0])
        whole = [self.market.price() == self.shock.price * impact(sold)]
        self.show("the market: its price is the fundamental one with that impact", facts, whole)
        whole = [defined(self.market.price()), defined(impact(less))]
        self.show("the market: its price is a number", [*facts, sold >= 0], whole)
        for rule in self.others_rules():
            post = substitute(sold, rule.updates)
            known = [*plain, sold >= 0, *rule_facts(self.system, rule)]
            self.show(f"the market: {rule.name} sells nothing", _about(known, sold, post), [post <= sold, post >= 0])

    def inert(self, piece: Any) -> bool:
        """Whether a piece does nothing, and nobody looks at it."""
        seen = any(held is piece for other in self.problem.pieces.values() for held in vars(other).values())
        return not seen and not piece.__dict__["_state"] and not marked_in(cast(type, type(piece)))

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
            buyers = [*facts, self.market.impact(less) > 0]
            self.show("the market: while there are buyers a larger sale brings more", buyers, [gain(less) > 0])
            self.show("the market: a later sale brings no more", [*facts, more >= less], [gain(more) <= gain(less)])
        except (NotLifted, GaveUp) as why:
            self.unbounded.append(f"what is sold is bounded by collateral alone, debts are not used: {why}")
            return False
        return True

    def oracle_laws(self) -> None:
        """The oracle sees the market's price, now and at the start, and its own state; its first reading is not above.

        Where the market's price begins as the fundamental one, it may see that too.
        """
        price, m = self.market.price(), self.shock.price
        then, one = at_start(price), number(Fraction(1))
        seen = {term: variable(Var("a price", Real, price.unit)) for term in (price, then)}
        seen |= {part: TRUE for term in (price, then) for part in conjuncts(defined(term))}
        own = {var for var in self.system.state if self.system.owners[var] == self.slots[id(self.oracle)]}
        allowed = own | {_var(seen[price]), _var(seen[then]), *self.system.params}
        allowed |= {var for rule in self.system.rules for var in rule.inputs}
        begins = Obligation(
            "the market: its price begins as the fundamental one",
            tuple(rigid_facts(self.system)),
            (self.market.impact(one * 0) == 1,),
        )
        if self.solver.ask(begins.facts, begins.goals) is None:
            self.done.append(begins)
            allowed |= {_var(m), remembered(_var(m))}
        for term in oracle_terms(self.system, self.oracle, self.slots[id(self.oracle)], without=type(self.it)):
            rest = reduce(lambda left, pair: exchange(left, *pair), seen.items(), term)
            more = [var.name for var in variables(rest) if var not in allowed]
            if more:
                raise NotLifted(f"the oracle sees {', '.join(more)}, and not the market's price alone")
        start = [*self.plain_facts(), *start_facts(self.system)]
        self.show("the oracle: its first reading is not above the market price", start, [self.oracle.quote() <= price])

    # The mechanism (O1 to O4).

    def plain_facts(self) -> list[Bool]:
        """What holds of the parameters, and that readings are positive."""
        return [*rigid_facts(self.system), self.reading > 0, self.first > 0]

    def begun(self) -> dict[Var, Expr]:
        """What else a position has at the start, where that is a value."""
        forced = {fact.args[0].leaf: fact.args[1] for fact in self.system.init if fact.op is Op.EQ}
        own = [var for var in self.system.state if self.system.owners[var] == self.slot and var in forced]
        return {var: forced[var] for var in own if not variables(forced[var])}

    def untouched(self) -> dict[Var, Expr]:
        """The same as far as neither owners nor helpers nor time change it."""
        changed = self.tallies() | self.loose()
        return {var: term for var, term in self.begun().items() if var not in changed}

    def seen(self, rule: Rule, known_of: Mapping[Var, Expr] | None = None) -> list[Bool]:
        """What holds when the rule acts, in terms of the position, its clocks, its inputs and the reading alone."""
        facts = [substitute(fact, known_of or {}) for fact in rule_facts(self.system, rule)]
        known = [part for fact in facts for part in conjuncts(self.at(fact, self.reading))]
        own = {_var(self.it.collateral), _var(self.it.debt), _var(self.reading)}
        own |= {*self.loose(), *rule.inputs, *self.system.params}
        signs = [self.it.collateral >= 0, self.it.debt >= 0]
        return [*self.plain_facts(), *signs, *(part for part in known if set(variables(part)) <= own)]

    def value_at(self, reading: Real) -> Real:
        """The numerator of the health at a reading of a position that has all that it may still sell."""
        worth = self.at(self.it.health_value(), reading)
        return cast(Real, substitute(worth, {_var(self.it.collateral): self.held()}))

    def at_first(self) -> list[Bool]:
        """The position has at least its health at the first reading."""
        return [self.floor > 0, self.floor * self.it.debt <= self.value_at(self.first)]

    def linear_health(self) -> None:
        """Debt is bounded by the value of the collateral, whatever its size."""
        facts = [*self.plain_facts(), self.it.collateral >= 0]
        one = debt_per_value(self.it)
        most = one / number(Fraction(1), one.unit) * self.held() * self.first
        self.show("health: debt is bounded by value", facts, [self.value_at(self.first) <= most])
        begins = [*rigid_facts(self.system), *start_facts(self.system)]
        signs = [self.it.collateral >= 0, self.it.debt >= 0]
        self.show("health: nobody begins with less than nothing", begins, signs)
        if self.is_helped():
            self.begins_helped()

    def begins_helped(self) -> None:
        """At the start what a position may sell is one and the same share of its collateral, and its health likewise.

        Claims that count what positions hold mean what they hold themselves.
        """
        if asks_for(self.problem, "seats"):
            raise NotLifted("others may add to a position, and the claim counts what each has at the start")
        share, begun = number(self.grown()), self.begun()
        worth = self.at(self.it.health_value(), self.first)
        facts = [*self.plain_facts(), self.it.collateral >= 0]
        goals = [share >= 1, substitute(self.held(), begun) == share * self.it.collateral]
        goals.append(substitute(self.value_at(self.first), begun) == share * substitute(worth, begun))
        self.show("what a position may sell is a share of what it has at the start", facts, goals)

    def grown(self) -> Fraction:
        """What a position of one unit of collateral may sell in all. Raises NotLifted where that is no number."""
        one = number(Fraction(1), self.it.collateral.unit)
        most = substitute(self.held(), self.begun() | {_var(self.it.collateral): one})
        if variables(most):
            raise NotLifted("what a position may sell at most is no share of what it has at the start")
        return cast(Fraction, value(most, {}))

    def first_touch(self, rule: Rule) -> None:
        """O1: who is touched for the first time has a floor on health that this reading breaks."""
        goal = self.floor * self.reading < self.first
        self.show(f"first touch by {rule.name}", [*self.seen(rule, self.untouched()), *self.at_first()], [goal])

    def flow(self, rule: Rule, spread: Real | None) -> None:
        """O2: no sale beyond the collateral, no repayment beyond the debt, what is seized within the spread."""
        collateral, debt = self.held(), self.it.debt
        left = self.at(substitute(collateral, rule.updates), self.reading)
        owed = self.at(substitute(debt, rule.updates), self.reading)
        sold = self.at(substitute(self.market.all_sold(), rule.updates), self.reading) - self.market.all_sold()
        goals = [left >= 0, left <= collateral, sold <= collateral - left, sold >= 0, owed >= 0]
        goals += [self.at(goal, self.reading) for goal in self.has_no_less_than_nothing(rule)]
        self.show(f"flow of {rule.name}: no sale beyond the collateral", self.seen(rule), goals)
        if spread is not None:
            taken = sold if self.is_helped() else collateral - left
            worth = taken * self.reading <= spread * (debt - owed)
            self.show(f"flow of {rule.name}: seized within the spread", self.seen(rule), [owed <= debt, worth])

    def has_no_less_than_nothing(self, rule: Rule) -> list[Bool]:
        """That the rule leaves no negative collateral, where it is not all that a position may still sell."""
        return [substitute(self.it.collateral, rule.updates) >= 0] if self.is_helped() else []

    def harmless(self, rule: Rule) -> None:
        """What owners and helpers may do makes the position smaller and not less healthy, and touches nothing else."""
        collateral, debt = self.held(), self.it.debt
        free = {_var(self.it.collateral), _var(debt), *self.tallies(), *self.system.histories}
        free |= self.loose() if self.is_helped() else set()
        more = [var.name for var in rule.updates if var not in free]
        if more:
            whose = "an owner's" if rule.actor is Actor.OWNER else "a helper's"
            raise NotLifted(f"{rule.name}, {whose}, writes {', '.join(more)}; tiers know of collateral and debt alone")
        if self.judges_by_the_fundamental() and not self.is_helped():
            raise NotLifted(f"{rule.name}: who acts after a fall may be dragged along anew, so no owner may act")
        left, owed = substitute(collateral, rule.updates), substitute(debt, rule.updates)
        sizes = [left >= 0, left <= collateral, owed >= 0, owed <= debt, *self.has_no_less_than_nothing(rule)]
        if self.counts_collateral():
            sizes.append(left == collateral)  # what an owner takes out would count as sold
        self.show(f"{rule.name} makes nothing larger", self.seen(rule), sizes)
        health = substitute(self.value_at(self.first), rule.updates)
        self.show(f"{rule.name} does no harm", [*self.seen(rule), *self.at_first()], [self.floor * owed <= health])

    def last_sale(self) -> Fraction | None:
        """What the mechanism says of it, if its rules keep to that; None if it says nothing, or they do not.

        Who is as unhealthy as at the start at most, or has nothing left, sells nothing, and stays so.
        """
        if not hasattr(type(self.it), "last_sale") or self.is_helped():
            return None
        collateral, debt, least = self.it.collateral, self.it.debt, self.it.last_sale()
        still = (collateral == 0) | (self.floor * debt >= self.value_at(self.first))
        below = self.floor * self.reading < least * self.first
        try:
            price = self.market.price()
            self.show("the oracle: it reads the market price", self.plain_facts(), [self.oracle.quote() == price])
            for rule in self.liquidations():
                facts = [*self.seen(rule), self.floor > 0, still, below]
                goals = [substitute(self.market.all_sold(), rule.updates) == self.market.all_sold()]
                goals.append(substitute(still, rule.updates))
                self.show(
                    f"{rule.name} sells nothing below the last sale", facts, [self.at(g, self.reading) for g in goals]
                )
            for rule in self.owners_rules():
                facts = [*self.seen(rule), self.floor > 0, still]
                self.show(f"{rule.name} does not delay the last sale", facts, [substitute(still, rule.updates)])
        except (NotLifted, GaveUp) as why:
            self.unbounded.append(f"that nothing is sold below some health is not used: {why}")
            return None
        return _constant(least)

    def least_kept(self) -> Callable[[Real], Real] | None:
        """What the mechanism says of it, if its rules keep to that; None if it says nothing, or they do not.

        Its equity at the least price never falls, unless it has no debt; and a sale leaves the share.
        """
        if not hasattr(type(self.it), "least_kept") or self.is_helped():
            return None
        collateral, debt, price = self.it.collateral, self.it.debt, self.market.price()
        first = variable(Var("the collateral at the start", Real, collateral.unit))
        least = variable(Var("a price below all others", Real, price.unit))
        owed = variable(Var("the debt as a share of the value at that price", Real, None))
        equity = (debt == 0) | (debt <= owed * first * least - (first - collateral) * least)
        facts = [least > 0, first > 0, owed > 0, collateral <= first, equity]
        try:
            for rule in self.liquidations():
                left = substitute(collateral, rule.updates)
                kept = [(left == collateral) | (left >= self.it.least_kept(owed) * first)]
                seen = [*self.seen(rule), *facts, self.reading >= least]
                self.show(f"{rule.name} leaves the least that is kept", seen, kept)
                after = [self.market.all_sold() >= 0, substitute(price, rule.updates) >= least]
                post = [substitute(equity, rule.updates)]
                self.show(f"{rule.name} takes no equity", [*seen, self.shock.price > 0, *after], post)
            for rule in self.owners_rules():
                self.show(
                    f"{rule.name} takes no equity", [*self.seen(rule), *facts], [substitute(equity, rule.updates)]
                )
        except (NotLifted, GaveUp) as why:
            self.unbounded.append(f"what positions keep is not used: {why}")
            return None
        return cast("Callable[[Real], Real]", self.it.least_kept)

    # Claims that ask who was unhealthy at the fundamental price.

    def judges_by_the_fundamental(self) -> bool:
        """Whether the claim asks so of each position that is liquidated."""
        return asks_for(self.problem, "fundamental")

    def counts_collateral(self) -> bool:
        """Whether the claim adds up what positions still hold."""
        return asks_for(self.problem, "seats")

    def judged_by_the_fundamental(self) -> None:
        """Whoever the fundamental price alone takes below health one counts as unhealthy at it."""
        if not self.judges_by_the_fundamental():
            return
        steps = set(variables(*self.problem.claim.steps.values()))
        unhealthy = [term for var, term in self.system.histories.items() if var in steps and isinstance(term, Bool)]
        start = {fact.args[0].leaf: fact.args[1] for fact in self.system.init if fact.op is Op.EQ}
        market = self.slots[id(self.market)]
        unsold = {var: start[var] for var in self.system.state if self.system.owners[var] == market and var in start}
        settled, m = self.oracle.settled(), self.shock.price
        if settled is not self.oracle:
            shown = [settled.quote() == self.market.price()]
            self.show("the oracle: what it comes to is the market price", self.plain_facts(), shown)
        quote = substitute(settled.quote(), unsold)
        price = cast(Real, variable(Var("the first fundamental price", Real, m.unit)))
        floor, debt, collateral = self.floor, self.it.debt, self.it.collateral
        first = substitute(self.value_at(quote), {_var(m): price})
        signs = [*rigid_facts(self.system), m > 0, debt >= 0, collateral >= 0]
        self.show("health at the fundamental price is a number", signs, [defined(term) for term in unhealthy])
        facts = [*rigid_facts(self.system), m > 0, price > 0, floor > 0, debt > 0, collateral >= 0]
        if self.is_helped():
            self.stays_as_unhealthy()
            facts += [self.held() > 0, floor * debt >= first]
        else:
            facts.append(floor * debt == first)
        facts.append(floor * m < price)
        self.show("who the fundamental price takes below health one is unhealthy at it", facts, unhealthy)

    def owners_count(self) -> bool:
        """Whether the claim asks what was so since a position's owner acted, and owners may act."""
        return self.judges_by_the_fundamental() and bool(self.owners_rules())

    def stays_as_unhealthy(self) -> None:
        """Whoever is liquidated first since its owner acted has been as unhealthy as at the start, or more, until then.

        That is so of who was never liquidated, since owners and helpers do not change it. Who was is still so, or has
        an owner who may not act any more.
        """
        held, debt = self.held(), self.it.debt
        still, owners = (held == 0) | (self.floor * debt >= self.value_at(self.first)), self.owners_rules()
        for rule in (*owners, *self.helpers_rules()):
            facts = [*self.seen(rule), self.floor > 0, still]
            self.show(f"{rule.name} leaves who is unhealthy so", facts, [substitute(still, rule.updates)])
        for rule in self.liquidations():
            self.show(f"{rule.name} is of who holds something", self.seen(rule), [held > 0])
        if not owners:
            return
        if not hasattr(type(self.it), "owner_is_done"):
            raise NotLifted(f"{owners[0].name}: who acts after a fall may be dragged along anew, so no owner may act")
        done, price = self.it.owner_is_done(), self.market.price()
        own = {var for var in self.system.state if self.system.owners[var] == self.slot} - {*self.system.histories}
        others = [var.name for var in variables(done) if var.changes and var not in own]
        if others:
            raise NotLifted(f"whether an owner is done depends on {', '.join(others)}, which others may change")
        self.show("the oracle: it reads the market price", self.plain_facts(), [self.oracle.quote() == price])
        for rule in owners:
            self.show(f"{rule.name} is of owners who may act", self.seen(rule), [~done])
        for rule in self.system.rules:
            if (post := substitute(done, rule.updates)) is not done:
                known = [*rigid_facts(self.system), *rule_facts(self.system, rule), done]
                self.show(f"{rule.name} leaves owners done who are", known, [post])
        for rule in self.liquidations():
            so_or_done = self.at(substitute(still | done, rule.updates), self.reading)
            facts = [*self.seen(rule), self.floor > 0, still]
            self.show(f"{rule.name} leaves who is unhealthy so, or its owner done", facts, [so_or_done])

    # What is said, but nothing rests on.

    def notes(self) -> list[str]:
        """Why debts do not bound sales, and of a close limit whether two positions together may do what each may."""
        if not hasattr(type(self.it), "close_limit"):
            return self.unbounded
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
            open_ = "whether two positions together may repay what each may was not settled: the whole debt is lifted"
            return [*self.unbounded, open_]
        if model is None:
            return self.unbounded
        why = "the limit on what one call repays is not super-additive, so tiers lift its least homogeneous majorant, "
        return [*self.unbounded, f"{why}the whole debt, which needs no assumption: {told(model)}"]

    def copy(self, word: str) -> dict[Var, Any]:
        own = (_var(self.it.collateral), _var(self.it.debt))
        return {var: variable(Var(f"{word} {var.name}", Real, var.unit)) for var in own}


def debt_per_value(it: Any) -> Real:
    """The debt of a position of health one, for each unit of its collateral's value."""
    quote, one = it.oracle.quote(), Fraction(1)
    worth = exchange(it.health_value(), quote, number(one, quote.unit))
    return cast(Real, substitute(worth, {_var(it.collateral): number(one, it.collateral.unit)}))


def oracle_terms(system: System, oracle: Any, slot: str, without: type) -> list[Expr]:
    """All that is said of an oracle: its quote, its start, its steps, and what is assumed of it.

    What a mechanism assumes restricts the runs of its own position, and the theorem is proved without.
    """
    own = {var for var in system.state if system.owners[var] == slot}
    rules = {rule.name for rule in system.rules if rule.owner == slot}
    others = {marked.site for marked in marked_in(without) if marked.kind == "assumption"}
    assumed = [
        item
        for item in system.assumptions
        if item.site not in others and (own & set(variables(item.formula)) or rules & set(item.on or ()))
    ]
    facts = [part for fact in (*system.init, *(item.formula for item in assumed)) for part in conjuncts(fact)]
    terms: list[Expr] = [oracle.quote(), *(fact for fact in facts if own & set(variables(fact)))]
    terms += [item.formula for item in assumed if isinstance(item.on, tuple) and rules & set(item.on)]
    for rule in system.rules:
        terms += [term for var, term in rule.updates.items() if var in own]
        terms += [rule.guard] if rule.owner == slot else []
    return terms


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
