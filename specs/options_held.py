"""P and N held to a fixed maturity, seen as a loan: what options instead of debt are, next to liquidations.

Source: V. Buterin, ethresear.ch 25036, 1 June 2026, as in ``options_pair``: at maturity P gets min(1, S/x) of each
unit of collateral, N the rest. In the lender's place is whoever holds P, whose claim is the strike; in the
borrower's, N.

A tracker's own strike is below half of the price and no loan of usual health, so what is compared with loans is a
plain P whose strike is the debt of a loan: at health h the strike is at most line/h of the price, the line standing
where a loan has its liquidation threshold. Nobody is liquidated, nothing is sold, and no price is read before
maturity; afterwards, which is looked at on demand (``settles``), N has no more from a recovery than what it was paid.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Q,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    each_tick,
    given,
    implies,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .books import AnyPosition, Still
from .keepers import Attended, Nobody, unsold
from .markets import Infinite
from .options_pair import payout_of
from .oracles import Silent, Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    no_worse_than,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Decline, Drop, Slide, Wick
from .units import (
    TICKS,
    Collateral,
    CollateralFlow,
    Debt,
    Ratio,
    Ticks,
)


class HeldPair(Attended):
    """P and N of one position, held to a fixed maturity: the strike of all P is N's debt, and nobody is liquidated."""

    market: Infinite
    oracle: Spot
    book: AnyPosition

    line: Ratio = param("0.83")  # the strike as a share of the price, at a health of one: no rule reads it
    maturity: Ticks = param
    settles: Bool = param(False)  # whether maturity and what comes after it are looked at, too
    holders_sell: Bool = param(False)

    collateral: Collateral = state(like=10)  # locked, one unit for each P and N
    debt: Debt = state()  # what the holder of P is to get: its strike
    deficit: Debt = state(0, tally=True)
    now: Ticks = state(0)

    owner_collateral: CollateralFlow = state(0, tally=True)  # paid to the holder of N
    holder_collateral: Collateral = state(0)  # paid to the holder of P
    buyer_collateral: Collateral = state(0, tally=True)  # sold by the holder of P

    @assumption
    def strike_is_below_the_price(self) -> Bool:
        """P starts in the money."""
        return (self.line > 0) & (self.line <= 1)

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor, the line's share of the collateral over the strike, is at least the book's."""
        return (self.debt * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @each_tick
    def time_passes(self) -> "HeldPair":
        return self.after(now=self.now + amount(1, TICKS))

    def health_value(self) -> Real:
        return self.line * self.collateral * self.oracle.quote()

    def healthy(self) -> Bool:
        """Whether nobody may take the collateral: always."""
        return all_of()

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do: never."""
        return ~all_of()

    @rule
    def settle(self) -> Step:
        """At or after maturity anyone has the collateral paid out at the oracle's price: min(1, S/x) of it to P."""
        price = self.oracle.quote()
        to_holder = minimum(self.collateral, self.debt / price)
        return require(self.now >= self.maturity, self.collateral > 0, self.oracle.fresh()).then(
            self.after(
                collateral=0,
                debt=0,
                deficit=self.deficit + maximum(0, self.debt - self.collateral * price),
                owner_collateral=self.owner_collateral + (self.collateral - to_holder),
                holder_collateral=self.holder_collateral + to_holder,
            )
        )

    @rule
    def sell(self, sold: Collateral) -> Step:
        """The holder of P sells some of what it was paid."""
        rest, bought = self.holder_collateral - sold, self.buyer_collateral + sold
        return require(sold <= self.holder_collateral).then(
            self.after(holder_collateral=rest, buyer_collateral=bought), self.market.sell(sold)
        )

    holders_keep = unsold(sell)

    @assumption(on=settle)
    def looked_at_until_maturity(self) -> Bool:
        """The pair is looked at before its maturity only; the settlement is options_pair's, or asked for by name."""
        return self.settles

    @invariant(on=settle)
    def nothing_is_paid_before_maturity(self, post: "HeldPair") -> Bool:
        """No price before maturity decides anything: whoever holds P or N is paid at or after it."""
        del post
        return self.now >= self.maturity

    @invariant(exits=(settle,))
    def exit_enabled(self) -> Bool:
        """From maturity on, whoever holds P or N can have the pair paid out."""
        return implies((self.now >= self.maturity) & (self.collateral > 0), self.settle().enabled())

    @invariant(on=settle)
    def pays_what_the_pair_pays(self, post: "HeldPair") -> Bool:
        """Settlement pays the holder of P what ``options_pair`` pays for each unit locked, at this price."""
        strike, price = self.debt / self.collateral, self.oracle.quote()
        paid = post.holder_collateral - self.holder_collateral
        return paid == self.collateral * payout_of(strike, price)

    def lender_claim(self) -> Real:
        """What the holder of P is to get."""
        return self.debt

    def lender_loss(self) -> Real:
        """What the holder of P lacked at settlement, or would lack at today's price."""
        return self.deficit + maximum(0, self.debt - self.collateral * self.market.price())

    def borrower_wealth(self) -> Real:
        """What N is worth at its intrinsic value, and what it was paid."""
        open_value = maximum(0, self.collateral * self.market.price() - self.debt)
        return open_value + self.owner_collateral * self.market.price()

    def totals(self) -> tuple[Real, ...]:
        """All collateral, locked, paid out and sold."""
        return (self.collateral + self.owner_collateral + self.holder_collateral + self.buyer_collateral,)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "tick": self.now,
            "price": self.market.price(),
            "collateral": self.collateral,
            "strike": self.debt,
            "deficit": self.deficit,
            "paid to N": self.owner_collateral,
            "paid to P": self.holder_collateral,
        }

    def lowest_health(self) -> Real:
        """The least health at the shock's lowest price."""
        return (1 - self.market.shock.bound) * self.book.floor()

    def lost_share(self) -> Real:
        """What the holder of P lacks of its strike at that health."""
        return maximum(0, 1 - self.lowest_health() / self.line)

    @lemma
    def whole_until_settled(self) -> Bool:
        whole = (self.collateral == at_start(self.collateral)) & (self.debt == at_start(self.debt))
        return ((self.collateral == 0) & (self.debt == 0)) | (
            whole & (self.deficit == 0) & (self.owner_collateral == 0)
        )

    @lemma
    def lost_share_at_settlement(self) -> Bool:
        return self.deficit <= self.lost_share() * at_start(self.debt)

    @lemma
    def n_gets_the_rest(self) -> Bool:
        price, first = self.market.price(), at_start(self.market.price())
        paid = at_start(self.collateral) - self.owner_collateral
        once_settled = self.collateral == 0
        at_low = paid * minimum(price, first) <= at_start(self.debt)
        at_high = paid * self.book.floor() <= self.line * at_start(self.collateral)
        return ~once_settled | (at_low & ((price < first) | at_high))

    @lemma
    def n_gets_the_rest_at_the_lowest_price(self) -> Bool:
        paid = at_start(self.collateral) - self.owner_collateral
        return (self.collateral > 0) | (paid * self.lowest_health() <= self.line * at_start(self.collateral))

    @lemma
    def n_pays_nothing(self) -> Bool:
        return (self.owner_collateral >= 0) & (self.owner_collateral <= at_start(self.collateral))

    @closed_form(lender_loss_cap, "cap")
    def holders_of_p_lose(self) -> Real | None:
        return self.lost_share() if isinstance(self.market.shock, (Drop, Slide)) else None

    @closed_form(solvency, "bound")
    def solvent_up_to(self) -> Real | None:
        at_strike = 1 - self.line / self.book.floor()
        return at_strike if isinstance(self.market.shock, (Drop, Slide)) else None

    @closed_form(wick_survival, "bound")
    def survives_up_to(self) -> Real | None:
        return where(self.settles, 0, 1) if isinstance(self.market.shock, Wick) else None

    @closed_form(borrower_loss_cap, "cap")
    def holders_of_n_lose(self) -> Real | None:
        match self.market.shock:
            case Drop():  # settled at the first price, N misses what the price rises later
                return where(self.settles, self.line / self.book.floor(), 0)
            case Slide():  # settled at the bottom it misses more
                return where(self.settles, minimum(1, self.line / self.lowest_health()), 0)
            case _:
                return None


