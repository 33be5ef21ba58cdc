"""A credit account of Gearbox: all of it is liquidated once it is unhealthy, or a part that restores its health.

Source: Gearbox-protocol/core-v3 at 510fc654, ``CreditFacadeV3.sol`` and ``CreditLogic.sol``. A full liquidation buys
the account's value at a premium and returns debt and a fee to the pool, what remains to the owner; what is missing is a
loss, which a loss policy must approve. A partial one must pass the full check of the account's health at its end. Here
an account holds one collateral and no underlying, debt is at par with the unit of account, and no interest accrues.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
)

from .loans import Loan
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Drop
from .units import ROUNDED, Debt, DebtFlow, Ratio


class Gearbox(Loan):
    """A credit account; fees on liquidations go to the treasury."""

    premium: Ratio = param  # the share of what is sold that the liquidator keeps
    liquidation_fee: Ratio = param  # the treasury's: of the account's value in full, of what is repaid in part
    loss_approved: Bool = param(True)  # whether the loss policy lets liquidations that make a loss pass

    treasury_cash: DebtFlow = state(0, tally=True)

    @assumption
    def premium_and_fee_are_shares(self) -> Bool:
        """Premium and fee together take less than all, and leave the threshold's share."""
        return self.premium + self.liquidation_fee <= 1 - self.liquidation_threshold

    def value(self) -> Real:
        return down(self.collateral * self.oracle.quote())

    @rule(by="liquidator")
    def liquidate(self) -> Step:
        """Anyone buys the whole account at the premium; debt is paid first, then the fee; the rest is the owner's."""
        funds = down(self.value() * (1 - self.premium))
        paid = minimum(funds, self.debt)
        fee = minimum(funds - paid, down(self.value() * self.liquidation_fee))
        approved = self.loss_approved | (funds >= self.debt)
        return require(self.liquidatable(), self.collateral > 0, approved).then(
            self.after(
                collateral=0,
                debt=0,
                deficit=self.deficit + (self.debt - paid),
                liquidator_collateral=self.liquidator_collateral + self.collateral,
                liquidator_cash=self.liquidator_cash - funds,
                owner_cash=self.owner_cash + (funds - paid - fee),
                treasury_cash=self.treasury_cash + fee,
                pool_cash=self.pool_cash + paid,
            ),
            self.market.sell(self.collateral),
        )

    @rule(by="liquidator")
    def liquidate_part(self, offer: Debt) -> Step:
        """Anyone repays a part, less the fee, for collateral at the premium, if the account is healthy afterwards."""
        seized = down(offer / (1 - self.premium) / self.oracle.quote())
        fee = down(offer * self.liquidation_fee)
        post = self.after(
            collateral=self.collateral - seized,
            debt=self.debt - (offer - fee),
            liquidator_collateral=self.liquidator_collateral + seized,
            liquidator_cash=self.liquidator_cash - offer,
            treasury_cash=self.treasury_cash + fee,
            pool_cash=self.pool_cash + (offer - fee),
        )
        whole = (offer > 0) & (seized <= self.collateral) & (offer - fee <= self.debt)
        return require(self.liquidatable(), whole, post.healthy()).then(post, self.market.sell(seized))

    def totals(self) -> tuple[Real, ...]:
        """Each token's accounts in one sum, the treasury's among them."""
        collateral, cash, lent = super().totals()
        return collateral, cash + self.treasury_cash, lent

    def borrower_wealth(self) -> Real:
        """The position's equity, and what was left of its sale."""
        return super().borrower_wealth() + self.owner_cash

    # What holds of it.

    @invariant(on="liquidator")
    def liquidation_restores_health(self, post: "Gearbox") -> Bool:
        """After any liquidation, full or partial, the account is healthy."""
        return post.healthy()

    @invariant(on="liquidator")
    def one_liquidation_is_enough(self, post: "Gearbox") -> Bool:
        """Nobody is liquidated twice at one price: no second liquidation can follow, so none can be split."""
        return ~post.liquidatable()

    @invariant(exits=(liquidate,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Whatever is unhealthy can be liquidated."""
        return ~self.due() | self.liquidate().enabled()

    @invariant(on=liquidate_part)
    def part_makes_no_loss(self, post: "Gearbox") -> Bool:
        """A partial liquidation never makes a loss, and leaves the collateral worth more than the debt."""
        covered = post.debt <= post.collateral * self.oracle.quote()
        return (post.deficit == self.deficit) & covered

    def cover_gap(self) -> Real:
        """What would be lost, with the premium, if all collateral were sold at the lowest price to come."""
        return (self.debt + self.deficit) - (1 - self.premium) * self.collateral * self.market.shock.floor()

    @lemma
    def gap_only_shrinks(self) -> Bool:
        worst = maximum(0, at_start(self.cover_gap()))
        return (self.cover_gap() <= worst) & (self.deficit <= worst)

    def covered(self, price: Real) -> Real:
        """The share of the largest debt at the start that all collateral pays at this share of the first price."""
        return price * (1 - self.premium) * self.book.floor() / self.liquidation_threshold

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What all collateral, less the premium, does not pay at the lowest price."""
        shock = self.market.shock
        return maximum(0, 1 - self.covered(1 - shock.bound)) if isinstance(shock, Drop) else None

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """Premium and fee on the whole account, valued after the recovery from a wick."""
        return self.dearest_whole(1 - self.premium - self.liquidation_fee)

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - LT/((1 - premium)·h)."""
        return 1 - 1 / self.covered(amount(1, RATIO)) if isinstance(self.market.shock, Drop) else None

    @lemma
    def loss_with_nothing_left(self) -> Bool:
        return (self.deficit == 0) | ((self.debt == 0) & (self.collateral == 0))

    # What sales bring, after premium and fee, is the debt's or the owner's, who does nothing.

    def sold_is_paid_for(self, price: Real) -> Bool:
        """Whether all that was sold brought at least so much, at this price."""
        brought = (at_start(self.collateral) - self.collateral) * price * (1 - self.premium - self.liquidation_fee)
        return ROUNDED | (brought <= at_start(self.debt) - self.debt - self.deficit + self.owner_cash)

    @lemma
    def owner_is_only_paid(self) -> Bool:
        return (self.owner_cash >= 0) & (self.collateral <= at_start(self.collateral))

    @lemma
    def untouched_at_the_first_price(self) -> Bool:
        moved = self.market.price() != at_start(self.market.price())
        return ROUNDED | moved | (self.as_begun() & (self.deficit == 0))

    @lemma
    def sold_at_the_floor_or_above(self) -> Bool:
        return self.sold_is_paid_for(self.market.shock.floor())

    @lemma
    def sold_at_the_price_of_a_drop(self) -> Bool:
        return self.sold_is_paid_for(self.market.price()) if isinstance(self.market.shock, Drop) else all_of()
