"""Maker's debt auctions: the blocked ones of March 2020 from any lot's size on, and planted faults."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.verdict import Finding, Refuted

Settle = Callable[..., Finding]


def test_debt_is_blocked_if_surplus_heals_what_is_not_on_auction(settle: Settle) -> None:
    blocked = settle("maker-flopper", "bad_debt_can_be_auctioned", settles=False, sump=50).verdict

    assert isinstance(blocked, Refuted)
    assert [step.rule for step in blocked.run.steps] == ["liquidate", "flog", "flop", "dent", "heal"]
    end = {var.name: Fraction(number) for var, number in blocked.run.states[-1].items()}
    assert end["unbacked"] >= 50
    assert end["unbacked"] - end["queued"] - end["on_auction"] < 50
    assert end["surplus"] == end["awaited"] == 0


FAULTS = [
    ("first bids settle other debt", "on_auction=self.on_auction - settled,", "on_auction=self.on_auction,",
     "bad_debt_can_be_auctioned"),
    ("surplus heals debt on auction", "debt <= self.surplus, debt <= self.free()", "debt <= self.surplus",
     "parts_are_no_more_than_all"),
    ("more is put up than is free", "self.sump <= self.free()", "self.sump <= self.unbacked",
     "parts_are_no_more_than_all"),
    ("debt paid at no cost", "surplus=self.surplus - debt, unbacked", "surplus=self.surplus, unbacked", "conservation"),
    ("surplus blocks auctions for ever", "debt <= self.surplus, debt <= self.free()",
     "debt > self.surplus, debt <= self.free()", "surplus_pays_first"),
    ("debt leaves the books, not the queue", "unbacked=self.unbacked + debt, queued=self.queued + debt",
     "unbacked=self.unbacked, queued=self.queued + debt", "conservation"),
    ("an auction of what it brings", "awaited=self.awaited + self.sump", "awaited=self.awaited",
     "debt_on_auction_will_be_paid"),
    ("a lot times the surplus", "self.sump <= self.awaited", "self.sump * self.surplus <= self.awaited", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted_or_refused(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("maker_flopper", "maker-flopper", fault, old, new, claim)
