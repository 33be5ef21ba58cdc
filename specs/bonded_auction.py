"""The auction of a loan on Ajna: whoever thinks that a loan is bad starts it, and stakes a bond on that.

Source: ajna-finance/ajna-core at 0f59e780, ``PoolHelper.sol``, ``KickerActions.sol``, ``TakerActions.sol`` and
``SettlerActions.sol``. An auction's price halves every 20 minutes from 256 times the reference price, after 2 hours
every 2 hours, after 14 hours every hour. A tick is one halving here, and between two of them every price in between is
asked. Without interest, the limit on what reserves pay in the first 144 hours, and what an owner may do while the loan
is auctioned; how a bucket's deposit and collateral are shared among its lenders does not show.
"""

from typing import Any, Self

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    amount,
    assumption,
    down,
    each_tick,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    up,
    where,
)

from .loans import Loan
from .oracles import Spot
from .units import TICKS, Collateral, CollateralFlow, Debt, DebtFlow, Price, Ratio, Ticks

LAST = amount(70, TICKS)  # halvings in 72 hours, after which an auction is settled


class Buckets(Spot):
    """Where lenders' deposits are, in place of an oracle: the lowest price at which some are lent out is the line."""

    stay: Bool = param(False)  # whether lenders leave their deposits where they are

    lowest: Price = state(like=2000)

    def quote(self) -> Real:
        return self.lowest

    def shown(self) -> Real | None:
        """Lenders may follow the market or not."""
        return None

    def harmless(self, health: Real) -> Real | None:
        """Any dip, if lenders leave their deposits where they are."""
        del health
        return amount(1, RATIO) if self.stay.leaf is True else None

    @rule
    def move(self, to: Price) -> Step:
        """Lenders deposit or withdraw, and the line moves."""
        return require(to > 0).then(self.after(lowest=to))

    @assumption(on=move)
    def lenders_stay(self) -> Bool:
        """Lenders leave their deposits where they are."""
        return ~self.stay


