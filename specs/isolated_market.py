"""An isolated market: liquidation of any part at a fixed incentive, what owners and others do, and interest.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), ``Morpho.sol``; shares and health are in ``debt_shares.py``. Each
rounding is the contract's, and each condition has the name of the contract's error.
"""

from verifier.language import Bool, Real, Step, all_of, assumption, down, maximum, minimum, require, rule, up, where

from .debt_shares import VIRTUAL_ASSETS, VIRTUAL_SHARES, VIRTUAL_SUPPLY, DebtShares, Rate, Shares
from .units import Collateral, Debt, Seconds


class IsolatedMarket(DebtShares):
    """A market and one of its positions: whoever closes a part of it may ask for collateral or repay shares."""

    # Liquidation, by the collateral to be seized or by the shares to be repaid.

    @rule(by="liquidator")
    def liquidate(self, seized: Collateral) -> Step:
        """Anyone takes this much collateral of an unhealthy position and repays what it is worth less the incentive."""
        return self.closed(seized > 0, seized, self.cost(seized))

    @rule(by="liquidator")
    def liquidate_shares(self, repaid: Shares) -> Step:
        """Anyone repays so many shares of an unhealthy position's debt and takes their worth and the incentive."""
        return self.closed(repaid > 0, self.brought(repaid), repaid)

    def cost(self, seized: Real) -> Real:
        """The shares that are repaid for so much collateral."""
        return self.shares_up(up(up(seized * self.oracle.quote()) / self.incentive()))

    def brought(self, repaid: Real) -> Real:
        """The collateral that is seized for so many shares."""
        return down(down(self.assets_down(repaid) * self.incentive()) / self.oracle.quote())

    def closed(self, asked: Bool, seized: Real, repaid: Real) -> Step:
        """Debt that is left without collateral is written off: the lenders have lost it."""
        paid = self.assets_up(repaid)
        post = self.after(
            collateral=self.collateral - seized,
            owed_shares=self.owed_shares - repaid,
            borrow_shares=self.borrow_shares - repaid,
            borrow_assets=maximum(0, self.borrow_assets - paid),
            collateral_outside=self.collateral_outside + seized,
            cash_outside=self.cash_outside - paid,
        )
        emptied = post.collateral == 0
        bad = where(emptied, minimum(post.borrow_assets, post.debt), 0)
        return require(
            self.oracle.fresh(),
            inconsistent_input=asked,
            healthy_position=~self.healthy(),
            underflow=(repaid <= self.owed_shares) & (seized <= self.collateral),
        ).then(
            post.after(
                owed_shares=where(emptied, 0, post.owed_shares),
                borrow_shares=post.borrow_shares - where(emptied, post.owed_shares, 0),
                borrow_assets=post.borrow_assets - bad,
                supply_assets=self.supply_assets - bad,
                deficit=self.deficit + bad,
            ),
            self.market.sell(seized),
        )

    # The owner, the other borrowers, and time.

    @rule(by="owner")
    def supply_collateral(self, assets: Collateral) -> Step:
        """The owner adds collateral."""
        return require(zero_assets=assets > 0).then(
            self.after(collateral=self.collateral + assets, collateral_outside=self.collateral_outside - assets)
        )

    @rule(by="owner")
    def withdraw_collateral(self, assets: Collateral) -> Step:
        """The owner takes collateral out, as far as the position stays healthy."""
        post = self.after(collateral=self.collateral - assets, collateral_outside=self.collateral_outside + assets)
        return require(
            zero_assets=assets > 0, underflow=assets <= self.collateral, insufficient_collateral=post.healthy()
        ).then(post)

    @rule(by="owner")
    def borrow(self, assets: Debt) -> Step:
        """The owner draws debt, as far as the position stays healthy and the market has the money."""
        shares = self.shares_up(assets)
        post = self.after(
            owed_shares=self.owed_shares + shares,
            borrow_shares=self.borrow_shares + shares,
            borrow_assets=self.borrow_assets + assets,
            cash_outside=self.cash_outside + assets,
        )
        liquid = post.borrow_assets <= self.supply_assets
        return require(
            inconsistent_input=assets > 0, insufficient_collateral=post.healthy(), insufficient_liquidity=liquid
        ).then(post)

    @rule(by="owner")
    def repay(self, assets: Debt) -> Step:
        """The owner pays debt back."""
        shares = self.shares_down(assets)
        return require(inconsistent_input=assets > 0, underflow=shares <= self.owed_shares).then(
            self.after(
                owed_shares=self.owed_shares - shares,
                borrow_shares=self.borrow_shares - shares,
                borrow_assets=maximum(0, self.borrow_assets - assets),
                cash_outside=self.cash_outside - assets,
            )
        )

    @rule(by="owner")
    def repay_shares(self, shares: Shares) -> Step:
        """The owner pays so many shares of debt back."""
        paid = self.assets_up(shares)
        return require(
            inconsistent_input=shares > 0, underflow=(shares <= self.owed_shares) & (shares <= self.borrow_shares)
        ).then(
            self.after(
                owed_shares=self.owed_shares - shares,
                borrow_shares=self.borrow_shares - shares,
                borrow_assets=maximum(0, self.borrow_assets - paid),
                cash_outside=self.cash_outside - paid,
            )
        )

    @rule(by="anyone")
    def others_act(self, assets: Debt, shares: Shares) -> Step:
        """Other borrowers borrow and repay, after which so many assets and shares are borrowed in all."""
        return require(self.may_be_left(assets, shares), assets <= self.supply_assets).then(
            self.after(
                borrow_assets=assets,
                borrow_shares=shares,
                cash_outside=self.cash_outside + (assets - self.borrow_assets),
            )
        )

    @rule(by="anyone")
    def others_default(self, assets: Debt, shares: Shares) -> Step:
        """Other borrowers' debt is written off, after which so many assets and shares are borrowed in all."""
        return require(self.may_be_left(assets, shares), assets <= self.borrow_assets).then(
            self.after(
                borrow_assets=assets,
                borrow_shares=shares,
                supply_assets=self.supply_assets - (self.borrow_assets - assets),
            )
        )

    def may_be_left(self, assets: Real, shares: Real) -> Bool:
        """Whether others may leave so much borrowed: no act of theirs makes a share dearer."""
        dearer = (assets + VIRTUAL_ASSETS) * (self.borrow_shares + VIRTUAL_SHARES)
        return all_of(
            shares >= self.owed_shares,
            shares / VIRTUAL_SHARES <= assets / VIRTUAL_ASSETS,
            dearer <= (self.borrow_assets + VIRTUAL_ASSETS) * (shares + VIRTUAL_SHARES),
        )

    @rule(by="anyone")
    def accrue_interest(self, rate: Rate, elapsed: Seconds) -> Step:
        """Interest at the rate that the market's model asks for is compounded by three terms; part of it is a fee."""
        first = rate * elapsed
        second = down(first * first / 2, 18)
        interest = down(self.borrow_assets * (first + second + down(second * first / 3, 18)))
        grown = self.after(borrow_assets=self.borrow_assets + interest, supply_assets=self.supply_assets + interest)
        fee = down(interest * self.fee)
        shares = down(fee * (self.supply_shares + VIRTUAL_SUPPLY) / (grown.supply_assets - fee + VIRTUAL_ASSETS))
        return require(elapsed > 0).then(
            grown.after(supply_shares=self.supply_shares + shares, fee_shares=self.fee_shares + shares)
        )

    @assumption(on=accrue_interest)
    def no_interest(self) -> Bool:
        """No interest accrues."""
        return self.bears_interest

    @assumption(on=(withdraw_collateral, borrow))
    def frozen_book(self) -> Bool:
        """No collateral is withdrawn and no debt drawn after the start."""
        return self.book.may_take_risk()

    @assumption(on=supply_collateral)
    def no_top_up(self) -> Bool:
        """No collateral is added after the start: what is added could be sold."""
        return self.book.may_top_up()

    @assumption(on=(repay, repay_shares))
    def no_repayment(self) -> Bool:
        """No debt is paid back by its owner after the start."""
        return self.book.may_repay()
