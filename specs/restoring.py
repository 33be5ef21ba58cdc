"""Liquidation that restores a position: what one may repay ends where the loan-to-value is back at a target.

Source: the repayment (D - T·C)/(1 - T·s) of debt D against collateral worth C at a spread s, to a loan-to-value of T.
It is the same in Aave v4, in Silo v2 and in Qin, Zhou, Gamito, Jovanovic and Gervais (arXiv 2106.06389).
"""

from verifier.language import Bool, Real, assumption, implies, invariant, minimum, up

from .seizure import BoundedSpread


class Restoring(BoundedSpread):
    """A loan of which one liquidation repays at most what takes it back to the target."""

    def target(self) -> Real:
        """The loan-to-value at which a liquidation ends."""
        raise NotImplementedError

    @assumption
    def target_leaves_room_for_the_bonus(self) -> Bool:
        """The target is below the threshold, and at it the collateral is worth the debt and the largest bonus."""
        return (self.target() <= self.liquidation_threshold) & (self.target() * (1 + self.liquidation_bonus) < 1)

    def beyond_target(self) -> Real:
        """The debt that exceeds the target's share of the collateral's value."""
        return self.debt - self.target() * self.collateral * self.oracle.quote()

    def restoring(self) -> Real:
        """The repayment that takes the position to the target; all of the debt and more where it cannot be reached."""
        return up(self.beyond_target() / (1 - self.target() * self.spread()))

    def close_limit(self) -> Real:
        return minimum(self.debt, self.restoring())

    # What holds of every kind.

    @invariant(on="liquidator")
    def full_repayment_restores(self, post: "Restoring") -> Bool:
        """Who repays what is to be repaid leaves the position exactly at the target."""
        return implies(post.pool_cash - self.pool_cash == self.restoring(), post.beyond_target() == 0)

    @invariant(on="liquidator")
    def never_past_the_target(self, post: "Restoring") -> Bool:
        """No liquidation goes past the target, except one that repays all debt."""
        return (post.beyond_target() >= 0) | (post.debt == 0)

    @invariant(on="liquidator")
    def whole_debt_where_it_is_covered_no_more(self, post: "Restoring") -> Bool:
        """The repayment is more than the debt exactly where the collateral does not cover the debt with its bonus."""
        del post
        uncovered = self.collateral * self.oracle.quote() < self.spread() * self.debt
        return (self.restoring() > self.debt) == uncovered

    @invariant(on="liquidator")
    def splitting_changes_nothing(self, post: "Restoring") -> Bool:
        """After a part is repaid, what is still to be repaid is the rest: in any portions and order the sum is one."""
        rest = self.restoring() - (post.pool_cash - self.pool_cash)
        return (post.collateral == 0) | (post.restoring() == rest)
