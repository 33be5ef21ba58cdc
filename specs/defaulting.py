"""Liquidation by defaulting: lenders take an unhealthy position's collateral pro rata, and nothing is sold.

Source: silo-finance/silo-contracts-v2 at 340a49b8, ``PartialLiquidationByDefaulting.sol``: some way beyond the
liquidation threshold a keeper may cancel the debt against collateral of its worth and the fee; the keeper gets a share
of the fee and the lenders of that debt the rest. Here the whole debt is cancelled at once and no interest accrues.

Lenders' losses are counted at the price of the default; what the collateral that they then hold loses is apart.
"""

from verifier.language import (
    Bool,
    Real,
    Step,
    assumption,
    down,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
)

from .loans import Loan
from .units import CollateralFlow, Debt, DebtFlow, Ratio


class Defaulting(Loan):
    """A position whose debt is cancelled against its collateral beyond a margin past the threshold."""

    margin: Ratio = param  # how far past the liquidation threshold the loan-to-value must be
    liquidation_fee: Ratio = param  # what is taken on top of the debt's worth
    keeper_share: Ratio = param  # the keeper's share of the fee
    holders_sell: Bool = param(False)

    lender_collateral: CollateralFlow = state(0, tally=True)
    lender_cash: DebtFlow = state(0, tally=True)
    cancelled: Debt = state(0, tally=True)

    @assumption
    def parameters_are_shares(self) -> Bool:
        """The margin and the fee are not negative, the line with its margin is at most 1, the keeper's is a share."""
        return (
            (self.margin >= 0)
            & (self.line() <= 1)
            & (self.liquidation_fee >= 0)
            & (self.keeper_share >= 0)
            & (self.keeper_share <= 1)
        )

    def line(self) -> Real:
        """The loan-to-value beyond which a position may be defaulted."""
        return self.liquidation_threshold + self.margin

    def due(self) -> Bool:
        """Whether a keeper may act."""
        return (self.debt > self.line() * self.collateral * self.oracle.quote()) & (self.collateral > 0)

    def kept(self) -> Real:
        """What lenders get of seized collateral, the keeper's share being taken."""
        return 1 - self.keeper_share * self.liquidation_fee / (1 + self.liquidation_fee)

    @rule(by="liquidator")
    def default(self) -> Step:
        """Anyone has the debt cancelled; lenders take collateral of its worth and the fee, less the keeper's share."""
        price = self.oracle.quote()
        seized = minimum(self.collateral, down(self.debt * (1 + self.liquidation_fee) / price))
        reward = down(seized * self.keeper_share * self.liquidation_fee / (1 + self.liquidation_fee))
        missing = maximum(0, self.debt - (seized - reward) * price)
        return require(self.due()).then(
            self.after(
                collateral=self.collateral - seized,
                debt=0,
                cancelled=self.cancelled + self.debt,
                deficit=self.deficit + missing,
                lender_collateral=self.lender_collateral + (seized - reward),
                liquidator_collateral=self.liquidator_collateral + reward,
            )
        )
