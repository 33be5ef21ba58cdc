"""Cascades: the published closed forms and numbers, for any number of borrowers."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.inputs import book_settings
from verifier.analyses.search import search
from verifier.engines.staircase import Staircase
from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Finding, Proved, Refuted, Vacuous
from verifier.interpretations.exact import value
from verifier.language.book import Tier
from verifier.language.load import select
from verifier_specs.books import Tiers, classes
from verifier_specs.cascades import EIGHT

Settle = Callable[..., Finding]
FindBound = Callable[..., Bound]
Q = Fraction


def tiers(*rows: tuple[str, str]) -> Tiers:
    return Tiers(rows=classes(*rows))


def wide(lo: str, hi: str, collateral: str) -> Tiers:
    return Tiers(rows=(Tier(Q(lo), Q(hi), Q(collateral)),))


def rules(finding: Finding | None) -> list[str]:
    assert finding is not None
    assert isinstance(finding.verdict, Refuted), finding.verdict
    return [step.rule for step in finding.verdict.run.steps]


# Two classes.


def test_the_first_class_drags_the_second_along_from_7_748_percent_on(find_bound: FindBound) -> None:
    found = find_bound("close-out", "no_cascade")

    assert found.verdict == "proved"
    assert found.high is not None
    assert found.high.safe == 1 - Q("1.03") ** 2 / Q("1.15") == Q(891, 11500)
    assert found.high.gap is not None
    assert found.high.gap <= Q(1, 10**6)
    assert rules(found.high.refuted) == ["tick", "liquidate position 1", "liquidate position 2"]
    assert found.proof is not None
    assert found.proof.borrowers == "any"


def test_a_run_of_two_positions_shows_it_at_7_8_percent_and_none_exists_at_7_7(settle: Settle) -> None:
    assert isinstance(settle("close-out", "no_cascade", shock="0.077").verdict, Proved)

    finding = settle("close-out", "no_cascade", shock="0.078")
    assert finding.positions == ((Q("1.05"), Q("0.03")), (Q("1.15"), Q("0.1")))
    run = finding.verdict.run  # type: ignore[union-attr]
    columns = dict(finding.columns)
    before = [value(columns["health 2"], state) for state in run.states[:-1]]
    assert before[1] > 1 > before[2]  # the fall alone leaves the second healthy, the first one's sale does not


@pytest.mark.parametrize("design", ["close-out", "close-out-eight"])
def test_the_closed_form_of_the_two_lowest_classes_is_found_and_proved(find_bound: FindBound, design: str) -> None:
    found = find_bound(design, "no_cascade")

    assert found.high is not None
    closed = found.high.closed
    assert closed is not None
    assert closed.formula == "max(1 - 1/h1, 1 - (1 + φ1)²/h2)"
    assert closed.safe_for_all
    assert closed.tight_for_all


def test_the_trap_of_bisection_is_not_fallen_for(find_bound: FindBound) -> None:
    """Exactly 99 %, and exactly 20 %, drag nobody along: both classes fall by themselves. Smaller shocks do."""
    stairs = Staircase(classes(("1.05", "0.03"), ("1.15", "0.1")), lambda sold: 1 / (1 + sold) ** 2)
    for shock in (Q("0.99"), Q("0.2")):
        assert sum(tier.lo * (1 - shock) < 1 for tier in stairs.tiers) == stairs.fallen(shock)

    found = find_bound("close-out", "no_cascade")
    assert found.high is not None
    assert found.high.safe < Q("0.08")


# Zero buffer, and tiers that are no classes.


def test_without_a_buffer_the_second_class_still_decides(find_bound: FindBound) -> None:
    found = find_bound("close-out", "no_cascade", book=tiers(("1.00", "0.03"), ("1.15", "0.1")))

    assert found.high is not None
    assert found.high.safe == Q(891, 11500)


@pytest.mark.parametrize(
    ("above", "critical"),
    [("0.01", "0"), ("0.0609", "0"), ("0.061", 1 - Q("1.0609") / Q("1.061")), ("0.1", 1 - Q("1.0609") / Q("1.1"))],
)
def test_a_second_class_close_by_falls_at_once(find_bound: FindBound, above: str, critical: str | Fraction) -> None:
    found = find_bound("close-out", "no_cascade", book=tiers(("1.00", "0.03"), (str(1 + Q(above)), "0.1")))

    assert found.verdict == "proved"
    assert found.high is not None
    assert found.high.safe == Q(critical)


def test_a_tier_that_is_no_class_is_safe_only_while_nobody_falls(find_bound: FindBound) -> None:
    found = find_bound("close-out", "no_cascade", book=wide("1", "1.05", "0.03"))

    assert found.high is not None
    assert found.high.safe == 0
    assert any("is no class" in note for note in found.notes)
    assert isinstance(found.proof.verdict, Vacuous)  # type: ignore[union-attr]


def test_two_positions_in_one_tier_drag_each_other_down(settle: Settle) -> None:
    finding = settle("close-out", "no_cascade", book=wide("1.05", "1.06", "0.01"), shock="0.05")

    assert rules(finding) == ["tick", "liquidate position 1", "liquidate position 2"]
    (low, _), (high, _) = finding.positions
    assert Q("1.05") <= low < high <= Q("1.06")


def test_what_is_unhealthy_from_the_start_is_sold_without_a_shock(find_bound: FindBound) -> None:
    book = Tiers(rows=(Tier(Q("0.9"), Q("0.95"), Q("0.01")), *classes(("1.1", "0.01"))))
    found = find_bound("close-out", "no_cascade", book=book)

    assert found.high is not None
    assert found.high.safe == 1 - Q("1.01") ** 2 / Q("1.1")
    assert any("unhealthy from the start" in note for note in found.notes)


# Eight classes.


@pytest.mark.parametrize(
    ("shock", "floor"),
    [
        ("0.04", ".96"),
        ("0.048", ".94820"),
        ("0.1", ".88930"),
        ("0.16", ".81375"),
        ("0.25", ".72656"),
        ("0.4", ".55903"),
        ("0.5", ".28013"),
    ],
)
def test_the_price_floors_of_the_eight_classes(find_bound: FindBound, shock: str, floor: str) -> None:
    found = find_bound("close-out-eight", "price_floor", vary="floor", shock=shock)

    assert found.verdict == "proved"
    assert found.high is not None
    assert round(found.high.safe, 5) == Q(floor)


@pytest.mark.parametrize(
    ("design", "critical"), [("close-out-eight", "8.7269"), ("fixed-spread", "8.1310"), ("close-out", "7.7478")]
)
def test_a_fixed_spread_sells_less_and_its_cascade_begins_later(settle: Settle, design: str, critical: str) -> None:
    just_under, just_over = Q(critical) / 100 - Q("0.00001"), Q(critical) / 100 + Q("0.00002")

    assert isinstance(settle(design, "no_cascade", shock=just_under).verdict, Proved)
    assert not isinstance(settle(design, "no_cascade", shock=just_over).verdict, Proved)


def test_eight_classes_under_a_fixed_spread(settle: Settle) -> None:
    assert isinstance(settle("fixed-spread", "no_cascade", book=Tiers(rows=EIGHT), shock="0.087592").verdict, Proved)
    assert not isinstance(
        settle("fixed-spread", "no_cascade", book=Tiers(rows=EIGHT), shock="0.087593").verdict, Proved
    )


def test_the_spread_s_critical_shock_is_an_algebraic_number(find_bound: FindBound) -> None:
    found = find_bound("fixed-spread", "no_cascade")

    assert found.high is not None
    assert round(100 * found.high.safe, 6) == Q("8.130967")
    closed = found.high.closed
    assert closed is not None
    assert closed.polynomial == "2300000000·x^2 - 2485460000·x + 186886023 = 0"
    assert closed.safe_for_all
    x = found.high.safe
    assert abs(2300000000 * x**2 - 2485460000 * x + 186886023) < Q("0.01")
    # It is approached by ever smaller positions and reached by none: the gap is said, and the run replayed.
    assert found.verdict == "unknown"
    assert "smaller" in found.why
    assert found.high.gap is not None
    assert found.high.gap < Q(3, 10**5)
    assert rules(found.high.refuted)[-1] == "liquidate position 65"


def test_amplification_is_worst_just_over_a_step_of_the_staircase(find_bound: FindBound) -> None:
    found = find_bound("close-out-eight", "amplification", vary="factor", shock="0.45")

    assert found.low is not None
    assert round(found.low.safe, 6) == Q("1.323526")
    assert found.verdict == "proved"


@pytest.mark.parametrize(("shock", "most"), [("0.08", 0), ("0.09", 1), ("0.42", 2), ("0.5", 3)])
def test_rounds(find_bound: FindBound, shock: str, most: int) -> None:
    found = find_bound("close-out-eight", "rounds", vary="most", shock=shock)

    assert found.low is not None
    assert found.low.safe == most


@pytest.mark.parametrize(
    ("tolerance", "critical"),
    [("0", "8.7269"), ("0.004", "15.6637"), ("0.01", "26.2674"), ("0.05", "41.0302"), ("0.1", "48.3802")],
)
def test_a_cascade_within_a_tolerance(find_bound: FindBound, tolerance: str, critical: str) -> None:
    found = find_bound("close-out-eight", "no_cascade", tolerance=tolerance)

    assert found.verdict == "proved"
    assert found.high is not None
    assert round(100 * found.high.safe, 4) == Q(critical)


def test_merging_tiers_makes_no_spread_weaker_and_the_floor_lower(find_bound: FindBound) -> None:
    def merged(size: int) -> Tiers:
        groups = [EIGHT[n : n + size] for n in range(0, 8, size)]
        return Tiers(rows=tuple(Tier(g[0].lo, g[-1].lo, sum((t.collateral for t in g), Q(0))) for g in groups))

    spreads = [find_bound("close-out-eight", "no_spread", book=merged(size)).high for size in (1, 2, 4)]
    assert [round(100 * edge.safe, 3) for edge in spreads if edge] == [Q("8.727"), Q("15.664"), Q("40.372")]
    floors = [
        find_bound("close-out-eight", "price_floor", vary="floor", shock="0.16", book=merged(size)).high
        for size in (1, 2)
    ]
    assert [round(edge.safe, 5) for edge in floors if edge] == [Q("0.81375"), Q("0.78264")]


# No impact, other markets.


def test_infinite_depth_never_cascades(find_bound: FindBound) -> None:
    found = find_bound("close-out", "no_cascade", market="infinite")

    assert found.verdict == "proved"
    assert found.high is None
    assert any("nothing cascades" in note for note in found.notes)


def test_linear_impact_has_its_own_closed_form(find_bound: FindBound) -> None:
    found = find_bound("close-out", "no_cascade", market="linear")

    assert found.high is not None
    assert found.high.safe == 1 - 1 / (Q("1.15") * Q("0.97"))
    assert found.high.closed is not None
    assert found.high.closed.formula == "max(1 - 1/h1, 1 - 1/(h2·(1 - φ1)))"


def test_a_linear_market_without_buyers_is_reported(find_bound: FindBound) -> None:
    found = find_bound("close-out", "price_floor", vary="floor", market="linear", depth="0.1", shock="0.2")

    assert found.high is not None
    assert found.high.safe == 0
    assert any("exhausted" in note for note in found.notes)


BIDS: Sequence[tuple[Fraction, Fraction]] = ((Q("0.01"), Q("0.02")), (Q("0.03"), Q("0.02")), (Q("0.2"), Q("0.5")))


def test_an_order_book_leaves_the_best_bid_that_is_left(find_bound: FindBound) -> None:
    """The first class sells .03: the first bid is gone, the second one stands, at 97 for the 99 at the start."""
    found = find_bound("close-out", "no_cascade", market="order-book", market__rows=tuple(BIDS))

    assert found.verdict == "proved"
    assert found.high is not None
    assert found.high.safe == 1 - Q(99, 97) / Q("1.15")


def test_at_an_exactly_exhausted_level_the_next_bid_counts(find_bound: FindBound) -> None:
    exact = find_bound(
        "close-out", "no_cascade", market="order-book", market__rows=((Q(0), Q("0.03")), (Q("0.1"), Q(1)))
    )

    assert exact.high is not None
    assert exact.high.safe == max(1 - 1 / Q("1.05"), 1 - 1 / (Q("1.15") * Q("0.9")))


def test_what_comes_back_does_not_help_while_sales_come_faster(find_bound: FindBound) -> None:
    plain, recovering = (find_bound("close-out", "no_cascade", recovery=rate).high for rate in ("0", "0.01"))

    assert plain is not None
    assert recovering is not None
    assert recovering.safe == plain.safe


@pytest.mark.parametrize("kind", ["drop", "floor", "drawdown"])
def test_only_the_lowest_price_of_the_path_counts(find_bound: FindBound, kind: str) -> None:
    found = find_bound("close-out", "no_cascade", shock=kind)

    assert found.high is not None
    assert found.high.safe == Q(891, 11500)


def test_a_shock_without_a_floor_is_not_lifted(settle: Settle) -> None:
    finding = settle("close-out", "no_cascade", shock="steps")

    assert "keeps no floor" in finding.verdict.detail  # type: ignore[union-attr]


# Chains and rounds.


def test_each_of_eight_classes_falls_only_because_of_the_one_before(settle: Settle) -> None:
    finding = settle("close-out-chain", "rounds", most=6)

    assert rules(finding) == ["tick", *(f"liquidate position {number}" for number in range(1, 9))]
    assert isinstance(settle("close-out-chain", "rounds", most=7).verdict, Proved)
    run = finding.verdict.run  # type: ignore[union-attr]
    columns = dict(finding.columns)
    for number in range(2, 9):
        health = [value(columns[f"health {number}"], state) for state in run.states]
        assert health[number - 1] >= 1 > health[number], number  # healthy until the sale of the one before


def test_the_price_left_by_round_eight_is_the_first_to_open_the_second_class(settle: Settle) -> None:
    finding = settle("quarter-close", "no_cascade", number=1)

    assert rules(finding) == ["tick", *["liquidate position 1"] * 8, "liquidate position 2"]
    proved = settle("quarter-close", "no_cascade", book=tiers(("1.05", "0.05"), ("1.173", "0.1")))
    assert isinstance(proved.verdict, Proved)


# A threshold is raised from 80 % to 83 %.


@pytest.mark.parametrize(
    ("design", "threshold", "healths", "critical"),
    [
        ("close-out", "0.8", ("1.05", "1.15"), "7.748"),
        ("close-out", "0.83", ("1.089375", "1.193125"), "11.082"),
        ("close-out", "0.83", ("1.05", "1.15"), "7.748"),
        ("fixed-spread", "0.8", ("1.05", "1.15"), "8.306"),
        ("fixed-spread", "0.83", ("1.089375", "1.193125"), "11.451"),
        ("fixed-spread", "0.83", ("1.05", "1.15"), "8.131"),
    ],
)
def test_raising_a_threshold(
    settle: Settle, design: str, threshold: str, healths: tuple[str, str], critical: str
) -> None:
    book = tiers((healths[0], "0.03"), (healths[1], "0.1"))
    given = {"book": book, "liquidation_threshold": threshold}

    assert isinstance(settle(design, "no_cascade", shock=Q(critical) / 100 - Q("0.00001"), **given).verdict, Proved)
    assert not isinstance(settle(design, "no_cascade", shock=Q(critical) / 100 + Q("0.00002"), **given).verdict, Proved)


@pytest.mark.parametrize(("threshold", "critical"), [("0.8", "0.2"), ("0.83", "0.17")])
def test_the_solvent_shock_falls_where_borrowers_take_up_the_room(
    find_bound: FindBound, threshold: str, critical: str
) -> None:
    found = find_bound("spread", "solvency", liquidation_threshold=threshold)

    assert found.verdict == "proved"
    assert found.high is not None
    assert found.high.safe == Q(critical)


def test_the_solvent_shock_of_the_same_positions_does_not_move(find_bound: FindBound) -> None:
    found = find_bound("spread", "solvency", liquidation_threshold="0.83", health=Q("1.05") * 83 / 80)

    assert found.high is not None
    assert found.high.safe == Q("0.2")


# The other engine: Hypothesis on positions told apart.

OVER_TIERS = [
    case
    for case in cases(
        select(("close-out", "close-out-eight", "fixed-spread", "close-out-chain", "quarter-close")).values()
    )
    if case.prop.crowd
]


@pytest.mark.parametrize(
    "case", OVER_TIERS, ids=lambda case: f"{case.design.title}-{case.prop.name}-{case.declared is None}"
)
def test_random_runs_of_single_positions_break_nothing_that_is_proved_over_tiers(case: Case) -> None:
    result = search(case, examples=30, length=12, seed=1).results["real"]

    assert not isinstance(result, str)
    assert result.steps > 100
    assert result.found is None or case.declared is not None


def test_a_few_positions_from_a_file_can_be_told_apart(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    file.write_text("collateral,health_factor\n0.03,1.05\n0.1,1.15\n")
    (design,) = select(("close-out",)).values()
    settings = book_settings(design, {"book": "positions"}, file, 64, None)

    (case,) = cases([design], only=("conservation",), settings=settings)
    assert len(case.problem().seats) == 2


# What is lifted where a rule does not carry over as it is.


@pytest.mark.parametrize(
    ("given", "noted"),
    [
        ({}, True),
        ({"small_position": "0"}, True),  # half of the debt while the health factor is over .95
        ({"full_close_health": "0"}, True),  # all of it where a position is small
        ({"close_factor": "1"}, False),
    ],
)
def test_a_close_limit_that_two_positions_together_exceed_is_shown(
    settle: Settle, given: dict[str, str], noted: bool
) -> None:
    book = tiers(("1.05", "0.03"), ("1.15", "0.1"))
    finding = settle("aave-v3", "no_cascade", book=book, market="constant-product", depth="1", shock="0.08", **given)

    assert isinstance(finding.verdict, Proved)
    assert finding.borrowers == "any"
    assert any("least homogeneous majorant, the whole debt" in note for note in finding.notes) is noted


# The market that a book needs.


def test_the_depth_that_two_classes_need(find_bound: FindBound) -> None:
    """At 7.7 % the second class stays where (1 + .03/depth)² is at most 1.15·.923."""
    found = find_bound("close-out", "no_cascade", vary="depth")

    assert found.verdict == "proved"
    assert found.high is None
    assert found.low is not None
    depth, room = found.low.safe, Q("1.15") * Q("0.923")
    assert (1 + Q("0.03") / depth) ** 2 <= room
    assert (1 + Q("0.03") / (depth - Q(1, 10**6))) ** 2 > room
    assert rules(found.low.refuted) == ["tick", "liquidate position 1", "liquidate position 2"]


def test_where_the_tiers_are_loose_the_depth_is_not_called_closed_in(find_bound: FindBound) -> None:
    found = find_bound("fixed-spread", "no_cascade", vary="depth", shock="0.075")

    assert found.verdict == "unknown"
    assert found.low is not None
    assert found.low.refuted is None
