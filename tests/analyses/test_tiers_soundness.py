"""Mechanisms, oracles, markets and books of which tiers must not speak, each with the honest one beside it.

A fault is planted, a run of concrete positions shows that it is one, and the verdict must not be "proved". Where a fault
only weakens a claim, the verdict must say that there was nothing to prove.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import attrs
import pytest

from verifier.analyses.bound import bound
from verifier.analyses.cases import Case
from verifier.analyses.lowest import closed_form
from verifier.analyses.market import market_of
from verifier.analyses.prove import Prover
from verifier.analyses.readings import reading_of
from verifier.engines.ask import Solver
from verifier.interpretations.unroll import rigid_facts, start_facts
from verifier.evidence.bound import Bound, Closed
from verifier.evidence.run import Taken, advance, replay, violated
from verifier.evidence.verdict import Finding, Proved, Refuted, Unknown, Vacuous
from verifier.interpretations.specialise import specialise
from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Piece,
    Q,
    Real,
    SpecError,
    Step,
    amount,
    any_of,
    assumption,
    at_start,
    data,
    each_tick,
    generic,
    in_fixed,
    initially,
    invariant,
    lemma,
    lowest,
    maximum,
    minimum,
    once,
    implies,
    param,
    require,
    rule,
    state,
    where,
)
from verifier.language.book import Tier
from verifier.language.expr import number
from verifier.language.lower import compose
from verifier.language.pieces import DesignType, Property, Shock, as_property
from verifier_specs.books import AnyPosition, Exactly, Tiers, classes
from verifier_specs.cascades import EIGHT, TWO
from verifier_specs.closing import CloseOut, QuarterClose
from verifier_specs.seizure import FixedSpread
from verifier_specs.markets import ConstantProduct, Infinite, Linear, OrderBook
from verifier_specs.means import Delayed, Ema, Mean
from verifier_specs.oracles import Spot
from verifier_specs.perpetual import Perpetual
from verifier_specs.properties import (
    amplification,
    improves_health_up_to,
    no_cascade,
    no_cascade_beyond,
    no_spread,
    price_floor,
    rounds,
    solvency,
)
from verifier_specs.sliced import SlicedUnwind
from verifier_specs.shocks import Decline, Drawdown, Drop, Floor, Path, Steps, Wick
from verifier_specs.units import (
    COLLATERAL,
    PRICE,
    RATIO,
    TICKS,
    Collateral,
    CollateralFlow,
    Debt,
    DebtFlow,
    Price,
    Ratio,
    Ticks,
)

Script = Sequence[tuple[str, Mapping[str, str]]]
Seats = Sequence[tuple[str, str]]


def design(
    mechanism: type[Mechanism] = CloseOut,
    *,
    rows: Sequence[Tier] = TWO,
    shock: Shock | None = None,
    bound: str = "0.077",
    market: Callable[..., Any] = lambda shock: ConstantProduct(shock=shock, depth=1),
    oracle: Callable[..., Any] = lambda market: Spot(market=market),
    more: Callable[..., Mapping[str, Piece]] = lambda *_: {},
    slots: Mapping[str, str] | None = None,
    **config: Any,
) -> type[Design]:
    """A textbook market with one of its pieces exchanged; ``more`` has further pieces, ``slots`` other names."""
    path = shock or Drop(bound=bound)
    place = market(path)
    reads = oracle(place)
    book = Tiers(rows=tuple(rows))
    spread = {"liquidation_bonus": "0.05"} if issubclass(mechanism, FixedSpread) else {}
    given = {"liquidation_threshold": "0.83", **spread, **config}
    pool = mechanism(market=place, oracle=reads, book=book, **given)
    body = {"shock": path, "market": place, "oracle": reads, "book": book, "pool": pool}
    named = {(slots or {}).get(slot, slot): piece for slot, piece in body.items()}
    return DesignType("Planted", (Design,), {**named, **more(path, place, reads)}, name="planted")


@attrs.frozen(eq=False)
class Planted:
    """A fault, what is claimed in spite of it, why it is refused, and a run that shows it."""

    name: str
    design: type[Design]
    claim: Property
    why: str = ""
    seats: Seats = ()
    script: Script = ()
    settings: Mapping[str, Any] = attrs.field(factory=dict)

    def settle(self, prover: Prover) -> Finding:
        return prover.finding(Case(self.design, self.claim, self.settings, None))


def breaks(planted: Planted, prover: Prover) -> bool:
    """Whether the claim is violated along the script, by positions of these healths and sizes."""
    books = [Exactly(health=health, size=size) for health, size in planted.seats]
    problem = compose(planted.design, planted.claim, dict(planted.settings), books)
    system = specialise(problem.system, "real")
    path: Any = next(piece for piece in problem.pieces.values() if isinstance(piece, Shock))
    facts = [*rigid_facts(system), *start_facts(system), path.price == number(Fraction(1), path.price.unit)]
    for slot, (health, _) in zip(problem.seats, planted.seats, strict=True):
        seat: Any = problem.pieces[slot]
        facts.append(seat.debt * number(Q(health)) == seat.health_value())
    model = Solver("real", time.monotonic() + 60, prover.worker()).ask(facts)
    assert model is not None, "the run has no start"
    unset = {var: False if var.sort is Bool else Fraction(0) for var in (*system.params, *system.rigid, *system.state)}
    states, steps = [{var: model.values.get(var, found) for var, found in unset.items()}], []
    for name, given in planted.script:
        taken = system.rule(name)
        inputs = {var: Q(given[var.name.rpartition(".")[2]]) for var in taken.inputs}
        post = advance(system, taken, states[-1], inputs, "real")
        assert post is not None, f"{name} cannot act"
        states.append(post)
        steps.append(Taken(name, inputs))
        if violated(problem.claim, states, steps, "real"):
            replay(system, problem.claim, states[0], steps, "real")
            return True
    return False


TWO_SEATS = (("1.05", "0.03"), ("1.15", "0.1"))
FIRST, SECOND = "liquidate position 1", "liquidate position 2"
BOTH: Script = ((FIRST, {}), (SECOND, {}))


def falls(price: str) -> tuple[str, Mapping[str, str]]:
    return ("tick", {"price": price})


def line(shock: Any) -> Linear:
    return Linear(shock=shock, depth=1)


def bids(*rows: tuple[str, str]) -> Callable[[Any], OrderBook]:
    """A market of standing bids, each with its discount and quantity."""
    table = tuple((Q(discount), Q(quantity)) for discount, quantity in rows)
    return lambda shock: OrderBook(shock=shock, depth=1, rows=table)


# Rules of the mechanism.


class AnyoneSells(CloseOut):
    @rule
    def dump(self) -> Step:
        """Anyone may sell any position."""
        return require(self.collateral > 0).then(self.after(collateral=0, debt=0), self.market.sell(self.collateral))


class VenueSells(CloseOut):
    @rule(by="environment")
    def dump(self) -> Step:
        """The venue may sell any position."""
        return require(self.collateral > 0).then(self.after(collateral=0, debt=0), self.market.sell(self.collateral))


class AnyoneCloses(CloseOut):
    """Honest: anyone may close an unhealthy position."""

    @rule
    def close(self) -> Step:
        """Anyone sells an unhealthy position."""
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class OwnerSells(CloseOut):
    @rule(by="owner")
    def leave(self) -> Step:
        """The owner sells everything."""
        return require(self.collateral > 0).then(self.after(collateral=0, debt=0), self.market.sell(self.collateral))


class OwnerAllows(CloseOut):
    allowed: Bool = state(False)

    @rule(by="owner")
    def allow(self) -> Step:
        """The owner lets liquidators in."""
        return require(~self.allowed).then(self.after(allowed=True))

    @rule(by="liquidator")
    def take(self) -> Step:
        """Sells where that is allowed."""
        return require(self.allowed, self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class OwnerPays(CloseOut):
    """Honest for claims about prices: the owner may pay debt back, whatever the book."""

    @rule(by="owner")
    def pay(self, paid: Debt) -> Step:
        """The owner pays debt back."""
        return require(paid > 0, paid <= self.debt).then(
            self.after(debt=self.debt - paid, owner_cash=self.owner_cash - paid, pool_cash=self.pool_cash + paid)
        )


class OwnerReturns(CloseOut):
    @rule(by="liquidator")
    def strip(self) -> Step:
        """All collateral is sold, the debt stays."""
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0), self.market.sell(self.collateral)
        )

    @rule(by="owner")
    def come_back(self, given: Collateral) -> Step:
        """Who has lost everything adds collateral."""
        return require(given > 0, self.collateral == 0, self.debt > 0).then(
            self.after(collateral=given, owner_collateral=self.owner_collateral - given)
        )


class StopLoss(CloseOut):
    """What a position remembers is an equality of the start, and no constant."""

    entry: Price = state()

    @initially
    def entered(self) -> Bool:
        return self.entry == self.oracle.quote()

    @rule(by="liquidator")
    def stop(self) -> Step:
        """Sold one percent under the entry price."""
        return require(self.oracle.quote() < Q("0.99") * self.entry, self.collateral > 0).then(
            self.after(collateral=0, debt=0, entry=self.oracle.quote()), self.market.sell(self.collateral)
        )


class OverRepaid(CloseOut):
    @rule(by="liquidator")
    def nudge(self) -> Step:
        """Repays twice the debt."""
        return require(~self.healthy()).then(self.after(debt=-self.debt))

    @rule(by="liquidator")
    def again(self) -> Step:
        """Sells for whoever is owed something."""
        return require(self.debt < 0).then(self.market.sell(amount(5, COLLATERAL)))


class Lax(CloseOut):
    """Health in the claims is not what a guard asks for."""

    def healthy(self) -> Bool:
        return self.debt <= self.collateral * self.oracle.quote()

    @rule(by="liquidator")
    def below(self) -> Step:
        """Sold below the threshold."""
        return require(self.debt > self.health_value(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class Stricter(FixedSpread):
    """Large positions may owe less, so that many small ones owe more than one of their size."""

    def health_value(self) -> Real:
        small = self.collateral < amount(Q("0.01"), COLLATERAL)
        threshold = where(small, self.liquidation_threshold, self.liquidation_threshold / 10)
        return threshold * self.collateral * self.oracle.quote()


class Expiring(CloseOut):
    """A position is closed when a clock of its own has run out, whatever its health."""

    age: Ticks = state(0)

    @each_tick
    def older(self) -> "Expiring":
        return self.after(age=self.age + amount(1, TICKS))

    @rule(by="liquidator")
    def expire(self) -> Step:
        """Closed at maturity."""
        return require(self.age >= amount(2, TICKS), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class Accrues(CloseOut):
    @each_tick
    def accrue(self) -> "Accrues":
        return self.after(debt=self.debt * Q("1.1"))


class Ageing(CloseOut):
    """What collateral counts for falls with time."""

    age: Ratio = state(1)

    @each_tick
    def older(self) -> "Ageing":
        return self.after(age=self.age * Q("0.9"))

    def weighted(self) -> Real:
        return self.age * super().weighted()

    def health_value(self) -> Real:
        return self.age * super().health_value()


class Patient(CloseOut):
    """Honest: a position is closed when it has been unhealthy before a tick, too."""

    sick: Bool = state(False)

    @each_tick
    def watch(self) -> "Patient":
        return self.after(sick=~self.healthy())

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Closed after a tick."""
        step = super().liquidate()
        return require(self.sick, step.guard).then(*step.posts)


