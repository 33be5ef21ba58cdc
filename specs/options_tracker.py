"""A tracker of an index that holds P, deep in the money, and rolls into lower strikes as the price falls.

Source: V. Buterin, "Building index-tracking assets on top of options instead of debt", ethresear.ch 25036, 1 June
2026: hold P of a strike S < X/2, rotate into P' of S' < X/4 when the price falls below 1.5·S, never hold to maturity.
X may be read as today's price (S' = x/4) or as the first one (S' = X/4: one roll, and none after it, unless one adds
that strikes go on halving). Kyrrui/options-not-debt at 7f877906 takes S' = x/2, renews 7 days before maturity and
counts P at its intrinsic value min(x, S). The inequalities name no largest strike; here they are equalities.

P and N are those of ``options_pair``; all amounts are per share of the tracker. Values are intrinsic: before maturity
P is worth less than min(x, S) by a put, which is not modelled and has to be covered by the slippage of a roll.
"""

from typing import Any

from verifier.language import (
    ANY,
    RATIO,
    Bool,
    Design,
    Piece,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
    each_tick,
    generic,
    given,
    implies,
    initially,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
)

from .keepers import Attended, Nobody, Prompt
from .markets import Infinite
from .options_pair import payout_of
from .oracles import Spot
from .properties import oracle_noninterference
from .shocks import Steps
from .units import (
    TICKS,
    Collateral,
    CollateralFlow,
    Price,
    Ratio,
    Ticks,
)


@generic
def tracking_error_cap(it: "Tracker", cap: Real) -> Bool:
    """What a tracker lacks of its units times their strike is at most the cap's share of it."""
    full = it.units * it.strike
    return full - it.net_asset_value() <= cap * full


