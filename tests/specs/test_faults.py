"""Planted faults: each one-line change of a mechanism is refuted by the claim beside it, or refused when it is loaded."""

from collections.abc import Callable

import pytest

Planted = Callable[..., None]

UNCHECKED = '''
    @rule(by="owner")
    def withdraw(self, taken: CollateralFlow) -> Step:
        """The owner takes collateral out, whatever is left."""
        post = self.after(collateral=self.collateral - taken, owner_collateral=self.owner_collateral + taken)
        return require(taken > 0, taken <= self.collateral).then(post)
'''

AAVE = [
    ("healthy positions can be liquidated", "~self.healthy(), no_dust", "self.healthy(), no_dust", "wick_survival"),
    ("no bonus where all is seized", "up(self.value() / bonus)", "up(self.value())", "liquidation_keeps_the_shortfall"),
    ("collateral is not deducted", "collateral=left_collateral,", "collateral=self.collateral,", "conservation"),
    ("bad debt is booked and kept", "debt=where(emptied, 0, left_debt)", "debt=left_debt", "conservation"),
    ("the same where half is left", "emptied = left_collateral == 0", "emptied = left_collateral * 2 <= self.collateral",
     "who_left_a_deficit_has_no_collateral"),
    ("bad debt is forgotten", "deficit=self.deficit + where(emptied, left_debt, 0)", "deficit=self.deficit + 0",
     "conservation"),
    ("borrowing up to the whole value", "self.debt <= self.loan_to_value * self.value()", "self.debt <= self.value()",
     "solvency"),
    ("withdrawing unchecked", "    # The liquidator.\n", UNCHECKED, "solvency"),
    ("the fee comes out of nowhere", "self.liquidator_collateral + (seized - fee)",
     "self.liquidator_collateral + seized", "conservation"),
    ("more than the bonus is seized", "down(down(limited / price) * bonus)",
     "down(down(limited / price) * bonus * bonus)", "covered_liquidation_improves_health"),
    ("healthy positions can be liquidated, too", "~self.healthy(), no_dust", "no_dust", "healthy_is_safe"),
    ("withdrawing unchecked", "    # The liquidator.\n", UNCHECKED, "own_acts_keep_health"),
    ("who is emptied must owe nothing", "emptied\n            | (left_debt == 0)", "(left_debt == 0)",
     "unhealthy_can_be_liquidated"),
    ("who is emptied must owe nothing", "emptied\n            | (left_debt == 0)", "(left_debt == 0)",
     "close_factor_can_be_used_up"),
    ("price upside down", "down(down(limited / price) * bonus)", "down(down(limited * price) * bonus)", None),
    ("debt for collateral", "self.collateral - seized, self.debt - repaid", "self.collateral - repaid, self.debt - repaid",
     None),
]  # fmt: skip

OPTIONS = [
    ("redemptions are rounded up", "return down(units * each)", "return -down(-(units * each))", "every_claim_is_backed"),
    ("the payout's comparison is flipped", "where(price <= strike, 1", "where(price >= strike, 1",
     "p_is_worth_at_most_the_strike"),
    ("the payout is rounded up", "1, down(strike / price, 18)", "1, -down(-(strike / price), 18)",
     "p_is_worth_at_most_the_strike"),
    ("N is paid in full", "self.paid(units, 1 - self.payout)", "self.paid(units, 1 - self.payout * 0)",
     "every_claim_is_backed"),
    ("a pair is settled again", "require(~self.settled, self.now >= self.maturity, self.oracle.fresh())",
     "require(self.now >= self.maturity, self.oracle.fresh())", "settled_once"),
    ("settlement before maturity", "require(~self.settled, self.now >= self.maturity, self.oracle.fresh())",
     "require(~self.settled, self.oracle.fresh())", "wick_before_maturity_changes_nothing"),
    ("splitting locks half", "locked=self.locked + units,", "locked=self.locked + units / 2,", "every_claim_is_backed"),
    ("a merge pays twice", "locked=self.locked - units,", "locked=self.locked - 2 * units,", "every_claim_is_backed"),
    ("splitting mints P for everybody", "held_p=self.held_p + units,", "held_p=self.held_p + 2 * units,", None),
    ("what is locked is sold", "wallets=self.wallets - units,\n            )\n",
     "wallets=self.wallets - units,\n            ),\n            self.market.sell(units),\n", "nothing_is_sold"),
    ("the strike is inverted", "strike / price, 18", "price / strike, 18", "p_is_worth_at_most_the_strike"),
]  # fmt: skip