class Early(CloseOut):
    @rule(by="liquidator")
    def early(self) -> Step:
        """Sold at a health of 1.1."""
        return require(self.debt * Q("1.1") > self.health_value(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class SellsMore(CloseOut):
    @rule(by="liquidator")
    def sell_more(self) -> Step:
        """Sells twice what the position has."""
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(2 * self.collateral)
        )


# Oracles.


class Off(Spot):
    """Once time has passed it reads too little, by ``error``."""

    error: Ratio = param(0)
    late: Bool = state(False)

    @each_tick
    def later(self) -> "Off":
        return self.after(late=True)

    def quote(self) -> Real:
        return where(self.late, self.market.price() * (1 - self.error), self.market.price())


class Stored(Spot):
    """What counts is a price that it keeps."""

    cur: Price = state()

    @initially
    def begins_at_the_market(self) -> Bool:
        return self.cur == self.market.price()

    def quote(self) -> Real:
        return self.cur


class Sampled(Stored):
    """Honest: what counts is the market price when somebody last looked."""

    @rule
    def poke(self) -> Step:
        """Anyone looks."""
        return require().then(self.after(cur=self.market.price()))


class Stale(Sampled):
    """It begins far above the market."""

    @initially
    def begins_at_the_market(self) -> Bool:
        return self.cur == 2 * self.market.price()


class Higher(Spot):
    """Honest: the higher one of the price now and the price a tick ago."""

    before: Price = state()

    @initially
    def begins_at_the_market(self) -> Bool:
        return self.before == self.market.price()

    @each_tick
    def look(self) -> "Higher":
        return self.after(before=self.market.price())

    def quote(self) -> Real:
        return maximum(self.before, self.market.price())


class Extrapolates(Delayed):
    """It goes on by as much as the price fell last."""

    def quote(self) -> Real:
        price = self.market.price()
        return where(price < self.before_1, 2 * price - self.before_1, price)


class Unsettled(Delayed):
    """It says of itself that it comes to half the price."""

    def settled(self) -> "Unsettled":
        return self.after(before_1=self.market.price() / 2)


class Premium(Spot):
    """Above the market by a premium that may vanish."""

    premium: Ratio = state(1)

    @rule
    def melt(self, to: Ratio) -> Step:
        """The premium falls."""
        return require(to <= self.premium).then(self.after(premium=to))

    def quote(self) -> Real:
        return (1 + self.premium) * self.market.price()


class Slippage(Spot):
    """What selling 0.9 brings, for each unit."""

    size: Collateral = param("0.9")

    def quote(self) -> Real:
        return self.market.proceeds(self.size) / self.size


class AfterASale(Spot):
    """The price that a sale of 0.3 would leave."""

    def quote(self) -> Real:
        return self.market.sell(amount(Q("0.3"), COLLATERAL)).price()


class Foresees(Stored):
    """It may report what the shock will allow, before it happens."""

    @rule
    def report(self, price: Price) -> Step:
        """Reports a price not below what the shock allows or the market's."""
        possible = minimum(self.market.price(), self.market.shock.floor())
        return require(price > 0, price >= possible).then(self.after(cur=price))


class Sees(Stored):
    """What counts next is known before it does."""

    next: Price = state()

    @rule
    def poke(self) -> Step:
        """The next price counts, unless the market's is lower."""
        return require().then(self.after(cur=minimum(self.next, self.market.price()), next=self.market.shock.price))

    @lemma
    def next_is_above_the_floor(self) -> Bool:
        return self.next >= self.market.shock.floor()


class BeginsWithTheFloor(Sees):
    @initially
    def begins_at_the_market(self) -> Bool:
        return (self.cur == self.market.price()) & (self.next == self.market.shock.floor())


class DeadBand(Spot):
    """Small falls are not seen, large ones are."""

    def quote(self) -> Real:
        price, first = self.market.price(), at_start(self.market.price())
        band = maximum(price, where(price < first, Q("0.96") * first, price))
        return where(price < Q("0.83") * first, price, band)


class Answers(Spot):
    """Honest: it counts time, and answers only after two ticks."""

    age: Ticks = state(0)

    @each_tick
    def older(self) -> "Answers":
        return self.after(age=self.age + amount(1, TICKS))

    def fresh(self) -> Bool:
        return self.age >= amount(2, TICKS)


class Waits(CloseOut):
    """Honest: a liquidator may also have to wait."""

    @rule(by="liquidator")
    def late(self) -> Step:
        """Sold where the oracle answers."""
        return require(~self.healthy(), self.oracle.fresh(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


# Markets, shocks and other pieces.


class Begun(Linear):
    """Half of it is sold before anything happens."""

    sold: Collateral = state("0.5")


class DrivesTheShock(ConstantProduct):
    @rule
    def crash(self, price: Price) -> Step:
        """The market moves the fundamental price."""
        return require(price > 0).then(self.shock.after(price=price))


class Thins(ConstantProduct):
    """Its depth is no constant."""

    lost: Collateral = state(0)

    @rule
    def leave(self, part: Collateral) -> Step:
        """Makers leave."""
        return require(self.lost + part < self.depth).then(self.after(lost=self.lost + part))

    def impact(self, sold: Real) -> Real:
        left = (self.depth - self.lost) / (self.depth - self.lost + sold)
        return left * left


class Elsewhere(Infinite):
    """A second market, which others move."""

    share: Ratio = state(1)

    def price(self) -> Real:
        return self.shock.price * self.share

    @rule
    def move(self, share: Ratio) -> Step:
        """Others trade here."""
        return require(share > 0, share <= 1).then(self.after(share=share))


class Scripted(Path):
    """The price is one of its rows, whatever the bound."""

    rows: tuple[Any, ...] = data()

    def allows(self, price: Real) -> Bool:
        return any_of(*(price == amount(Q(row), PRICE) for row in self.rows))


class Governor(Piece):
    oracle: Sampled

    @rule
    def override(self, price: Price) -> Step:
        """Somebody sets the oracle's price."""
        return require(price > 0).then(self.oracle.after(cur=price))


class Haircut(Piece):
    cut: Ratio = state(1)

    @rule
    def relax(self) -> Step:
        """Calm returns."""
        return require().then(self.after(cut=1))


class Cut(Spot):
    haircut: Haircut

    def quote(self) -> Real:
        return self.market.price() * self.haircut.cut


class Scares(CloseOut):
    haircut: Haircut

    @rule(by="liquidator")
    def scare(self) -> Step:
        """Each liquidation halves what collateral is taken for."""
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0, debt=0),
            self.market.sell(self.collateral),
            self.haircut.after(cut=self.haircut.cut / 2),
        )


class Counted(ConstantProduct):
    """A market that says of what was sold that nobody reads it."""

    sold: Collateral = state(0, tally=True)


class Gap(ConstantProduct):
    def impact(self, sold: Real) -> Real:
        """The price has no value where just a fiftieth of the depth was sold."""
        left, far = self.depth / (self.depth + sold), self.depth / (sold - self.depth / 50) > 1
        return where(far, left * left, where(~far, left * left, 0))


class Undefined(CloseOut):
    def healthy(self) -> Bool:
        """Health has no value at one price, and elsewhere is as usual."""
        far, good = amount(1, PRICE) / (self.oracle.quote() - amount(Q("0.9"), PRICE)) > 1, super().healthy()
        return (far & good) | (~far & good)


class Overdrawn(CloseOut):
    debt: DebtFlow = state()

    @rule(by="liquidator")
    def dump(self) -> Step:
        """Who owes less than nothing is sold."""
        return require(self.debt < 0, self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class InLargeShocks(AnyoneSells):
    @assumption(on=AnyoneSells.dump)
    def only_in_large_shocks(self) -> Bool:
        """Nobody sells the healthy where the shock is small."""
        return self.market.shock.bound > Q("0.077")


# Positions to which others may add.


class HelperSells(AnyoneSells):
    def most_held(self) -> Real:
        return self.collateral


class Negative(CloseOut):
    """What is less than nothing may grow again."""

    collateral: CollateralFlow = state(like=10)

    def most_held(self) -> Real:
        return maximum(0, self.collateral)

    @rule(by="liquidator")
    def strip(self) -> Step:
        """All collateral of an unhealthy position is sold, and as much is missing."""
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=-self.collateral), self.market.sell(self.collateral)
        )

    @rule
    def refill(self, given: Collateral) -> Step:
        """Anyone adds to who has less than nothing."""
        return require(self.collateral < 0, given > 0).then(self.after(collateral=given))


