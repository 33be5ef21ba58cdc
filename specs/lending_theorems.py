"""What a published theory says of lending pools, whatever their users do.

Source: M. Bartoletti and E. Lipparini, "A theory of lending protocols in DeFi", arXiv 2506.15295: under their numbers,
its lemmas and theorems 3.2 to 4.2, and 5.1. Two statements need more words than their titles: 3.4, since a redeem of
the last credit sets the exchange rate back to 1, and 3.6, since only the sum of all users' net worth is preserved by
accruals and liquidations, not that of each.
"""

from typing import Any

from verifier.language import Bool, Real, implies, invariant

from .credit_pool import CreditPool
from .units import Debt, Ratio

ACTS = (CreditPool.deposit, CreditPool.borrow, CreditPool.repay, CreditPool.redeem)
LIQUIDATIONS = (CreditPool.liquidate, CreditPool.liquidate_debt, CreditPool.liquidate_credits)


class LendingPool(CreditPool):
    """One token's pool, one of its users, and what is known of both."""

    @invariant(on="every rule")
    def reserves_are_never_overdrawn(self, post: "LendingPool") -> Bool:
        """No step pays out more than is there."""
        return post.reserves >= 0

    @invariant(on="every rule")
    def rate_changes_by_interest_only(self, post: "LendingPool") -> Bool:
        """Lemma 3.4: while credits remain, the exchange rate rises by debt per credit times the interest, if any."""
        interest = self.debts * (post.index - self.index)
        kept = post.rate() * self.credits == self.rate() * self.credits + interest
        return implies((self.credits > 0) & (post.credits > 0), kept)

    @invariant(on="every rule")
    def rate_never_falls(self, post: "LendingPool") -> Bool:
        """Lemma 3.4 without its exception: no step lowers the exchange rate."""
        return post.rate() >= self.rate()

    @invariant(on=ACTS)
    def own_acts_preserve_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 for each user: nobody's net worth changes by anybody's deposit, borrow, repayment or redeem."""
        return post.own_worth() == self.own_worth()

    @invariant(on=(*ACTS, CreditPool.accrue, *LIQUIDATIONS))
    def total_net_worth_is_preserved(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 for all users: the sum of their net worth changes by price updates only."""
        return post.worth() == self.worth()

    @invariant(on=CreditPool.accrue)
    def accrual_preserves_own_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 read as "each user's": an accrual changes nobody's net worth."""
        return post.own_worth() == self.own_worth()

    @invariant(on=CreditPool.liquidate)
    def liquidation_preserves_own_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 read as "each user's": the liquidation of an unhealthy user changes nobody's net worth."""
        debtor = ~self.healthy() & (post.own_debts < self.own_debts)
        return implies(debtor, post.own_worth() == self.own_worth())

    @invariant(on=CreditPool.reprice)
    def price_preserves_total_net_worth(self, post: "LendingPool") -> Bool:
        """Theorem 3.6 with price updates: a new price does not change the sum of net worth."""
        return post.worth() == self.worth()

    @invariant(on=(CreditPool.liquidate, CreditPool.liquidate_credits))
    def who_gets_credits_gains(self, post: "LendingPool") -> Bool:
        """Theorem 4.1: who gets credits gains, who loses them loses: (1 - 1/reward) of their value."""
        got = (post.own_credits - self.own_credits) * self.rate() * self.price
        return (post.own_worth() - self.own_worth()) * self.reward == got * (self.reward - 1)

    @invariant(on=CreditPool.liquidate_debt)
    def who_gets_credits_elsewhere_gains(self, post: "LendingPool") -> Bool:
        """Theorem 4.1 where what is seized is in another token."""
        got = post.own_elsewhere - self.own_elsewhere
        return (post.own_worth() - self.own_worth()) * self.reward == got * (self.reward - 1)

    @invariant(on=CreditPool.liquidate)
    def liquidators_gain(self, post: "LendingPool") -> Bool:
        """Theorem 4.1 as an inequality: who pays another's debt is better off."""
        return implies(post.own_wallet < self.own_wallet, post.own_worth() > self.own_worth())

    @invariant(on=CreditPool.reprice)
    def gain_from_a_price(self, post: "LendingPool") -> Bool:
        """Theorem 4.2: a price change gains a user what it has of the token, less what it owes, times the change."""
        tokens = self.own_wallet + self.own_credits * self.rate() - self.own_debts * self.index
        return post.own_worth() - self.own_worth() == tokens * (post.price - self.price)

    def own_worth_after(self, interest: Real) -> Real:
        """The user's net worth once this interest has accrued."""
        accrued: Any = self.accrue(interest).posts[0]
        worth: Real = accrued.own_worth()
        return worth

    @invariant(on=(CreditPool.deposit, CreditPool.repay))
    def paying_in_before_interest_gains(self, post: "LendingPool", share: Ratio) -> Bool:
        """Theorem 5.1: who deposits or repays before interest has no less after it than without the act."""
        own = post.own_wallet != self.own_wallet
        return implies(own & (share > 0), post.own_worth_after(share) >= self.own_worth_after(share))

    @invariant(on=(CreditPool.borrow, CreditPool.redeem))
    def taking_out_before_interest_loses(self, post: "LendingPool", share: Ratio) -> Bool:
        """Theorem 5.1: who borrows or redeems before interest has no more after it than without the act."""
        own = post.own_wallet != self.own_wallet
        return implies(own & (share > 0), post.own_worth_after(share) <= self.own_worth_after(share))

    # Health, in this token alone.

    def own_claim(self) -> Real:
        """What the user's credits are worth, in tokens."""
        return self.own_credits * self.rate()

    def healthy(self) -> Bool:
        """Whether the user owes at most the threshold's share of its credits."""
        return self.own_debts * self.index <= self.threshold * self.own_claim()

    @invariant(on=CreditPool.liquidate)
    def health_rises_above_the_reward(self, post: "LendingPool") -> Bool:
        """A liquidation raises health exactly if the credits are worth more than ``reward`` times the debt."""
        rises = post.own_claim() * self.own_debts > self.own_claim() * post.own_debts
        above = self.own_claim() > self.reward * self.own_debts * self.index
        return implies(post.own_debts < self.own_debts, (rises & above) | (~rises & ~above))

    @invariant(on=CreditPool.liquidate)
    def liquidation_improves_health(self, post: "LendingPool") -> Bool:
        """A liquidation never lowers the health of an unhealthy debtor."""
        debtor = ~self.healthy() & (post.own_debts < self.own_debts)
        return implies(debtor, post.own_claim() * self.own_debts >= self.own_claim() * post.own_debts)

    @invariant
    def deposit_and_redeem_gains_nothing(self, act: Debt) -> Bool:
        """Whoever deposits and redeems at once gets back what was paid in, and no more."""
        there = self.deposit(act)
        used: Any = there.posts[0]
        back = used.redeem(used.credits - self.credits)
        again: Any = back.posts[0]
        return implies(there.enabled() & back.enabled(), again.own_wallet == self.own_wallet)

    @invariant(exits=(CreditPool.redeem,))
    def redeem_is_enabled(self) -> Bool:
        """Whoever has credits can redeem them all."""
        return implies(self.own_credits > 0, self.redeem(self.own_credits).enabled())
