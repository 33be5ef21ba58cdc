"""Confirmed liquidation: short dips are survived whatever their depth, a crash costs as many ticks as it takes."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Q = Fraction
LITTLE = Q(1, 10**4)


@pytest.mark.parametrize(("confirmations", "step"), [(1, Q("0.2")), (2, Q("0.1")), (3, Q("0.1")), (4, Q("0.15"))])
def test_a_fall_costs_as_many_ticks_as_confirmations(
    settle: Settle, problem: Callable[..., Problem], confirmations: int, step: Q
) -> None:
    given = {"confirmations": confirmations, "step": step, "bound": "0.9"}
    least = 1 - (1 - step) ** confirmations / Q("0.83")
    form = problem("confirmed-liquidation", "lender_loss_cap", **given, cap=1).forms["cap"]

    assert value(form, {}) == least
    assert isinstance(settle("confirmed-liquidation", "lender_loss_cap", **given, cap=least).verdict, Proved)
    assert isinstance(settle("confirmed-liquidation", "lender_loss_cap", **given, cap=least - LITTLE).verdict, Refuted)


@pytest.mark.parametrize(("confirmations", "duration", "survived"), [(2, 1, True), (4, 3, True), (2, 2, False)])
def test_a_dip_is_survived_if_it_is_over_before_it_is_confirmed(
    settle: Settle, problem: Callable[..., Problem], confirmations: int, duration: int, survived: bool
) -> None:
    given = {
        "confirmations": confirmations, "keepers": "nobody", "book__health": "1.25",
        "shock": "wick", "shock__duration": duration, "shock__bound": "0.9",
    }  # fmt: skip
    form = problem("confirmed-liquidation", "wick_survival", **given).forms["bound"]

    assert value(form, {}) == (1 if survived else Q(1, 5))
    assert isinstance(
        settle("confirmed-liquidation", "wick_survival", **given).verdict, Proved if survived else Refuted
    )


@pytest.mark.parametrize(
    ("design", "ticks", "given"),
    [
        ("confirmation-window", 3, {"confirmations": 3, "window": 4}),
        ("confirmation-window", 2, {"confirmations": 2, "window": 4}),
        ("confirmation-window", 4, {"oracle": "healed"}),
        ("confirmation-counter", 6, {"oracle": "healed", "oracle__most": 2}),
    ],
)
def test_a_longer_window_costs_no_more_unless_somebody_makes_a_position_look_healthy(
    settle: Settle, problem: Callable[..., Problem], design: str, ticks: int, given: dict[str, Any]
) -> None:
    slow = given | {"step": Q("0.1"), "bound": "0.9"}
    least = 1 - Q("0.9") ** ticks / Q("0.83")

    assert value(problem(design, "lender_loss_cap", **slow, cap=1).forms["cap"], {}) == max(0, least)
    assert isinstance(settle(design, "lender_loss_cap", **slow, cap=max(0, least)).verdict, Proved)


FAULTS = [
    ("confirmed-liquidation", "one confirmation less is enough", "self.seen() + ONE >= self.confirmations",
     "self.seen() + ONE + ONE >= self.confirmations", "wick_survival"),
    ("confirmed-liquidation", "one more is needed", "self.seen() + ONE >= self.confirmations",
     "self.seen() >= self.confirmations", "lender_loss_cap"),
    ("confirmed-liquidation", "healthy ticks are counted", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), self.streak + ONE, 0)", "wick_survival"),
    ("confirmed-liquidation", "an unhealthy tick restarts the count", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), 0, ONE)", "lender_loss_cap"),
    ("confirmed-liquidation", "a healthy position is sold after three ticks", "super().liquidatable() & ", "",
     "wick_survival"),
    ("confirmation-window", "one less of the window is enough", "self.seen() + ONE >= self.confirmations",
     "self.seen() + ONE + ONE >= self.confirmations", "wick_survival"),
    ("confirmation-window", "one more of the window is needed", "self.seen() + ONE >= self.confirmations",
     "self.seen() >= self.confirmations", "lender_loss_cap"),
    ("confirmation-window", "a healthy tick is remembered", "last=~self.healthy()", "last=self.healthy()",
     "wick_survival"),
    ("confirmation-window", "what was seen is forgotten", "last=~self.healthy()", "last=self.last", "lender_loss_cap"),
    ("confirmation-window", "what was healthy is counted", "where(low, ONE, 0)", "where(low, 0, ONE)",
     "wick_survival"),
    ("confirmation-counter", "a healthy tick counts, too", "where(self.healthy(), self.count, self.count + ONE)",
     "self.count + ONE", "wick_survival"),
    ("confirmation-counter", "nothing is counted", "where(self.healthy(), self.count, self.count + ONE)",
     "self.count", "lender_loss_cap"),
    ("confirmed-any", "one less of the window is enough", "self.unhealthy >= self.confirmations",
     "self.unhealthy + ONE >= self.confirmations", "survives_fewer_dips"),
    ("confirmed-any", "every observation counts as unhealthy", "count = self.unhealthy - oldest + low",
     "count = self.unhealthy - oldest + ONE", "survives_fewer_dips"),
    ("confirmed-liquidation", "a tick short of it every count restarts",
     "where(self.healthy(), 0, self.streak + ONE)", "where(self.streak >= ONE, 0, self.streak + ONE)", "lender_loss_cap"),
    ("confirmed-liquidation", "a tick is a number", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), 0, self.streak + 1)", None),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_is_refuted(
    planted: Callable[..., None], design: str, fault: str, old: str, new: str, claim: str | None
) -> None:
    module = "confirmed" if design.startswith("confirmed") or "self.seen()" in old else "confirmation_window"
    planted(module, design, fault, old, new, claim)


@pytest.mark.parametrize("design", ["confirmed-liquidation", "confirmation-window", "defaulting"])
def test_who_may_repay_is_not_to_depend_on_the_price(planted: Callable[..., None], design: str) -> None:
    old, new = "require(paid > 0, paid <= self.debt)", "require(paid > 0, paid <= self.debt, self.healthy())"
    planted("loans", design, "only the healthy repay", old, new, "oracle_noninterference")