class Tracker(Attended):
    """One share of a tracker that holds P only; a roll gives a share of today's price as the next strike."""

    market: Infinite
    oracle: Spot

    trigger: Ratio = param("1.5")  # below so many strikes the tracker rolls down
    share: Ratio = param("1/4")  # the next strike as a share of the price
    slippage: Ratio = param  # the most that a roll loses of the intrinsic value
    term: Ticks = param  # how long a new series runs: one to two months, 28 days as implemented
    residual: Ticks = param  # the tracker renews when so little is left: 7 days as implemented

    units: Collateral = state(like=10)  # P held, each with one unit of collateral locked
    strike: Price = state()
    age: Ticks = state(0)
    offered: Collateral = state(0)  # what the N side stands ready to lock
    fresh: CollateralFlow = state(0)  # what the N side has locked in rolls, less what was released to it
    stray: Collateral = state(0)  # what was sent to the tracker unasked

    # Ghosts: nothing reads them but claims.
    kept: Ratio = state(1)  # the share of the first value that all rolls so far are bound to leave
    lowered: Ratio = state(1)  # the share of the first strike that the rolls so far leave at most
    now: Ticks = state(0)
    renewed: Ticks = state(0)  # the ages of all series that were renewed at their time, in sum

    @assumption
    def rolls_lose_a_share(self) -> Bool:
        """A roll loses at most its slippage, in which the put that P is short before maturity is contained."""
        return (self.slippage >= 0) & (self.slippage < 1)

    @assumption
    def strikes_are_out_of_reach(self) -> Bool:
        """A new strike is so far below the price that the tracker does not roll at once."""
        within = (self.share > 0) & (self.share * self.trigger <= 1)
        return within & (self.trigger > 1) & (self.trigger <= 2)

    @assumption
    def series_outlive_their_renewal(self) -> Bool:
        """A new series is not yet to be renewed, and one that is has a tick left at least."""
        return (self.residual >= amount(1, TICKS)) & (self.residual < self.term)

    @initially
    def deep_in_the_money(self) -> Bool:
        return (self.units > 0) & (self.strike * 2 == self.oracle.quote())

    @each_tick
    def time_passes(self) -> "Tracker":
        return self.after(age=self.age + amount(1, TICKS), now=self.now + amount(1, TICKS))

    def net_asset_value(self) -> Real:
        """The intrinsic value of P in index units, at today's price."""
        return self.units * self.worth_of(self.strike)

    def worth_of(self, strike: Real) -> Real:
        """What one P of this strike would be worth, were it settled now."""
        return minimum(strike, self.oracle.quote())

    @invariant
    def worth_is_what_the_pair_pays(self, any_strike: Price) -> Bool:
        """What one P is worth in index units is the collateral that the pair pays for it at this price, sold at it."""
        price = self.oracle.quote()
        return implies(price > 0, self.worth_of(any_strike) == payout_of(any_strike, price) * price)

    def too_low(self) -> Bool:
        return self.oracle.fresh() & (self.oracle.quote() < self.trigger * self.strike)

    def expiring(self) -> Bool:
        return self.age >= self.term - self.residual

    def due(self) -> Bool:
        """Whether the tracker should roll now."""
        return self.too_low() | self.expiring()

    # What the readings of the rule differ in.

    def next_strike(self) -> Real:
        return self.share * self.oracle.quote()

    def most_needed(self) -> Real:
        """What one roll needs from the N side at most, at any price."""
        return self.units * (1 / self.share - 1)

    def lowers(self) -> Real:
        """The share of the strike that a roll leaves at most."""
        return self.share * self.trigger

    def equity_multiple(self) -> Real:
        """How many times its equity the N side has after a roll, at least."""
        return (1 / self.share - 1) / (self.trigger - 1)

    # Rules.

    def needed(self) -> Real:
        """What the next roll needs from the N side when nothing is lost."""
        return self.net_asset_value() / self.worth_of(self.next_strike()) - self.units

    @rule
    def roll(self, lost: Ratio) -> Step:
        """Below the trigger, P is exchanged at its intrinsic value for P of the next strike, as far as N is bought."""
        units = self.net_asset_value() * (1 - lost) / self.worth_of(self.next_strike())
        fresh = units - self.units
        return require(
            self.too_low(),
            self.next_strike() < self.strike,
            lost >= 0,
            lost <= self.slippage,
            self.needed() <= self.offered,
        ).then(
            self.after(
                units=units,
                strike=self.next_strike(),
                age=0,
                offered=self.offered - maximum(0, fresh),
                fresh=self.fresh + fresh,
                kept=self.kept * (1 - self.slippage) * (1 - self.worst_shortfall()),
                lowered=self.lowered * self.lowers(),
            )
        )

    @rule
    def renew(self, lost: Ratio) -> Step:
        """Near maturity, P is exchanged for P of the same strike and a new term."""
        units = self.units * (1 - lost)
        return require(self.expiring(), lost >= 0, lost <= self.slippage).then(
            self.after(
                units=units,
                age=0,
                fresh=self.fresh + (units - self.units),
                kept=self.kept * (1 - self.slippage),
                renewed=self.renewed + self.age,
            )
        )

    @rule
    def offer(self, more: Collateral) -> Step:
        """The N side binds itself to lock more collateral in the next rolls."""
        return require(more > 0).then(self.after(offered=self.offered + more))

    @rule
    def donate(self, given: Collateral) -> Step:
        """Anyone sends the tracker P or collateral unasked."""
        return require(given > 0).then(self.after(stray=self.stray + given))

    # What holds of it.

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "tick": self.now,
            "price": self.market.price(),
            "strike": self.strike,
            "P": self.units,
            "worth": self.net_asset_value(),
            "offered": self.offered,
        }

    def worst_shortfall(self) -> Real:
        """What P may lack of its strike when the price falls by the largest step from just above the trigger."""
        return maximum(0, 1 - self.trigger * (1 - self.market.shock.fastest()))

    @closed_form(tracking_error_cap, "cap")
    def lacks_at_most(self) -> Real:
        return self.worst_shortfall()

    @lemma
    def holds_something(self) -> Bool:
        return (self.units > 0) & (self.strike > 0) & (self.offered >= 0) & (self.kept > 0) & (self.lowered > 0)

    @lemma
    def falls_by_one_step_at_most(self) -> Bool:
        return self.oracle.quote() >= self.trigger * (1 - self.market.shock.fastest()) * self.strike

    @lemma
    def renewed_in_time(self) -> Bool:
        return self.age < self.term - self.residual + amount(1, TICKS)

    @invariant(on=roll)
    def fresh_collateral_is_independent_of_the_price(self, post: "Tracker") -> Bool:
        """A roll at unchanged value needs n·(S/S' - 1) from the N side, whatever the price: n or more if S' <= S/2."""
        brought = post.fresh - self.fresh
        unchanged = post.net_asset_value() == self.units * self.strike
        formula = brought == self.units * (self.strike / post.strike - 1)
        return implies(unchanged, formula & implies(2 * post.strike <= self.strike, brought >= self.units))

    @invariant(on=roll)
    def n_side_equity_multiplies(self, post: "Tracker") -> Bool:
        """A roll at unchanged value multiplies the equity that the N side must hold: here to so many times at least."""
        price = self.oracle.quote()
        unchanged = post.net_asset_value() == self.units * self.strike
        before, after = self.units * (price - self.strike), post.units * (price - post.strike)
        return implies(unchanged & (price > self.strike), after >= self.equity_multiple() * before)

    @invariant(on=(roll, renew))
    def rolls_keep_the_value(self, post: "Tracker") -> Bool:
        """A roll or a renewal leaves the intrinsic value, but for the slippage."""
        before, after = self.net_asset_value(), post.net_asset_value()
        return (after >= (1 - self.slippage) * before) & (after <= before)

    @invariant(on=roll)
    def one_roll_is_enough(self, post: "Tracker") -> Bool:
        """After one roll the price is again at or above the trigger."""
        return ~post.too_low()

    @invariant
    def tracks_within_the_jump(self) -> Bool:
        """What a share lacks of units times strike is at most max(0, 1 - 1.5·(1 - J)), J the largest fall in a tick."""
        full = self.units * self.strike
        return full - self.net_asset_value() <= self.worst_shortfall() * full

    @invariant
    def tracks_exactly(self) -> Bool:
        """A share is always worth its units times their strike."""
        return self.net_asset_value() == self.units * self.strike

    @invariant
    def value_is_kept_but_for_the_rolls(self) -> Bool:
        """Units times strike never fall below the first value times what slippage and jumps may take at each roll."""
        first = at_start(self.units) * at_start(self.strike)
        return self.units * self.strike >= first * self.kept

    @invariant
    def strikes_fall_with_each_roll(self) -> Bool:
        """After r rolls the strike is at most a fixed share to the power r of the first: few rolls down suffice."""
        return self.strike <= at_start(self.strike) * self.lowered

    @invariant
    def renewals_take_their_time(self) -> Bool:
        """The ages at which series were renewed, term - residual or more each, add up to the time passed at most."""
        return self.renewed + self.age <= self.now

    @invariant
    def never_held_to_maturity(self) -> Bool:
        """The tracker has left each series before its maturity."""
        return self.age < self.term

    @invariant(on=donate)
    def donation_moves_no_value(self, post: "Tracker") -> Bool:
        """What is sent to the tracker unasked does not move its net asset value."""
        return post.net_asset_value() == self.net_asset_value()

    @invariant(exits=(roll, renew))
    def a_due_roll_can_be_made(self) -> Bool:
        """Whenever the tracker should roll down, it can."""
        return implies(self.too_low(), self.roll(amount(0, RATIO)).enabled())