class Released(CloseOut):
    """Its owner may not act after half of it was sold, until others sell."""

    mark: Collateral = state(0)
    marked: Bool = state(False)
    waved: Bool = state(False)

    def most_held(self) -> Real:
        return self.collateral

    def owner_is_done(self) -> Bool:
        return self.marked & (self.market.all_sold() <= maximum(0, self.mark))

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Half of it is sold, for a little more than half of the debt."""
        half, owed = self.collateral / 2, self.debt * Q("0.45")
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(
                collateral=half, debt=owed, marked=True, mark=self.market.all_sold() + half,
                deficit=self.deficit + (self.debt - owed), owner_cash=self.owner_cash + self.debt,
                liquidator_collateral=self.liquidator_collateral + half,
                liquidator_cash=self.liquidator_cash - self.debt, pool_cash=self.pool_cash + owed,
            ),
            self.market.sell(half),
        )  # fmt: skip

    @rule
    def release(self) -> Step:
        """Once others sold, the owner may act again."""
        return require(self.marked, self.market.all_sold() > maximum(0, self.mark)).then(self.after(marked=False))

    @rule(by="owner")
    def wave(self) -> Step:
        """The owner does nothing that matters."""
        return require(~self.marked).then(self.after(waved=~self.waved))


class Waved(CloseOut):
    """Its owner may always do nothing that matters."""

    waved: Bool = state(False)

    def most_held(self) -> Real:
        return self.collateral

    def owner_is_done(self) -> Bool:
        return self.collateral < 0

    @rule(by="owner")
    def wave(self) -> Step:
        """The owner does nothing that matters."""
        return require(self.collateral > 0).then(self.after(waved=~self.waved))


class Second(Mechanism):
    market: Infinite
    mine: Collateral = state(1)

    @rule(by="owner")
    def dump(self) -> Step:
        """A second mechanism sells in the same market."""
        return require(self.mine > 0).then(self.after(mine=0), self.market.sell(self.mine))


def with_haircut() -> type[Design]:
    haircut = Haircut()
    return design(Scares, oracle=lambda market: Cut(market=market, haircut=haircut), haircut=haircut)


def two_markets() -> type[Design]:
    """The oracle reads a market that others move, and borrowers are sold in another one."""
    shock = Drop(bound="0.077")
    other = Elsewhere(shock=shock)
    return design(shock=shock, oracle=lambda _: Spot(market=other), more=lambda *_: {"other": other})


def sampled(mechanism: type[Mechanism] = CloseOut, **given: Any) -> type[Design]:
    return design(mechanism, market=line, oracle=lambda market: Sampled(market=market), **given)


FLOOR = price_floor(floor="0.87")
WIDE = (Tier(Q("1.05"), Q("1.2"), Q("0.06")),)
CASCADING = classes(("1.05", "0.03"), ("1.14", "0.1"))

REFUSED = [
    Planted(
        "anyone sells healthy positions", design(AnyoneSells), FLOOR, "first touch by dump",
        TWO_SEATS, (("dump position 1", {}), ("dump position 2", {})),
    ),
    Planted(
        "the venue sells healthy positions", design(VenueSells), FLOOR, "first touch by dump",
        TWO_SEATS, (("dump position 1", {}), ("dump position 2", {})),
    ),
    Planted(
        "an owner sells in the market", design(OwnerSells), FLOOR, "leave, an owner's, writes sold",
        TWO_SEATS, (("leave position 1", {}), ("leave position 2", {})),
    ),
    Planted(
        "an owner sells in a market that reads a tally",
        design(OwnerSells, market=lambda shock: Counted(shock=shock, depth=1)), FLOOR, "leave, an owner's, writes sold",
        TWO_SEATS, (("leave position 1", {}), ("leave position 2", {})),
    ),
    Planted(
        "a helper sells in a market that reads a tally",
        design(HelperSells, market=lambda shock: Counted(shock=shock, depth=1)), FLOOR, "dump, a helper's, writes sold",
        TWO_SEATS, (("dump position 1", {}), ("dump position 2", {})),
    ),
    Planted(
        "collateral becomes negative, and grows again", design(Negative), FLOOR, "flow of strip",
        TWO_SEATS[:1],
        (falls("0.923"), ("strip", {}), ("refill", {"given": "0.03"}), ("strip", {})),
    ),
    Planted(
        "an owner is done until others sell", design(Released, rows=classes(("1.05", "0.4")), bound="0.1"), no_cascade(),
        "whether an owner is done depends on sold", (("1.05", "0.2"), ("1.05", "0.2")),
        (
            falls("0.9"), *BOTH, ("release position 1", {}), ("wave position 1", {}), (FIRST, {}),
        ),
    ),
    Planted(
        "owners act who are unhealthy from the start", design(Waved, rows=classes(("0.9", "0.4"), ("5", "0.2"))), no_cascade(),
        "may be liquidated from the start", (("0.9", "0.2"), ("0.9", "0.2")),
        ((FIRST, {}), falls("1.2"), ("wave position 2", {}), (SECOND, {})),
    ),
    Planted(
        "a price without a value", design(market=lambda shock: Gap(shock=shock, depth=1)), FLOOR, "its price is a number",
        (("1.05", "0.02"),), (falls("0.923"), ("liquidate", {})),
    ),
    Planted(
        "a health without a value", design(Undefined, rows=classes(("1.05", "0.03")), shock=Floor(bound="0.1")), no_cascade(),
        "health at the fundamental price is a number", (("1.05", "0.01"), ("1.05", "0.02")),
        (falls("0.92"), (FIRST, {}), falls("0.9"), (SECOND, {})),
    ),
    Planted("debts may be negative", design(Overdrawn), FLOOR, "nobody begins with less than nothing"),
    Planted(
        "the bound of the shock says what is assumed", design(InLargeShocks), FLOOR, "is read elsewhere",
    ),
    Planted(
        "an owner sets what a guard reads", design(OwnerAllows), FLOOR, "allow, an owner's, writes allowed",
        TWO_SEATS[1:], (("allow", {}), ("take", {})),
    ),
    Planted(
        "an owner comes back with more", design(OwnerReturns), FLOOR, "come_back makes nothing larger",
        TWO_SEATS[:1], (falls("0.923"), ("strip", {}), ("come_back", {"given": "0.011"}), ("strip", {})),
    ),
    Planted(
        "an owner repays and is dragged along anew", design(OwnerPays, rows=classes(("1.05", "0.03"))), no_cascade(),
        "no owner may act", (("1.05", "0.015"), ("1.05", "0.015")),
        (falls("0.93"), ("pay position 2", {"paid": "0.00029"}), *BOTH),
    ),
    Planted(
        "a position remembers a price of the start", design(StopLoss), FLOOR, "first touch by stop",
        TWO_SEATS, (falls("0.95"), ("stop position 1", {}), ("stop position 2", {})),
    ),
    Planted(
        "a debt becomes negative", design(OverRepaid), FLOOR, "flow of nudge",
        TWO_SEATS[:1], (falls("0.94"), ("nudge", {}), ("again", {})),
    ),
    Planted(
        "health in the claim is laxer than in the guard", design(Lax), no_cascade(), "is unhealthy at it",
        TWO_SEATS[:1], (falls("0.94"), ("below", {})),
    ),
    Planted(
        "the threshold depends on the size", design(Stricter, bound="0.2"), price_floor(floor="0.75"),
        "debt is bounded by value", (*[("1.05", "0.0075")] * 4, ("1.15", "0.0091")),
        (falls("0.8"), *((f"liquidate position {place}", {"offer": "1"}) for place in range(1, 6))),
    ),
    Planted(
        "positions are closed at maturity", design(Expiring), FLOOR, "first touch by expire",
        TWO_SEATS, (falls("1"), falls("1"), ("expire position 1", {}), ("expire position 2", {})),
    ),
    Planted(
        "debts grow by themselves", design(Accrues), FLOOR, "writes debt of every position at once",
        TWO_SEATS, (falls("0.94"), *BOTH),
    ),
    Planted(
        "health falls by itself", design(Ageing), FLOOR, "writes age of every position at once",
        TWO_SEATS, (falls("0.94"), *BOTH),
    ),
    Planted(
        "positions are sold before they are unhealthy", design(Early), FLOOR, "first touch by early",
        TWO_SEATS, (falls("0.94"), ("early position 1", {}), ("early position 2", {})),
    ),
    Planted(
        "more is sold than a position has", design(SellsMore), FLOOR, "no sale beyond the collateral",
        TWO_SEATS[:1], (falls("0.923"), ("sell_more", {})),
    ),
    Planted(
        "an oracle errs under --set", design(oracle=lambda market: Off(market=market)), FLOOR,
        "fails for this oracle", TWO_SEATS, (falls("0.95"), *BOTH), {"oracle.error": Fraction(1, 10)},
    ),
    Planted(
        "an oracle begins above the market", design(market=line, oracle=lambda market: Stale(market=market)),
        price_floor(floor="0.88"), "first reading is not above the market price", TWO_SEATS, (("poke", {}), *BOTH, falls("0.923")),
    ),
    Planted(
        "an oracle goes below all prices so far", design(oracle=lambda market: Extrapolates(market=market)), FLOOR,
        "", TWO_SEATS, (falls("0.93"), *BOTH),
    ),
    Planted(
        "an oracle is said to come to less than the price", design(oracle=lambda market: Unsettled(market=market)),
        no_cascade(shock="0.078"), "what it comes to is the market price fails",
    ),
    *(
        Planted(
            f"a mean, and a shock that recovers: {type(path).__name__}", design(shock=path, oracle=lambda market: Mean(market=market)), claim,
            "from which the shock recovers",
        )
        for path in (Floor(bound="0.077"), Wick(bound="0.077")) for claim in (no_cascade(), rounds(most=0))
    ),
    Planted(
        "an oracle's premium melts", design(oracle=lambda market: Premium(market=market)), FLOOR,
        "first reading is not above the market price", TWO_SEATS, (("melt", {"to": "0.1"}), *BOTH),
    ),
    Planted(
        "an oracle reads what a sale brings",
        design(market=line, oracle=lambda market: Slippage(market=market), rows=CASCADING, bound="0.08"), no_spread(),
        "the oracle sees sold", (("1.05", "0.03"), ("1.14", "0.1")), (falls("0.92"), *BOTH),
    ),
    Planted(
        "an oracle reads the price after a sale",
        design(market=line, oracle=lambda market: AfterASale(market=market), rows=classes(("1.05", "0.03"), ("1.12", "0.1")), bound="0.07"),
        no_spread(), "the oracle sees sold", (("1.05", "0.03"), ("1.12", "0.1")), (falls("0.93"), *BOTH),
    ),
    Planted(
        "an oracle foresees the shock",
        design(market=line, oracle=lambda market: Foresees(market=market), shock=Floor(bound="0.2"), rows=EIGHT),
        amplification(factor="1.3"), "of the shock",
        (("1.05", "0.002"), ("1.10", "0.004")), (("report", {"price": "0.8"}), (FIRST, {})),
    ),
    Planted(
        "an oracle begins with what the shock will allow",
        design(market=line, oracle=lambda market: BeginsWithTheFloor(market=market), shock=Floor(bound="0.2"), rows=EIGHT),
        amplification(factor="1.3"), "of the shock, and not prices alone",
        (("1.05", "0.002"), ("1.10", "0.004")), (("poke", {}), (FIRST, {})),
    ),
    Planted(
        "somebody else writes the oracle", sampled(more=lambda _s, _m, oracle: {"governor": Governor(oracle=oracle)}),
        price_floor(floor="0.88"), "governor is no piece that tiers know", TWO_SEATS, (("override", {"price": "0.5"}), *BOTH),
    ),
    Planted(
        "a liquidation writes what the oracle reads", with_haircut(), FLOOR, "no piece that tiers know",
        TWO_SEATS, (falls("0.94"), ("scare position 1", {}), (SECOND, {})),
    ),
    Planted(
        "the market begins half sold", design(market=lambda shock: Begun(shock=shock, depth=1)),
        price_floor(floor="0.89"), "nothing is sold at the start", TWO_SEATS[:1], (falls("0.923"), ("liquidate", {})),
    ),
    Planted(
        "the market writes the fundamental price", design(market=lambda shock: DrivesTheShock(shock=shock, depth=1)),
        FLOOR, "keeps no floor", TWO_SEATS[:1], (("crash", {"price": "0.5"}),),
    ),
    Planted(
        "the oracle reads another market", two_markets(), FLOOR, "this design has 2",
        TWO_SEATS, (("move", {"share": "0.5"}), *BOTH),
    ),
    Planted(
        "the market's depth changes", design(market=lambda shock: Thins(shock=shock, depth=1)), FLOOR,
        "it has a price at the start", TWO_SEATS[:1], (("leave", {"part": "0.99"}), falls("0.923"), ("liquidate", {})),
    ),
    Planted(
        "a second mechanism sells in the market",
        design(more=lambda _shock, market, _oracle: {"second": Second(market=market)}), FLOOR,
        "second is no piece that tiers know", TWO_SEATS[:1], (("dump", {}),),
    ),
    Planted(
        "the shock follows a script", design(shock=Scripted(bound="0.077", rows=("0.5", "1"))), FLOOR, "keeps no floor",
        TWO_SEATS[:1], (falls("0.5"),),
    ),
    Planted(
        "the shock's bound is one of a tick", design(shock=Steps(bound="0.077")), FLOOR, "keeps no floor",
        TWO_SEATS[:1], (falls("0.93"), falls("0.86")),
    ),
    Planted(
        "an oracle is deaf to small falls",
        design(oracle=lambda market: DeadBand(market=market), rows=CASCADING, bound="0.17"), no_cascade(),
        "is unhealthy at it",
    ),
    Planted(
        "a wide tier falls in more rounds than one", design(rows=WIDE, bound="0.05"), rounds(most=0), "tiers allow it",
        (("1.05", "0.03"), ("1.06", "0.03")), (falls("0.9515"), *BOTH),
    ),
]  # fmt: skip


# The honest ones.


def priced(**given: Any) -> type[Design]:
    return design(market=bids(("0.05", "0.05"), ("0.1", "1")), **given)


PROVED = [
    Planted("the textbook", design(), FLOOR),
    Planted("anyone closes the unhealthy", design(AnyoneCloses), FLOOR),
    Planted("owners who are healthy do nothing that matters", design(Waved), no_cascade()),
    Planted("an owner who only repays", design(OwnerPays), FLOOR),
    Planted("an owner who only repays, and sales dragged along", design(OwnerPays), no_cascade_beyond(tolerance="0")),
    Planted("the threshold is one for all", design(FixedSpread, bound="0.2"), price_floor(floor="0.6")),
    Planted("a liquidator who waits for an answer", design(Waits, oracle=lambda market: Answers(market=market)), FLOOR),
    Planted("a position that remembers a constant", design(QuarterClose), FLOOR),
    Planted("an oracle that could err", design(oracle=lambda market: Off(market=market)), FLOOR),
    Planted("an oracle that lags", sampled(), FLOOR),
    Planted("an oracle that lags behind a market of bids", design(
        market=bids(("0.05", "0.05"), ("0.1", "1")), oracle=lambda market: Sampled(market=market)), FLOOR),
    Planted("an oracle of the last two prices", design(oracle=lambda market: Higher(market=market)), FLOOR),
    *(
        Planted(f"an oracle that remembers: {kind.__name__}", design(oracle=lambda market, kind=kind: kind(market=market)), claim)
        for kind in (Delayed, Mean, Ema) for claim in (FLOOR, no_cascade())
    ),
    Planted("a mean, and a shock that does not recover", design(
        shock=Decline(bound="0.077", step="0.01"), oracle=lambda market: Mean(market=market)), no_cascade()),
    Planted("a mean, and the floor under a shock that recovers", design(
        shock=Floor(bound="0.077"), oracle=lambda market: Mean(market=market)), FLOOR),
    Planted("a position that waits for a tick", design(Patient), no_cascade()),
    Planted("a market that begins full", design(market=line), FLOOR),
    Planted("a market that recovers", design(
        market=lambda shock: ConstantProduct(shock=shock, depth=1, recovery="0.01")), no_cascade()),
    Planted("a path with a floor", design(shock=Floor(bound="0.077")), no_cascade()),
    Planted("a drawdown", design(shock=Drawdown(bound="0.077")), no_cascade()),
    Planted("a wick", design(shock=Wick(bound="0.077")), no_cascade()),
    Planted("a best bid below the fundamental price", priced(), no_cascade()),
    Planted("a best bid below the fundamental price, and the floor of the price", priced(), FLOOR),
    Planted("a best bid below the fundamental price, and its factor", priced(), amplification(factor="2")),
    Planted("a best bid below the fundamental price, and rounds", priced(), rounds(most=0)),
    Planted("a best bid below the fundamental price, and what is dragged along", priced(), no_cascade_beyond(tolerance="0")),
    Planted("a wide tier that is never reached", design(rows=(*classes(("1.02", "0.001")), *WIDE), bound="0.04"), no_cascade()),
    Planted("a tier that is unhealthy from the start", design(rows=classes(("0.95", "0.01"), ("1.15", "0.1"))), no_cascade()),
    Planted("an oracle deaf to small falls, and the floor of the price", design(
        market=line, oracle=lambda market: DeadBand(market=market)), FLOOR),
]  # fmt: skip


def names(planted: Planted) -> str:
    return planted.name


@pytest.mark.parametrize("planted", REFUSED, ids=names)
def test_a_planted_fault_is_refused_by_its_name(planted: Planted, prover: Prover) -> None:
    verdict = planted.settle(prover).verdict

    assert isinstance(verdict, Unknown)
    assert planted.why in verdict.detail


@pytest.mark.parametrize("planted", [one for one in REFUSED if one.script], ids=names)
def test_a_planted_fault_is_one(planted: Planted, prover: Prover) -> None:
    assert breaks(planted, prover)


@pytest.mark.parametrize("planted", PROVED, ids=names)
def test_an_honest_design_beside_it_is_proved(planted: Planted, prover: Prover) -> None:
    assert isinstance(planted.settle(prover).verdict, Proved)


# What nobody can do, and what cannot be.


class Idle(CloseOut):
    @assumption(on=CloseOut.liquidate)
    def nobody_acts(self) -> Bool:
        """Nobody liquidates."""
        return self.debt < self.debt


class Dead(CloseOut):
    def healthy(self) -> Bool:
        return (self.debt <= self.health_value()) | (self.debt > self.health_value())


class Impossible(CloseOut):
    @initially
    def owes_less_than_nothing(self) -> Bool:
        return self.debt < 0


EMPTY = "no initial state satisfies all that is assumed"
NOBODY = "no position can be liquidated"
VACUOUS = [
    Planted("a threshold of more than one", design(liquidation_threshold="1.2"), FLOOR, EMPTY),
    Planted("a bonus below zero", design(FixedSpread, liquidation_bonus="-0.5"), FLOOR, EMPTY),
    Planted("a floor on health below one", design(), FLOOR, EMPTY, settings={"book.health": Fraction(1, 2)}),
    Planted("a market without depth", design(), FLOOR, EMPTY, settings={"depth": Fraction(0)}),
    Planted("a start that cannot be", design(Impossible), FLOOR, EMPTY),
    Planted("an assumption under which nobody acts", design(Idle), no_cascade(), NOBODY),
    Planted("a guard that contradicts itself", design(Dead), no_cascade(), NOBODY),
]


@pytest.mark.parametrize("planted", VACUOUS, ids=names)
def test_where_nothing_can_happen_nothing_is_proved(planted: Planted, prover: Prover) -> None:
    verdict = planted.settle(prover).verdict

    assert isinstance(verdict, Vacuous)
    assert planted.why in verdict.why


class Reads(CloseOut):
    """A parameter that is named like what an obligation speaks of."""

    reading: Price = param

    @rule(by="liquidator")
    def at_will(self) -> Step:
        """Sold at a price of somebody's choice."""
        return require(
            self.debt > self.liquidation_threshold * self.collateral * self.reading, self.collateral > 0
        ).then(self.after(collateral=0, debt=0), self.market.sell(self.collateral))


