"""Options instead of debt: one unit of collateral is split into P and N, which an oracle's price at maturity pays out.

Source: V. Buterin, "Building index-tracking assets on top of options instead of debt", ethresear.ch 25036, 1 June 2026:
P pays min(1, S/x) and N the rest, x being the price of the collateral in index units (the post calls its ticker a price
in ETH, but the payoff works only this way round). Details that the post leaves open follow Kyrrui/options-not-debt at
7f877906: split before maturity, merge at any time, anyone may settle once at or after maturity while the oracle is
fresh, the payout has 18 decimals and is rounded down, redemptions are rounded down.

Here "collateral" is ETH and "debt" the index; holders other than the one looked at act as one.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Mechanism,
    Q,
    Real,
    Step,
    amount,
    assumption,
    down,
    each_tick,
    generic,
    given,
    holding,
    implies,
    in_fixed,
    invariant,
    lemma,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .markets import POOL, Infinite
from .oracles import SampledOnce, Silent, Spot
from .properties import conservation, no_overflow, nothing_is_sold, oracle_noninterference
from .shocks import Steps
from .units import COLLATERAL, PRICE, TICKS, Collateral, CollateralFlow, Price, Ratio, Ticks

PAYOUT_STEP = Q("0.000000000000000001")
MOST_COLLATERAL = amount(Q(2**112) / 10**18, COLLATERAL)
MOST_STRIKE = amount(Q(2**112) / 10**8, PRICE)


def payout_of(strike: Real, price: Real) -> Real:
    """What one P of this strike pays, in collateral, if the price at settlement is this."""
    return where(price <= strike, 1, down(strike / price, 18))


class OptionsPair(Mechanism):
    """P and N of one strike and one maturity, as one holder and everybody else hold them."""

    market: Infinite
    oracle: Spot

    strike: Price = param
    maturity: Ticks = param
    grace: Ticks = param(0)  # ticks after maturity from which every holder should be able to leave

    now: Ticks = state(0)
    locked: Collateral = state(0)
    p_supply: Collateral = state(0)
    n_supply: Collateral = state(0)
    held_p: Collateral = holding("p_supply")
    held_n: Collateral = holding("n_supply")
    wallets: CollateralFlow = state(0)  # collateral that holders took out, less what they put in
    settled: Bool = state(False)
    settlement: Price = state(0)
    payout: Ratio = state(0)  # what one P pays

    @assumption
    def strike_is_positive(self) -> Bool:
        """The strike is positive and at most 2^112 of the oracle's units, 1e-8."""
        return (self.strike > 0) & (self.strike <= MOST_STRIKE)

    @each_tick
    def time_passes(self) -> "OptionsPair":
        return self.after(now=self.now + amount(1, TICKS))

    def payout_at(self, price: Real) -> Real:
        """What one P pays if the price at settlement is this."""
        return payout_of(self.strike, price)

    def paid(self, units: Real, each: Real) -> Real:
        """What so many units pay at so much each."""
        return down(units * each)

    # Rules.

    @rule
    def split(self, units: Collateral) -> Step:
        """Anyone locks collateral and gets as many P and N."""
        return require(units > 0, self.now < self.maturity, ~self.settled).then(
            self.after(
                locked=self.locked + units,
                p_supply=self.p_supply + units,
                n_supply=self.n_supply + units,
                held_p=self.held_p + units,
                held_n=self.held_n + units,
                wallets=self.wallets - units,
            )
        )

    @assumption(on=split)
    def collateral_is_finite(self, units: Collateral) -> Bool:
        """No more than 2^112 wei are ever locked: forty million times all ETH."""
        return self.locked + units <= MOST_COLLATERAL

    @rule
    def merge(self, units: Collateral) -> Step:
        """Anyone gives back as many P as N, at any time, and gets the collateral."""
        return require(units > 0, units <= self.held_p, units <= self.held_n).then(
            self.after(
                locked=self.locked - units,
                p_supply=self.p_supply - units,
                n_supply=self.n_supply - units,
                held_p=self.held_p - units,
                held_n=self.held_n - units,
                wallets=self.wallets + units,
            )
        )

    @rule
    def transfer_p(self, units: Collateral) -> Step:
        """A holder gives P to another."""
        return require(units > 0, units <= self.held_p).then(self.after(held_p=self.held_p - units))

    @rule
    def transfer_n(self, units: Collateral) -> Step:
        """A holder gives N to another."""
        return require(units > 0, units <= self.held_n).then(self.after(held_n=self.held_n - units))

    @rule
    def settle(self) -> Step:
        """Anyone fixes the payout by the oracle's price, once, at or after maturity."""
        price = self.oracle.quote()
        return require(~self.settled, self.now >= self.maturity, self.oracle.fresh()).then(
            self.after(settled=True, settlement=price, payout=self.payout_at(price))
        )

    @rule
    def redeem_p(self, units: Collateral) -> Step:
        """A holder of P takes its payout."""
        paid = self.paid(units, self.payout)
        return require(self.settled, units > 0, units <= self.held_p).then(
            self.after(
                locked=self.locked - paid,
                p_supply=self.p_supply - units,
                held_p=self.held_p - units,
                wallets=self.wallets + paid,
            )
        )

    @rule
    def redeem_n(self, units: Collateral) -> Step:
        """A holder of N takes its payout, which is what P's leaves."""
        paid = self.paid(units, 1 - self.payout)
        return require(self.settled, units > 0, units <= self.held_n).then(
            self.after(
                locked=self.locked - paid,
                n_supply=self.n_supply - units,
                held_n=self.held_n - units,
                wallets=self.wallets + paid,
            )
        )

    # What holds of it.

    def totals(self) -> tuple[Real, ...]:
        """All collateral, inside and outside."""
        return (self.locked + self.wallets,)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "tick": self.now,
            "price": self.market.price(),
            "locked": self.locked,
            "P": self.p_supply,
            "N": self.n_supply,
            "held P": self.held_p,
            "held N": self.held_n,
            "settled": where(self.settled, 1, 0),
            "payout of P": self.payout,
        }

    @lemma
    def payout_is_a_share(self) -> Bool:
        return (self.payout >= 0) & (self.payout <= 1)

    @lemma
    def supplies_are_bounded(self) -> Bool:
        within = (self.p_supply <= MOST_COLLATERAL) & (self.n_supply <= MOST_COLLATERAL)
        return within & (self.locked <= MOST_COLLATERAL) & (self.wallets == -self.locked)

    @invariant
    def every_claim_is_backed(self) -> Bool:
        """Before settlement each P and each N has its collateral; after it, what is locked pays all that is left."""
        whole = (self.locked == self.p_supply) & (self.locked == self.n_supply)
        owed = self.p_supply * self.payout + self.n_supply * (1 - self.payout)
        return (self.settled | whole) & (~self.settled | (self.locked >= owed))

    @invariant(on=(redeem_p, redeem_n, merge))
    def what_is_due_can_be_paid(self, post: "OptionsPair") -> Bool:
        """No redemption or merge takes out more than is locked."""
        return post.locked >= 0

    @invariant(on="every rule")
    def settled_once(self, post: "OptionsPair") -> Bool:
        """Once the payout is fixed, no step unfixes or changes it, nor the price that it was fixed at."""
        same = (post.settlement == self.settlement) & (post.payout == self.payout)
        return implies(self.settled, post.settled & same)

    @invariant
    def p_and_n_make_one(self) -> Bool:
        """At any settlement price P pays min(1, S/x) and N max(0, 1 - S/x), up to the last digit, and together one."""
        n_payout = 1 - self.payout
        fair = where(self.settlement <= self.strike, 0, 1 - self.strike / self.settlement)
        near = (n_payout >= fair) & (n_payout < fair + PAYOUT_STEP)
        return implies(self.settled, (self.payout + n_payout == 1) & (n_payout >= 0) & (self.payout >= 0) & near)

    @invariant
    def p_is_worth_at_most_the_strike(self) -> Bool:
        """The value of P in index units never exceeds the strike."""
        return implies(self.settled, self.payout * self.settlement <= self.strike)

    @invariant
    def payout_never_rises(self, low: Price, high: Price) -> Bool:
        """At a higher price P does not pay more collateral."""
        return implies((low > 0) & (low <= high), self.payout_at(high) <= self.payout_at(low))

    @invariant
    def value_never_falls(self, low: Price, high: Price) -> Bool:
        """At a higher price P is not worth less in index units."""
        return implies((low > 0) & (low <= high), self.payout_at(low) * low <= self.payout_at(high) * high)

    @invariant
    def value_falls_by_rounding_only(self, low: Price, high: Price) -> Bool:
        """At a higher price P is worth less by less than one unit of payout, 1e-18, times the price."""
        slack = PAYOUT_STEP * high
        return implies((low > 0) & (low <= high), self.payout_at(low) * low < self.payout_at(high) * high + slack)

    @invariant(on="not the environment")
    def wick_before_maturity_changes_nothing(self, post: "OptionsPair", elsewhere: Any) -> Bool:
        """Before maturity, every step can be taken and ends the same at any other price."""
        del post
        return implies(self.now < self.maturity, elsewhere.same)

    @invariant(exits=(settle, redeem_p, merge))
    def exit_enabled(self) -> Bool:
        """From maturity and the grace time on, whoever holds P has a rule that pays, or can have the pair settled."""
        late = (self.now >= self.maturity + self.grace) & (self.held_p > 0)
        return implies(late, self.can_settle() | self.redeem_p(self.held_p).enabled() | self.can_merge())

    @invariant(exits=(settle, redeem_n, merge))
    def exit_enabled_for_n(self) -> Bool:
        """The same for whoever holds N."""
        late = (self.now >= self.maturity + self.grace) & (self.held_n > 0)
        return implies(late, self.can_settle() | self.redeem_n(self.held_n).enabled() | self.can_merge())

    def can_merge(self) -> Bool:
        """Whether the holder has something of both."""
        return self.merge(minimum(self.held_p, self.held_n)).enabled()

    def can_settle(self) -> Bool:
        """Whether somebody can fix the payout now."""
        return self.settle().enabled()


