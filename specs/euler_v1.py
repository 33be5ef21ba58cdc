"""Euler v1: the discount grows with ill health, and a liquidation may only restore a target health.

Source: euler-xyz/euler-contracts 24da0f2d, ``modules/Liquidation.sol`` (discount, repayment to the target, reserve fee)
and ``modules/EToken.sol`` (donateToReserves, which had no health check: the flaw of 13 March 2023). Without the booster
for liquidators who are depositors; debt that is left without collateral counts as lost.
"""

from typing import Any

from verifier.language import (
    Bool,
    Design,
    Q,
    Real,
    Step,
    assumption,
    down,
    given,
    implies,
    in_fixed,
    invariant,
    param,
    require,
    rule,
    state,
)

from .books import DROP, AnyPosition
from .health_discount import HealthDiscount, borrower_loss_cap_of_a_tenth
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    healthy_is_safe,
    improves_health_up_to,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Wick
from .units import Collateral, CollateralFlow, Debt, Ratio


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

    def surcharge(self) -> Real:
        return self.reserve_fee

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

    @invariant
    def unhealthy_can_be_liquidated(self, offer: Debt) -> Bool:
        """Of whatever is unhealthy at the market's price any part up to 1 - 1/T, for a target of T, can be repaid."""
        part = (offer > 0) & (offer <= self.debt * (1 - 1 / self.target_health))
        return implies(self.unhealthy_at_the_market() & part, self.liquidate(offer).enabled())

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
        own_acts_keep_health(),
        healthy_is_safe(),
        given(EulerV1.unhealthy_can_be_liquidated, shock="0.5"),
        lender_loss_cap(cap=Q("67/207"), shock="0.3", frozen=True),
        borrower_loss_cap_of_a_tenth(cap="0.1", **DROP),
        given(EulerV1.never_past_the_target, shock="0.5"),
        given(EulerV1.liquidators_pay_all_but_the_discount, shock="0.5"),
        improves_health_up_to(loan_to_value="0.9", shock="0.5"),
        wick_survival(shock=Wick(bound="0.2"), health="1.25"),
        oracle_noninterference(rules="liquidate withdraw borrow donate"),
        conservation(shock="0.5"),
        in_fixed(conservation(shock="0.5")),
        in_fixed(own_acts_keep_health()),
    )
    refuted = {
        given(
            EulerV1.slices_get_no_cheaper, shock="0.5"
        ): "beyond a loan-to-value of 90 % a slice lowers health, and the next one is cheaper",
        solvency(shock="0.0801"): "the discount at this health already costs more than all of the collateral",
        lender_loss_cap(cap="0.3236", shock="0.3", frozen=True): "0.7 of the price, less 20 %, pays 0.7·0.8/0.828",
        borrower_loss_cap_of_a_tenth(
            cap="0.0999", **DROP
        ): "who is at the frontier loses a discount of 10 % on all collateral",
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

    proved = (own_acts_keep_health(checked=True), solvency(checked=True), conservation())
    refuted = {
        own_acts_keep_health(): "who donates most of the collateral is unhealthy at once",
        solvency(): "and owes more than the rest is worth, which another account of the same owner buys at 20 % off",
    }
