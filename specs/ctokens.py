"""cTokens: shares of all that a market holds, which count for a truncated part of it where health is checked.

Source: @venusprotocol/venus-protocol 0.7.0, ``ComptrollerG5.sol`` (``getHypotheticalAccountLiquidityInternal``),
``VToken.sol`` (``exchangeRateStoredInternal``, ``borrowBalanceStoredInternal``) and ``ExponentialNoError.sol``, a fork
of compound-finance/compound-protocol (a3214f67). Each truncation is the contract's. Quantities are in whole tokens; the
fixed-point reading has the contract's integers for a collateral of 18, a loan of 6 and a cToken of 8 decimals, and for
any others if its whole numbers are read as theirs. One position has one collateral and one debt.
"""

from typing import Annotated, Any

from verifier.language import (
    RATIO,
    Bool,
    Real,
    all_of,
    amount,
    assumption,
    base,
    down,
    param,
    state,
)

from .bonus import AtOneSpread
from .books import Still
from .shocks import Drawdown
from .units import DEBT, PRICE, Collateral, Debt, Ratio

CTOKENS = base("ctoken", decimals=8)
BLOCKS = base("block", decimals=0)
CTokens = Annotated[Real, CTOKENS]
Blocks = Annotated[Real, BLOCKS]
Rate = Annotated[Real, (RATIO / BLOCKS).kept_to(18)]
Mantissa = Annotated[Real, PRICE.kept_to(18)]  # 36 decimals less those of the token
DebtMantissa = Annotated[Real, RATIO.kept_to(30)]
EXCHANGE, VALUE, PER_REPAID = 28, 18, 20  # decimals of what the contract keeps as 18 between the smallest units


class MantissaDrawdown(Drawdown):
    """A drawdown of a price with as many decimals as the comptroller's oracle states for a token of 18."""

    price: Mantissa = state(like=2000)
    peak: Mantissa = state()


class CTokenPosition(AtOneSpread):
    """A position with cTokens of one market and a debt of another one.

    The liquidation threshold is the collateral factor.
    """

    liquidation_incentive: Ratio = param  # what is seized is worth so many times what is repaid
    close_factor: Ratio = param  # share of the debt that one liquidation may repay
    reserve_factor: Ratio = param(0)  # the protocol's share of interest
    debt_price: DebtMantissa = param(1)  # of the debt token, in units of account
    bears_interest: Bool = param(False)

    token_supply: CTokens = state()
    held_cash: Collateral = state()
    held_borrows: Collateral = state(0)
    held_reserves: Collateral = state(0)

    tokens: CTokens = state(like=10)
    borrow_index: Ratio = state(like=1)
    own_index: Ratio = state(like=1)  # the market's index when the principal was last written down
    principal: Debt = state()
    borrows: Debt = state()
    cash: Debt = state()
    reserves: Debt = state(0)

    @assumption
    def factors_are_shares(self) -> Bool:
        """Collateral and close factor are shares, the incentive and the debt token's price are positive."""
        return (
            (self.liquidation_threshold > 0)
            & (self.liquidation_threshold < 1)
            & (self.close_factor > 0)
            & (self.close_factor <= 1)
            & (self.liquidation_incentive >= 1)
            & (self.debt_price > 0)
        )

    @assumption(on="start")
    def healthy_at_the_start(self) -> Bool:
        """The position's health factor is at least the book's floor."""
        return (self.debt_value() * self.book.floor() <= self.health_value()) & self.book.holds(self.collateral)

    @assumption(on="start")
    def markets_are_open(self) -> Bool:
        """Indices have begun, the position is part of both markets, and others hold cTokens of some worth."""
        return (
            (self.own_index > 0)
            & (self.own_index <= self.borrow_index)
            & (self.tokens < self.token_supply)
            & (self.backing() > 0)
            & (self.debt <= self.borrows)
        )

    # What a position holds and owes.

    def backing(self) -> Real:
        """What all cTokens of the collateral's market stand for."""
        return self.held_cash + self.held_borrows - self.held_reserves

    def exchange_rate(self) -> Real:
        return down(self.backing() / self.token_supply, EXCHANGE)

    @property
    def collateral(self) -> Real:
        """What the position's cTokens stand for."""
        return self.tokens * self.exchange_rate()

    @property
    def debt(self) -> Real:
        return down(self.principal * self.borrow_index / self.own_index)

    @property
    def deficit(self) -> Real:
        """Nothing is ever written off."""
        return amount(0, DEBT)

    def per_token(self) -> Real:
        """What one cToken counts for, in two truncating products."""
        return down(down(self.liquidation_threshold * self.exchange_rate(), EXCHANGE) * self.oracle.quote(), EXCHANGE)

    def health_value(self) -> Real:
        return down(self.per_token() * self.tokens, VALUE)

    def debt_value(self, debt: Real | None = None) -> Real:
        return down(self.debt_price * (self.debt if debt is None else debt), VALUE)

    def healthy(self) -> Bool:
        return self.debt_value() <= self.health_value()

    def widest_spread(self) -> Real:
        return self.liquidation_incentive

    def stays_put(self) -> bool:
        return isinstance(self.book, Still)

    def exact_debt(self) -> Real:
        return self.principal * (self.borrow_index / self.own_index)

    def due(self) -> Bool:
        """Whether there is something for a liquidator to do, before truncation."""
        unhealthy = self.owed() > self.worth(self.oracle.quote()) * self.liquidation_threshold
        return self.oracle.fresh() & unhealthy & (self.tokens > 0)

    def columns(self) -> dict[str, Any]:
        """What a run shows."""
        return {
            "price": self.market.price(),
            "cTokens": self.tokens,
            "collateral": self.collateral,
            "debt": self.debt,
            "debt's value": self.debt_value(),
            "may owe": self.health_value(),
        }

    # Before truncation. Claims of no step speak of any state of two open markets, whether it can be reached or not.

    def are_open(self) -> Bool:
        """Whether both markets have begun, and quantities are as the contract stores them."""
        return all_of(self.own_index > 0, self.token_supply > 0, self.tokens >= 0, self.principal >= 0)

    def owed(self) -> Real:
        """The value of what is owed before truncation, times the divisors of debt and exchange rate."""
        return self.debt_price * self.principal * self.borrow_index * self.token_supply

    def worth(self, price: Real) -> Real:
        """What the collateral is worth at a price before truncation, times the same divisors."""
        return self.tokens * self.backing() * price * self.own_index
