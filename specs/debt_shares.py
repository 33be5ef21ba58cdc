"""Debt that is counted in shares of all that is borrowed: what shares are worth, and what a position may owe.

Source: morpho-org/morpho-blue 1.0.0 (3085651a), ``SharesMathLib.sol``, ``ConstantsLib.sol``, ``MathLib.sol`` and
``Morpho.sol`` (``_isHealthy``). Quantities are in whole tokens; the fixed-point reading has the contract's integers for
a collateral of 18 and a loan of 6 decimals, and for any others if its whole numbers are read as theirs.
"""

from typing import Annotated, Any

from verifier.language import (
    RATIO,
    Bool,
    Q,
    Real,
    all_of,
    amount,
    assumption,
    base,
    down,
    minimum,
    param,
    state,
    up,
)

from .bonus import AtOneSpread
from .books import Still
from .shocks import Drawdown
from .units import DEBT, PRICE, SECONDS, Collateral, CollateralFlow, Debt, DebtFlow, Ratio

SHARES = base("share", decimals=12)
SUPPLY_SHARES = base("supply share", decimals=12)
Shares = Annotated[Real, SHARES]
SupplyShares = Annotated[Real, SUPPLY_SHARES]
Scaled = Annotated[Real, PRICE.kept_to(24)]  # 36 decimals between the smallest units of 6 and of 18 decimals
Rate = Annotated[Real, (RATIO / SECONDS).kept_to(18)]

VIRTUAL_ASSETS = amount(Q("0.000001"), DEBT)  # one unit, and a million shares
VIRTUAL_SHARES = amount(Q("0.000001"), SHARES)
VIRTUAL_SUPPLY = amount(Q("0.000001"), SUPPLY_SHARES)


class ScaledDrawdown(Drawdown):
    """A drawdown of a price that the market's oracle states with so many decimals."""

    price: Scaled = state(like=2000)
    peak: Scaled = state()


class DebtShares(AtOneSpread):
    """A market and one of its positions, whose debt is counted in shares of all that is borrowed.

    The liquidation threshold is the market's LLTV.
    """

    cursor: Ratio = param  # how much of what the threshold leaves is the liquidator's
    most_incentive: Ratio = param

    fee: Ratio = param(0)  # the protocol's share of interest
    bears_interest: Bool = param(False)

    collateral: Collateral = state(like=10)
    borrow_assets: Debt = state()
    borrow_shares: Shares = state()
    owed_shares: Shares = state()
    supply_assets: Debt = state()
    supply_shares: SupplyShares = state()
    fee_shares: SupplyShares = state(0, tally=True)
    deficit: Debt = state(0, tally=True)

    collateral_outside: CollateralFlow = state(0, tally=True)
    cash_outside: DebtFlow = state(0, tally=True)

    @assumption
    def threshold_and_incentive_are_shares(self) -> Bool:
        """LLTV and cursor are below one, and the highest incentive is at least one."""
        return (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold < 1)
            & (self.cursor >= 0)
            & (self.cursor < 1)
            & (self.most_incentive >= 1)
        )

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @assumption(on="start")
    def part_of_the_market(self) -> Bool:
        """The position's shares are among the market's, none of which is worth less than the first one."""
        worth = self.borrow_shares / VIRTUAL_SHARES <= self.borrow_assets / VIRTUAL_ASSETS
        return (self.owed_shares <= self.borrow_shares) & worth

    @assumption(on="start")
    def borrowed_from_suppliers(self) -> Bool:
        """No more is borrowed than was supplied."""
        return self.borrow_assets <= self.supply_assets

    # Arithmetic of shares.

    def assets_up(self, shares: Real) -> Real:
        return up(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def assets_down(self, shares: Real) -> Real:
        return down(shares * (self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def shares_up(self, assets: Real) -> Real:
        return up(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    def shares_down(self, assets: Real) -> Real:
        return down(assets * (self.borrow_shares + VIRTUAL_SHARES) / (self.borrow_assets + VIRTUAL_ASSETS))

    @property
    def debt(self) -> Real:
        """What the position's shares are worth, rounded up."""
        return self.assets_up(self.owed_shares)

    def health_value(self) -> Real:
        """The most that the position may owe."""
        return down(down(self.collateral * self.oracle.quote()) * self.liquidation_threshold)

    def healthy(self) -> Bool:
        return self.debt <= self.health_value()

    def incentive(self) -> Real:
        """What is seized is worth so many times what is repaid."""
        margin = down(self.cursor * (1 - self.liquidation_threshold), 18)
        return minimum(self.most_incentive, down(1 / (1 - margin), 18))

    def widest_spread(self) -> Real:
        return self.incentive()

    def stays_put(self) -> bool:
        return isinstance(self.book, Still)

    def due(self) -> Bool:
        """Whether there is surely something for a liquidator to do: who is unhealthy before rounding is so after it."""
        unhealthy = self.owed() > self.worth(self.oracle.quote()) * self.liquidation_threshold
        return self.oracle.fresh() & unhealthy & (self.collateral > 0)

    def totals(self) -> tuple[Real, ...]:
        """Collateral inside and outside of the contract, and the loan token that is neither lent out nor outside."""
        return (self.collateral + self.collateral_outside, self.supply_assets - self.borrow_assets + self.cash_outside)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "collateral": self.collateral,
            "debt": self.debt,
            "may owe": self.health_value(),
            "borrowed by all": self.borrow_assets,
            "written off": self.deficit,
        }

    # Before rounding.

    def exact_debt(self) -> Real:
        return self.owed_shares * ((self.borrow_assets + VIRTUAL_ASSETS) / (self.borrow_shares + VIRTUAL_SHARES))

    def owed(self) -> Real:
        """What the position owes before rounding, times all shares: cleared of its divisor."""
        return self.owed_shares * (self.borrow_assets + VIRTUAL_ASSETS)

    def worth(self, price: Real) -> Real:
        """What the collateral is worth at a price before rounding, times all shares."""
        return self.collateral * price * (self.borrow_shares + VIRTUAL_SHARES)

    def stored(self) -> Bool:
        """Whether amounts are as the contract stores them and shares part of all, in a state that is reached or not."""
        amounts = (self.collateral, self.owed_shares, self.borrow_assets, self.borrow_shares, self.oracle.quote())
        return all_of(*(amount >= 0 for amount in amounts), self.owed_shares <= self.borrow_shares)

    def covered(self, price: Real | None = None) -> Bool:
        """Whether the collateral is worth the debt and the incentive, at a price or now, before rounding."""
        return self.owed() * self.incentive() <= self.worth(self.oracle.quote() if price is None else price)
