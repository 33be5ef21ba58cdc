"""Silo v2: a liquidation repays what takes the loan-to-value back to a target, or all debt where little would be left.

Source: silo-finance/silo-contracts-v2 at 340a49b8, ``PartialLiquidationLib.sol``. One collateral, one debt at par with
the unit of account, no interest. Liquidation by defaulting, in place of this, is in ``defaulting.py``.
"""

from verifier.language import (
    RATIO,
    Bool,
    Design,
    Q,
    Real,
    amount,
    assumption,
    closed_form,
    given,
    implies,
    in_fixed,
    invariant,
    minimum,
    param,
    where,
)

from .books import STILL, AnyPosition, Still
from .keepers import Nobody
from .markets import Infinite
from .oracles import Spot
from .parameters import deployed
from .properties import (
    borrower_loss_cap,
    conservation,
    healthy_is_safe,
    lender_loss_cap,
    liquidation_improves_health,
    oracle_noninterference,
    own_acts_keep_health,
    solvency,
    wick_survival,
)
from .restoring import Restoring
from .seizure import FixedSpread, Seizure
from .shocks import SLIDE, Drop, Wick
from .units import Ratio


class Silo(Restoring, FixedSpread):
    """A position that is liquidated to a target loan-to-value at a fixed fee, here ``liquidation_bonus``."""

    target_loan_to_value: Ratio = param
    whole_share: Ratio = param  # a repayment of more than this share of the debt becomes one of all

    @assumption
    def whole_share_is_a_share(self) -> Bool:
        """The share beyond which all debt is repaid is at most 1."""
        return (self.target_loan_to_value > 0) & (self.whole_share <= 1)

    def target(self) -> Real:
        return self.target_loan_to_value

    def close_limit(self) -> Real:
        return where(self.restoring() > self.whole_share * self.debt, self.debt, self.restoring())

    @invariant(on=Seizure.liquidate)
    def never_past_the_target_unless_nearly_all_is_due(self, post: "Silo") -> Bool:
        """A liquidation stays short of the target, unless the target asks for more than 90 % of the debt."""
        return implies(self.restoring() <= self.whole_share * self.debt, post.beyond_target() >= 0)

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The fee on what the target asks for at the lowest price, or on all that the collateral pays for.

        In a wick that falls on and on it is the fee on all debt at the lowest price.
        """
        shock, fee = self.market.shock, self.liquidation_bonus
        if isinstance(shock, Wick):
            return self.dearest(fee)
        if type(self.oracle) is not Spot or not isinstance(shock, Drop):
            return None
        ratio = minimum(self.liquidation_threshold / self.book.floor() / (1 - shock.bound), 1 / (1 + fee))
        sized = (ratio - self.target()) / (1 - self.target() * (1 + fee))
        repaid = where(sized > self.whole_share * ratio, ratio, sized)
        return where(self.never_unhealthy(), amount(0, RATIO), fee * repaid)


class SiloTarget(Design, name="silo"):
    """Threshold 83 %, target 75 %, fee 5 %. Default shock: a drop of at most 12.85 %, from health 1."""

    shock = Drop(bound="0.1285")
    market = Infinite(shock=shock)
    oracle = Spot(market=market)
    book = Still()
    pool = Silo(
        market=market, oracle=oracle, book=book, liquidation_threshold="0.83", liquidation_bonus="0.05",
        target_loan_to_value="0.75", **deployed("silo-v2"),
    )  # fmt: skip
    keepers = Nobody(pool=pool)

    proved = (
        solvency(),
        solvency(shock=SLIDE, book=STILL, keepers="prompt"),
        lender_loss_cap(cap="0.2829", shock="0.5", book=STILL),
        borrower_loss_cap(cap=Q("1/21")),
        borrower_loss_cap(cap="0.332", shock=Wick(bound="0.3", duration=5), book=STILL),
        wick_survival(shock=Wick(bound="0.2"), book=STILL),
        liquidation_improves_health(),
        own_acts_keep_health(book=AnyPosition()),
        healthy_is_safe(),
        Silo.never_past_the_target_unless_nearly_all_is_due,
        given(Silo.full_repayment_restores, whole_share=1),
        given(Silo.whole_debt_where_it_is_covered_no_more, shock="0.5"),
        in_fixed(given(Silo.whole_debt_where_it_is_covered_no_more, shock="0.5")),
        given(Silo.splitting_changes_nothing, shock="0.5"),
        given(Silo.portions_add_up, shock="0.5", whole_share=1),
        Silo.liquidators_do_not_lose,
        given(Silo.one_liquidation_can_restore_health, shock="0.5"),
        oracle_noninterference(rules="liquidate withdraw borrow"),
        conservation(),
        in_fixed(conservation()),
        given(Silo.what_is_seized_is_paid_for, shock="0.5", arithmetic="fixed"),
    )
    refuted = {
        given(Silo.portions_add_up, shock="0.5"): "nearly all that is due is repaid whole, but not after a part of it",
        solvency(shock="0.1286"): "the threshold with its fee leaves a buffer of 1 - 0.83·1.05 = 12.85 %",
        lender_loss_cap(cap="0.2828", shock="0.5", book=STILL): "half the price pays 0.5/(0.664·1.05) of the debt",
        borrower_loss_cap(
            cap="0.3319", shock=Wick(bound="0.3", duration=5), book=STILL
        ): "all debt and the fee on it are taken at 0.7 of the price to which the collateral recovers",
        Silo.never_past_the_target: "where over 90 % of the debt is due, a part of it may go past the target",
        liquidation_improves_health(shock="0.2"): "past a loan-to-value of 1/(1 + fee) a partial repayment makes the "
        "position worse",
    }
