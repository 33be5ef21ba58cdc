"""Aave v3.6: rounding against the user, a close factor for large positions only, no dust, and bad debt written off.

Source: aave-dao/aave-v3-origin 3.6.0, ``LiquidationLogic.sol``, ``GenericLogic.sol``, ``ValidationLogic.sol``,
``TokenMath.sol``, ``ScaledBalanceTokenBase.sol`` and ``MathUtils.sol``. The base currency has 8 decimals.
"""

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    all_of,
    amount,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    minimum,
    nearest,
    require,
    rule,
    state,
    up,
    where,
)

from .aave_pool import (
    CALL,
    COLLATERAL,
    DEBT,
    RAY,
    VALUE,
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

LARGE = amount(2000 * 10**8, VALUE)  # from this value on the close factor counts
LEAST = amount(1000 * 10**8, VALUE)  # what is to be left of a position, or nothing


class AaveV36(ScaledPosition):
    """Anyone may repay an unhealthy position's debt, of a large one half of it above a health factor of 0.95."""

    deficit: Debt = state(0, tally=True)

    def debt_balances(self) -> tuple[Real, ...]:
        return (*super().debt_balances(), self.deficit)

    def written_off(self) -> Real:
        return self.deficit

    def compounded(self) -> Real:
        """Three terms of the exponential series."""
        x = down(self.borrow_rate * self.borrow_age / amount(YEAR, SECONDS), RAY)
        return 1 + x + nearest(x * (down(x / 2, RAY) + nearest(x * down(x / 6, RAY), RAY)), RAY)

    def balance(self) -> Real:
        return down(self.scaled_collateral * self.income(), 0)

    def debt(self) -> Real:
        return up(self.scaled_debt * self.normalized_debt(), 0)

    def interest(self) -> Real:
        return down(self.scaled_debt * (self.normalized_debt() - self.borrow_index), 0)

    def worth(self, collateral: Real) -> Real:
        return down(collateral * self.collateral_price / self.collateral_token, 0)

    def owed(self, debt: Real) -> Real:
        return up(debt * self.debt_price / self.debt_token, 0)

    def health_factor(self) -> Real:
        counted = where(self.collateral_enabled, self.worth(self.balance()), 0) * self.liquidation_threshold
        return down(nearest(10000 * counted / self.owed(self.debt()), WAD) / 10000, WAD)

    def unhealthy(self) -> Bool:
        """Without debt nobody is."""
        return (self.debt() > 0) & (self.health_factor() < 1)

    def covered(self, offer: Real) -> Real:
        """How much of the offer counts."""
        owed = self.owed(self.debt())
        large = (self.worth(self.balance()) >= LARGE) & (owed >= LARGE)
        half = down(nearest(owed / 2, 0) * self.debt_token / self.debt_price, 0)
        return minimum(offer, where(large & (self.health_factor() > 0.95), half, self.debt()))

    def taken(self, offer: Real) -> tuple[Real, Real]:
        """What leaves the position with its bonus, and what is repaid for it."""
        covered, balance = self.covered(offer), self.balance()
        base = down(self.debt_price * covered * self.collateral_token / (self.collateral_price * self.debt_token), 0)
        wanted = nearest(base * self.liquidation_bonus, 0)
        value = down(self.collateral_price * balance * self.debt_token / (self.debt_price * self.collateral_token), 0)
        capped = wanted > balance
        return where(capped, balance, wanted), where(capped, up(value / self.liquidation_bonus, 0), covered)

    @rule(by="liquidator")
    def liquidate(self, offer: Debt, receive_shares: Bool) -> Step:
        """Anyone repays debt for collateral of that value and the bonus, as tokens or as shares of the pool."""
        income, index = self.income(), self.normalized_debt()
        debt, balance = self.debt(), self.balance()
        gone, repaid = self.taken(offer)
        fee = nearest((gone - nearest(gone / self.liquidation_bonus, 0)) * self.protocol_fee, 0)
        seized = gone - fee

        enough = (self.owed(debt - repaid) >= LEAST) & (self.worth(balance - gone) >= LEAST)
        nothing_left = self.worth(gone) == self.worth(balance)
        burnt_debt = down(where(nothing_left, debt, repaid) / index, 0)
        burnt = up(seized / income, 0)
        left = self.scaled_collateral - burnt
        scaled_fee = minimum(up(fee / income, 0), left)
        in_tokens = ~receive_shares
        return require(
            health_factor_not_below_threshold=self.unhealthy(),
            collateral_cannot_be_liquidated=self.collateral_enabled,
            must_not_leave_dust=(repaid >= debt) | (gone >= balance) | enough,
            no_debt_burnt=burnt_debt > 0,
            no_collateral_burnt=receive_shares | (burnt > 0),
        ).then(
            self.after(
                scaled_collateral=left - scaled_fee,
                scaled_debt=self.scaled_debt - burnt_debt,
                deficit=self.deficit + where(nothing_left, debt - repaid, 0),
                collateral_enabled=self.collateral_enabled & (gone != balance),
                borrowing=self.borrowing & (burnt_debt != self.scaled_debt),
                borrow_index=index,
                borrow_age=0,
                liquidity_index=income,
                liquidity_age=0,
                liquidator_shares=self.liquidator_shares + where(in_tokens, 0, burnt),
                accrued_to_treasury=self.accrued(),
                treasury_shares=self.treasury_shares + scaled_fee,
                liquidator_collateral=self.liquidator_collateral + where(in_tokens, seized, 0),
                liquidator_cash=self.liquidator_cash - repaid,
                calls=self.calls + CALL,
            )
        )

    @invariant(on=liquidate)
    def balances_fall_by_what_is_taken(self, post: "AaveV36", offer: Debt) -> Bool:
        """The debt falls by what is repaid, or to nothing, and the collateral by what is taken."""
        gone, repaid = self.taken(offer)
        fell = (post.debt() == self.debt() - repaid) | (post.debt() == 0)
        return fell & (post.balance() == self.balance() - gone)

    @invariant
    def debt_falls_by_what_is_repaid_to_a_share(self, repaid: Debt) -> Bool:
        """Rounding a share of debt leaves at most its worth and a unit of what is repaid unpaid, and forgives none."""
        index, unit = self.normalized_debt(), amount(1, DEBT)
        left = up((self.scaled_debt - down(repaid / index, 0)) * index, 0)
        return (index < 1) | ((left >= self.debt() - repaid) & (left < self.debt() - repaid + (index + 1) * unit))

    @invariant
    def balance_falls_by_what_is_taken_to_a_share(self, taken: Collateral) -> Bool:
        """Rounding a share of collateral takes at most its worth and a unit beside what is taken, and no less."""
        index, unit = self.income(), amount(1, COLLATERAL)
        left = down((self.scaled_collateral - up(taken / index, 0)) * index, 0)
        return (index < 1) | ((left <= self.balance() - taken) & (left > self.balance() - taken - (index + 1) * unit))

    @invariant(on=liquidate)
    def no_dust_is_left(self, post: "AaveV36", offer: Debt) -> Bool:
        """What is left of a position is nothing on one side, or worth the least on both."""
        del post
        gone, repaid = self.taken(offer)
        debt, balance = self.debt() - repaid, self.balance() - gone
        large = (self.owed(debt) >= LEAST) & (self.worth(balance) >= LEAST)
        return (debt == 0) | (balance == 0) | large

    @invariant
    def close_factor_can_be_used_up(self, offer: Debt) -> Bool:
        """Whoever offers all of an unhealthy debt repays what the close factor allows."""
        there = self.unhealthy() & self.collateral_enabled & (self.balance() > 0)
        return implies(there & (offer >= self.debt()), self.liquidate(offer, all_of()).enabled())

    @invariant(on=liquidate)
    def deficit_leaves_no_collateral(self, post: "AaveV36") -> Bool:
        """Debt is written off only where no collateral is left."""
        return (post.deficit == self.deficit) | (post.balance() == 0)


class AaveV36WethUsdc(Design, name="aave-v3.6"):
    """Aave v3.6: WETH against USDC."""

    pool = AaveV36(
        collateral_token=10**18,
        debt_token=10**6,
        liquidation_threshold="0.83",
        liquidation_bonus="1.05",
        protocol_fee="0.1",
    )

    proved = (
        AaveV36.who_is_just_healthy_is_safe,
        AaveV36.balances_fall_by_what_is_taken,
        AaveV36.no_dust_is_left,
        AaveV36.deficit_leaves_no_collateral,
        in_fixed(AaveV36.who_is_just_healthy_is_safe),
        AaveV36.what_is_seized_is_paid_for,
        in_fixed(AaveV36.what_is_taken_is_paid_for_to_a_unit),
        in_fixed(AaveV36.no_dust_is_left),
        in_fixed(AaveV36.deficit_leaves_no_collateral),
        in_fixed(AaveV36.debt_falls_by_what_is_repaid_to_a_share),
        in_fixed(AaveV36.balance_falls_by_what_is_taken_to_a_share),
        given(solvency(), fall="0.1285", bears_interest=False),
        given(solvency_to_shares(ahead=0), arithmetic="fixed", fall="0.1284", bears_interest=False),
        in_fixed(numbers_fit(bits=255)),  # one is left for the half that rounding adds
    )
    refuted = {
        given(solvency(), fall="0.129", bears_interest=False): "the threshold with its bonus leaves 12.85 %, not more",
        given(
            AaveV36.close_factor_can_be_used_up, liquidation_threshold="0.965", liquidation_bonus="1.01"
        ): "of 2000 dollars half of such a debt with its bonus leaves less than 1000",
        given(
            AaveV36.balances_fall_by_what_is_taken,
            arithmetic="fixed",
            liquidation_bonus=1,
            liquidation_threshold=1,
            **WITHOUT_INTEREST_OR_FEE,
        ): "a share of debt is worth more than a unit once the index is above 1",
        given(
            AaveV36.what_is_seized_is_paid_for, arithmetic="fixed", collateral_token=10**6, **WITHOUT_INTEREST_OR_FEE
        ): "the bonus is rounded half up, and the liquidator chooses what is rounded",
    }
