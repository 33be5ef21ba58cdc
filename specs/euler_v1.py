"""Euler v1: the discount grows with ill health, and a liquidation may only restore a target health.

Source: euler-xyz/euler-contracts 24da0f2d, ``modules/Liquidation.sol`` (discount, repayment to the target, reserve fee)
and ``modules/EToken.sol`` (donateToReserves, which had no health check: the flaw of 13 March 2023). Of collateral and
borrow factor only their product counts, the threshold here. Without the booster for liquidators who are depositors;
who takes over debt pays it at once, and debt that is left without collateral counts as lost.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Real,
    Step,
    assumption,
    down,
    given,
    implies,
    in_fixed,
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

from .books import AnyPosition
from .keepers import Nobody
from .loans import Loan
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    improves_health_up_to,
    liquidation_improves_health,
    oracle_noninterference,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Wick
from .units import Collateral, CollateralFlow, Debt, DebtFlow, Ratio


class HealthDiscount(Loan):
    """Anyone repays an unhealthy position's debt for collateral, the cheaper the worse its health."""

    max_discount: Ratio = param

    reserve_cash: DebtFlow = state(0, tally=True)

    @assumption
    def discount_is_a_share(self) -> Bool:
        """Collateral is never given away."""
        return (self.max_discount >= 0) & (self.max_discount < 1)

    def health(self) -> Real:
        return down(self.health_value() / self.debt, 18)

    def paid_share(self) -> Real:
        """What a liquidator pays per value of collateral: one less the discount."""
        return maximum(1 - self.max_discount, self.health())

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

    @invariant(on="owner")
    def own_acts_keep_health(self, post: "HealthDiscount") -> Bool:
        """Nothing that an owner does makes a healthy position unhealthy."""
        return implies(self.healthy(), post.healthy())

    @lemma
    def was_good_at_the_peak(self) -> Bool:
        return self.debt <= self.liquidation_threshold * self.collateral * self.market.shock.peak

    @lemma
    def health_is_at_least_what_the_drawdown_leaves(self) -> Bool:
        return (1 - self.market.shock.bound) * self.debt <= self.health_value()


class EulerV1(HealthDiscount):
    """A position that is liquidated softly, back to a target health; its owner may donate collateral to the reserve."""

    reserve_fee: Ratio = param  # of what is repaid, on top; the discount at health 1 makes up for it
    target_health: Ratio = param
    checked: Bool = param(True)  # whether a donation must leave the position healthy

    reserve_collateral: CollateralFlow = state(0, tally=True)

    @assumption
    def target_is_healthy(self) -> Bool:
        """The fee is a share, and the target is at least health one."""
        return (self.reserve_fee >= 0) & (self.reserve_fee < 1) & (self.target_health >= 1)

    def paid_share(self) -> Real:
        return maximum(1 - self.max_discount, self.health() - self.reserve_fee)

    def allowed(self, post: HealthDiscount) -> Bool:
        """A liquidation brings health to the target at most; the contract works out the repayment that does."""
        return post.health_value() <= self.target_health * post.debt

    def fee(self, repaid: Real) -> Real:
        return down(self.reserve_fee * repaid)

    @rule(by="owner")
    def donate(self, given: Collateral) -> Step:
        """The owner gives collateral to the reserve."""
        post = self.after(collateral=self.collateral - given, reserve_collateral=self.reserve_collateral + given)
        return require(given > 0, given <= self.collateral, ~self.checked | post.healthy()).then(post)

    @assumption(on=donate)
    def no_donation_when_frozen(self) -> Bool:
        """Nothing is donated where the book is frozen."""
        return self.book.may_take_risk()

    def totals(self) -> tuple[Real, ...]:
        """The same with the reserve's accounts."""
        held, cash, owed = super().totals()
        return (held + self.reserve_collateral, cash + self.reserve_cash, owed)

    @invariant(on=HealthDiscount.liquidate)
    def never_past_the_target(self, post: "EulerV1") -> Bool:
        """No liquidation leaves a position healthier than the target."""
        return self.target_health * post.debt >= post.health_value()


class EulerV1Checked(Design, name="euler-v1"):
    """Euler v1 as it should have been: donations are checked. Threshold 82.8 %; solvent up to where it turns toxic."""

    shock = Drawdown(bound="0.08")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = EulerV1(market=market, oracle=oracle, book=book, liquidation_threshold="0.828", **deployed("euler-v1"))
    keepers = Nobody(pool=pool)

    proved: tuple[Any, ...] = (
        solvency(),
        EulerV1.own_acts_keep_health,
        given(EulerV1.never_past_the_target, shock="0.5"),
        given(EulerV1.liquidators_pay_all_but_the_discount, shock="0.5"),
        improves_health_up_to(loan_to_value="0.9", shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        oracle_noninterference(rules="liquidate withdraw borrow donate"),
        conservation(shock="0.5"),
        in_fixed(conservation(shock="0.5")),
        in_fixed(EulerV1.own_acts_keep_health),
    )
    refuted = {
        solvency(shock="0.0801"): "the discount at this health already costs more than all of the collateral",
        improves_health_up_to(loan_to_value="0.9001", shock="0.5"): "the frontier solves x² + 0.02·x = 0.828: 90 %",
        liquidation_improves_health(shock="0.5"): "beyond it each liquidation makes health worse, and the next cheaper",
        wick_survival(shock=Wick(bound="0.201"), health="1.25"): "a spot oracle shows every wick deeper than 1 - 1/h",
    }


class EulerV1Donation(EulerV1Checked, name="euler-v1-donation"):
    """As it was on 13 March 2023, at a price that never falls."""

    shock = Drawdown(bound=0)
    pool = EulerV1(
        market=EulerV1Checked.market, oracle=EulerV1Checked.oracle, book=EulerV1Checked.book, checked=False,
        liquidation_threshold="0.828", **deployed("euler-v1"),
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (given(EulerV1.own_acts_keep_health, checked=True), solvency(checked=True), conservation())
    refuted = {
        EulerV1.own_acts_keep_health: "who donates most of the collateral is unhealthy at once",
        solvency(): "and owes more than the rest is worth, which another account of the same owner buys at 20 % off",
    }
