"""Reversible calls: they survive the dips that close a fixed spread, at a price; closed forms and planted faults."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Tight = Callable[..., Fraction]
Q = Fraction
LT = Q("0.83")


@pytest.mark.parametrize("health", ["1", "1.25"])
def test_a_dip_that_ends_before_maturity_is_survived_as_deep_as_supporters_come(tight: Tight, health: str) -> None:
    edge = tight("reversible-call", "wick_survival", "bound", shock="wick", duration=1, book__health=health)

    assert edge == 1 - LT / (Q(health) * (LT + 1))


@pytest.mark.parametrize("depth", ["0.05", "0.5"])
def test_the_same_dip_closes_a_fixed_spread_on_spot(settle: Settle, depth: str) -> None:
    dip = {"shock": "wick", "shock__bound": depth, "shock__duration": 1, "book__health": 1}

    assert isinstance(settle("spread", "wick_survival", **dip).verdict, Refuted)
    assert isinstance(settle("reversible-call", "wick_survival", **dip).verdict, Proved)


DROP = {"shock": "drop", "keepers": "prompt"}
SLIDE = {"shock": "slide", "keepers": "prompt", "shock__bound": "0.5", "book__health": "1.25"}


@pytest.mark.parametrize("settings", [{}, {"patience": 2}, {"least_top_up": "0.02"}, {"buffer": "0.05"}], ids=str)
def test_what_lenders_lose_in_a_drop_is_what_the_worst_of_three_ends_lacks(
    tight: Tight, settings: dict[str, Any]
) -> None:
    edge = tight("reversible-call", "lender_loss_cap", "cap", **DROP, shock__bound="0.5", **settings)

    unsaved = 1 / Q("1.05") if "buffer" in settings else 0
    topped_up = (1 + Q(settings.get("least_top_up", "0.1"))) / Q("1.05")
    assert edge == 1 - Q("0.5") * Q("1.25") / LT * (unsaved or min(1, topped_up))


@pytest.mark.parametrize(("step", "term"), [("0.05", 24), ("0.3", 2)])
def test_a_slide_takes_the_whole_fall_of_a_call_that_lapsed(tight: Tight, step: str, term: int) -> None:
    edge = tight("reversible-call", "lender_loss_cap", "cap", **SLIDE, shock__step=step, term=term)
    solvent = tight("reversible-call", "solvency", "bound", **SLIDE, shock__step=step, term=term)

    assert edge == 1 - Q("1.1") * Q("0.5") * Q("1.25") / (LT * Q("1.05"))
    assert solvent == 1 - max(LT if step == "0.3" else 0, LT * Q("1.05") / Q("1.1")) / Q("1.25")


def test_no_form_is_stated_for_a_call_that_ends_while_the_price_still_falls(problem: Callable[..., Problem]) -> None:
    short = problem("reversible-call", "lender_loss_cap", cap=0, **SLIDE, shock__step="0.05", term=2)

    assert "cap" not in short.forms


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"shock": "drop", "shock__bound": "0.5", "term": 1}, 1 - LT * Q("1.1")),
        ({"shock": "drop", "shock__bound": "0.25", "term": 1}, Q("0.05")),
        ({"shock": "wick", "shock__bound": "0.3", "shock__duration": 5, "term": 6}, Q("0.05")),
        ({"shock": "drop", "shock__bound": "0.2"}, 0),
    ],
    ids=str,
)
def test_a_borrower_loses_the_price_of_cancelling_or_what_exceeds_an_incurable_debt(
    tight: Tight, settings: dict[str, Any], expected: Fraction
) -> None:
    assert tight("reversible-call", "borrower_loss_cap", "cap", **settings) == expected


def test_any_dip_is_survived_with_an_unlimited_buffer(settle: Settle) -> None:
    found = settle("reversible-call", "wick_survival", shock="wick", shock__bound="0.999", buffer=1000)

    assert isinstance(found.verdict, Proved)


def test_cancelling_pays_the_supporter_above_a_factor_of_one_only(settle: Settle) -> None:
    claim = "cancelling_pays_the_supporter"

    assert isinstance(settle("reversible-call", claim, factor="1.0001").verdict, Proved)
    assert isinstance(settle("reversible-call", claim, factor=1).verdict, Refuted)
    assert isinstance(settle("reversible-call", claim, factor="0.0001", top_up_returned=True).verdict, Proved)


@pytest.mark.parametrize(("factor", "top_up", "close_factor"), [("1.5", "0.1", "0.06"), ("1.2", "0.2", "0.05")])
def test_cancelling_costs_no_more_than_a_fixed_spread_up_to_the_stated_close_factor(
    settle: Settle, factor: str, top_up: str, close_factor: str
) -> None:
    settings: dict[str, Any] = {"factor": factor, "least_top_up": top_up, "most_top_up": top_up, "shock": "wick"}
    edge = (Q(factor) - 1) * Q(top_up) / (LT * Q("1.05"))
    at, below = (
        settle("reversible-call", "no_dearer_than_a_fixed_spread", close_factor=share, book__health=1, **settings)
        for share in (edge, edge - Q(1, 10**4))
    )

    assert edge < Q(close_factor)
    assert isinstance(at.verdict, Proved)
    assert isinstance(below.verdict, Refuted)


FAULTS = [
    ("liquidated while a call is open", "step = super().liquidate(offer)\n        return require(~self.supported, step.guard)",
     "step = super().liquidate(offer)\n        return require(step.guard)", "collateral_leaves_by_exercise_at_maturity"),
    ("exercised before maturity", "require(self.supported, self.now >= self.expiry).then(", "require(self.supported).then(",
     "collateral_leaves_by_exercise_at_maturity"),
    ("the top-up is not asked for", "supporter_collateral=self.supporter_collateral - given", "supporter_collateral="
     "self.supporter_collateral - given / 2", "conservation"),
    ("only a healthy position can cancel", "require(self.supported, self.now < self.expiry)",
     "require(self.supported, self.healthy(), self.now < self.expiry)", "exit_enabled"),
    ("a call is due at once", "expiry=self.now + self.term", "expiry=self.now", "can_be_cancelled_once_open"),
    ("cancelling reads the price", "price = self.price_of_cancelling()\n",
     "price = minimum(self.price_of_cancelling(), self.debt / self.oracle.quote())\n", "oracle_noninterference"),
    ("support any number of times", "~(self.once_only & self.spent)", "~(self.once_only & self.supported)",
     "delays_once_or_at_a_price"),
    ("healthy positions are supported", "return ~self.healthy() & near", "return near", "no_dearer_than_a_fixed_spread"),
    ("cancelling is half as dear as agreed", "return up(self.top_up * ", "return up(self.top_up / 2 * ",
     "cancelling_pays_as_agreed"),
    ("cancelling is rounded down", "    up,\n", "    down as up,\n", "cancelling_pays_the_supporter"),
    ("who cancels pays nothing", "owner_collateral=self.owner_collateral - price,", "owner_collateral="
     "self.owner_collateral,", "conservation"),
    ("the top-up lowers the debt, too", "collateral=self.collateral + given,", "collateral=self.collateral + given, "
     "debt=self.debt / 2,", "conservation"),
    ("premium in debt", "top_up=given,", "top_up=given * self.oracle.quote(),", None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_is_found(
    fault: str, old: str, new: str, claim: str | None, planted: Callable[..., None]
) -> None:
    planted("reversible_call", "reversible-call", fault, old, new, claim)