OPEN_PARAMETER = "over tiers every parameter is a number"
MISTAKES = [
    Planted("whole numbers", design(), in_fixed(FLOOR), "over tiers claims are about real numbers"),
    Planted("any threshold", design(), FLOOR, OPEN_PARAMETER, settings={"liquidation_threshold": ANY}),
    Planted("any bonus", design(FixedSpread), FLOOR, OPEN_PARAMETER, settings={"liquidation_bonus": ANY}),
    Planted("any depth", design(), FLOOR, OPEN_PARAMETER, settings={"depth": ANY}),
    Planted("any floor", design(), price_floor(floor=ANY), OPEN_PARAMETER),
    Planted("any reading, in a parameter of that name", design(Reads), FLOOR, "reading is open"),
]


@pytest.mark.parametrize("planted", MISTAKES, ids=names)
def test_tiers_speak_of_numbers(planted: Planted, prover: Prover) -> None:
    with pytest.raises(SpecError, match=planted.why):
        planted.settle(prover)


@pytest.mark.parametrize("reading", ["0.5", "2000000"])
def test_a_parameter_named_like_a_reading_is_none(reading: str, prover: Prover) -> None:
    assert isinstance(prover.finding(Case(design(Reads), FLOOR, {"reading": Q(reading)}, None)).verdict, Unknown)


