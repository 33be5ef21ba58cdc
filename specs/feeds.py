"""Oracles that somebody has a hand in: feeds that report now and then, are capped, err, or let the caller choose.

Source: public descriptions: deviation and heartbeat of Chainlink's feeds (smartcontractkit/libocr, ``median.go``),
Aave's capped growth ``min(price, snapshot·(1 + growth·time))``, pull feeds (Pyth, RedStone) of which the caller may
present any signed price of a window. The capped feed of 10 March 2026 said 1.1939 where 1.228 was right.
"""

from typing import Annotated

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    amount,
    any_of,
    assumption,
    each_tick,
    given,
    implies,
    initially,
    invariant,
    lemma,
    lowest,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
    whole,
)

from .books import AnyPosition, Still
from .closing import CloseOut
from .keepers import Nobody, Prompt
from .markets import Infinite
from .means import Delayed, Ema, Mean, Memory
from .oracles import Silent, Spot
from .parameters import deployed
from .properties import borrower_loss_cap, lender_loss_cap, solvency, wick_survival
from .seizure import FixedSpread
from .shocks import Drawdown, Drop, Slide, Wick
from .units import PRICE, TICKS, Price, Ratio, Ticks

PricePerTick = Annotated[Real, PRICE / TICKS]

CHAINLINK = deployed("chainlink-eth-usd")


class Deviation(Spot):
    """The last report; there is a new one once the price differs by more than a share of it, or the old one is old."""

    deviation: Ratio = param(CHAINLINK["deviation"])
    heartbeat: Ticks = param(CHAINLINK["heartbeat"])

    report: Price = state(like=2000)
    age: Ticks = state(0)

    @assumption
    def deviation_is_a_share(self) -> Bool:
        """The price may differ by a share of itself, and not by all of it; a report counts for at least one tick."""
        return (self.deviation < 1) & (self.heartbeat >= amount(1, TICKS))

    @initially
    def first_price_is_reported(self) -> Bool:
        return self.report == self.market.price()

    def due(self) -> Bool:
        """Whether there is a new report in this tick."""
        off = maximum(self.market.price() - self.report, self.report - self.market.price())
        return (off > self.deviation * self.report) | (self.age >= self.heartbeat)

    @each_tick
    def keep(self) -> "Deviation":
        return self.after(report=self.quote(), age=where(self.due(), 0, self.age + amount(1, TICKS)))

    def quote(self) -> Real:
        return where(self.due(), self.market.price(), self.report)

    def lag(self, step: Real) -> Real | None:
        del step
        return 1 / (1 - self.deviation)

    @lemma
    def report_is_positive_and_above_the_floor(self) -> Bool:
        return (self.report > 0) & (self.report >= self.market.shock.floor())

    @invariant
    def within_its_deviation(self) -> Bool:
        """The quote differs from the price by at most its deviation."""
        off = maximum(self.market.price() - self.quote(), self.quote() - self.market.price())
        return off <= self.deviation * self.quote()


class CappedGrowth(Spot):
    """The price, but at most a snapshot, which may be too low, and what its growth adds for each tick since.

    The growth is an amount a tick, worked out when the snapshot is taken: it does not compound.
    """

    growth: Ratio = param("0.000001")  # a tick, as a share of the snapshot
    error: Ratio = param  # by what share of the price a snapshot may be too low

    snapshot: Price = state(like=2000)
    slope: PricePerTick = state()
    since: Ticks = state(0)  # ticks since the snapshot was taken

    @assumption
    def error_is_a_share(self) -> Bool:
        """A snapshot is wrong by a share of the price, and not by all of it."""
        return self.error < 1

    @initially
    def first_price_is_right(self) -> Bool:
        return (self.snapshot >= self.market.price()) & (self.slope == self.slope_of(self.snapshot))

    def slope_of(self, snapshot: Real) -> Real:
        """What a tick adds to the cap."""
        return self.growth * snapshot / amount(1, TICKS)

    @each_tick
    def grow(self) -> "CappedGrowth":
        return self.after(since=self.since + amount(1, TICKS))

    @rule
    def take_snapshot(self, snapshot: Price) -> Step:
        """A new snapshot is taken, too low by at most the error."""
        return require(snapshot >= (1 - self.error) * self.market.price()).then(
            self.after(snapshot=snapshot, slope=self.slope_of(snapshot), since=0)
        )

    def quote(self) -> Real:
        return minimum(self.market.price(), self.snapshot + self.slope * self.since)

    def shown(self) -> Real | None:
        return None

    def harmless(self, health: Real) -> Real | None:
        """Wick and error add up: the snapshot may be of the wick."""
        return maximum(0, 1 - 1 / (health * (1 - self.error)))

    @lemma
    def snapshot_is_not_far_below_the_floor(self) -> Bool:
        return self.snapshot >= (1 - self.error) * self.market.shock.floor()

    @lemma
    def slope_is_that_of_the_snapshot(self) -> Bool:
        return self.slope == self.slope_of(self.snapshot)

    @invariant
    def errs_low_only(self) -> Bool:
        """The quote never exceeds the price."""
        return self.quote() <= self.market.price()

    @invariant
    def grows_by_its_share_of_the_snapshot(self) -> Bool:
        """The quote is at most snapshot·(1 + g·t), t ticks after the snapshot."""
        return self.quote() <= self.snapshot * (1 + self.growth * (self.since / amount(1, TICKS)))


