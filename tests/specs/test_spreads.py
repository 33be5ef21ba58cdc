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


@pytest.mark.parametrize(
    ("bonus", "frontier"),
    [("0", "1"), ("0.01", ".990099"), ("0.045", ".956938"), ("0.05", ".952381"), ("0.08", ".925926"), ("0.1", ".909091"),
     ("0.13", ".884956"), ("0.15", ".869565")],
)  # fmt: skip
def test_the_toxic_frontier_without_slippage(settle: Settle, bonus: str, frontier: str) -> None:
    exact = 1 / (1 + Q(bonus))
    given = {"liquidation_bonus": bonus, "market": "infinite", "shock": "0.9"}

    assert round(exact, 6) == Q(frontier)
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


@pytest.mark.parametrize(
    ("threshold", "bonus", "impact"), [("0.5", "0.2", "0.1"), ("0.25", "0.5", "0.2"), ("0.6", "0.05", "0.05")]
)
def test_with_slippage_the_sloped_bonus_is_safe_up_to_its_published_frontier(
    settle: Settle, threshold: str, bonus: str, impact: str
) -> None:
    """(1 + i·v·λ)/((1 + i)·λ), with λ = 1 + 2·c/y."""
    slope = 1 + 2 * Q(impact)
    frontier = (1 + Q(bonus) * Q(threshold) * slope) / ((1 + Q(bonus)) * slope)
    given = {"liquidation_threshold": threshold, "liquidation_bonus": bonus, "market": "constant-product", "depth": "1",
             "book": "exactly", "size": impact, "health": "1"}  # fmt: skip

    for loan_to_value, expected in ((frontier, Proved), (frontier + LITTLE, Refuted)):
        finding = settle("sloped-bonus", "improves_health_up_to", loan_to_value=loan_to_value, **given)
        assert isinstance(finding.verdict, expected), (loan_to_value, finding.verdict)


@pytest.mark.parametrize(("fall", "share"), [("0.03", ".01535"), ("0.1", ".05409"), ("0.2", ".1180"), ("0.5", ".4142")])
def test_the_share_of_the_reserve_that_moves_the_price(settle: Settle, fall: str, share: str) -> None:
    """1/√(1 - d) - 1, to the published digits."""
    half = Q("0.5") / 10 ** (len(share) - 1)

    for sold, expected in ((Q(share) - half, Proved), (Q(share) + half, Refuted)):
        book = Tiers(rows=classes(("1.05", str(sold))))
        finding = settle("close-out", "price_floor", floor=(1 - Q(fall)) / 2, shock="0.5", book=book)
        assert isinstance(finding.verdict, expected), (sold, finding.verdict)


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


@pytest.mark.parametrize(
    ("module", "old", "new", "claim"),
    [("markets", "return left * left", "return left", "share_that_moves_the_price"),
     ("markets", "return left * left", "return left * left * left", "health_does_not_fall_within_the_frontier"),
     ("markets", "super().proceeds((1 - self.fee) * quantity)", "super().proceeds(quantity)",
      "pays_exactly_within_capacity"),
     ("slippage", "(1 - self.market.fee) * (1 + bonus)))", "(1 - self.market.fee) / (1 + bonus)))",
      "capacity_grows_with_the_bonus"),
     ("slippage", "return reserve * (1 - 1 /", "return -reserve * (1 - 1 /", "capacity_grows_with_the_pool")],
    ids=["a price that falls with the share", "one that falls with its cube", "no fee is taken", "a bonus that is taken away", "a capacity below nothing"],
)  # fmt: skip
def test_a_planted_fault_in_what_a_pool_takes_is_found(
    module: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, "pool-capacity", "capacity", old, new, claim)


@pytest.mark.parametrize(
    ("module", "old", "new", "claim"),
    [("markets", "return left * left", "return left * left * left", "health_does_not_fall_within_the_frontier"),
     ("seizure", "(1 - self.health_value() / self.debt)", "(1 - self.health_value() / self.debt) / 2",
      "frontier_is_the_published_one")],
    ids=["a price that falls with the cube", "a slope of half"],
)  # fmt: skip
def test_a_planted_fault_under_a_sloped_bonus_is_found(
    module: str, old: str, new: str, claim: str, planted: Callable[..., None]
) -> None:
    planted(module, "sloped-on-pool", "slippage", old, new, claim)