# Refuted.

SICK = classes(("0.95", "0.01"), ("1.15", "0.1"))
REFUTED = [
    Planted("the second tier is dragged along", design(bound="0.078"), no_cascade()),
    Planted("less than nothing may be dragged along", design(bound="0.01"), no_cascade_beyond(tolerance="-1")),
    Planted("a tier is dragged along by one that is unhealthy from the start", design(
        rows=classes(("0.95", "0.2"), ("1.15", "0.1")), bound="0"), no_cascade()),
    Planted("half of a wide tier drags the other half along", design(rows=WIDE, bound="0.05"), no_cascade()),
    Planted("a best bid below the fundamental price, and the next one", design(
        market=bids(("0.05", "0.02"), ("0.2", "1"))), price_floor(floor="0.8")),
]  # fmt: skip


@pytest.mark.parametrize("planted", REFUTED, ids=names)
def test_what_borrowers_can_do_is_refuted_by_a_run(planted: Planted, prover: Prover) -> None:
    assert isinstance(planted.settle(prover).verdict, Refuted)


# What is dragged along is counted at the lowest fundamental price, on whatever path.

TWO_FALLS: Script = (falls("0.9127"), *BOTH, falls("0.8432"), ("liquidate position 3", {}))


@pytest.mark.parametrize(("tolerance", "holds"), [("0.01", True), ("0.0099", False)])
def test_falls_one_after_the_other_do_not_add_up(tolerance: str, holds: bool, prover: Prover) -> None:
    seats = tuple((str(tier.lo), str(tier.collateral)) for tier in EIGHT[:3])
    planted = Planted(
        "two falls", design(rows=EIGHT, shock=Floor(bound="0.2")), no_cascade_beyond(tolerance=tolerance),
        seats=seats, script=TWO_FALLS,
    )  # fmt: skip

    assert isinstance(planted.settle(prover).verdict, Proved) is holds
    assert breaks(planted, prover) is not holds