class BoundedError(Spot):
    """The price times a factor that an adversary chooses within an error, as often as it likes."""

    error: Ratio = param

    factor: Ratio = state(1)

    @assumption
    def error_is_a_share(self) -> Bool:
        """The error is less than the whole price."""
        return self.error < 1

    @rule
    def misreport(self, factor: Ratio) -> Step:
        """The adversary chooses the factor."""
        return require(factor >= 1 - self.error, factor <= 1 + self.error).then(self.after(factor=factor))

    def quote(self) -> Real:
        return self.factor * self.market.price()

    def lag(self, step: Real) -> Real | None:
        del step
        return 1 + self.error

    def shown(self) -> Real | None:
        return None

    def harmless(self, health: Real) -> Real | None:
        return maximum(0, 1 - 1 / (health * (1 - self.error)))

    @lemma
    def factor_is_within_the_error(self) -> Bool:
        return (self.factor >= 1 - self.error) & (self.factor <= 1 + self.error)

    @invariant
    def within_its_error(self) -> Bool:
        """The quote differs from the price by at most the error's share of the price."""
        off = maximum(self.market.price() - self.quote(), self.quote() - self.market.price())
        return off <= self.error * self.market.price()


class CallerChosen(Memory):
    """Any price of the last three ticks: the one of the age that somebody chose last."""

    before_1: Price = state(like=2000)
    before_2: Price = state(like=2000)
    age: Ticks = state(0)

    def names(self) -> tuple[str, ...]:
        return ("before_1", "before_2")

    @rule
    def present(self, age: Ticks) -> Step:
        """Somebody presents a price of the window."""
        return require(any_of(*(age == known for known in self.ages()))).then(self.after(age=age))

    def ages(self) -> list[Real]:
        """How old a price may be."""
        return [amount(ticks, TICKS) for ticks in range(len(self.samples()))]

    def quote(self) -> Real:
        chosen = self.market.price()
        for age, sample in zip(self.ages(), self.samples(), strict=True):
            chosen = where(self.age == age, sample, chosen)
        return chosen

    @invariant(on="liquidator")
    def nobody_chooses_the_price(self, post: "CallerChosen") -> Bool:
        """Whoever liquidates does so at the market's price of the moment, whatever was presented."""
        del post
        return self.quote() == self.market.price()

    def lag(self, step: Real) -> Real | None:
        return 1 / (1 - step) ** len(self.names())


class Reverting(Spot):
    """The market's price, but somebody can stop it, and start it again: as long as it is stopped there is no answer."""

    stopped: Bool = state(False)

    @rule
    def stop(self) -> Step:
        """There are no more answers."""
        return require(~self.stopped).then(self.after(stopped=True))

    @rule
    def resume(self) -> Step:
        """There are answers again."""
        return require(self.stopped).then(self.after(stopped=False))

    def fresh(self) -> Bool:
        return ~self.stopped

    def lag(self, step: Real) -> Real | None:
        """None: it bounds nothing while nobody can act on it."""
        del step
        return None


