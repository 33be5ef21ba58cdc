"""Two markets of cTokens: liquidation up to the close factor, what owners do, and simple interest.

Source: @venusprotocol/venus-protocol 0.7.0, ``ComptrollerG5.sol`` and ``VToken.sol``, a fork of
compound-finance/compound-protocol (a3214f67) that liquidates in the same way. Each truncation is the contract's and
each condition has the name of its error code or of its reason to revert; what cTokens stand for is in ``ctokens.py``.
"""

from verifier.language import Bool, Real, Step, assumption, down, require, rule

from .ctokens import EXCHANGE, PER_REPAID, VALUE, Blocks, CTokenPosition, CTokens, Rate
from .units import Collateral, Debt


class CTokenMarkets(CTokenPosition):
    """A position of which anyone may repay a part while it is unhealthy."""

    # Liquidation.

    def seize_tokens(self, repaid: Real) -> Real:
        """The cTokens for what is repaid, by three truncating divisions and a truncating product."""
        worth = down(self.liquidation_incentive * self.debt_price, 30)
        price = down(self.oracle.quote() * self.exchange_rate(), EXCHANGE)
        return down(down(worth / price, PER_REPAID) * repaid)

    @rule(by="liquidator")
    def liquidate_borrow(self, repaid: Debt) -> Step:
        """Anyone repays up to the close factor's share of an unhealthy position's debt and takes its cTokens."""
        seized = self.seize_tokens(repaid)
        return require(
            self.oracle.fresh(),
            price_error=self.oracle.quote() > 0,
            insufficient_shortfall=~self.healthy(),
            too_much_repay=repaid <= down(self.close_factor * self.debt),
            invalid_close_amount_requested=repaid > 0,
            repay_borrow_new_total_balance_calculation_failed=repaid <= self.borrows,
            liquidate_seize_too_much=seized <= self.tokens,
        ).then(
            self.after(
                principal=self.debt - repaid,
                own_index=self.borrow_index,
                borrows=self.borrows - repaid,
                cash=self.cash + repaid,
                tokens=self.tokens - seized,
            ),
            self.market.sell(seized * self.exchange_rate()),
        )

    # The owner, other holders of cTokens, and time.

    @rule(by="owner")
    def mint(self, given: Collateral) -> Step:
        """The owner adds collateral and gets cTokens."""
        made = down(given / self.exchange_rate())
        return require().then(
            self.after(
                tokens=self.tokens + made, token_supply=self.token_supply + made, held_cash=self.held_cash + given
            )
        )

    @rule(by="owner")
    def redeem(self, units: CTokens) -> Step:
        """The owner gives cTokens back for collateral, as far as the position stays healthy."""
        paid = down(units * self.exchange_rate())
        kept = self.debt_value() + down(self.per_token() * units, VALUE) <= self.health_value()
        return require(
            units > 0,
            insufficient_liquidity=kept,
            redeem_new_account_balance_calculation_failed=units <= self.tokens,
            token_insufficient_cash=paid <= self.held_cash,
        ).then(
            self.after(
                tokens=self.tokens - units, token_supply=self.token_supply - units, held_cash=self.held_cash - paid
            )
        )

    @rule(by="owner")
    def borrow(self, drawn: Debt) -> Step:
        """The owner draws debt, as far as the position stays healthy."""
        return require(
            insufficient_liquidity=self.debt_value() + self.debt_value(drawn) <= self.health_value(),
            token_insufficient_cash=drawn <= self.cash,
        ).then(
            self.after(
                principal=self.debt + drawn,
                own_index=self.borrow_index,
                borrows=self.borrows + drawn,
                cash=self.cash - drawn,
            )
        )

    @rule(by="owner")
    def repay_borrow(self, paid: Debt) -> Step:
        """The owner pays debt back."""
        return require(
            repay_borrow_new_account_borrow_balance_calculation_failed=paid <= self.debt,
            repay_borrow_new_total_balance_calculation_failed=paid <= self.borrows,
        ).then(
            self.after(
                principal=self.debt - paid,
                own_index=self.borrow_index,
                borrows=self.borrows - paid,
                cash=self.cash + paid,
            )
        )

    @rule(by="anyone")
    def accrue_interest(self, rate: Rate, blocks: Blocks) -> Step:
        """Simple interest is added to the debt market's borrows and index, a part of it to its reserves."""
        factor = rate * blocks
        interest = down(factor * self.borrows)
        return require().then(
            self.after(
                borrows=self.borrows + interest,
                reserves=self.reserves + down(self.reserve_factor * interest),
                borrow_index=self.borrow_index + down(factor * self.borrow_index, 18),
            )
        )

    @rule(by="anyone")
    def accrue_on_collateral(self, rate: Rate, blocks: Blocks) -> Step:
        """The same in the collateral's market, whose cTokens stand for more afterwards."""
        interest = down(rate * blocks * self.held_borrows)
        return require().then(
            self.after(
                held_borrows=self.held_borrows + interest,
                held_reserves=self.held_reserves + down(self.reserve_factor * interest),
            )
        )

    @assumption(on=(accrue_interest, accrue_on_collateral))
    def no_interest(self) -> Bool:
        """No interest accrues."""
        return self.bears_interest

    @assumption(on=(redeem, borrow))
    def frozen_book(self) -> Bool:
        """No collateral is withdrawn and no debt drawn after the start."""
        return self.book.may_take_risk()

    @assumption(on=mint)
    def no_top_up(self) -> Bool:
        """No collateral is added after the start: what is added could be sold."""
        return self.book.may_top_up()

    @assumption(on=repay_borrow)
    def no_repayment(self) -> Bool:
        """No debt is paid back by its owner after the start."""
        return self.book.may_repay()
