"""Solvency of Aave's scaled balances: faults that the claims find, before rounding and in whole units."""

from collections.abc import Callable

import pytest

Planted = Callable[..., None]

TAKEN_TWICE = ("the fee is taken beside what is seized", "seized = gone - fee", "seized = gone")
FAULTS = [
    ("aave_v3_0", "aave-v3.0", *TAKEN_TWICE),
    ("aave_v3_0", "aave-v3.0", "less debt is burnt than is paid for", "nearest(repaid / index, 0), nearest(seized",
     "nearest(repaid / self.liquidation_bonus / index, 0), nearest(seized"),
    ("aave_v3_6", "aave-v3.6", *TAKEN_TWICE),
    ("aave_v3_6", "aave-v3.6", "what was repaid is written off, too", "where(nothing_left, debt - repaid, 0)",
     "where(nothing_left, debt, 0)"),
    ("aave_v3_6", "aave-v3.6", "debt is written off while collateral is left", "self.worth(gone) == self.worth(balance)",
     "self.worth(gone) <= self.worth(balance)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new"), FAULTS, ids=[f"{row[1]} {row[2]}" for row in FAULTS]
)
def test_a_planted_fault_makes_a_position_insolvent(
    module: str, design: str, fault: str, old: str, new: str, planted: Planted
) -> None:
    planted(module, design, fault, old, new, "solvency")


@pytest.mark.parametrize(("module", "design", "fault", "old", "new"), [FAULTS[0], FAULTS[3]], ids=["v3.0", "v3.6"])
def test_a_planted_fault_costs_more_than_roundings_do(
    module: str, design: str, fault: str, old: str, new: str, planted_in_units: Planted
) -> None:
    planted_in_units(module, design, fault, old, new, "solvency")