class Frozen(Reverting):
    """The same, but as long as it is stopped the last price is shown as if it were current."""

    last: Price = state(like=2000)

    @initially
    def first_price_is_known(self) -> Bool:
        return self.last == self.market.price()

    @rule
    def stop(self) -> Step:
        """The price that it shows does not move any more."""
        return require(~self.stopped).then(self.after(stopped=True, last=self.market.price()))

    def fresh(self) -> Bool:
        return all_of()

    def quote(self) -> Real:
        return where(self.stopped, self.last, self.market.price())

    @lemma
    def last_is_positive_and_above_the_floor(self) -> Bool:
        return (self.last > 0) & (self.last >= self.market.shock.floor())

    @invariant
    def shows_a_price_that_was(self) -> Bool:
        """What it shows is between the lowest and the highest price so far."""
        return (self.quote() >= lowest(self.market.shock.price)) & (self.quote() <= self.market.shock.peak)


class AgeChecked(Frozen):
    """The same, and who reads it takes no answer that is older than so many ticks."""

    oldest: Ticks = param

    age: Ticks = state(0)  # ticks since it stopped

    @each_tick
    def grow_older(self) -> "AgeChecked":
        return self.after(age=where(self.stopped, self.age + amount(1, TICKS), 0))

    @rule
    def stop(self) -> Step:
        """The price that it shows does not move any more."""
        step = super().stop()
        return require(step.guard).then(step.posts[0].after(age=0))

    def fresh(self) -> Bool:
        return ~self.stopped | (self.age <= self.oldest)

    def ages(self) -> tuple[Real, ...]:
        """How many ticks old an answer may be, as numbers."""
        return tuple(amount(age, TICKS) for age in range((whole(self.oldest) or 0) + 2))

    @lemma
    def each_tick_took_its_share_at_most(self) -> Bool:
        kept = 1 - self.market.shock.fastest()
        powers = ((age, self.last * (kept**ticks if ticks else 1)) for ticks, age in enumerate(self.ages()))
        known = (implies(self.age == age, left <= self.market.price()) for age, left in powers)
        return ~self.stopped | all_of(*known)

    @lemma
    def age_is_whole(self) -> Bool:
        return any_of(*(self.age == age for age in self.ages()), self.age > self.oldest + amount(1, TICKS))

    @invariant
    def an_answer_trails_by_no_more_than_its_age(self) -> Bool:
        """While no tick takes more than its share s, an answer is at most 1/(1 - s)^n times the price, n its oldest."""
        oldest, kept = whole(self.oldest), 1 - self.market.shock.fastest()
        most = self.market.price() if not oldest else self.market.price() / kept**oldest
        return implies(self.fresh(), self.quote() <= most)


REPORTS = "what many positions come to is not proved of a feed whose report depends on each market price before it"


class DeviationSale(Design, name="deviation"):
    """A feed that reports moves of more than 5 %, and now and then: lenders lose what it does not report."""

    not_settled = dict.fromkeys(("cascade_free", "price_floor"), REPORTS)

    shock = Slide(bound="0.9", step="0.1")
    market = Infinite(shock=shock)
    oracle = Deviation(market=market, deviation="0.05")
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap=0, step="0.12"),
        lender_loss_cap(cap="0.0844", step="0.2"),
        Deviation.within_its_deviation,
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25"),
    )
    refuted = {
        lender_loss_cap(cap="0.0843", step="0.2"): "1 - 0.95·0.8/0.83 = 8.43 % is lost",
        wick_survival(
            shock=Wick(bound="0.201"), keepers=Nobody(pool=pool), health="1.25"
        ): "what it reports, it reports in full",
        wick_survival(
            shock=Wick(bound="0.05"), keepers=Nobody(pool=pool), heartbeat=1
        ): "a wick within the deviation is shown if a heartbeat falls into it",
    }


