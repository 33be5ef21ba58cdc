"""Confirmed liquidation: short dips are survived whatever their depth, a crash costs as many ticks as it takes."""

from collections.abc import Callable
from fractions import Fraction

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


FAULTS = [
    ("confirmed-liquidation", "one confirmation less is enough", "self.streak + ONE >= self.confirmations",
     "self.streak + ONE + ONE >= self.confirmations", "wick_survival"),
    ("confirmed-liquidation", "one more is needed", "self.streak + ONE >= self.confirmations",
     "self.streak >= self.confirmations", "lender_loss_cap"),
    ("confirmed-liquidation", "healthy ticks are counted", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), self.streak + ONE, 0)", "wick_survival"),
    ("confirmed-liquidation", "an unhealthy tick restarts the count", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), 0, ONE)", "lender_loss_cap"),
    ("confirmed-liquidation", "a healthy position is sold after three ticks", "super().liquidatable() & ", "",
     "wick_survival"),
    ("confirmed-any", "one less of the window is enough", "self.unhealthy >= self.confirmations",
     "self.unhealthy + ONE >= self.confirmations", "survives_fewer_dips"),
    ("confirmed-any", "every observation counts as unhealthy", "count = self.unhealthy - oldest + low",
     "count = self.unhealthy - oldest + ONE", "survives_fewer_dips"),
    ("confirmed-liquidation", "a tick is a number", "where(self.healthy(), 0, self.streak + ONE)",
     "where(self.healthy(), 0, self.streak + 1)", None),
]  # fmt: skip


@pytest.mark.parametrize(("design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_is_refuted(
    planted: Callable[..., None], design: str, fault: str, old: str, new: str, claim: str | None
) -> None:
    planted("confirmed", design, fault, old, new, claim)