@pytest.mark.parametrize(("tolerance", "holds"), [("0.02", True), ("0.019", False)])
def test_an_oracle_deaf_to_small_falls_drags_along_what_it_did_not_see(
    tolerance: str, holds: bool, prover: Prover
) -> None:
    rows = classes(("1.03", "0.03"), ("1.10", "0.02"), ("1.25", "0.02"))
    deaf = design(oracle=lambda market: DeadBand(market=market), rows=rows, bound="0.17")

    verdict = prover.finding(Case(deaf, no_cascade_beyond(tolerance=tolerance), {}, None)).verdict

    assert isinstance(verdict, Proved) is holds


# Names of what is remembered.


class Remembers(CloseOut):
    a_quantity_with_a_rather_long_name_that_fills_the_whole_line_to_its_end: Collateral = state(10)

    @rule
    def move(self, to: Collateral) -> Step:
        """It moves."""
        return require().then(self.after(a_quantity_with_a_rather_long_name_that_fills_the_whole_line_to_its_end=to))

    @invariant
    def once_below_six_is_once_below_three(self) -> Bool:
        """Wrong: it may have been four."""
        quantity = self.a_quantity_with_a_rather_long_name_that_fills_the_whole_line_to_its_end
        return implies(once(quantity < amount(6, COLLATERAL)), once(quantity < amount(3, COLLATERAL)))


def test_memories_of_long_terms_have_names_of_their_own(prover: Prover) -> None:
    claim = as_property(Remembers.once_below_six_is_once_below_three)

    assert isinstance(prover.finding(Case(design(Remembers), claim, {}, None)).verdict, Refuted)


# Bounds.


def bounded(case: Case, prover: Prover, vary: str | None = None) -> Bound:
    return bound(case, Solver("real", time.monotonic() + 60, prover.worker(), prover.memory), vary=vary)


def test_of_owners_who_act_no_formula_speaks_for_the_unhealthy(prover: Prover) -> None:
    found = bounded(Case(design(Waved), no_cascade(), {}, None), prover)

    assert found.proof is not None
    assert isinstance(found.proof.verdict, Proved)
    assert found.high is not None
    assert found.high.closed is None


# Positions that are not sold any more: the worst fall is not the largest one.


class Eager(Perpetual):
    """It says that it stops at a health of 0.9, and sells down to that of its threshold."""

    def last_sale(self) -> Ratio:
        return amount("0.9", RATIO)


class Leveraged(Perpetual):
    """What is left after an order is closed against the other side at half of its debt, and the rest stays."""

    @rule(by="liquidator")
    def deleverage(self) -> Step:
        return require(self.equity() < 0, self.debt > 0).then(self.after(debt=self.debt / 2))


LEVELS = classes(("1.25", "0.02"), ("1.375", "0.04"))
ALL_SOLD, NONE_SOLD = Q("0.5") / Q("1.06") ** 2, Q("0.5")


@pytest.mark.parametrize(
    ("mechanism", "shock", "rows", "least"),
    [
        (Perpetual, Drop(bound="0.5"), LEVELS, NONE_SOLD),
        (Perpetual, Drop(bound="0.35"), LEVELS, Q("0.65") / Q("1.06") ** 2),
        (Perpetual, Drop(bound="0.42"), LEVELS, Q("0.6036363636") / Q("1.06") ** 2),
        (Perpetual, Floor(bound="0.5"), LEVELS, ALL_SOLD),
        (Perpetual, Decline(bound="0.5", step="0.3"), LEVELS, ALL_SOLD),
        (Perpetual, Drop(bound="0.5"), classes(("0.9", "0.02"), ("1.375", "0.04")), ALL_SOLD),
        (Eager, Drop(bound="0.5"), LEVELS, ALL_SOLD),
        (Leveraged, Drop(bound="0.5"), LEVELS, ALL_SOLD),
    ],
)
def test_below_the_last_sale_nothing_is_sold_only_where_that_is_shown(
    mechanism: type[Mechanism], shock: Shock, rows: Sequence[Tier], least: Fraction, prover: Prover
) -> None:
    case = Case(design(mechanism, rows=rows, shock=shock), price_floor(floor="0.1"), {}, None)

    found = bounded(case, prover, "floor")

    assert found.is_safe
    assert found.edge is not None
    assert abs(found.edge.safe - least) < Q("1e-9")


# Positions that are healthy again before all is sold.


class Boastful(SlicedUnwind):
    """It says that more is kept than what a slice leaves of it."""

    def least_kept(self, owed: Real) -> Real:
        return super().least_kept(owed) / self.left()


LEAST_SOLD = Q("0.6357731038")


@pytest.mark.parametrize(
    ("mechanism", "shock", "fee", "least"),
    [
        (SlicedUnwind, Drop(bound="0.3"), "0", LEAST_SOLD),
        (SlicedUnwind, Floor(bound="0.3"), "0", LEAST_SOLD),
        (SlicedUnwind, Drop(bound="0.1"), "0", Q("0.9")),
        (SlicedUnwind, Drop(bound="0.3"), "0.01", Q("0.7") / Q("1.06") ** 2),  # which takes equity
        (Boastful, Drop(bound="0.3"), "0", Q("0.7") / Q("1.06") ** 2),
    ],
)
def test_who_is_healthy_again_before_all_is_sold_keeps_a_share_only_where_that_is_shown(
    mechanism: type[Mechanism], shock: Shock, fee: str, least: Fraction, prover: Prover
) -> None:
    pool = lambda shock: ConstantProduct(shock=shock, depth=1, fee=fee)  # noqa: E731
    planted = design(mechanism, rows=LEVELS, shock=shock, market=pool, fraction="0.1")
    case = Case(planted, price_floor(floor=least - Q("1e-9")), {}, None)
    solver = Solver("real", time.monotonic() + 60, prover.worker(), prover.memory)
    market = market_of(planted, case.problem(), {}, solver)

    found = reading_of(case.prop).measure(market, market.shock)

    assert found is not None
    assert abs(found - least) < Q("1e-9")
    assert isinstance(prover.finding(case).verdict, Proved)


def formula(planted: Planted, prover: Prover) -> Closed | None:
    """The closed form of the largest safe shock, without a run beyond it."""
    case = Case(planted.design, planted.claim, planted.settings, None)
    solver = Solver("real", time.monotonic() + 60, prover.worker(), prover.memory)
    market = market_of(case.design, case.problem(), planted.settings, solver)
    broken = reading_of(case.prop).breaks(market, Fraction(9, 10))
    assert broken is not None
    return closed_form(market, broken, case, solver, None)


class Buffered(CloseOut):
    """Lifted only where its buffer is one."""

    buffer: Ratio = param(1)

    def healthy(self) -> Bool:
        return self.debt * self.buffer <= self.health_value()


class BufferedSpread(FixedSpread):
    buffer: Ratio = param(1)

    def healthy(self) -> Bool:
        return self.debt * self.buffer <= self.health_value()


@pytest.mark.parametrize(
    ("mechanism", "lifted"), [(CloseOut, True), (FixedSpread, True), (Buffered, False), (BufferedSpread, False)]
)
def test_a_formula_is_for_all_parameters_only_where_the_lifting_is(
    mechanism: type[Mechanism], lifted: bool, prover: Prover
) -> None:
    closed = formula(Planted("", design(mechanism), no_spread()), prover)

    assert closed is not None
    assert closed.safe_for_all is lifted