class CappedSale(Design, name="capped-growth"):
    """A feed that is capped: a stale snapshot closes whoever it makes look unhealthy, at a price that never moved."""

    shock = Wick(bound=0)
    market = Infinite(shock=shock)
    oracle = CappedGrowth(market=market, error=1 - Q("1.1939") / Q("1.228"))
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Nobody(pool=pool)

    proved = (
        CappedGrowth.errs_low_only,
        given(CappedGrowth.grows_by_its_share_of_the_snapshot, shock=Drawdown(bound="0.9"), growth="0.5"),
        wick_survival(health=Q("1.228") / Q("1.1939")),
        wick_survival(error="0.027", health="1.0286"),
        wick_survival(shock=Wick(bound="0.1"), error="0.02", health=1 / (Q("0.9") * Q("0.98"))),
    )
    refuted = {
        wick_survival(health="1.0285"): "1.1939 for 1.228 closes whoever is below 1.228/1.1939 = 1.02856",
        wick_survival(
            shock=Wick(bound="0.1"), error="0.02", health="1.1337"
        ): "a snapshot of the wick errs on top of it, and 1/(0.9·0.98) is 1.1338",
        wick_survival(error="0.03", health="1.0286"): "an error of 3 % needs a health of 1/0.97 = 1.0309",
    }


class ErringSale(Design, name="bounded-error"):
    """An adversary moves the price by up to 2 % either way."""

    shock = Wick(bound="0.1")
    market = Infinite(shock=shock)
    oracle = BoundedError(market=market, error="0.02")
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Nobody(pool=pool)

    proved = (
        given(BoundedError.within_its_error, shock=Drawdown(bound="0.9"), error="0.5"),
        wick_survival(health=1 / (Q("0.9") * Q("0.98"))),
        solvency(error="0.2", shock=Drop(bound=0), book=AnyPosition()),
    )
    refuted = {
        wick_survival(health="1.1337"): "wick and error leave 0.9·0.98 of the price, and 1/0.882 is 1.1338",
        solvency(
            error="0.21", shock=Drop(bound=0), book=AnyPosition()
        ): "against a price reported more than 1/0.83 times too high one may borrow more than the collateral is worth",
    }


class CallerChosenSale(Design, name="caller-chosen"):
    """Whoever acts presents the price that suits him: one tick of a wick is enough, and a borrower gains two."""

    shock = Slide(bound="0.9", step="0.1")
    market = Infinite(shock=shock)
    oracle = CallerChosen(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        lender_loss_cap(cap="0.1217"),
        CallerChosen.trails_by_no_more_than_its_lag,
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25"),
    )
    refuted = {
        CallerChosen.nobody_chooses_the_price: "who acts presents the price of the window that suits him",
        lender_loss_cap(cap="0.1216"): "shown the oldest price, keepers come two ticks late: 1 - 0.9³/0.83 = 12.17 %",
        wick_survival(
            shock=Wick(bound="0.201"), keepers=Nobody(pool=pool), health="1.25"
        ): "one low price in the window is enough, even after it is over",
    }


