"""Redistribution: planted faults."""

from collections.abc import Callable

import pytest

FAULTS = [
    ("liquity-v2-redistribution", "the closed have a part, too", 'self.sum("stake", left)', 'self.sum("stake")',
     "conservation"),
    ("liquity-v2-redistribution", "debt is forgiven", "+ down(share * owed / stakes, 6)", "", "conservation"),
    ("liquity-v2-redistribution", "parts are by collateral", 'share = self.of(name, "stake")',
     'share = self.of(name, "collateral")', "conservation"),
    ("liquity-v2-redistribution", "a part is kept", "minimum(held, down", "minimum(held * 199 / 200, down",
     "one_by_one_is_as_in_one_call"),
    ("liquity-v2-redistribution", "the penalty is a discount", "(1 + self.penalty)", "(1 - self.penalty)",
     "one_by_one_is_as_in_one_call"),
    ("liquity-v2-redistribution", "the healthy are liquidated", "worth < self.minimum_ratio",
     "worth < 2 * self.minimum_ratio", "order_plays_no_part"),
    ("liquity-v2-redistribution", "others take over half the debt", "share * owed", "share * owed / 2",
     "who_waits_is_liquidated_all_the_same"),
    ("liquity-v2-redistribution", "each gets a token more", "down(share * taken / stakes, 18)",
     "down(share * taken / stakes + amount(1, COLLATERAL), 18)",
     "no_more_is_given_than_there_was"),
    ("liquity-v1-redistribution", "the reward vanishes", "self.liquidator_collateral + reward",
     "self.liquidator_collateral", "conservation"),
    ("liquity-v1-redistribution", "one call gives less", "sum(taken for _, taken in parts)",
     "sum(taken for _, taken in parts) / len(names)",
     "one_by_one_is_as_in_one_call"),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda item: str(item)[:40])
def test_a_planted_fault_is_refuted(
    design: str, fault: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted("redistribution", design, fault, old, new, claim)
