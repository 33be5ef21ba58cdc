"""Debt is repaid for collateral at a discount that grows with ill health: what both versions of Euler have in common.

Source: euler-xyz/euler-contracts 24da0f2d, ``modules/Liquidation.sol``, and euler-xyz/euler-vault-kit 5b98b420,
``EVault/modules/Liquidation.sol``: the discount is what health lacks of one, up to a limit. Of collateral and borrow
factor only their product counts, the threshold here; who takes over debt pays it at once.
"""

from fractions import Fraction

from verifier.language import (
    RATIO,
    Bool,
    Q,
    Real,
    Step,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
    generic,
    implies,
    invariant,
    lemma,
    maximum,
    minimum,
    param,
    require,
    rule,
    state,
    where,
)

from .bands import root_below
from .bonus import WithinASpread
from .loans import Loan
from .oracles import Spot
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .shocks import Slide
from .units import Debt, DebtFlow, Ratio, exactly


class HealthDiscount(WithinASpread, Loan):
    """Anyone repays an unhealthy position's debt for collateral, the cheaper the worse its health."""

    max_discount: Ratio = param

    reserve_cash: DebtFlow = state(0, tally=True)

    @assumption
    def discount_is_a_share(self) -> Bool:
        """Collateral is never given away."""
        return (self.max_discount >= 0) & (self.max_discount < 1)

    def health(self) -> Real:
        return down(self.health_value() / self.debt, 18)

    def widest_spread(self) -> Real:
        return 1 / (1 - self.max_discount)

    def surcharge(self) -> Real:
        """What the discount is more than health lacks of one."""
        return amount(0, RATIO)

    def share_at(self, health: Real) -> Real:
        """What a liquidator pays per value of collateral at this health: one less the discount."""
        return maximum(1 - self.max_discount, health - self.surcharge())

    def paid_share(self) -> Real:
        return self.share_at(self.health())

    def lowest_health(self) -> Real:
        """The lowest to which the shock takes anybody before keepers act."""
        shock = self.market.shock
        least = (1 - shock.bound) * self.book.floor()
        return maximum(least, 1 - self.overrun()) if isinstance(shock, Slide) else least

    def pays_in_full(self, health: Real) -> Bool:
        """Whether all collateral of a position of this health pays its debt: then no part of it makes health worse."""
        return health * self.share_at(health) >= self.liquidation_threshold

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """Nothing while collateral pays in full; else at the largest discount, to which slices lead if nothing else."""
        loss = self.loss_beyond(self.liquidation_threshold * self.widest_spread())
        return None if loss is None else where(self.pays_in_full(self.lowest_health()), 0, loss)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """At most the largest discount on everything; who gets that has little left, so that it is less in truth."""
        return self.dearest_whole(1 - self.max_discount)

    def frontier(self) -> Fraction | None:
        """The lowest health at which collateral pays in full, rounded up: a root of x·(x - surcharge) = threshold."""
        numbers = exactly(self.liquidation_threshold, self.surcharge(), self.max_discount)
        if numbers is None:
            return None
        threshold, surcharge, discount = numbers
        root = (surcharge + root_below(surcharge**2 + 4 * threshold) + Q("0.000001")) / 2
        return min(root, threshold / (1 - discount), Q(1))

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """A drop to the frontier of health at which collateral pays in full, and every slide that keeps above it."""
        lowest = self.frontier()
        if lowest is None or type(self.oracle) is not Spot:
            return None
        drop = 1 - lowest / self.book.floor()
        if not isinstance(self.market.shock, Slide):
            return drop
        return where(self.pays_in_full(1 - self.overrun()), amount(1, RATIO), drop)

    def allowed(self, post: "HealthDiscount") -> Bool:
        """Whether a liquidation may lead there."""
        return post.debt <= self.debt

    def fee(self, repaid: Real) -> Real:
        """What a liquidator pays to the reserve, on top of what it repays."""
        return 0 * repaid

    def written_off(self, owed: Real, left: Real) -> Real:
        """The debt that is lost when so much is owed and so much collateral left."""
        return where(left == 0, owed, 0)

    @rule(by="liquidator")
    def liquidate(self, offer: Debt) -> Step:
        """Anyone repays debt, up to what all of the collateral is sold for, as far as that is allowed."""
        price, share = self.oracle.quote(), self.paid_share()
        most = down(self.collateral * price * share)
        repaid = minimum(offer, self.debt, most)
        left = where(repaid == most, 0, self.collateral - down(repaid / share / price))
        owed, fee = self.debt - repaid, self.fee(repaid)
        lost = self.written_off(owed, left)
        post = self.after(
            collateral=left,
            debt=owed - lost,
            deficit=self.deficit + lost,
            liquidator_collateral=self.liquidator_collateral + (self.collateral - left),
            liquidator_cash=self.liquidator_cash - (repaid + fee),
            pool_cash=self.pool_cash + repaid,
            reserve_cash=self.reserve_cash + fee,
        )
        return require(offer > 0, self.liquidatable(), self.collateral > 0, self.allowed(post)).then(
            post, self.market.sell(self.collateral - left)
        )

    @invariant(on=liquidate)
    def liquidators_pay_all_but_the_discount(self, post: "HealthDiscount") -> Bool:
        """Who seizes collateral pays at least its value less the largest discount."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        paid = self.liquidator_cash - post.liquidator_cash
        return paid >= (1 - self.max_discount) * taken * self.oracle.quote()

    @invariant(on=liquidate)
    def slices_get_no_cheaper(self, post: "HealthDiscount") -> Bool:
        """After a liquidation the next one pays at least as much per value of collateral: slicing brings nothing."""
        return implies(post.debt > 0, post.paid_share() >= self.paid_share())

    @lemma
    def health_is_at_least_what_the_drawdown_leaves(self) -> Bool:
        return (1 - self.market.shock.bound) * self.debt <= self.health_value()


NINE_TENTHS = Q("0.9")
"""The loan-to-value at the frontier of health, in both designs."""


def nine_tenths_are_paid_this_side_of_the_frontier(it: HealthDiscount) -> Bool:
    price, collateral, debt = it.market.price(), at_start(it.collateral), at_start(it.debt)
    covered = (it.deficit == 0) & (it.debt <= NINE_TENTHS * it.collateral * price) & (it.collateral <= collateral)
    paid = NINE_TENTHS * (collateral - it.collateral) * price <= debt - it.debt
    return implies(debt <= NINE_TENTHS * collateral * price, covered & paid)


borrower_loss_cap_of_a_tenth = generic(
    name="borrower_loss_cap", lemmas=(nine_tenths_are_paid_this_side_of_the_frontier,)
)(borrower_loss_cap.function)