class LateSpread(Design):
    """Seizure at the price of a mean with a bonus of 5 %: pays a liquidator while the mean is at most 1.05 times it."""

    shock = Slide(bound="0.9", step="0.0315")
    market = Infinite(shock=shock)
    oracle = Mean(market=market)
    book = Still(health=1)
    pool = FixedSpread(market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05")
    keepers = Prompt(pool=pool)

    proved = (
        FixedSpread.liquidators_do_not_lose,
        given(FixedSpread.liquidators_do_not_lose, oracle=Spot(market=market), step="0.9"),
        given(FixedSpread.liquidators_do_not_lose, oracle=Delayed(market=market), step=Q("1/21")),
        given(FixedSpread.liquidators_do_not_lose, oracle=Ema(market=market), step="0.005"),
        given(
            FixedSpread.liquidators_do_not_lose,
            oracle=Deviation(market=market, deviation=Q("1/21")),
            keepers=Nobody(pool=pool),
            step="0.9",
        ),
        given(FixedSpread.liquidators_do_not_lose, oracle=BoundedError(market=market, error="0.05"), step="0.9"),
        given(FixedSpread.liquidators_do_not_lose, oracle=CappedGrowth(market=market, error="0.5"), step="0.9"),
        given(FixedSpread.liquidators_do_not_lose, oracle=CallerChosen(market=market), step="0.0240"),
        given(FixedSpread.liquidators_do_not_lose, oracle=Reverting(market=market), step="0.9"),
        given(
            FixedSpread.liquidators_do_not_lose,
            oracle=AgeChecked(market=market, oldest=1),
            keepers=Nobody(pool=pool),
            step=Q("1/21"),
        ),
    )
    refuted = {
        given(
            FixedSpread.liquidators_do_not_lose, step="0.032"
        ): "(1 + 1/q + 1/q² + 1/q³)/4 exceeds 1.05 for q = 0.968: nobody comes, and the loss grows",
        given(
            FixedSpread.liquidators_do_not_lose, oracle=Delayed(market=market), step="0.048"
        ): "1/(1 - 0.048) exceeds 1.05",
        given(
            FixedSpread.liquidators_do_not_lose, oracle=Ema(market=market), step="0.03"
        ): "s·(1 + b - a) ≤ a·b, which is s ≤ 0.526 %, is needed for a long fall",
        given(
            FixedSpread.liquidators_do_not_lose,
            oracle=Deviation(market=market, deviation="0.048"),
            keepers=Nobody(pool=pool),
            step="0.9",
        ): "who comes late finds a report that is 4.8 % too high, and the bonus covers 1/21",
        given(
            FixedSpread.liquidators_do_not_lose, oracle=BoundedError(market=market, error="0.051"), step="0.9"
        ): "a price reported 5.1 % too high takes more than the bonus",
        given(
            FixedSpread.liquidators_do_not_lose,
            oracle=CallerChosen(market=market),
            step="0.0245",
        ): "1/(1 - 0.0245)² exceeds 1.05",
        given(
            FixedSpread.liquidators_do_not_lose,
            oracle=AgeChecked(market=market, oldest=1),
            keepers=Nobody(pool=pool),
            step="0.048",
        ): "an answer of the tick before is 1/(1 - 0.048) times the price, beyond 1.05",
        given(
            FixedSpread.liquidators_do_not_lose, oracle=Frozen(market=market), keepers=Nobody(pool=pool), step="0.048"
        ): "a tick after it froze, 1/(1 - 0.048) exceeds 1.05",
    }


class SilentSale(Design):
    """An oracle that reverts: nobody can be liquidated, and the loss grows with the fall."""

    shock = Slide(bound="0.9", step="0.1")
    market = Infinite(shock=shock)
    oracle = Silent(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (given(CloseOut.unhealthy_can_be_closed, oracle=Spot(market=market)),)
    refuted = {
        CloseOut.unhealthy_can_be_closed: "there is no price by which to liquidate",
        lender_loss_cap(cap=0): "keepers are prompt, but nothing is ever due",
    }


class StoppingSale(Design, name="stopping"):
    """An oracle that stops at some time: what falls meanwhile is not acted on, and a dip is survived as ever."""

    shock = Slide(bound="0.9", step="0.1")
    market = Infinite(shock=shock)
    oracle = Reverting(market=market)
    book = Still(health=1)
    pool = CloseOut(market=market, oracle=oracle, book=book, liquidation_threshold="0.83")
    keepers = Prompt(pool=pool)

    proved = (
        solvency(shock=Drawdown(bound="0.17"), book=AnyPosition()),
        solvency(shock=Drawdown(bound="0.17"), book=AnyPosition(), oracle=Frozen(market=market)),
        borrower_loss_cap(cap=0, shock=Drop(bound="0.5")),
        wick_survival(shock=Wick(bound="0.2"), keepers=Nobody(pool=pool), health="1.25", oracle=Frozen(market=market)),
        given(Frozen.shows_a_price_that_was, oracle=Frozen(market=market)),
        given(AgeChecked.an_answer_trails_by_no_more_than_its_age, oracle=AgeChecked(market=market, oldest=2)),
    )
    refuted = {
        CloseOut.unhealthy_can_be_closed: "it may be stopped when it is needed",
        given(
            CloseOut.unhealthy_can_be_closed, oracle=Frozen(market=market)
        ): "the price at which it froze says that all is well",
        given(
            CloseOut.unhealthy_can_be_closed, oracle=AgeChecked(market=market, oldest=2)
        ): "an answer that is too old is no answer",
        lender_loss_cap(cap="0.1"): "keepers are prompt, but nothing is due while it is stopped",
        lender_loss_cap(
            cap="0.1", oracle=Frozen(market=market)
        ): "keepers are prompt, but nothing is due by a price that does not move",
        solvency(
            shock=Drawdown(bound="0.171"), book=AnyPosition(), oracle=Frozen(market=market)
        ): "the whole fall may come in one tick, with or without a stop, and 1 - 0.83 is 17 %",
    }
