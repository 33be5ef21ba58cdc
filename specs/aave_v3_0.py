"""Aave v3.0: liquidation at a fixed bonus with a close factor of a half, every product and quotient rounded half up.

Source: aave/aave-v3-core 1.19.3, ``LiquidationLogic.sol``, ``GenericLogic.sol``, ``ValidationLogic.sol``,
``ScaledBalanceTokenBase.sol``, ``AToken.sol`` and ``MathUtils.sol``. The numbers in names are the pool's error codes.
"""

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    amount,
    down,
    given,
    in_fixed,
    invariant,
    maximum,
    minimum,
    nearest,
    require,
    rule,
    where,
)

from .aave_pool import (
    CALL,
    COLLATERAL,
    DEBT,
    RAY,
    WAD,
    WITHOUT_INTEREST_OR_FEE,
    YEAR,
    Collateral,
    Debt,
    ScaledPosition,
    numbers_fit,
)
from .index_roundings import solvency, solvency_to_shares
from .units import SECONDS


class AaveV30(ScaledPosition):
    """Anyone may repay half of an unhealthy position's debt, or all below a health factor of 0.95."""

    def compounded(self) -> Real:
        """Three terms of the binomial series."""
        age, rate = self.borrow_age / amount(1, SECONDS), self.borrow_rate
        square = down(nearest(rate * rate, RAY) / YEAR**2, RAY)
        cube = down(nearest(square * rate, RAY) / YEAR, RAY)
        second = down(age * (age - 1) * square / 2, RAY)
        third = down(age * (age - 1) * maximum(age - 2, 0) * cube / 6, RAY)
        return 1 + down(rate * age / YEAR, RAY) + second + third

    def balance(self) -> Real:
        return nearest(self.scaled_collateral * self.income(), 0)

    def debt(self) -> Real:
        return nearest(self.scaled_debt * self.normalized_debt(), 0)

    def interest(self) -> Real:
        return self.debt() - nearest(self.scaled_debt * self.borrow_index, 0)

    def collateral_value(self) -> Real:
        return where(
            self.collateral_enabled, down(self.balance() * self.collateral_price / self.collateral_token, 0), 0
        )

    def debt_value(self) -> Real:
        return down(self.debt() * self.debt_price / self.debt_token, 0)

    def health_factor(self) -> Real:
        return nearest(nearest(self.collateral_value() * self.liquidation_threshold, 0) / self.debt_value(), WAD)

    def unhealthy(self) -> Bool:
        """Without debt, by value, nobody is."""
        return (self.debt_value() > 0) & (self.health_factor() < 1)

    def covered(self, offer: Real) -> Real:
        """How much of the offer counts."""
        limit = where(self.health_factor() > 0.95, nearest(self.debt() / 2, 0), self.debt())
        return minimum(offer, limit)

    def worth_of(self, repaid: Real) -> Real:
        """So much debt in collateral."""
        return down(self.debt_price * repaid * self.collateral_token / (self.collateral_price * self.debt_token), 0)

    def taken(self, offer: Real) -> tuple[Real, Real]:
        """What leaves the position with its bonus, and what is repaid for it."""
        covered, balance = self.covered(offer), self.balance()
        wanted = nearest(self.worth_of(covered) * self.liquidation_bonus, 0)
        value = down(self.collateral_price * balance * self.debt_token / (self.debt_price * self.collateral_token), 0)
        capped = wanted > balance
        return (
            where(capped, balance, wanted),
            where(capped, nearest(value / self.liquidation_bonus, 0), covered),
        )

    @rule(by="liquidator")
    def liquidate(self, offer: Debt, receive_shares: Bool) -> Step:
        """Anyone repays debt for collateral of that value and the bonus, as tokens or as shares of the pool."""
        income, index = self.income(), self.normalized_debt()
        gone, repaid = self.taken(offer)
        bonus = gone - nearest(gone / self.liquidation_bonus, 0)
        fee = nearest(bonus * self.protocol_fee, 0)
        seized = gone - fee

        burnt_debt, burnt = nearest(repaid / index, 0), nearest(seized / income, 0)
        left = self.scaled_collateral - burnt
        scaled_fee = minimum(nearest(fee / income, 0), left)
        in_tokens = ~receive_shares
        return require(
            healthy_45=self.unhealthy(),
            not_collateral_46=self.collateral_enabled,
            nothing_repaid_25=burnt_debt > 0,
            nothing_seized_25=receive_shares | (burnt > 0),
            underflow=burnt_debt <= self.scaled_debt,
        ).then(
            self.after(
                scaled_collateral=left - scaled_fee,
                scaled_debt=self.scaled_debt - burnt_debt,
                collateral_enabled=self.collateral_enabled & (seized + fee != self.balance()),
                borrowing=self.borrowing & (repaid != self.debt()),
                borrow_index=index,
                borrow_age=0,
                liquidity_index=where(in_tokens, income, self.liquidity_index),
                liquidity_age=where(in_tokens, 0, self.liquidity_age),
                liquidator_shares=self.liquidator_shares + where(in_tokens, 0, burnt),
                accrued_to_treasury=self.accrued(),
                treasury_shares=self.treasury_shares + scaled_fee,
                liquidator_collateral=self.liquidator_collateral + where(in_tokens, seized, 0),
                liquidator_cash=self.liquidator_cash - repaid,
                calls=self.calls + CALL,
            )
        )

    @invariant
    def debt_falls_by_what_is_repaid_to_half_a_share(self, repaid: Debt) -> Bool:
        """Rounding a share of debt half up makes at most half of its worth and a unit of difference to what is left."""
        index = self.normalized_debt()
        left = nearest((self.scaled_debt - nearest(repaid / index, 0)) * index, 0)
        most, wanted = (index / 2 + 1) * amount(1, DEBT), self.debt() - repaid
        return (index < 1) | ((left - wanted <= most) & (wanted - left <= most))

    @invariant
    def balance_falls_by_what_is_taken_to_half_a_share(self, taken: Collateral) -> Bool:
        """The same of collateral and what is taken of it."""
        index = self.income()
        left = nearest((self.scaled_collateral - nearest(taken / index, 0)) * index, 0)
        most, wanted = (index / 2 + 1) * amount(1, COLLATERAL), self.balance() - taken
        return (index < 1) | ((left - wanted <= most) & (wanted - left <= most))


