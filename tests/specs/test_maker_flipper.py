"""Maker's English auction: the zero bids of March 2020, what excludes them, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted

Settle = Callable[..., Finding]


def test_a_lot_goes_for_next_to_nothing_unless_somebody_competes(settle: Settle) -> None:
    alone = settle("maker-flipper", "recovery_floor", share="0.0001", competition=False).verdict

    assert isinstance(alone, Refuted)
    assert alone.run.steps[-1].rule == "deal"
    before, after = ({var.name: number for var, number in state.items()} for state in alone.run.states[-2:])
    assert before["bid"] < Fraction(before["lot"]) * before["price"] / 1000
    assert after["deficit"] > 0
    competed = settle("maker-flipper", "recovery_floor", share=Fraction(20, 21), competition=True).verdict
    assert isinstance(competed, Proved)


def test_only_a_forged_auction_holds_a_bid_that_nobody_paid(settle: Settle) -> None:
    assert isinstance(settle("maker-flipper-forged", "bids_are_paid", open_kick=True).verdict, Refuted)
    assert isinstance(settle("maker-flipper-forged", "bids_are_paid", open_kick=False).verdict, Proved)


FAULTS = [
    ("safe vaults are bitten", "require(self.liquidatable(), ~self.running", "require(~self.running", "wick_survival"),
    ("safe vaults are bitten, too", "require(self.liquidatable(), ~self.running", "require(~self.running",
     "healthy_is_safe"),
    ("the debt stays with the vault", "collateral=0, debt=0,", "collateral=0, debt=self.debt,", "conservation"),
    ("bids are not paid", "liquidator_cash=self.liquidator_cash - (offer - self.bid),", "", "bids_are_paid"),
    ("any higher bid is enough", "enough = (offer >= self.beg * self.bid)", "enough = (offer >= self.bid)",
     "bids_rise_to_the_tab_in_steps"),
    ("a first bid is a share of the tab", "offer > self.bid, offer <= self.tab, enough",
     "offer > self.bid, offer <= self.tab, 10 * offer >= self.tab, enough", "first_bid_may_be_anything"),
    ("bids beyond the tab", "offer > self.bid, offer <= self.tab, enough", "offer > self.bid, enough",
     "bid_is_at_most_the_tab"),
    ("the owner gets nothing back", "owner_collateral=self.owner_collateral + (self.lot - smaller)",
     "owner_collateral=self.owner_collateral", "owner_gets_back_what_dent_cuts"),
    ("lots without a bid are stuck", "require(self.running, self.age > self.tau, ~self.bidden)",
     "require(self.running, self.age > self.tau, self.bidden)", "progress"),
    ("a bid in collateral", "offer > self.bid, offer <= self.tab, enough", "offer > self.bid, offer <= self.lot, enough",
     None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("english_auction", "maker-flipper", fault, old, new, claim)
