"""Write-offs of bad debt: the line that leaves nothing and gives nothing up, and planted faults."""

from collections.abc import Callable

import pytest

from verifier.evidence.verdict import Finding, Refuted

BELOW = "(first < self.least) & (second < self.least)"
FAULTS = [
    ("below-worth", "the second kind is given up", BELOW, "(first < self.least)", "nothing_worth_taking_is_given_up"),
    ("below-worth", "both kinds are one", BELOW, "(first + second < self.least)", "bad_debt_is_realised"),
    ("below-worth", "any of the first kind is worth waiting", BELOW, "(first == 0) & (second < self.least)",
     "bad_debt_is_realised"),
    ("below-worth", "half is written off", "left.hopeless(), left.debt, 0", "left.hopeless(), left.debt / 2, 0",
     "bad_debt_is_realised"),
    ("below-worth", "the second kind covers nothing", "(first + second < self.debt)", "(first < self.debt)",
     "covered_debt_is_not_written_off"),
    ("at-nothing", "the second kind is forgotten", "(self.collateral == 0) & (self.second == 0)", "(self.collateral == 0)",
     "nothing_worth_taking_is_given_up"),
    ("at-nothing", "nothing is ever written off", "(self.collateral == 0) & (self.second == 0)",
     "(self.collateral == 0) & (self.second > 0)", "bad_debt_is_realised"),
    ("at-nothing", "any rest may be left", "| self.pays(rest)", "| (rest > 0)", "bad_debt_is_realised"),
    ("at-no-value", "the second kind is forgotten", "first + second == 0", "first == 0",
     "nothing_worth_taking_is_given_up"),
    ("at-no-value", "the first kind is forgotten", "first + second == 0", "second == 0",
     "nothing_worth_taking_is_given_up"),
]  # fmt: skip


@pytest.mark.parametrize(("least", "claim"), [(104, "bad_debt_is_realised"), (106, "nothing_worth_taking_is_given_up")])
def test_only_what_a_liquidation_pays_for_is_the_right_line(
    settle: Callable[..., Finding], least: int, claim: str
) -> None:
    assert isinstance(settle("write-off-below-worth", claim, least=least).verdict, Refuted)


@pytest.mark.parametrize(
    ("design", "fault", "old", "new", "claim"), FAULTS, ids=[f"{row[0]}: {row[1]}" for row in FAULTS]
)
def test_a_planted_fault_is_refuted(
    design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted("write_offs", f"write-off-{design}", fault, old, new, claim)
