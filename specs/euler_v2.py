"""Euler v2 (Euler Vault Kit): the discount is what health lacks of one, up to a limit; all debt may be taken over.

Source: euler-xyz/euler-vault-kit 5b98b420, ``EVault/modules/Liquidation.sol`` and ``shared/LiquidityUtils.sol``; that a
low largest discount keeps slicing from paying is a remark of its ``docs/whitepaper.md``. One collateral, of a vault
whose shares are at par; who takes over debt pays it at once. Without the cool-off after an owner's act, which is about
oracles whose price the caller picks, and without the ramps of a lowered loan-to-value.
"""

from typing import Any

from verifier.language import (
    ANY,
    Bool,
    Design,
    Real,
    assumption,
    closed_form,
    given,
    implies,
    in_fixed,
    invariant,
    param,
    where,
)

from .books import STILL, AnyPosition
from .health_discount import HealthDiscount, borrower_loss_cap_of_a_tenth
from .keepers import Nobody
from .markets import POOL, Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    conservation,
    healthy_is_safe,
    improves_health_up_to,
    lender_loss_cap,
    liquidation_improves_health,
    nothing_is_sold,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .shocks import Drawdown, Drop, Wick
from .units import Debt, Ratio


class EulerV2(HealthDiscount):
    """A position that anyone may take over, in part or in full, as soon as its health is one."""

    borrow_loan_to_value: Ratio = param  # share of the collateral's value that may be borrowed against
    socialises: Bool = param(True)  # whether lenders bear debt that is left without collateral at once
    least_socialised: Debt = param(1)  # less than this is left as it is

    @assumption
    def borrowing_stops_before_liquidation(self) -> Bool:
        """The loan-to-value for borrowing is at most the one for liquidation."""
        return self.borrow_loan_to_value <= self.liquidation_threshold

    def healthy(self) -> Bool:
        """At a health of exactly one a position may be liquidated, without a discount."""
        return (self.debt == 0) | (self.debt < self.health_value())

    def may_borrow(self) -> Bool:
        return self.debt < self.borrow_loan_to_value * self.collateral * self.oracle.quote()

    def written_off(self, owed: Real, left: Real) -> Real:
        return where(self.socialises & (left == 0) & (owed >= self.least_socialised), owed, 0)

    @closed_form(wick_survival, "bound")
    def deepest_wick(self) -> None:
        """There is no deepest: every wick of less than 1 - 1/h is survived, and that one is not."""

    @invariant(on=HealthDiscount.liquidate)
    def seized_is_worth_what_is_paid(self, post: "EulerV2") -> Bool:
        """What a liquidator gets is worth at least what it pays."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        return taken * self.oracle.quote() >= self.liquidator_cash - post.liquidator_cash

    @invariant(exits=(HealthDiscount.liquidate,))
    def unhealthy_can_be_liquidated(self) -> Bool:
        """Whatever is unhealthy at the market's price can be liquidated."""
        return implies(self.unhealthy_at_the_market(), self.liquidate(self.debt).enabled())

    @invariant(on=HealthDiscount.liquidate)
    def health_falls_exactly_beyond_the_frontier(self, post: "EulerV2") -> Bool:
        """What is left is less healthy exactly beyond a loan-to-value of max(√λ, 1 - D), whatever is repaid."""
        value = self.collateral * self.oracle.quote()
        root = self.debt * self.debt <= self.liquidation_threshold * value * value
        within = root | (self.debt <= (1 - self.max_discount) * value)
        kept = post.health_value() * self.debt >= self.health_value() * post.debt
        return implies((post.debt > 0) & (post.collateral > 0), kept == within)

    @invariant(on=HealthDiscount.liquidate)
    def ill_health_pays_a_liquidator(self, post: "EulerV2") -> Bool:
        """Below a health of one a liquidator gets more than it pays, so that somebody comes."""
        taken = post.liquidator_collateral - self.liquidator_collateral
        gain = taken * self.oracle.quote() - (self.liquidator_cash - post.liquidator_cash)
        return implies(self.debt > self.health_value(), gain > 0)

    @invariant(on=HealthDiscount.liquidate)
    def bad_debt_is_realised(self, post: "EulerV2") -> Bool:
        """Who is left without collateral owes less than what is not worth socialising."""
        return (post.collateral > 0) | (post.debt < self.least_socialised)