class Timid(CloseOut):
    """What liquidators do depends on the shock that is to come."""

    @rule(by="liquidator")
    def knowing(self) -> Step:
        """Sold only where large shocks are possible."""
        return require(~self.healthy(), self.market.shock.bound > Q("0.5"), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


def test_no_bound_on_a_shock_that_a_rule_reads(prover: Prover) -> None:
    found = bounded(Case(design(Timid), FLOOR, {}, None), prover)

    assert found.proof is None
    assert "the bound of the shock is read elsewhere" in found.why


# Faults that hide: in what is assumed, remembered, counted, or true of the theorem's market and not of the design's.


class Index(Spot):
    """The fundamental price, unless the market is more than 15 % away from it."""

    def quote(self) -> Real:
        fundamental, price = self.market.shock.price, self.market.price()
        return where(price >= Q("0.85") * fundamental, fundamental, price)


class BeginsAbove(Sampled):
    """Its start is possible only where the market price begins below the fundamental one."""

    @initially
    def begins_at_the_market(self) -> Bool:
        return (self.cur == 2 * self.market.shock.price) & (self.market.price() < self.market.shock.price)


class Reports(Stored):
    @rule
    def report(self, price: Price) -> Step:
        """Reports a price."""
        return require(price > 0).then(self.after(cur=price))


class ReportsWhatMayCome(Reports):
    @assumption(on=Reports.report)
    def reports_are_possible(self, price: Price) -> Bool:
        """A report is not below what the shock allows or the market's price."""
        return price >= minimum(self.market.price(), self.market.shock.floor())


class ReportsSales(Reports):
    @assumption(on=Reports.report)
    def reports_are_what_a_sale_leaves(self, price: Price) -> Bool:
        """A report is the price that a sale of 0.3 would leave."""
        return price == self.market.sell(amount(Q("0.3"), COLLATERAL)).price()


class BeginsInTheFuture(Sees):
    @assumption(on="start")
    def knows_what_may_come(self) -> Bool:
        """What will be seen next is the lowest price that the shock allows."""
        return self.next == self.market.shock.floor()


class Banded(Spot):
    """Falls of less than five percent look like five; where shocks are that large no step of the theorem minds."""

    @assumption
    def shocks_are_large(self) -> Bool:
        """The shock may take five percent."""
        return self.market.shock.bound >= Q("0.05")

    def quote(self) -> Real:
        price, first = self.market.price(), at_start(self.market.shock.price)
        edge = Q("0.95") * first
        return where((price < first) & (price > edge), edge, price)


class OwnerLeaves(CloseOut):
    @rule(by="owner")
    def unwind(self) -> Step:
        """The owner pays all debt and takes the collateral home; nothing is sold."""
        return require(self.debt > 0).then(self.after(collateral=0, debt=0))


class ReadsATally(OwnerPays):
    @rule(by="liquidator")
    def early(self) -> Step:
        """Sold where its owner ever paid."""
        return require((self.owner_cash != 0) | ~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0, debt=0), self.market.sell(self.collateral)
        )


class Hoards(FixedSpread):
    """All collateral is taken, and only what the repaid debt is worth is sold."""

    @rule(by="liquidator")
    def take(self) -> Step:
        """The whole position is taken over."""
        price = self.oracle.quote()
        repaid = minimum(self.debt, self.collateral * price / self.spread())
        return require(~self.healthy(), self.collateral > 0).then(
            self.after(collateral=0, debt=self.debt - repaid), self.market.sell(repaid * self.spread() / price)
        )


@generic(crowd=True, name="price_floor")
def another_floor(it: Any, floor: Real) -> Bool:
    """The price never is below the floor's share of five times the first one."""
    return it.market.price() >= 5 * floor * at_start(it.market.price())


def indexed() -> type[Design]:
    return design(
        market=bids(("0.1", "0.02"), ("0.16", "0.05"), ("0.5", "1")),
        oracle=lambda market: Index(market=market),
        bound="0.048",
    )


NEAR = (("1.05", "0.03"), ("1.055", "0.03"))
SUBTLE = [
    Planted("an index with a fallback, and the floor of the price", indexed(), price_floor(floor="0.88"),
        seats=TWO_SEATS, script=(falls("0.952"), *BOTH)),
    Planted("an index with a fallback, and cascades", indexed(), no_cascade(),
        seats=TWO_SEATS, script=(falls("0.952"), *BOTH)),
    Planted("an index with a fallback, and what is dragged along", indexed(), no_cascade_beyond(tolerance="0.05"),
        seats=TWO_SEATS, script=(falls("0.952"), *BOTH)),
    Planted("an oracle that begins above a low best bid",
        design(market=bids(("0.1", "0.02"), ("0.16", "0.05"), ("0.5", "1")),
               oracle=lambda market: BeginsAbove(market=market), bound="0.048"),
        price_floor(floor="0.88"), seats=TWO_SEATS, script=(("poke", {}), *BOTH)),
    Planted("an assumption says that reports are what may come",
        design(market=line, oracle=lambda market: ReportsWhatMayCome(market=market), shock=Floor(bound="0.2"), rows=EIGHT),
        amplification(factor="1.5"), seats=(("1.05", "0.002"), ("1.10", "0.004")),
        script=(("report", {"price": "0.8"}), (FIRST, {}))),
    Planted("an assumption says that reports are what a sale leaves",
        design(market=line, oracle=lambda market: ReportsSales(market=market), bound="0.07"), price_floor(floor="0.87"),
        seats=TWO_SEATS, script=(("report", {"price": "0.7"}), *BOTH, falls("0.93"))),
    Planted("an assumption says what was sampled before the start",
        design(market=line, oracle=lambda market: BeginsInTheFuture(market=market), shock=Floor(bound="0.2"), rows=EIGHT),
        amplification(factor="1.5"), seats=(("1.05", "0.002"), ("1.10", "0.004")), script=(("poke", {}), (FIRST, {}))),
    Planted("an oracle assumes a large shock",
        design(oracle=lambda market: Banded(market=market), shock=Floor(bound="0.1")), amplification(factor="4"),
        seats=TWO_SEATS[:1], script=(falls("0.99"), ("liquidate", {}))),
    Planted("an owner leaves", design(OwnerLeaves, bound="0.05"),
        no_cascade_beyond(tolerance="0.05"), seats=TWO_SEATS, script=(("unwind position 2", {}),)),
    Planted("a guard reads a tally that owners write",
        design(ReadsATally), FLOOR, seats=TWO_SEATS,
        script=(("pay position 2", {"paid": "0.001"}), ("early position 2", {}), falls("0.923"))),
    Planted("more is taken than sold",
        design(Hoards, liquidation_threshold="0.3", rows=(*classes(*NEAR), *classes(("1.3", "0.01"))), bound="0.06"),
        no_cascade_beyond(tolerance="0.02"), seats=NEAR, script=(falls("0.951"), ("take position 1", {}), ("take position 2", {}))),
]  # fmt: skip


@pytest.mark.parametrize("planted", SUBTLE, ids=names)
def test_a_subtle_fault_is_one(planted: Planted, prover: Prover) -> None:
    assert breaks(planted, prover)


@pytest.mark.parametrize("planted", SUBTLE, ids=names)
def test_a_subtle_fault_is_not_proved(planted: Planted, prover: Prover) -> None:
    assert not isinstance(planted.settle(prover).verdict, Proved)


def test_another_claim_with_the_name_of_a_known_one_is_not_that(prover: Prover) -> None:
    planted = Planted(
        "", design(), another_floor(floor="0.87"), seats=TWO_SEATS[:1], script=(falls("0.99"),)
    )  # fmt: skip
    assert breaks(planted, prover)
    with pytest.raises(SpecError, match="not known over tiers"):
        planted.settle(prover)


class RemembersASale(Spot):
    """The lowest price that a sale would have left at any time."""

    def after_a_sale(self) -> Real:
        return lowest(self.market.sell(amount(Q("0.3"), COLLATERAL)).price())

    def quote(self) -> Real:
        return minimum(self.market.price(), self.after_a_sale())

    @lemma
    def above_the_lowest_price(self) -> Bool:
        return self.after_a_sale() >= lowest(self.market.price())