class OptionsPairWithTimeOut(OptionsPair):
    """The pair, and a payout by default if nobody has settled when the grace time is over."""

    default_payout: Ratio = param

    @assumption
    def default_payout_is_a_positive_share(self) -> Bool:
        """The default pays P something and N something."""
        return (self.default_payout > 0) & (self.default_payout < 1)

    @rule
    def settle_by_default(self) -> Step:
        """Anyone fixes the default payout once the grace time is over without a settlement."""
        return require(~self.settled, self.now >= self.maturity + self.grace).then(
            self.after(settled=True, payout=self.default_payout)
        )

    def can_settle(self) -> Bool:
        return self.settle().enabled() | self.settle_by_default().enabled()

    @invariant(on=settle_by_default)
    def default_pays_both_and_is_backed(self, post: "OptionsPairWithTimeOut") -> Bool:
        """The default settlement pays P and N a positive amount each, and what is locked covers both."""
        owed = post.p_supply * post.payout + post.n_supply * (1 - post.payout)
        return (post.payout > 0) & (post.payout < 1) & (post.locked >= owed)


class SampledPair(OptionsPair):
    """The pair under an oracle that looks once, at maturity."""

    oracle: SampledOnce

    @assumption
    def sampled_at_maturity(self) -> Bool:
        """The oracle looks at the pair's maturity."""
        return self.oracle.when == self.maturity

    @lemma
    def settled_by_the_sample(self) -> Bool:
        return ~self.settled | (self.oracle.fresh() & (self.settlement == self.oracle.sample))