class OptionsHeld(Design, name="options-held"):
    """P as the lender, N as the borrower of health 1.25, a strike of 66.4 %. Default shock: a drop of 50 %."""

    position = "strike = debt over collateral; the lender holds P, the borrower N"
    capital = "that of whoever holds P until maturity; nobody else's"
    shock = Drop(bound="0.5")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = HeldPair(market=market, oracle=oracle, book=book)
    keepers = Nobody(pool=pool)

    proved = (
        lender_loss_cap(cap=Q("41/166")),
        lender_loss_cap(cap=Q("41/166"), settles=True),
        lender_loss_cap(cap=Q("41/166"), settles=True, shock=Slide(bound="0.5", step="0.02")),
        solvency(shock="0.336"),
        borrower_loss_cap(cap=0),
        borrower_loss_cap(cap="0.664", settles=True),
        wick_survival(shock=Wick(bound="0.9999")),
        oracle_noninterference(rules="settle", settles=True),
        given(HeldPair.nothing_is_paid_before_maturity, settles=True),
        given(HeldPair.exit_enabled, settles=True),
        given(HeldPair.pays_what_the_pair_pays, settles=True),
        conservation(settles=True),
        no_worse_than(other="spot", shock=Drop(bound=ANY)),
    )
    refuted = {
        given(
            HeldPair.exit_enabled, settles=True, oracle=Silent(market=market)
        ): "nobody can settle without the oracle, and neither P nor N leaves alone",
        no_worse_than(other="spot", shock=Decline(bound=ANY, step=ANY)): "nobody sells on the way down",
        lender_loss_cap(
            cap="0.2469"
        ): "half of the price pays 0.5·1.25/0.83 of the strike, and nothing was sold before",
        solvency(shock="0.3361"): "below the strike P is worth less than it",
        borrower_loss_cap(
            cap="0.6639", settles=True
        ): "at maturity N stops to gain from what the strike's collateral does",
        wick_survival(
            shock=Wick(bound=0), settles=True
        ): "maturity pays P out of the collateral, at the price of that moment",
    }
