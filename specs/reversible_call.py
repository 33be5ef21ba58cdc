"""Reversible call options: a supporter tops up an unhealthy position for a call on its collateral.

Source: Qin, Ernstberger, Zhou, Jovanovic and Gervais, "Mitigating decentralized finance liquidations with reversible
call options", Financial Cryptography 2023 (arXiv 2303.15162). The supporter's top-up is the premium. The borrower may
cancel the call before maturity for a price; at maturity the supporter may pay the debt and take the collateral, or let
the call lapse; after that the position is liquidated at a fixed spread like any other.

Two points are known second-hand only, so each reading is a matter of parameters. The price of cancelling is ``factor``
times the top-up with interest: with ``top_up_returned`` false it is that alone (Definition 1, with a factor k above 1),
else the top-up is given back besides (the lending protocol, with 0 < k < 1). Eligible is a loan-to-value of at most
the threshold and a ``buffer``; the sign of that condition is unconfirmed.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    Step,
    amount,
    assumption,
    each_tick,
    generic,
    given,
    implies,
    in_fixed,
    invariant,
    maximum,
    minimum,
    require,
    rule,
    up,
    where,
)

from .books import AnyPosition, Still
from .calls import LoanWithCall
from .keepers import Nobody, Prompt
from .markets import Infinite
from .oracles import Spot
from .properties import (
    borrower_loss_cap,
    conservation,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drop, Floor, Slide, Wick
from .units import TICKS, Collateral, Debt


@generic(on="not the environment")
def no_dearer_than_a_fixed_spread(it: "ReversibleLoan", post: "ReversibleLoan", close_factor: Real) -> Bool:
    """The end of a call takes no more collateral of the borrower than a liquidation of so much at its beginning."""
    taken = it.collateral - post.collateral - it.top_up + (post.paid_to_cancel - it.paid_to_cancel)
    seized = close_factor * it.debt * (1 + it.liquidation_bonus)
    return implies(it.supported & ~post.supported, taken * it.support_price <= seized)


@generic(on="not the environment")
def leaves_no_less_than_a_fixed_spread(
    it: "ReversibleLoan", post: "ReversibleLoan", close_factor: Real, recovery: Real
) -> Bool:
    """Once the price recovered so far, the end of a call leaves no less equity than a liquidation at its beginning."""
    price, own = it.market.price(), it.collateral - it.top_up
    seized = minimum(close_factor * it.debt * (1 + it.liquidation_bonus) / it.support_price, own)
    owed = it.debt - seized * it.support_price / (1 + it.liquidation_bonus)
    kept = (post.collateral - (post.paid_to_cancel - it.paid_to_cancel)) * price - post.debt
    recovered = price >= recovery * it.support_price
    return implies(it.supported & ~post.supported & recovered, kept >= (own - seized) * price - owed)


@generic(on="not the environment")
def delays_once_or_at_a_price(it: "ReversibleLoan", post: "ReversibleLoan", share: Real) -> Bool:
    """Liquidation is put off only once, or each time for a top-up of at least this share of the collateral."""
    return implies(~it.supported & post.supported, ~it.spent | (post.top_up >= share * it.collateral))


class ReversibleLoan(LoanWithCall):
    """A position that a supporter may save once, before liquidators come."""

    def eligible(self) -> Bool:
        """Whether the position may be supported."""
        near = self.debt <= self.furthest() * self.collateral * self.oracle.quote()
        return ~self.healthy() & near & ~self.supported & ~(self.once_only & self.spent)

    def price_of_cancelling(self) -> Real:
        """What the borrower pays the supporter to have the call back, rounded in the supporter's favour."""
        return up(self.top_up * self.share_to_cancel())

    def due(self) -> Bool:
        """Whether there is something for a supporter or a liquidator to do."""
        return ~self.supported & super().due()

    # The owner may not take out what a supporter put in.

    @rule(by="owner")
    def withdraw(self, taken: Collateral) -> Step:
        """The owner takes collateral out while no call is open."""
        step = super().withdraw(taken)
        return require(~self.supported, step.guard).then(*step.posts)

    @rule(by="owner")
    def borrow(self, drawn: Debt) -> Step:
        """The owner draws debt while no call is open."""
        step = super().borrow(drawn)
        return require(~self.supported, step.guard).then(*step.posts)

    @rule(by="owner")
    def cancel(self) -> Step:
        """Before maturity the borrower takes the call back."""
        price = self.price_of_cancelling()
        return require(self.supported, self.now < self.expiry).then(
            self.after(
                supported=False,
                top_up=0,
                paid_to_cancel=self.paid_to_cancel + price,
                owner_collateral=self.owner_collateral - price,
                supporter_collateral=self.supporter_collateral + price,
            )
        )

    @assumption(on=cancel)
    def nobody_cancels_early(self) -> Bool:
        """The borrower cancels only at the last moment, since waiting is free, and only if its position is healthy."""
        return implies(self.borrower_cancels, self.last_chance())

    @assumption(on="environment")
    def nobody_forgets_to_cancel(self) -> Bool:
        """The borrower does not miss its last moment to cancel."""
        return implies(self.borrower_cancels, ~self.last_chance())

    def last_chance(self) -> Bool:
        """Whether a call on a healthy position can be cancelled now and not later."""
        late = (self.now < self.expiry) & (self.now + amount(1, TICKS) >= self.expiry)
        return self.supported & self.healthy() & late

    # The supporter.

    @rule
    def support(self, given: Collateral) -> Step:
        """A supporter tops up an eligible position and gets the call."""
        enough = (given >= self.least_top_up * self.collateral) & (given <= self.most_top_up * self.collateral)
        return require(given > 0, enough, self.eligible()).then(
            self.after(
                collateral=self.collateral + given,
                supported=True,
                spent=True,
                expiry=self.now + self.term,
                top_up=given,
                support_price=self.oracle.quote(),
                supporter_collateral=self.supporter_collateral - given,
            )
        )

    @rule
    def exercise(self) -> Step:
        """At maturity the supporter pays the debt and takes the collateral."""
        return require(self.supported, self.now >= self.expiry).then(
            self.after(
                collateral=0,
                debt=0,
                supported=False,
                top_up=0,
                supporter_collateral=self.supporter_collateral + self.collateral,
                supporter_cash=self.supporter_cash - self.debt,
                pool_cash=self.pool_cash + self.debt,
            )
        )

    @assumption(on=exercise)
    def supporter_is_rational(self) -> Bool:
        """A supporter exercises only where the collateral is worth the debt."""
        return self.collateral * self.market.price() >= self.debt

    @each_tick
    def lapse(self) -> "ReversibleLoan":
        """A call that was not exercised at maturity is over."""
        over = self.supported & (self.now + amount(1, TICKS) > self.expiry)
        return self.after(
            now=self.now + amount(1, TICKS), supported=self.supported & ~over, top_up=where(over, 0, self.top_up)
        )

    # The liquidator.

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Where no call is open, the position is liquidated like any other."""
        step = super().liquidate(offer)
        return require(~self.supported, step.guard).then(*step.posts)

    @assumption(on=liquidate)
    def supporters_come_first(self) -> Bool:
        """A supporter comes to an eligible position before any liquidator."""
        return implies(self.supporters_come, ~self.eligible())

    # Whose a loss is.

    def borrower_wealth(self) -> Real:
        """What the position is worth to its owner, less what it paid to cancel calls."""
        return super().borrower_wealth() - self.paid_to_cancel * self.market.price()

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash, and what lenders are owed with what they lost."""
        collateral, cash, owed = super().totals()
        return (collateral + self.supporter_collateral, cash + self.supporter_cash, owed)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"tick": self.now} | super().columns() | {"top-up": self.top_up, "until": self.expiry}

    # What holds of it.

    @invariant
    def a_call_is_open_or_it_is_not(self) -> Bool:
        """There is a top-up and time left exactly while a call is open."""
        live = (self.top_up > 0) & (self.top_up < self.collateral) & (self.now <= self.expiry) & self.spent
        return (self.supported & live) | (~self.supported & (self.top_up == 0))

    @invariant(on="not the owner")
    def collateral_leaves_by_exercise_at_maturity(self, post: "ReversibleLoan") -> Bool:
        """While a call is open, collateral leaves only at its maturity, and only where the debt is paid."""
        exercised = (self.now == self.expiry) & (post.pool_cash - self.pool_cash == self.debt) & (post.debt == 0)
        return implies(self.supported & (post.collateral < self.collateral), exercised)

    @invariant(on=cancel)
    def cancelling_pays_the_supporter(self, post: "ReversibleLoan") -> Bool:
        """Who is cancelled gets more than its top-up, if there was any."""
        return implies(self.top_up > 0, post.supporter_collateral - self.supporter_collateral > self.top_up)

    @invariant(on=cancel)
    def cancelling_pays_as_agreed(self, post: "ReversibleLoan") -> Bool:
        """Cancelled at a factor k, the supporter gains (k - 1) times the top-up."""
        gain = post.supporter_collateral - self.supporter_collateral - self.top_up
        return gain == self.top_up * (self.factor - 1)

    @invariant(on=(cancel, exercise, liquidate))
    def supporters_lose_at_most_their_top_up(self, post: "ReversibleLoan") -> Bool:
        """After its top-up a supporter loses nothing more at the price of the moment."""
        collateral = post.supporter_collateral - self.supporter_collateral
        return collateral * self.market.price() + (post.supporter_cash - self.supporter_cash) >= 0

    @invariant
    def lenders_lose_what_position_and_top_up_lack(self) -> Bool:
        """While a call is open lenders lack at most max(0, K - A·p - φ·p), all at today's price."""
        price = self.market.price()
        worth = (self.collateral - self.top_up) * price + self.top_up * price
        return implies(self.supported, self.lender_loss() - self.deficit <= maximum(0, self.debt - worth))

    @invariant
    def lenders_lose_with_the_top_up_at_its_first_price(self) -> Bool:
        """While a call is open lenders lack at most max(0, K - A·p - φ·p0), p0 being the price when it was opened."""
        worth = (self.collateral - self.top_up) * self.market.price() + self.top_up * self.support_price
        return implies(self.supported, self.lender_loss() - self.deficit <= maximum(0, self.debt - worth))

    @invariant(exits=(cancel,))
    def exit_enabled(self) -> Bool:
        """Until its maturity the borrower can cancel an open call, whatever the price and its own health."""
        return implies(self.supported & (self.now < self.expiry), self.cancel().enabled())

    @invariant(on=support)
    def can_be_cancelled_once_open(self, post: "ReversibleLoan") -> Bool:
        """A call that was just opened can be cancelled, before time passes."""
        del self
        return post.cancel().enabled()

    @invariant
    def something_can_be_done(self) -> Bool:
        """An unhealthy position can be liquidated, or its call exercised, or that call is still running."""
        running = self.supported & (self.now < self.expiry)
        after = self.liquidate(self.debt).enabled() | self.exercise().enabled()
        return implies(~self.healthy() & (self.collateral > 0), running | after)


