"""Slippage: capacity of a constant product, and the toxic frontier, with their published tables."""

from collections.abc import Callable
from fractions import Fraction

import pytest

from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Finding, Proved, Refuted, Vacuous
from verifier_specs.books import Tiers, classes

Settle = Callable[..., Finding]
FindBound = Callable[..., Bound]
Q = Fraction
LITTLE = Q(1, 10**5)


@pytest.mark.parametrize(
    ("share", "left"), [("0.01", ".9803"), ("0.05", ".9070"), ("0.1", ".8264"), ("0.25", ".64"), ("0.4142", ".5")]
)
def test_the_price_after_selling_a_share_of_the_reserve(find_bound: FindBound, share: str, left: str) -> None:
    found = find_bound("close-out", "price_floor", vary="floor", shock="0.5", book=Tiers(rows=classes(("1.05", share))))

    assert found.high is not None
    assert round(found.high.safe * 2, 4) == Q(left)


@pytest.mark.parametrize(
    ("bonus", "fee", "most"),
    [
        ("0.01", "0", ".00990"), ("0.045", "0", ".04306"), ("0.05", "0", ".04762"), ("0.08", "0", ".07407"),
        ("0.1", "0", ".09091"), ("0.15", "0", ".1304"), ("0.01", "0.003", ".00692"), ("0.045", "0.003", ".04018"),
        ("0.05", "0.003", ".04475"), ("0.08", "0.003", ".07129"), ("0.1", "0.003", ".08817"), ("0.15", "0.003", ".1278"),
    ],
)  # fmt: skip
def test_what_pays_for_a_liquidator(settle: Settle, bonus: str, fee: str, most: str) -> None:
    kept = (1 - Q(fee)) * (1 + Q(bonus))
    capacity = (kept - 1) / kept
    given = {"liquidation_bonus": bonus, "fee": fee, "size": "0.5"}

    assert round(capacity, len(most) - 1) == Q(most)
    assert isinstance(settle("spread-on-pool", "liquidation_pays", most=capacity, **given).verdict, Proved)
    assert isinstance(settle("spread-on-pool", "liquidation_pays", most=capacity + LITTLE, **given).verdict, Refuted)


def test_what_pays_has_a_closed_form(find_bound: FindBound) -> None:
    found = find_bound("spread-on-pool", "liquidation_pays", vary="most")

    assert found.high is not None
    assert found.high.safe == Q(1, 21)
    assert found.high.closed is not None
    assert found.high.closed.formula == "1 - 1/((1 + liquidation_bonus)·(1 - fee))"
    assert found.high.closed.safe_for_all


@pytest.mark.parametrize("size", ["0.01", "0.05", "0.2"])
def test_a_whole_position_s_exit_pays_up_to_one_over_one_and_its_share(settle: Settle, size: str) -> None:
    frontier = 1 / (1 + Q(size))

    assert isinstance(settle("close-out-on-pool", "covered_up_to", loan_to_value=frontier, size=size).verdict, Proved)
    beyond = settle("close-out-on-pool", "covered_up_to", loan_to_value=frontier + LITTLE, size=size)
    assert isinstance(beyond.verdict, Refuted)


FRONTIER = {
    ("0", "0.01"): ".9804", ("0", "0.05"): ".9091", ("0", "0.1"): ".8333", ("0", "0.2"): ".7143",
    ("0.05", "0.01"): ".9337", ("0.05", "0.05"): ".8658", ("0.05", "0.1"): ".7937", ("0.05", "0.2"): ".6803",
    ("0.1", "0.01"): ".8913", ("0.1", "0.05"): ".8264", ("0.1", "0.1"): ".7576", ("0.1", "0.2"): ".6494",
}  # fmt: skip


@pytest.mark.parametrize(("bonus", "size"), FRONTIER)
def test_the_toxic_frontier_with_slippage(settle: Settle, bonus: str, size: str) -> None:
    frontier = 1 / ((1 + Q(bonus)) * (1 + 2 * Q(size)))
    given = {"liquidation_bonus": bonus, "size": size, "liquidation_threshold": "0.5", "shock": "0.9"}

    assert round(frontier, 4) == Q(FRONTIER[bonus, size])
    safe = settle("spread-on-pool", "improves_health_up_to", loan_to_value=frontier, **given)
    assert isinstance(safe.verdict, Proved)
    toxic = settle("spread-on-pool", "improves_health_up_to", loan_to_value=frontier + LITTLE, **given)
    assert isinstance(toxic.verdict, Refuted)


@pytest.mark.parametrize(("bonus", "frontier"), [("0", "1"), ("0.05", ".9524"), ("0.1", ".9091")])
def test_the_toxic_frontier_without_slippage(settle: Settle, bonus: str, frontier: str) -> None:
    exact = 1 / (1 + Q(bonus))
    given = {"liquidation_bonus": bonus, "market": "infinite", "shock": "0.9"}

    assert round(exact, 4) == Q(frontier)
    assert isinstance(settle("spread", "improves_health_up_to", loan_to_value=exact, **given).verdict, Proved)
    beyond = settle("spread", "improves_health_up_to", loan_to_value=exact + LITTLE, **given)
    assert isinstance(beyond.verdict, Refuted)


def test_a_bonus_that_grows_with_ill_health_is_no_cure(settle: Settle, find_bound: FindBound) -> None:
    found = find_bound("sloped-bonus", "improves_health_up_to", vary="loan_to_value")
    assert found.high is not None
    assert found.high.safe == Q(59, 60)
    assert found.high.closed is not None
    assert found.high.closed.formula == "(1 + liquidation_threshold·liquidation_bonus)/(1 + liquidation_bonus)"

    trap = {"liquidation_threshold": "0.25", "liquidation_bonus": "0.75"}
    assert isinstance(settle("sloped-bonus", "liquidation_improves_health", **trap).verdict, Refuted)
    assert isinstance(settle("sloped-bonus", "improves_health_up_to", loan_to_value="0.75", **trap).verdict, Refuted)


@pytest.mark.parametrize("impact", ["0.1", "0.2"])
def test_at_its_onset_the_sloped_bonus_is_safe_up_to_one_over_the_impact(settle: Settle, impact: str) -> None:
    """With λ = 1 + 2·c/y, at a loan-to-value just over the threshold it is safe where that is below 1/λ."""
    onset = 1 / (1 + 2 * Q(impact))
    given = {"market": "constant-product", "depth": "1", "book": "exactly", "size": impact, "health": "1"}

    for threshold, expected in ((onset - LITTLE, Proved), (onset + LITTLE, Refuted)):
        both = {"liquidation_threshold": threshold, "loan_to_value": threshold + LITTLE / 100}
        finding = settle("sloped-bonus", "improves_health_up_to", **both, **given)
        assert isinstance(finding.verdict, expected), (threshold, finding.verdict)


def test_a_claim_about_positions_that_are_never_liquidated_is_vacuous(settle: Settle) -> None:
    """At a loan-to-value of exactly the threshold the health factor is one, and one is healthy."""
    finding = settle("sloped-bonus", "improves_health_up_to", loan_to_value="0.9", liquidation_threshold="0.9")

    assert isinstance(finding.verdict, Vacuous)
    assert "the claim's premise" in finding.verdict.why


def test_two_repayments_differ_from_one_where_the_spread_is_paid_on_the_larger_one(
    planted: Callable[..., None],
) -> None:
    old, new = "down(repaid * self.spread() / price)", "down(repaid * self.spread() * (1 + repaid / self.debt) / price)"
    planted("seizure", "pre-liquidation", "the spread grows with what is repaid", old, new, "portions_add_up")