CLIPPER = [
    ("collateral is not deducted", "collateral=self.collateral - dink, debt=self.debt - dart,",
     "collateral=self.collateral, debt=self.debt - dart,", "conservation"),
    ("safe vaults are barked", "require(~self.running, ~self.healthy(), allowed,",
     "require(~self.running, self.healthy(), allowed,", "wick_survival"),
    ("safe vaults are barked, too", "require(~self.running, ~self.healthy(), allowed,",
     "require(~self.running, allowed,", "healthy_is_safe"),
    ("withdrawing unchecked", "taken <= self.collateral, post.healthy())", "taken <= self.collateral)",
     "own_acts_keep_health"),
    ("small rests cannot be bought", "~dusty | (self.tab > self.chost())", "self.tab > self.chost()", "progress"),
    ("the penalty is seized too", "dink = down(self.collateral * dart / self.debt, 18)",
     "dink = down(self.collateral * dart / self.debt * self.chop, 18)", "liquidation_improves_health"),
    ("keepers are paid from nowhere", "keeper_cash=self.keeper_cash + reward, pool_cash=self.pool_cash - reward,",
     "keeper_cash=self.keeper_cash + reward,", "conservation"),
    ("the whole tab is booked as penalty", "penalties=self.penalties + (tab - dart),",
     "penalties=self.penalties + tab,", "conservation"),
    ("more than the tab is paid", "owe = where(too_much, self.tab, where(", "owe = where(too_much, worth, where(",
     "take_stays_within_tab_and_lot"),
    ("what was paid is forgotten", "paid=self.paid + owe", "paid=self.paid", "auction_pays_the_floor"),
]  # fmt: skip

RESERVE = [
    ("the treasury is paid on top", "simple * lent, RAY) * (1 - self.reserve_factor), RAY)", "simple * lent, RAY), RAY)",
     "pool_is_solvent"),
    ("suppliers earn on what is idle", "self.owed_by_borrowers() / (self.owed_by_borrowers() + idle)",
     "self.owed_by_borrowers() / self.owed_by_borrowers()", "pool_is_solvent"),
    ("a write-off leaves no deficit", "deficit=self.deficit + up(shares * self.borrow_index)", "deficit=self.deficit",
     "no_call_opens_a_gap"),
    ("a cover burns nothing", "self.supplied(-burned, deficit=self.deficit - units)",
     "self.after(deficit=self.deficit - units)", "no_call_opens_a_gap"),
    ("a premium is the treasury's and not at hand", "at_hand=self.at_hand + premium", "at_hand=self.at_hand",
     "no_call_opens_a_gap"),
    ("simple interest may be more than compounded", "return simple <= compounded", "return simple <= 2 * compounded",
     "pool_is_solvent"),
    ("shares for suppliers are rounded up", "return down(units / index)", "return up(units / index)",
     "no_call_opens_a_gap"),
    ("shares burned are rounded down", "return up(units / index)", "return down(units / index)", "no_call_opens_a_gap"),
]  # fmt: skip

FAULTS = [("aave_v3", "aave-v3", *fault) for fault in AAVE]
FAULTS += [("scaled_reserve", "aave-reserve", *fault) for fault in RESERVE]
FAULTS += [("options_pair", "options-pair", *fault) for fault in OPTIONS]
FAULTS += [("dutch_auction", "maker-clipper", *fault) for fault in CLIPPER]


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40]
)
def test_a_planted_fault_is_refuted_or_refused(
    module: str, design: str, fault: str, old: str, new: str, claim: str | None, planted: Planted
) -> None:
    planted(module, design, fault, old, new, claim)