DIP = Wick(bound="0.5", duration=1)
SLIDE = Slide(bound="0.5", step="0.05")
HALF = Drop(bound="0.5")


class ReversibleCall(Design, name="reversible-call"):
    """Top-ups of 10 %, a factor of 1.5, two ticks of three hours. Default shock: a fall by half at most, from 1.25."""

    position = "collateral and debt as they are; the top-up is the supporter's"
    capital = "supporters' top-ups and what they pay to exercise, and keepers' cash"
    shock = Floor(bound="0.5", seconds=10800)
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still(health="1.25")
    pool = ReversibleLoan(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05",
        least_top_up="0.1", most_top_up="0.1", buffer=1, term=2, factor="1.5",
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        wick_survival(shock=DIP),
        lender_loss_cap(cap=Q("41/166"), shock=HALF),
        lender_loss_cap(cap=Q("368/1743"), shock=SLIDE, keepers=Prompt(pool=pool), term=16),
        solvency(shock=Drop(bound="0.336")),
        borrower_loss_cap(cap="0.087", shock=HALF),
        borrower_loss_cap(cap="0.05", shock=Drop(bound="0.27")),
        borrower_loss_cap(cap="0.05", shock=DIP),
        ReversibleLoan.a_call_is_open_or_it_is_not,
        ReversibleLoan.collateral_leaves_by_exercise_at_maturity,
        ReversibleLoan.cancelling_pays_the_supporter,
        in_fixed(ReversibleLoan.cancelling_pays_the_supporter),
        ReversibleLoan.cancelling_pays_as_agreed,
        ReversibleLoan.supporters_lose_at_most_their_top_up,
        ReversibleLoan.lenders_lose_what_position_and_top_up_lack,
        ReversibleLoan.something_can_be_done,
        given(ReversibleLoan.exit_enabled, borrower_cancels=False),
        given(ReversibleLoan.can_be_cancelled_once_open, borrower_cancels=False),
        oracle_noninterference(rules="support liquidate withdraw borrow", book=AnyPosition()),
        no_dearer_than_a_fixed_spread(close_factor="0.5", shock=DIP),
        leaves_no_less_than_a_fixed_spread(close_factor="0.5", recovery="1.0759", shock=DIP, health=1),
        leaves_no_less_than_a_fixed_spread(close_factor="0.5", recovery=1, factor=Q("1.2075"), shock=DIP, health=1),
        delays_once_or_at_a_price(share="0.1", once_only=False, borrower_cancels=False, term=1),
        delays_once_or_at_a_price(share="0.1", least_top_up=0, borrower_cancels=False, term=1),
        conservation(),
        in_fixed(conservation()),
    )
    refuted = {
        liquidation_improves_health(
            supporters_come=False, shock=HALF
        ): "past a loan-to-value of 1/(1 + b), a fixed spread takes more than it repays",
        lender_loss_cap(cap="0.2469", shock=HALF): "before anybody comes, 1 - 0.5·1.25/0.83 = 24.70 % is lacking",
        solvency(
            shock=Drop(bound="0.3361")
        ): "from 1 - 0.83/1.25 = 33.6 % on the collateral is worth less than the debt",
        borrower_loss_cap(
            cap="0.0869", shock=HALF, term=1
        ): "who is not cured by the top-up cannot cancel, and loses what exceeds a debt of 0.83·1.1",
        borrower_loss_cap(cap="0.0499", shock=DIP): "cancelling costs (k - 1)·λ of the collateral",
        no_dearer_than_a_fixed_spread(
            close_factor="0.5", term=1
        ): "at maturity the supporter may take the whole collateral",
        no_dearer_than_a_fixed_spread(
            close_factor="0.1", factor="1.5", least_top_up="0.2", most_top_up="0.2", shock=DIP
        ): "where (k - 1)·λ is more than f·LT·(1 + b), cancelling costs more",
        leaves_no_less_than_a_fixed_spread(
            close_factor="0.5", recovery="1.0758", shock=DIP, health=1
        ): "up to r = f·LT/(f·LT·(1 + b) - (k - 1)·λ) of the first price, the bonus would have cost less",
        leaves_no_less_than_a_fixed_spread(
            close_factor="0.5", recovery=1, factor="1.2076", shock=DIP, health=1
        ): "(k - 1)·λ is more than f·LT·b, which is what a fixed spread costs at an unchanged price",
        delays_once_or_at_a_price(
            share="0.1", once_only=False, least_top_up=0, borrower_cancels=False, term=1
        ): "without a smallest top-up, supporters put off liquidation again and again for next to nothing",
        wick_survival(shock=DIP, supporters_come=False): "without a supporter it is a fixed spread on a spot price",
        ReversibleLoan.lenders_lose_with_the_top_up_at_its_first_price: "the top-up is collateral and falls, too",
        given(ReversibleLoan.cancelling_pays_the_supporter, factor=1): "at k = 1 the top-up comes back, and no more",
    }
