"""Incidents: what the sound configuration excludes is found again where a fault is planted."""

from collections.abc import Callable

import pytest

FAULTS = [
    ("incidents", "compound-v2-dai", "a larger error", 'error=Q("3/13")', 'error=Q("4/13")', "wick_survival"),
    ("ctokens", "moonwell-cbeth", "all of the collateral's value may be owed and more",
     "down(self.liquidation_threshold * self.exchange_rate(), EXCHANGE)", "2 * self.exchange_rate()", "solvency"),
    ("incidents", "morpho-blue-par", "the price moves", "return at_start(self.market.price())",
     "return self.market.price()", "wick_survival"),
    ("incidents", "morpho-blue-par", "a deeper fall", 'Drop(bound="0.77")', 'Drop(bound="0.78")', "lender_loss_cap"),
]  # fmt: skip


@pytest.mark.parametrize(("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=[row[2] for row in FAULTS])
def test_a_planted_fault_is_found(
    module: str, design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, design, fault, old, new, claim)
