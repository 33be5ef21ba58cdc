"""The Stability Pool's accounts: a run in the contract's integers, worked out apart, and planted faults."""

from collections.abc import Callable, Sequence

import pytest

WAD, SCALE = 10**18, 10**9


def owed_and_there(deposit: int, offsets: Sequence[int], carries: bool = True) -> tuple[int, int]:
    """What v1 owes one who is alone in the pool after offsets, and what is there."""
    deposits, product, excess, scaled = deposit, WAD, 0, 1
    for debt in offsets:
        numerator = debt * WAD - excess
        lost = numerator // deposits + 1
        excess = lost * deposits - numerator if carries else 0
        shrunk = product * (WAD - lost)
        small = shrunk // WAD < SCALE
        product, scaled = (shrunk * SCALE // WAD, scaled * SCALE) if small else (shrunk // WAD, scaled)
        deposits -= debt
    owed = deposit * product // WAD // scaled
    return (owed if owed >= deposit // SCALE else 0), deposits


@pytest.mark.parametrize(
    ("offsets", "owed", "there"),
    [
        ([WAD, 998_999_998_999_000_003_001], 1_000_999_997_000, 1_000_999_996_999),
        ([500 * WAD, 495 * WAD, 5 * WAD // 2, 5 * WAD // 4, 5 * WAD // 8 + 1], 625 * 10**15, 625 * 10**15 - 1),
    ],
    ids=["as the run that is found", "with half the pool each"],
)
def test_carried_errors_make_v1_owe_a_unit_more_than_it_has(offsets: list[int], owed: int, there: int) -> None:
    assert owed_and_there(1000 * WAD, offsets) == (owed, there)
    assert owed_and_there(1000 * WAD, offsets, carries=False)[0] <= there


SAVERS = [
    ("the sum forgets the product", "self.sum + self.product * seized", "self.sum + seized", "saver_has_its_part"),
    ("the product falls before the sum grows", "self.sum + self.product * seized / self.deposits",
     "self.sum + self.product * left / self.deposits * seized / self.deposits", "saver_has_its_part"),
    ("the first product is noted", "product_then=self.product,", "product_then=1,", "saver_has_its_part"),
    ("twice the sum is noted", "sum_then=self.sum)", "sum_then=2 * self.sum)", "saver_has_its_part"),
    ("the loss is twice the debt", "product=self.product * left", "product=self.product * (2 * left - self.deposits)",
     "saver_has_its_part"),
    ("who comes is paid nothing", "collateral=self.collateral - claimed", "collateral=self.collateral",
     "pool_owes_what_it_has"),
    ("a deposit counts at a product of one", "shares = given / self.product", "shares = given", "pool_owes_what_it_has"),
]  # fmt: skip

SCALED = [
    ("the sum goes on at a change", "sum=where(small, 0, post.sum)", "sum=post.sum", "saver_has_at_most_its_part"),
    ("gains before a change are lost", "self.sum_at_change + NINE_DIGITS", "NINE_DIGITS",
     "saver_has_its_part_until_the_second_change"),
    ("a deposit is not scaled back", "where(self.changed, NINE_DIGITS, 1) * super().worth()", "super().worth()",
     "saver_has_at_most_its_part"),
    ("less than a millionth counts as nothing", ">= NINE_DIGITS * self.deposit)", ">= self.deposit / 10**6)",
     "saver_has_its_part_until_the_second_change"),
    ("a change is not noted", "changed=self.changed | small", "changed=self.changed",
     "saver_has_its_part_until_the_second_change"),
]  # fmt: skip

ROUNDED_UP = [
    ("the loss is rounded down", ", 18) + DIGIT", ", 18)", "pool_has_what_it_owes"),
    ("a change of scale is not noted", "rescaled=self.rescaled | small", "rescaled=self.rescaled",
     "pool_has_what_it_owes"),
    ("the scale changes twice as far", "where(small, SCALE, 1)", "where(small, SCALE * SCALE, 1)",
     "pool_has_what_it_owes"),
    ("the scale never changes", "where(small, SCALE, 1) * ", "", "nine_digits_leave_a_product"),
]  # fmt: skip

AT_ONCE = [
    ("the pool may be drained", "self.deposits - debt >= self.least", "debt < self.deposits", "product_keeps_nine_digits"),
    ("the loss is twice the debt", "(self.deposits - debt) /", "(self.deposits - 2 * debt) /", "product_keeps_nine_digits"),
    ("what is left is of the first deposits", "(self.deposits - debt) / self.deposits",
     "(self.deposit - debt) / self.deposit", "pool_has_what_it_owes"),
]  # fmt: skip

FAULTS = [("product_and_sum", "liquity-v2-savers", *row) for row in SAVERS]
FAULTS += [("changes_of_scale", "liquity-v1-savers", *row) for row in SCALED]
FAULTS += [("pool_digits", "liquity-v1-digits", *row) for row in ROUNDED_UP]
FAULTS += [("pool_digits", "liquity-v2-digits", *row) for row in AT_ONCE]


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=[f"{row[1]}: {row[2]}" for row in FAULTS]
)
def test_a_planted_fault_is_found(
    planted: Callable[..., None], module: str, design: str, fault: str, old: str, new: str, claim: str
) -> None:
    planted(module, design, fault, old, new, claim)