class AaveV30WethUsdc(Design, name="aave-v3.0"):
    """Aave v3.0.x: WETH against USDC."""

    pool = AaveV30(
        collateral_token=10**18,
        debt_token=10**6,
        liquidation_threshold="0.83",
        liquidation_bonus="1.05",
        protocol_fee="0.1",
    )

    proved = (
        AaveV30.who_is_just_healthy_is_safe,
        in_fixed(AaveV30.who_is_just_healthy_is_safe),
        AaveV30.what_is_seized_is_paid_for,
        in_fixed(AaveV30.what_is_taken_is_paid_for_to_a_unit),
        in_fixed(AaveV30.debt_falls_by_what_is_repaid_to_half_a_share),
        in_fixed(AaveV30.balance_falls_by_what_is_taken_to_half_a_share),
        given(solvency(), fall="0.1285", bears_interest=False),
        given(solvency_to_shares(ahead=1), arithmetic="fixed", fall="0.1284", bears_interest=False),
        in_fixed(numbers_fit(bits=255)),  # one is left for the half that rounding adds
    )
    refuted = {
        given(solvency(), fall="0.129", bears_interest=False): "the threshold with its bonus leaves 12.85 %, not more",
        given(
            AaveV30.what_is_seized_is_paid_for, arithmetic="fixed", collateral_token=10**6, **WITHOUT_INTEREST_OR_FEE
        ): "the bonus is rounded half up, and the liquidator chooses what is rounded",
    }