class Auctioned(Loan):
    """A loan, the auction of its collateral, and the bond of who started that."""

    oracle: Buckets

    first_multiple: Ratio = param(256)  # of the reference price, asked until the first halving
    neutral_over_threshold: Ratio = param  # the neutral price over the margin price; it grows with the interest rate

    running: Bool = state(False)
    halvings: Ticks = state(0)
    multiple: Ratio = state(0)  # of the reference price: the most that is asked until the next halving
    reference: Price = state(0)
    neutral: Price = state(0)  # sold above it the kicker pays, sold below it is paid
    bond: Debt = state(0)

    exchanged: Debt = state(0, tally=True)  # lenders' deposits that have become collateral
    kicker_cash: DebtFlow = state(0, tally=True)
    kicker_deposit: Debt = state(0, tally=True)
    reserves: Debt = state(0)
    lender_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def neutral_is_above_the_threshold(self) -> Bool:
        """The neutral price is no less than the margin price, that is above the debt's, and auctions begin at some."""
        above = (self.neutral_over_threshold >= 1) & (self.liquidation_threshold < 1)
        return above & (self.first_multiple > 0)

    def share(self) -> Real:
        """The bond's share of the debt: a tenth of what the neutral price is above it, from half to three per cent."""
        above = (self.neutral_over_threshold - 1) / 10
        return down(minimum(amount("0.03", RATIO), maximum(amount("0.005", RATIO), above)), 18)

    def reward(self, asked: Real) -> Real:
        """The kicker's share of what a purchase pays: the bond's at the debt's price, none at the neutral one."""
        owed = self.neutral * self.liquidation_threshold / self.neutral_over_threshold  # when the auction began
        return self.share() * minimum(1, maximum(-1, down((self.neutral - asked) / (self.neutral - owed), 18)))

    def penalty(self, asked: Real) -> Real:
        """The share of what a purchase pays that does not go to the debt."""
        return up((5 * self.share() - self.reward(asked)) / 4, 18)

    # The owner does nothing while its loan is auctioned.

    @assumption(on=(Loan.deposit, Loan.repay, Loan.withdraw, Loan.borrow))
    def auctions_are_left_alone(self) -> Bool:
        """Owners do nothing while their loan is auctioned, though they could pay it back."""
        return ~self.running

    # Kickers, takers and settlers.

    @rule(by="liquidator")
    def kick(self, highest: Price) -> Step:
        """Anyone starts the auction of a loan beyond the line, and puts a bond in; the price starts far above."""
        bond, neutral = up(self.share() * self.debt), down(self.neutral_over_threshold * self.margin_price(), 8)
        return require(~self.running, ~self.healthy(), self.collateral > 0).then(
            self.after(
                running=True, halvings=0, multiple=self.first_multiple, neutral=neutral,
                reference=maximum(highest, neutral), bond=self.bond + bond,
                kicker_cash=self.kicker_cash - bond,
            )
        )  # fmt: skip

    def margin_price(self) -> Real:
        """The line's price at which the loan would be just healthy."""
        return self.debt / (self.liquidation_threshold * self.collateral)

    def sold(self, wanted: Real, asked: Real, in_bond: bool) -> tuple[Self, Real, Real, Real]:
        """The loan after a sale at this price, what was bought and paid, and the kicker's gain or loss."""
        kept = 1 - self.penalty(asked)
        bought = minimum(wanted, self.collateral, up(self.debt / (asked * kept)))
        paid = up(bought * asked)
        left = self.debt - minimum(self.debt, down(paid * kept))
        moved = maximum(-self.bond, down(paid * self.reward(asked)))
        bond = self.bond + (moved if in_bond else minimum(0, moved))
        post = self.after(
            collateral=self.collateral - bought, debt=left, running=left > 0, bond=where(left > 0, bond, 0),
            kicker_cash=self.kicker_cash + where(left > 0, 0, bond),
            reserves=self.reserves + (paid - (self.debt - left) - moved),
        )  # fmt: skip
        return post, bought, paid, moved

    @rule(by="liquidator")
    def take(self, wanted: Collateral, asked: Price) -> Step:
        """Anyone buys collateral at a price between two halvings; the kicker's gain joins the bond, its loss leaves."""
        most = self.multiple * self.reference
        post, bought, paid, moved = self.sold(wanted, asked, in_bond=True)
        between = (asked > 0) & (asked <= most) & (2 * asked >= most)
        return require(self.running, wanted > 0, between, bought > 0).then(
            post.after(
                liquidator_collateral=self.liquidator_collateral + bought,
                liquidator_cash=self.liquidator_cash - paid, pool_cash=self.pool_cash + (paid - moved),
            )
        )  # fmt: skip

    @rule(by="liquidator")
    def bucket_take(self, wanted: Collateral, asked: Price) -> Step:
        """Anyone has a bucket buy from its deposit at its price or at the auction's, if that is less."""
        post, bought, paid, moved = self.sold(wanted, asked, in_bond=False)
        enough = (asked > 0) & (2 * asked >= self.multiple * self.reference)
        return require(self.running, wanted > 0, enough, bought > 0).then(
            post.after(
                exchanged=self.exchanged + paid, lender_collateral=self.lender_collateral + bought,
                kicker_deposit=self.kicker_deposit + maximum(0, moved), pool_cash=self.pool_cash - minimum(0, moved),
            )
        )  # fmt: skip

    @rule(by="liquidator")
    def settle(self, highest: Price) -> Step:
        """After 72 hours, or when all is sold: the highest bucket buys the rest, reserves pay, lenders forgive."""
        exchanged = minimum(self.debt, down(self.collateral * highest))
        bought = minimum(self.collateral, up(exchanged / highest))
        rest = self.debt - exchanged
        paid = minimum(rest, self.reserves)
        late = (self.halvings >= LAST) | (self.collateral == 0)
        return require(self.running, late, highest > 0).then(
            self.after(
                collateral=where(rest > 0, 0, self.collateral - bought), debt=0, running=False, bond=0,
                kicker_cash=self.kicker_cash + self.bond, reserves=self.reserves - paid,
                exchanged=self.exchanged + exchanged, deficit=self.deficit + (rest - paid),
                lender_collateral=self.lender_collateral + where(rest > 0, self.collateral, bought),
            )
        )  # fmt: skip

    @each_tick
    def halve(self) -> Self:
        return self.after(
            halvings=where(self.running, self.halvings + amount(1, TICKS), 0),
            multiple=where(self.running, down(self.multiple / 2, 18), 0),
        )

    def due(self) -> Bool:
        return super().due() & ~self.running

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.lender_collateral

    def lender_loss(self) -> Real:
        """The same, and what the collateral that deposits have become is worth less than they were."""
        return super().lender_loss() + maximum(0, self.exchanged - self.lender_collateral * self.market.price())

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum: collateral, cash with the bond, and lenders' deposits with their losses."""
        cash = self.owner_cash + self.liquidator_cash + self.kicker_cash + self.bond + self.pool_cash
        deposits = self.pool_cash + self.debt + self.deficit + (self.exchanged - self.kicker_deposit) - self.reserves
        return (self.accounts_of_collateral(), cash, deposits)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {"line": self.oracle.quote()} | super().columns() | {"most asked": self.multiple * self.reference}