class HalvingTracker(Tracker):
    """The reading by the first price, continued: each strike is half of the one before, which the post does not say."""

    def next_strike(self) -> Real:
        return self.strike / 2

    def most_needed(self) -> Real:
        return 1 * self.units

    def lowers(self) -> Real:
        return amount(Q("1/2"), RATIO)

    def equity_multiple(self) -> Real:
        return (2 * self.trigger - 1) / (self.trigger - 1)


class LiteralTracker(HalvingTracker):
    """The reading by the first price, as written: a quarter of it is the only next strike that there is."""

    def next_strike(self) -> Real:
        return at_start(self.oracle.quote()) / 4


class NSide(Piece):
    """Who buys N."""

    tracker: Tracker


class FickleNSide(NSide):
    """Buyers of N who may come or not."""


class ReadyNSide(NSide):
    """Buyers of N who can be relied on."""

    @assumption(on="environment")
    def n_side_stands_ready(self) -> Bool:
        """Before time passes, the N side has bound itself to lock what one roll can need at any price."""
        return self.tracker.offered >= self.tracker.most_needed()


EVERY_READING = (
    Tracker.fresh_collateral_is_independent_of_the_price,
    Tracker.n_side_equity_multiplies,
    Tracker.rolls_keep_the_value,
    Tracker.tracks_within_the_jump,
    Tracker.value_is_kept_but_for_the_rolls,
    Tracker.strikes_fall_with_each_roll,
    Tracker.renewals_take_their_time,
    Tracker.never_held_to_maturity,
    Tracker.donation_moves_no_value,
    oracle_noninterference(rules="roll"),
)


