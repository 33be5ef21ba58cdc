"""A vault of Fluid: liquidation down to the threshold and no further; a position beyond a maximum limit is absorbed.

Source: Instadapp/fluid-contracts-public at a9949b48, ``vaultT1/coreModule/main.sol`` and ``adminModule/main.sol``. The
vault groups positions in ticks of debt per collateral and liquidates the riskiest tick first, all its positions pro
rata; here one position stands for its tick: their order is in ``fluid_ticks.py``, their spacing in ``fluid_grid.py``.
Supply and debt are at par and accrue nothing, and the oracles for owners and for liquidators are one.
"""

from verifier.language import (
    RATIO,
    Bool,
    Real,
    Step,
    all_of,
    amount,
    assumption,
    at_start,
    closed_form,
    down,
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

from .loans import Loan
from .properties import borrower_loss_cap, lender_loss_cap, solvency
from .restoring import Restoring
from .seizure import FixedSpread, Seizure
from .shocks import Drop, Slide, Wick
from .units import Debt, Ratio, exactly


class Fluid(Restoring, FixedSpread):
    """A position that is liquidated to its threshold at a fixed penalty, here ``liquidation_bonus``, or absorbed."""

    borrow_loan_to_value: Ratio = param  # share of the collateral's value that may be borrowed against
    absorb_limit: Ratio = param  # the loan-to-value beyond which the protocol takes a position over

    absorbed: Bool = state(False)  # whether collateral and debt are the protocol's

    @assumption
    def limits_are_in_order(self) -> Bool:
        """Borrowing stops before the threshold, and that before the limit, which with the penalty is at most 99.7 %."""
        ordered = (self.borrow_loan_to_value < self.liquidation_threshold) & (
            self.liquidation_threshold < self.absorb_limit
        )
        return ordered & (self.absorb_limit + self.liquidation_bonus <= "0.997")

    def target(self) -> Real:
        return self.liquidation_threshold

    def within_limit(self) -> Bool:
        return self.debt <= self.absorb_limit * self.collateral * self.oracle.quote()

    def may_borrow(self) -> Bool:
        return ~self.absorbed & (self.debt <= self.borrow_loan_to_value * self.collateral * self.oracle.quote())

    def may_withdraw(self) -> Bool:
        return self.may_borrow()

    def liquidatable(self) -> Bool:
        return self.oracle.fresh() & ~self.healthy() & ~self.absorbed & self.within_limit()

    def absorbable(self) -> Bool:
        return self.oracle.fresh() & ~self.absorbed & ~self.within_limit() & (self.collateral > 0)

    def due(self) -> Bool:
        """The position is to be liquidated or absorbed, or was absorbed and is worth its debt."""
        worth_it = (self.collateral * self.oracle.quote() >= self.debt) & (self.debt > 0)
        return (self.absorbed & worth_it) | self.absorbable() | (self.liquidatable() & (self.collateral > 0))

    def worn_to(self, left: Real) -> Bool:
        return super().worn_to(left) | self.absorbed

    @assumption(on=(Loan.deposit, Loan.repay))
    def absorbed_is_left_alone(self) -> Bool:
        """Who owned an absorbed position neither adds to it nor pays it back."""
        return ~self.absorbed

    @rule(by="liquidator")
    def absorb(self) -> Step:
        """Anyone has the protocol take over a position beyond the limit, of which the owner gets nothing back."""
        return require(self.absorbable()).then(self.after(absorbed=True))

    @rule(by="liquidator")
    def buy_absorbed(self, offer: Debt) -> Step:
        """Anyone repays absorbed debt for the same share of the absorbed collateral."""
        repaid = minimum(offer, self.debt)
        seized = down(self.collateral * repaid / self.debt)
        return require(offer > 0, self.absorbed, self.debt > 0).then(
            self.reduced(repaid, seized), self.market.sell(seized)
        )

    def borrower_wealth(self) -> Real:
        return where(self.absorbed, 0, super().borrower_wealth())

    # What holds of it.

    @invariant(on=Seizure.liquidate)
    def nothing_is_written_off(self, post: "Fluid") -> Bool:
        """Within the limit the penalty is covered: a liquidation ends at the threshold, and without a loss."""
        return (post.deficit == self.deficit) & (post.beyond_target() >= 0)

    @invariant(on=absorb)
    def absorbing_moves_nothing(self, post: "Fluid") -> Bool:
        """Absorption pays nobody: whoever calls it gets neither collateral nor cash."""
        same = (post.liquidator_collateral == self.liquidator_collateral) & (post.collateral == self.collateral)
        return same & (post.liquidator_cash == self.liquidator_cash) & (post.debt == self.debt)

    @invariant(exits=(Seizure.liquidate, absorb))
    def liquidation_not_stuck(self) -> Bool:
        """Whatever is unhealthy and not yet the protocol's can be liquidated or absorbed."""
        open_to = self.liquidatable() | self.absorb().enabled()
        return implies(~self.healthy() & ~self.absorbed & (self.collateral > 0), open_to)

    @lemma
    def absorbed_only_beyond_the_limit(self) -> Bool:
        gone = (self.debt == 0) & (self.collateral == 0)
        return ~self.absorbed | gone | ~self.within_limit() if isinstance(self.market.shock, Drop) else all_of()

    def untouched(self) -> Bool:
        return self.as_begun() & ~self.absorbed

    @lemma
    def untouched_through_a_wick(self) -> Bool:
        return self.untouched() if isinstance(self.market.shock, Wick) else all_of()

    @lemma
    def after_a_drop_seized_what_was_repaid_down_to_the_target(self) -> Bool:
        shock, price = self.market.shock, self.market.price()
        if not isinstance(shock, Drop):
            return all_of()
        owed, held = at_start(self.debt), at_start(self.collateral)
        paid_for = (held - self.collateral) * price == (1 + self.liquidation_bonus) * (owed - self.debt)
        within = (owed <= self.absorb_limit * held * price) & (self.debt <= owed)
        target = self.liquidation_threshold * self.collateral * price
        return self.absorbed | self.untouched() | (shock.moved_once & paid_for & within & (self.debt >= target))

    @lemma
    def gap_never_grows_until_it_is_absorbed(self) -> Bool:
        floor = self.market.shock.floor()
        return self.absorbed | (self.cover_gap(floor) <= at_start(self.cover_gap(floor)))

    @lemma
    def absorbed_where_it_owed_more_than_the_limit(self) -> Bool:
        """With what was repaid before, too: what is seized for that is worth less than its part of the limit."""
        low = self.absorb_limit * at_start(self.collateral) * self.market.shock.floor()
        return ~self.absorbed | (at_start(self.debt) >= low)

    # Where its claims begin or cease to hold, on a spot oracle and with a book whose owner does nothing.

    @closed_form(lender_loss_cap, "cap")
    def largest_loss(self) -> Real | None:
        """What the lowest price lacks of the debt: the penalty is never the lenders'; none if a tick leaves cover."""
        shock = self.market.shock
        missing = maximum(0, 1 - (1 - shock.bound) * self.book.floor() / self.liquidation_threshold)
        in_time = 1 - self.overrun() >= self.liquidation_threshold
        return where(in_time, 0, missing) if isinstance(shock, Slide) else missing

    @closed_form(solvency, "bound")
    def largest_solvent_fall(self) -> Real | None:
        """1 - LT/h, without the penalty; 1 if a tick always leaves the debt covered."""
        deepest = 1 - self.liquidation_threshold / self.book.floor()
        in_time = 1 - self.overrun() >= self.liquidation_threshold
        return where(in_time, 1, deepest) if isinstance(self.market.shock, Slide) else deepest

    @closed_form(borrower_loss_cap, "cap")
    def dearest_liquidation(self) -> Real | None:
        """The penalty on what goes back to the threshold; beyond the limit all equity, most of it just beyond.

        Of a wick that takes nobody beyond the limit nothing is said.
        """
        shock, fee = self.market.shock, self.liquidation_bonus
        if isinstance(shock, Wick):
            numbers = exactly(self.absorb_limit, self.liquidation_threshold, self.book.floor(), shock.bound)
            beyond = numbers is not None and numbers[0] * (1 - numbers[3]) < numbers[1] / numbers[2]
            return 1 - self.absorb_limit * (1 - shock.bound) if beyond else None
        if not isinstance(shock, Drop):
            return None
        ratio = self.liquidation_threshold / self.book.floor() / (1 - shock.bound)
        sized = fee * (minimum(ratio, self.absorb_limit) - self.target()) / (1 - self.target() * (1 + fee))
        taken = where(ratio > self.absorb_limit, maximum(sized, 1 - self.absorb_limit), sized)
        return where(self.never_unhealthy(), amount(0, RATIO), taken)
