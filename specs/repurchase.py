"""A loan of Term Finance: liquidated for damages, but not far past its initial ratio; once the term is over, defaulted.

Source: term-finance/term-finance-contracts at 127b74d8, ``TermRepoCollateralManager.sol``. One collateral secures one
obligation at par with the unit of account. How long the repurchase window is does not show: it is open, or it has
ended and all that was not repurchased is in default.
"""

from typing import Any

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    closed_form,
    down,
    implies,
    invariant,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .properties import borrower_loss_cap
from .restoring import Restoring
from .seizure import FixedSpread
from .units import Collateral, Debt, Ratio


class Term(Restoring, FixedSpread):
    """A loan in shortfall below the maintenance ratio, one over the threshold; ``liquidation_bonus`` is the damages."""

    initial_ratio: Ratio = param  # collateral over debt that a loan begins with
    net_exposure_cap: Ratio = param  # what a liquidation may leave beyond it, as a share of the debt
    protocol_share: Ratio = param  # of what is covered, out of the damages
    least_excess: Debt = param  # a loan whose collateral is worth less than this beyond its debt may be closed whole
    ended: Bool = param(False)  # whether the repurchase window is over
    little_is_open: Bool = param(False)  # whether who has little left may be closed while healthy, as it once was

    protocol_collateral: Collateral = state(0, tally=True)

    @assumption
    def ratios_are_in_order(self) -> Bool:
        """Loans begin with the maintenance ratio, the cap is not negative, and the share is of the damages."""
        sane = (self.net_exposure_cap >= 0) & (self.protocol_share <= self.liquidation_bonus)
        return sane & (self.initial_ratio * self.liquidation_threshold >= 1)

    def target(self) -> Real:
        """The loan-to-value at which the excess at the initial ratio is the cap's share of the debt."""
        return 1 / (self.initial_ratio * (1 + self.net_exposure_cap))

    def may_borrow(self) -> Bool:
        return ~self.ended & (self.debt * self.initial_ratio <= self.collateral * self.oracle.quote())

    def may_withdraw(self) -> Bool:
        return ~self.ended & super().may_withdraw()

    def little_is_left(self) -> Bool:
        """Whether the collateral is worth so little beyond the debt that all of it may be closed at once."""
        return self.collateral * self.oracle.quote() < self.debt + self.least_excess

    def liquidatable(self) -> Bool:
        small = self.little_is_open & self.little_is_left()
        return (super().liquidatable() | self.ended | small) & (self.debt > 0)

    def close_limit(self) -> Real:
        return where(self.ended | self.little_is_left(), self.debt, minimum(self.debt, self.restoring()))

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Anyone covers a part of the obligation for collateral and damages, of which the protocol gets its share."""
        step = super().liquidate(offer)
        post: Any = step.posts[0]
        repaid, seized = self.exchange(offer)
        kept = down(repaid * self.protocol_share / self.oracle.quote())
        in_part = self.ended | self.little_is_left() | (repaid < self.debt)
        return require(step.guard, in_part).then(
            post.after(
                liquidator_collateral=self.liquidator_collateral + (seized - kept),
                protocol_collateral=self.protocol_collateral + kept,
            ),
            *step.posts[1:],
        )

    def accounts_of_collateral(self) -> Real:
        return super().accounts_of_collateral() + self.protocol_collateral

    # What holds of it.

    @invariant(on=liquidate)
    def excess_is_capped(self, post: "Term") -> Bool:
        """While the window is open, what a part leaves beyond the initial ratio is at most the cap's share."""
        excess = post.collateral * self.oracle.quote() - self.initial_ratio * post.debt
        most = self.initial_ratio * self.net_exposure_cap * post.debt
        return self.ended | self.little_is_left() | (excess <= most)

    @invariant(on=liquidate)
    def covered_debt_is_not_all_repaid(self, post: "Term") -> Bool:
        """While the window is open nobody repays all of a debt that the collateral covers with more than a little."""
        return self.ended | self.little_is_left() | (post.pool_cash - self.pool_cash < self.debt)

    @invariant(on=liquidate)
    def protocol_gets_its_share_of_damages(self, post: "Term") -> Bool:
        """Out of the damages the protocol gets its share of what is covered; the liquidator is left no loss."""
        kept, price = post.protocol_collateral - self.protocol_collateral, self.oracle.quote()
        taken, repaid = post.liquidator_collateral - self.liquidator_collateral, post.pool_cash - self.pool_cash
        return (kept * price == self.protocol_share * repaid) & (taken * price >= repaid)

    @invariant(exits=(liquidate,))
    def liquidation_not_stuck(self) -> Bool:
        """Of whatever is unhealthy, half of the debt can be covered, or what the collateral pays for."""
        open_to = self.liquidate(self.debt / 2).enabled()
        return implies(~self.healthy() & (self.collateral > 0), open_to)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The damages on all of a loan, where some are so small that they may be closed whole."""
        return None if self.least_excess.leaf == 0 else super().dearest_liquidation()
