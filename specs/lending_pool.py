"""A lending pool of any reward and threshold: all that a published theory says of it, for any number of users.

Source: M. Bartoletti and E. Lipparini, "A theory of lending protocols in DeFi", arXiv 2506.15295: the pool is in
``credit_pool.py``, its lemmas and theorems are in ``lending_theorems.py``.
"""

from verifier.language import ANY, Design, Step, given, in_fixed, require, rule

from .lending_theorems import LendingPool
from .properties import conservation
from .units import Debt


class Pool(Design, name="lending-pool"):
    """One token's pool of any reward and threshold."""

    pool = LendingPool(reward=ANY, threshold=ANY)

    proved = (
        conservation(),
        LendingPool.no_credits_nothing_left,
        LendingPool.rate_is_at_least_one,
        LendingPool.reserves_are_never_overdrawn,
        LendingPool.rate_changes_by_interest_only,
        LendingPool.own_acts_preserve_net_worth,
        LendingPool.total_net_worth_is_preserved,
        LendingPool.who_gets_credits_gains,
        LendingPool.who_gets_credits_elsewhere_gains,
        given(LendingPool.liquidators_gain, reward="1.3"),
        LendingPool.gain_from_a_price,
        LendingPool.paying_in_before_interest_gains,
        LendingPool.taking_out_before_interest_loses,
        LendingPool.health_rises_above_the_reward,
        LendingPool.deposit_and_redeem_gains_nothing,
        *map(in_fixed, (conservation(), LendingPool.rate_is_at_least_one)),
    )
    refuted = {
        given(
            LendingPool.rate_never_falls, lived=True
        ): "the redeem of the last credit sets the rate back to one, by convention",
        LendingPool.accrual_preserves_own_net_worth: "an accrual moves wealth from debtors to lenders",
        given(
            LendingPool.liquidation_preserves_own_net_worth, reward="1.3", threshold="2/3"
        ): "a liquidation moves the reward from debtor to liquidator",
        LendingPool.price_preserves_total_net_worth: "what there is of the token is worth more or less",
        given(LendingPool.liquidators_gain, reward=1): "without a reward nobody gains",
        given(
            LendingPool.liquidation_improves_health, reward="1.3", threshold="2/3"
        ): "below a collateralisation of the reward, more is seized than is repaid",
        LendingPool.redeem_is_enabled: "what is lent out cannot be redeemed",
        given(
            LendingPool.no_credits_nothing_left, arithmetic="fixed", lived=True
        ): "the last redeem is rounded down, and leaves something",
    }


class SwappingPool(LendingPool):
    """The same where users also swap tokens with an exchange, which is none of them."""

    @rule
    def swap(self, sold: Debt) -> Step:
        """Anyone swaps the token for another, at its price."""
        value = sold * self.price
        return require(sold > 0, sold <= self.own_wallet).then(
            self.after(
                wallets=self.wallets - sold,
                own_wallet=self.own_wallet - sold,
                elsewhere=self.elsewhere + value,
                own_elsewhere=self.own_elsewhere + value,
            )
        )


class PoolWithSwaps(Design, name="lending-pool-with-swaps"):
    """The same pool for users who swap tokens with an exchange: net worth is kept, and tokens are not."""

    pool = SwappingPool(reward=ANY, threshold=ANY)

    proved = (LendingPool.total_net_worth_is_preserved, LendingPool.own_acts_preserve_net_worth)
    refuted = {conservation(): "what is swapped away is no longer the users' or the pool's"}