@generic(twin=True)
def settlement_is_independent_of_the_caller(it: Any, other: Any) -> Bool:
    """Whoever settles, and whenever: two settlements of the same terms on one price path fix the same price."""
    return implies(it.settled & other.settled, it.settlement == other.settlement)


THEOREMS = (
    OptionsPair.every_claim_is_backed,
    OptionsPair.what_is_due_can_be_paid,
    OptionsPair.settled_once,
    OptionsPair.p_and_n_make_one,
    OptionsPair.p_is_worth_at_most_the_strike,
    OptionsPair.payout_never_rises,
    OptionsPair.wick_before_maturity_changes_nothing,
    OptionsPair.exit_enabled,
    OptionsPair.exit_enabled_for_n,
    oracle_noninterference(rules="settle"),
    conservation(),
)


class Options(Design, name="options-pair"):
    """P and N of any strike and any maturity. Default shock: the price may fall to anything above 0 and rise freely."""

    not_applicable = {"no_worse_than": "whoever holds P is owed by nobody; as a loan the pair is options-held"}

    shock = Steps(bound=ANY)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    pair = OptionsPair(market=market, oracle=oracle)

    proved = (
        *THEOREMS,
        OptionsPair.value_never_falls,
        nothing_is_sold(**POOL),
        *(in_fixed(theorem) for theorem in THEOREMS),
        in_fixed(OptionsPair.value_falls_by_rounding_only),
        in_fixed(no_overflow(bits=256)),
    )
    refuted = {
        in_fixed(
            OptionsPair.value_never_falls
        ): "the payout is rounded down to 1e-18, more at one price than at another",
        settlement_is_independent_of_the_caller(): "the first fresh reading counts, so whoever settles chooses when: "
        "a free look-back option",
        given(
            OptionsPair.exit_enabled, oracle=Silent(market=market)
        ): "P can be transferred alone, a lone P cannot be merged, and nobody can settle without the oracle",
    }


class OptionsSampled(Options, name="options-pair-sampled"):
    """The pair, settled by the price at maturity, whenever somebody comes to settle."""

    oracle = SampledOnce(market=Options.market)
    pair = SampledPair(market=Options.market, oracle=oracle)

    proved = (settlement_is_independent_of_the_caller(), in_fixed(settlement_is_independent_of_the_caller()))


class OptionsTimeOut(Options, name="options-pair-timeout"):
    """The pair with a payout by default, under an oracle that never answers."""

    oracle = Silent(market=Options.market)
    pair = OptionsPairWithTimeOut(market=Options.market, oracle=oracle)

    proved = (
        OptionsPairWithTimeOut.exit_enabled,
        OptionsPairWithTimeOut.default_pays_both_and_is_backed,
        OptionsPairWithTimeOut.every_claim_is_backed,
        OptionsPairWithTimeOut.settled_once,
        *map(in_fixed, (OptionsPairWithTimeOut.exit_enabled, OptionsPairWithTimeOut.every_claim_is_backed)),
    )