OPEN: dict[str, Any] = dict.fromkeys(("shock", "liquidation_threshold", "borrow_loan_to_value", "max_discount"), ANY)


class EulerVault(Design, name="euler-v2"):
    """A textbook vault: liquidation at 81 %, discounts up to 15 %. Solvent while health stays at √λ = 0.9 or more."""

    shock = Drawdown(bound="0.1")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = AnyPosition()
    pool = EulerV2(market=market, oracle=oracle, book=book, **deployed("euler-v2"))
    keepers = Nobody(pool=pool)

    proved: tuple[Any, ...] = (
        solvency(),
        lender_loss_cap(cap="0.2655", shock="0.3", frozen=True),
        borrower_loss_cap_of_a_tenth(cap="0.1", shock=Drop(bound="0.3"), book=STILL),
        improves_health_up_to(loan_to_value="0.9", shock="0.5"),
        improves_health_up_to(loan_to_value="0.95", max_discount="0.05", shock="0.5"),
        given(EulerV2.slices_get_no_cheaper, max_discount="0.1", shock="0.5"),
        own_acts_keep_health(),
        healthy_is_safe(),
        given(EulerV2.unhealthy_can_be_liquidated, shock="0.5"),
        given(EulerV2.liquidators_pay_all_but_the_discount, shock="0.5"),
        given(EulerV2.seized_is_worth_what_is_paid, shock="0.5"),
        given(EulerV2.health_falls_exactly_beyond_the_frontier, **OPEN),
        given(EulerV2.ill_health_pays_a_liquidator, shock="0.5"),
        given(EulerV2.bad_debt_is_realised, shock="0.5"),
        wick_survival(shock=Wick(bound="0.1999"), health="1.25"),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        conservation(shock="0.5"),
        in_fixed(conservation(shock="0.5")),
        given(EulerV2.bad_debt_is_realised, shock="0.5", arithmetic="fixed"),
    )
    refuted = {
        solvency(
            shock="0.101"
        ): "below a health of √λ all collateral is sold for less than is owed: 0.81/0.9 is the end",
        lender_loss_cap(cap="0.2654", shock="0.3", frozen=True): "0.7 of the price, less 15 %, pays 0.7·0.85/0.81",
        borrower_loss_cap_of_a_tenth(
            cap="0.0999", shock=Drop(bound="0.3"), book=STILL
        ): "who is at the frontier loses a discount of 10 % on all collateral",
        improves_health_up_to(loan_to_value="0.9001", shock="0.5"): "the frontier is max(√λ, 1 - D) = 90 %",
        improves_health_up_to(
            loan_to_value="0.9501", max_discount="0.05", shock="0.5"
        ): "with a largest discount of 5 % it is 95 %",
        given(EulerV2.slices_get_no_cheaper, max_discount="0.1001", shock="0.5"): "slicing pays where the largest "
        "discount is more than 1 - √λ",
        nothing_is_sold(**POOL): "what is seized is sold, and the next is liquidated at the price that is left",
        given(
            EulerV2.ill_health_pays_a_liquidator, max_discount=0, shock="0.5"
        ): "a vault whose largest discount was never set sells at the oracle's price: nobody comes",
        liquidation_improves_health(shock="0.5"): "beyond the frontier each liquidation makes health worse",
        given(EulerV2.bad_debt_is_realised, socialises=False, shock="0.5"): "the debt stays, and with it the loss: "
        "whoever leaves first is paid in full",
        wick_survival(shock=Wick(bound="0.2"), health="1.25"): "at a health of exactly one a position is liquidated",
    }