class RemembersThePeak(Spot):
    """After the first fall the lowest price that the shock allows."""

    def lowest_possible(self) -> Real:
        shock = self.market.shock
        return lowest((1 - shock.bound) * shock.peak)

    def quote(self) -> Real:
        price = self.market.price()
        return where(price < at_start(self.market.shock.price), minimum(price, self.lowest_possible()), price)

    @lemma
    def above_the_floor(self) -> Bool:
        shock = self.market.shock
        return self.lowest_possible() >= (1 - shock.bound) * at_start(shock.price)


def renamed(place: int) -> Mapping[str, str]:
    return {slot: f"{slot}{place}" for slot in ("oracle", "shock", "market")}


def test_whose_a_memory_is_does_not_depend_on_what_slots_are_called() -> None:
    owners = set()
    for place in range(30):
        remembers = design(market=line, oracle=lambda market: RemembersASale(market=market), slots=renamed(place))
        system = compose(remembers, FLOOR).system
        owners |= {system.owners[var].rstrip("0123456789") for var in system.histories}

    assert len(owners) == 1


@pytest.mark.parametrize(
    ("oracle", "claim", "rows", "most", "seats", "script"),
    [
        pytest.param(
            RemembersASale,
            price_floor(floor="0.87"),
            classes(("1.05", "0.03"), ("1.12", "0.1")),
            "0.07",
            (("1.05", "0.03"), ("1.12", "0.1")),
            (falls("0.93"), *BOTH),
        ),
        pytest.param(
            RemembersThePeak,
            amplification(factor="1.5"),
            EIGHT,
            "0.2",
            (("1.05", "0.002"), ("1.1", "0.004")),
            (falls("0.999"), *BOTH),
        ),
    ],
)
def test_what_an_oracle_remembers_is_what_it_sees_whatever_slots_are_called(
    oracle: type[Spot], claim: Property, rows: Sequence[Tier], most: str, seats: Seats, script: Script, prover: Prover
) -> None:
    found = []
    for place in range(30):
        planted = Planted(
            "", design(market=line, oracle=lambda market: oracle(market=market), shock=Floor(bound=most), rows=rows, slots=renamed(place)),
            claim, seats=seats, script=script,
        )  # fmt: skip
        found.append(type(planted.settle(prover).verdict))
    assert breaks(planted, prover)
    assert Proved not in found


def test_less_than_nothing_may_be_dragged_along_at_a_shock_that_reaches_some(prover: Prover) -> None:
    case = Case(design(bound="0.2"), no_cascade_beyond(tolerance="-1"), {}, None)

    assert isinstance(prover.finding(case).verdict, (Refuted, Unknown))


def test_an_oracle_that_lags_behind_a_pool_is_proved(prover: Prover) -> None:
    lagging = design(oracle=lambda market: Sampled(market=market))

    assert isinstance(prover.finding(Case(lagging, FLOOR, {}, None)).verdict, Proved)


class Recalls(CloseOut):
    place: Ratio = state(5)
    moved: Bool = state(False)

    @rule
    def move(self, to: Ratio) -> Step:
        """It moves once."""
        return require(~self.moved).then(self.after(place=to, moved=True))

    @invariant
    def never_low_and_near(self) -> Bool:
        """Wrong: at two both are so."""
        return ~once((lowest(self.place) < 3) & (self.place < 10))


def test_a_memory_of_a_memory_is_kept_or_refused(prover: Prover) -> None:
    case = Case(design(Recalls), as_property(Recalls.never_low_and_near), {}, None)
    try:
        assert isinstance(prover.finding(case).verdict, Refuted)
    except SpecError:
        pass  # as good


class Agrees(CloseOut):
    agreed: Bool = state(False)

    @rule(by="owner")
    def agree(self) -> Step:
        """The owner agrees."""
        return require(~self.agreed).then(self.after(agreed=True))

    @rule(by="liquidator")
    def sell(self) -> Step:
        """Sold."""
        return require(self.collateral > 0).then(self.after(collateral=0, debt=0), self.market.sell(self.collateral))

    @assumption(on=sell)
    def only_who_agreed(self) -> Bool:
        """Only who agreed is sold."""
        return self.agreed


def test_an_assumption_on_a_rule_is_about_the_position_that_acts(prover: Prover) -> None:
    planted = Planted(
        "", design(Agrees), price_floor(floor="0.9"), seats=TWO_SEATS,
        script=(("agree position 1", {}), ("sell position 2", {})),
    )  # fmt: skip
    with pytest.raises(AssertionError, match="sell position 2 cannot act"):
        breaks(planted, prover)


def test_positions_of_a_refuting_run_owe_no_more_than_their_tier(prover: Prover) -> None:
    known = Q("0.83") * Q("0.1") / Q("1.85")
    tier = Tier(Q("1.05"), Q("1.9"), Q("0.1"), known)
    finding = prover.finding(Case(design(rows=(tier,), bound="0.1"), price_floor(floor="0.82"), {}, None))

    owed = sum(Q("0.83") * collateral / health for health, collateral in finding.positions)
    assert not isinstance(finding.verdict, Refuted) or owed <= known


class Brittle(ConstantProduct):
    """Depth is lost where large shocks are possible."""

    def impact(self, sold: Real) -> Real:
        thin = self.shock.bound > Q("0.06")
        return super().impact(where(thin, 10 * sold, sold))


class Fundamental(Spot):
    def quote(self) -> Real:
        return self.market.shock.price


def test_no_bound_on_a_shock_that_the_market_reads(prover: Prover) -> None:
    brittle = design(
        market=lambda shock: Brittle(shock=shock, depth=1),
        oracle=lambda market: Fundamental(market=market),
        bound="0.05",
    )
    claim = price_floor(floor="0.8")

    assert not isinstance(prover.finding(Case(brittle, claim, {"shock": Q("0.07")}, None)).verdict, Proved)
    found = bounded(Case(brittle, claim, {}, None), prover)
    assert found.high is None or found.high.safe < Q("0.07")


@pytest.mark.parametrize(
    ("rows", "claim"),
    [(TWO, price_floor(floor="0.0000001")), (classes(("20000000", "0.03"), ("30000000", "0.5")), no_cascade())],
)
def test_not_every_shock_is_safe_where_one_next_to_all_is_not(
    rows: Sequence[Tier], claim: Property, prover: Prover
) -> None:
    found = bounded(Case(design(rows=rows), claim, {}, None), prover)

    assert found.verdict != "proved" or found.high is not None


def levels(health: str) -> Planted:
    three = bids(("0.05", "0.02"), ("0.08", "0.02"), ("0.5", "1"))
    rows = classes(("1.05", "0.1"), (health, "0.5"))
    return Planted("", design(FixedSpread, market=three, rows=rows, liquidation_threshold="0.3"), no_cascade())


def test_a_formula_read_off_one_level_of_bids_is_not_proved_for_others(prover: Prover) -> None:
    closed = formula(levels("1.2"), prover)

    assert closed is not None
    assert closed.formula == "1 - 95/(92·h2)"
    claimed, at = 1 - Q(95) / (92 * 2), levels("2")
    solver = Solver("real", time.monotonic() + 60, prover.worker(), prover.memory)
    market = market_of(at.design, Case(at.design, at.claim, {}, None).problem(), {}, solver)
    broken = reading_of(at.claim).breaks(market, Fraction(9, 10))
    assert broken is not None
    assert broken.over < claimed  # about 0.238 and 0.484
    assert not closed.safe_for_all


class OnePosition(Design):
    shock = Drawdown(bound="0.17")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition(health="1.05")
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")


@pytest.mark.parametrize(
    ("claim", "vary", "settings"),
    [(price_floor(floor="1.1"), "shock", {}), (solvency(), "health", {"bound": Q("0.9")})],
)
def test_a_claim_that_never_holds_has_no_bound(
    claim: Property, vary: str, settings: Mapping[str, Any], prover: Prover
) -> None:
    assert bounded(Case(OnePosition, claim, settings, None), prover, vary).verdict != "proved"


def test_values_that_cannot_be_are_not_listed_as_safe_elsewhere(prover: Prover) -> None:
    claim = improves_health_up_to(loan_to_value="0.99")
    found = bounded(Case(OnePosition, claim, {}, None), prover, "liquidation_threshold")

    assert not [value for value in found.elsewhere if value > 1]


def test_a_bound_of_a_claim_about_whole_numbers_is_not_one_about_real_numbers(prover: Prover) -> None:
    try:
        found = bounded(Case(OnePosition, in_fixed(solvency()), {}, None), prover)
    except SpecError:
        return  # as good
    assert found.proof is None or found.proof.arithmetic == "fixed"
