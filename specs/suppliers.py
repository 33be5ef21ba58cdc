"""Who lends to an isolated market: supply and withdrawal in shares of all that is supplied, and what a share is worth.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), ``Morpho.sol`` and ``SharesMathLib.sol``; the properties are those of
its rules for the Certora prover, ``certora/specs``. Each rounding is the contract's, and each condition has the name of
the contract's error.
"""

from verifier.language import Bool, Step, down, implies, invariant, lemma, require, rule, up

from .debt_shares import VIRTUAL_ASSETS, VIRTUAL_SUPPLY, Shares
from .isolated_market import IsolatedMarket
from .units import Collateral, Debt

NO_DEFAULT = (
    IsolatedMarket.liquidate,
    IsolatedMarket.liquidate_shares,
    IsolatedMarket.borrow,
    IsolatedMarket.repay,
    IsolatedMarket.repay_shares,
    IsolatedMarket.others_act,
    IsolatedMarket.accrue_interest,
)
"""What is done to debt, but for the write-off of what others owe."""


class SuppliedMarket(IsolatedMarket):
    """A market with its suppliers."""

    @rule(by="anyone")
    def supply(self, assets: Debt) -> Step:
        """Anyone lends to the market."""
        shares = down(assets * (self.supply_shares + VIRTUAL_SUPPLY) / (self.supply_assets + VIRTUAL_ASSETS))
        return require(inconsistent_input=assets > 0).then(
            self.after(
                supply_shares=self.supply_shares + shares,
                supply_assets=self.supply_assets + assets,
                cash_outside=self.cash_outside - assets,
            )
        )

    @rule(by="anyone")
    def withdraw(self, assets: Debt) -> Step:
        """A supplier takes back what was lent, as far as the market has it."""
        shares = up(assets * (self.supply_shares + VIRTUAL_SUPPLY) / (self.supply_assets + VIRTUAL_ASSETS))
        post = self.after(
            supply_shares=self.supply_shares - shares,
            supply_assets=self.supply_assets - assets,
            cash_outside=self.cash_outside + assets,
        )
        return require(
            inconsistent_input=assets > 0,
            underflow=shares <= self.supply_shares,
            insufficient_liquidity=self.borrow_assets <= post.supply_assets,
        ).then(post)

    # What holds of it.

    @invariant(helps=False)
    def no_more_is_borrowed_than_supplied(self) -> Bool:
        """Of what was supplied at most all is borrowed."""
        return self.borrow_assets <= self.supply_assets

    @lemma
    def borrowed_within_the_supply(self) -> Bool:
        """Where interest accrues: without it no claim needs this, and some are harder with it."""
        return ~self.bears_interest | self.no_more_is_borrowed_than_supplied()

    @invariant(on=(*NO_DEFAULT, supply, withdraw))
    def suppliers_lose_by_write_offs_only(self, post: "SuppliedMarket") -> Bool:
        """But for a write-off nothing makes what a share of the supply stands for less."""
        before = (self.supply_assets + VIRTUAL_ASSETS) * (post.supply_shares + VIRTUAL_SUPPLY)
        after = (post.supply_assets + VIRTUAL_ASSETS) * (self.supply_shares + VIRTUAL_SUPPLY)
        return (post.deficit > self.deficit) | (before <= after)

    @invariant(exits=(IsolatedMarket.liquidate, IsolatedMarket.liquidate_shares))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Who is unhealthy can be closed: by all its collateral, or by all its shares."""
        closed = self.liquidate(self.collateral).enabled() | self.liquidate_shares(self.owed_shares).enabled()
        return self.healthy() | (self.collateral == 0) | closed

    @invariant
    def all_debt_can_be_repaid(self, shares: Shares) -> Bool:
        """Any part of a debt, up to all of it, can be repaid by its shares."""
        return (shares == 0) | (shares > self.owed_shares) | self.repay_shares(shares).enabled()

    @invariant
    def all_debt_can_be_repaid_by_its_worth(self, assets: Debt) -> Bool:
        """Any part of a debt, up to all of it, can be repaid by the assets that are owed."""
        return (assets == 0) | (assets > self.debt) | self.repay(assets).enabled()

    @invariant
    def who_owes_nothing_can_leave(self, assets: Collateral) -> Bool:
        """Whoever owes nothing can take out any part of the collateral, up to all of it."""
        stays = (self.owed_shares > 0) | (assets == 0) | (assets > self.collateral)
        return stays | self.withdraw_collateral(assets).enabled()

    @invariant
    def shares_bring_what_they_cost(self, seized: Collateral) -> Bool:
        """Whoever repays the shares that collateral costs gets that collateral: both ways to liquidate are one."""
        priced = self.stored() & (self.oracle.quote() > 0)
        return implies(priced, self.brought(self.cost(seized)) == seized)