ROLLS_ARE_NO_SALES = "a roll exchanges P for P: what that does to the price of either, or to the index, is not modelled"
OWES_NOTHING = (
    "a tracker holds P and owes nothing; what its rolls lose it claims by itself, P and N are in options-held"
)


class OptionsTracker(Design, name="options-tracker"):
    """The next strike is a quarter of today's price. Default shock: any fall in a tick, as often as it likes."""

    position = "units of P, deep in the money, in the place of the collateral; nobody lends and nobody borrows"
    capital = (
        "the N side's, which locks the fresh collateral of a roll: that a roll which is due can be made is proved if "
        "n_side_stands_ready, and refuted if it need not"
    )
    not_applicable = dict.fromkeys(
        ("solvency", "lender_loss", "collateral", "wick", "borrower", "no_worse_than"), OWES_NOTHING
    ) | dict.fromkeys(("cascade_free", "price_floor"), ROLLS_ARE_NO_SALES)

    shock = Steps(bound=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    tracker = Tracker(market=market, oracle=oracle, slippage=ANY)
    keepers = Prompt(pool=tracker)

    n_side = FickleNSide(tracker=tracker)

    proved = (
        *EVERY_READING,
        Tracker.worth_is_what_the_pair_pays,
        Tracker.one_roll_is_enough,
        given(Tracker.tracks_exactly, shock=Q("1/3")),
        tracking_error_cap(cap="0.025", shock="0.35"),
        given(Tracker.a_due_roll_can_be_made, n_side=ReadyNSide(tracker=tracker)),
        *(given(claim, share="1/2") for claim in EVERY_READING),
        given(Tracker.one_roll_is_enough, share="1/2"),
        given(Tracker.a_due_roll_can_be_made, share="1/2", n_side=ReadyNSide(tracker=tracker)),
    )
    refuted = {
        tracking_error_cap(cap="0.0249", shock="0.35"): "1 - 1.5·0.65 = 2.5 %: a strike of 1000 at 1500, then 975",
        given(Tracker.tracks_exactly, shock="0.3334"): "from just above 1.5·S a fall by more than a third ends below S",
        given(
            Tracker.tracks_within_the_jump, keepers=Nobody(pool=tracker), shock="0.3"
        ): "a tracker that does not roll in time, or cannot, keeps its short put",
        Tracker.a_due_roll_can_be_made: "a roll needs fresh collateral from the N side, which need not come",
    }


class OptionsTrackerHalving(OptionsTracker, name="options-tracker-halving"):
    """Each strike is half of the one before."""

    tracker = HalvingTracker(market=OptionsTracker.market, oracle=OptionsTracker.oracle, slippage=ANY)
    keepers = Prompt(pool=tracker)
    n_side = FickleNSide(tracker=tracker)

    proved = (
        *EVERY_READING,
        given(HalvingTracker.one_roll_is_enough, shock="0.5"),
        given(HalvingTracker.a_due_roll_can_be_made, shock="0.5", n_side=ReadyNSide(tracker=tracker)),
    )
    refuted = {
        given(HalvingTracker.one_roll_is_enough, shock="0.51"): "half of the strike is then more than 2/3 of the price",
        given(
            HalvingTracker.a_due_roll_can_be_made, n_side=ReadyNSide(tracker=tracker)
        ): "after a deeper fall a second roll is due at once, and nothing is offered for it yet",
    }


class OptionsTrackerLiteral(Design, name="options-tracker-literal"):
    """A quarter of the first price is the only next strike."""

    shock = Steps(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    tracker = LiteralTracker(market=market, oracle=oracle, slippage=ANY)
    n_side = ReadyNSide(tracker=tracker)

    refuted = {
        LiteralTracker.a_due_roll_can_be_made: "after one roll there is no strike to roll into",
    }
