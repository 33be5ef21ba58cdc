"""Perpetuals: golden numbers, closed forms on both sides, who bears a deficit, and planted faults."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.verdict import Finding, Proved, Refuted
from verifier.interpretations.exact import value
from verifier.language.expr import number, substitute
from verifier.language.lower import Problem

Settle = Callable[..., Finding]
Compose = Callable[..., Problem]
Planted = Callable[..., None]
Q = Fraction
LITTLE = Q(1, 10**4)
STILL = {"book": "still", "keepers": "prompt"}


def slide(bound: str, step: str, **more: Any) -> dict[str, Any]:
    return {"shock": "slide", "shock__bound": bound, "shock__step": step, **STILL, **more}


def drop(bound: str, **more: Any) -> dict[str, Any]:
    return {"shock": "drop", "shock__bound": bound, **STILL, **more}


@pytest.mark.parametrize(
    ("claim", "given", "expected"),
    [
        ("lender_loss_cap", drop("0.5", health="1.25"), 1 - Q("0.5") * Q("1.25") / Q("0.83")),
        ("lender_loss_cap", drop("0.3"), Q(13, 83)),
        ("lender_loss_cap", slide("0.5", "0.25", health="1.25"), 1 - Q("0.75") / Q("0.83")),
        ("lender_loss_cap", slide("0.3", "0.28", health="1.1"), 1 - Q("0.77") / Q("0.83")),
        ("borrower_loss_cap", drop("0.3"), Q(17, 150)),
        ("borrower_loss_cap", slide("0.5", "0.25", health="1.25"), Q(1)),
    ],
)
def test_the_smallest_cap_is_proved_and_less_is_refuted(
    problem: Compose, settle: Settle, claim: str, given: dict[str, Any], expected: Fraction
) -> None:
    form = value(problem("perpetual", claim, cap=0, **given).forms["cap"], {})

    assert form == expected
    assert isinstance(settle("perpetual", claim, cap=form, **given).verdict, Proved)
    assert isinstance(settle("perpetual", claim, cap=form - LITTLE, **given).verdict, Refuted)


@pytest.mark.parametrize(
    ("claim", "given"),
    [
        ("lender_loss_cap", slide("0.5", "0.02", health="1.25")),
        ("lender_loss_cap", drop("0.3", health="1.25")),
        ("borrower_loss_cap", drop("0.2", health="1.25")),
        ("borrower_loss_cap", slide("0.2", "0.02", health="1.25")),
    ],
)
def test_where_nothing_is_lost_the_smallest_cap_is_zero(
    problem: Compose, settle: Settle, claim: str, given: dict[str, Any]
) -> None:
    assert value(problem("perpetual", claim, cap=0, **given).forms["cap"], {}) == 0
    assert isinstance(settle("perpetual", claim, cap=0, **given).verdict, Proved)


@pytest.mark.parametrize(
    ("claim", "given", "expected"),
    [
        ("solvency", drop("0", health="1.25"), 1 - Q("0.83") / Q("1.25")),
        ("solvency", slide("0", "0.4", health="1.25"), 1 - Q("0.83") / Q("1.25")),
        ("wick_survival", {"shock": "wick", "shock__duration": 3, "keepers": "nobody", "health": "1.25"}, Q("0.2")),
    ],
)
def test_the_largest_shock_is_proved_and_more_is_refuted(
    problem: Compose, settle: Settle, claim: str, given: dict[str, Any], expected: Fraction
) -> None:
    form = value(problem("perpetual", claim, **given).forms["bound"], {})

    assert form == expected
    assert isinstance(settle("perpetual", claim, **given | {"shock__bound": form}).verdict, Proved)
    assert isinstance(settle("perpetual", claim, **given | {"shock__bound": form + LITTLE}).verdict, Refuted)


def test_a_slide_slower_than_the_margin_is_survived_to_any_depth(problem: Compose, settle: Settle) -> None:
    given = slide("0.9999", "0.17", health="1.25")

    assert value(problem("perpetual", "solvency", **given).forms["bound"], {}) == 1
    assert isinstance(settle("perpetual", "solvency", **given).verdict, Proved)


@pytest.mark.parametrize(("claim", "expected"), [("at", Proved), ("below", Refuted)])
def test_a_long_at_100k_with_5k_of_margin_is_liquidated_below_7600000_over_79(
    problem: Compose, claim: str, expected: type
) -> None:
    """At a maintenance margin of 1.25 % the debt is 95,000: health 1 at 95,000/0.9875."""
    system = problem("perpetual-hyperliquid", "solvency").system
    price = Q(7600000, 79) - (0 if claim == "at" else LITTLE)
    held = {"price": price, "collateral": Q(1), "debt": Q(95000), "cooling": Q(0), "order.part": Q(1, 5)}
    guard = system.rule("order").guard
    at_price = substitute(
        guard, {var: number(held[var.name], var.unit) for var in (*system.state, *system.rule("order").inputs)
                if var.name in held}
    )  # fmt: skip

    assert value(at_price, {}) is (expected is Refuted)


def test_sold_at_2_a_short_wins_at_1_and_has_nothing_at_a_bankruptcy_price_of_3(settle: Settle) -> None:
    given = {"mark": 1, "bankruptcy_price": 3}
    verdict = settle("perpetual-pro-rata", "no_short_ends_negative", screened=False, **given).verdict

    assert isinstance(verdict, Refuted)
    ends = {var.name: number for var, number in verdict.run.states[-1].items()}
    assert ends["cash"] - ends["closed"] * 3 - (ends["size"] - ends["closed"]) < 0
    assert isinstance(settle("perpetual-pro-rata", "no_short_ends_negative", **given).verdict, Proved)


def test_a_queue_of_whole_positions_takes_more_than_it_needs_by_less_than_one(settle: Settle) -> None:
    assert isinstance(settle("perpetual-whole-queue", "haircuts_add_up").verdict, Refuted)
    assert isinstance(settle("perpetual-whole-queue", "haircuts_stay_within_one_position").verdict, Proved)
    assert isinstance(settle("perpetual-queue", "haircuts_add_up").verdict, Proved)


PERPETUAL = [
    ("healthy positions are sold", "self.liquidatable(), self.equity()", "self.healthy(), self.equity()", "wick_survival"),
    ("the backstop pays nothing", "close(self.collateral, self.debt, amount(0, DEBT))",
     "close(self.collateral, amount(0, DEBT), amount(0, DEBT))", "lender_loss_cap"),
    ("the backstop takes over above its line", "self.equity() < self.backstop_line * self.maintenance()",
     "self.equity() < self.maintenance()", "an_unhealthy_position_can_be_closed"),
    ("nobody closes what is bankrupt", "self.equity() < 0, self.collateral > 0)",
     "self.equity() < 0, self.collateral < 0)", "an_unhealthy_position_can_be_closed"),
    ("the deficit is forgotten", "deficit=self.deficit + where(emptied, owed, 0)", "deficit=self.deficit",
     "conservation"),
    ("the owner's rest is kept", "owner_cash=self.owner_cash + kept", "owner_cash=self.owner_cash", "conservation"),
    ("the margin counts for the debt", "1 - self.liquidation_threshold) * self.value()",
     "1 - self.liquidation_threshold) * self.debt", "published_liquidation_price"),
    ("value is size", "return self.collateral * self.oracle.quote()", "return self.collateral", None),
]  # fmt: skip

DELEVERAGING = [
    ("the fund pays and keeps its money", "fund=self.fund - paid", "fund=self.fund", "layers_wait_their_turn"),
    ("the fund is paid out twice", "from_fund=self.from_fund + paid", "from_fund=self.from_fund + 2 * paid",
     "layers_add_up"),
    ("everybody pays before the shorts", "self.drawn, self.met == self.shorts, self.lacking > 0",
     "self.drawn, self.lacking > 0", "layers_wait_their_turn"),
    ("shares are of those met", "* (self.met + size) / self.shorts) - self.haircuts",
     "* size / (self.met + size))", "haircuts_add_up"),
    ("each haircut is rounded up", "return down(self.bearable * (self.met + size) / self.shorts) - self.haircuts",
     "return up(self.bearable * size / self.shorts)", "haircuts_add_up"),
    ("twice the part is closed", "closed=down(haircut / self.gap())", "closed=down(2 * haircut / self.gap())",
     "loses_its_haircut_at_the_mark"),
    ("nobody is screened", "~self.screened | solvent", "self.screened | solvent", "no_short_ends_negative"),
]  # fmt: skip

SOCIALISED = [
    ("a loss is a share", "down(self.loss * size / self.sizes)", "down(size / self.sizes)", None),
    ("an open position is not counted", "met_size=met_size, met_balance", "met_size=self.met_size, met_balance",
     "no_flat_account_is_touched"),
    ("the first bears it all", "down(self.loss * size / self.sizes)", "self.loss", "no_flat_account_is_touched"),
    ("half of it is shared out", "down(self.loss * size / self.sizes)", "down(self.loss * size / self.sizes / 2)",
     "parts_add_up"),
    ("each size is shared out over what is met", "self.due(met_size, met_balance) - self.borne",
     "self.due(size, balance)", "parts_add_up"),
    ("what is borne is forgotten", "borne=self.borne + part", "borne=self.borne", "parts_add_up"),
]  # fmt: skip

HYPERLIQUID = [
    ("healthy positions are sold", "self.liquidatable(), self.equity()", "self.healthy(), self.equity()",
     "an_unhealthy_position_can_be_closed"),
    ("the backstop waits for less", "self.equity() < self.backstop_line * self.maintenance()",
     "self.equity() < self.backstop_line * self.maintenance() / 2", "an_unhealthy_position_can_be_closed"),
    ("the backstop pays nothing", "close(self.collateral, self.debt, amount(0, DEBT))",
     "close(self.collateral, amount(0, DEBT), amount(0, DEBT))", "solvency"),
    ("an order's proceeds are the owner's", "self.close(part, raised, maximum(0, raised - self.debt))",
     "self.close(part, raised, raised)", "solvency"),
    ("the deficit is forgotten", "deficit=self.deficit + where(emptied, owed, 0)", "deficit=self.deficit",
     "conservation"),
]  # fmt: skip

DYDX = [
    ("the limit price ignores the equity", "(self.maintenance() - self.equity())", "self.maintenance()",
     "limit_price_pays_the_debt_early"),
    ("the spread counts double", "self.spread * minimum(", "2 * self.spread * minimum(",
     "limit_price_pays_the_debt_early"),
    ("a quote is rounded down", "up(self.exact_quote(part))", "down(self.exact_quote(part))",
     "quote_leaves_the_fund_nothing_to_pay"),
    ("the equity is added", "self.oracle.quote() - self.equity() * margin", "self.oracle.quote() + self.equity() * margin",
     "bankruptcy_quote"),
    ("the equity's share is by size", "self.equity() * margin / self.maintenance()",
     "self.equity() * part / self.collateral / 2", "bankruptcy_quote"),
    ("what is raised is not paid in", "pool_cash=self.pool_cash + (raised - kept)", "pool_cash=self.pool_cash",
     "conservation"),
]  # fmt: skip

FAULTS = [("perpetual", "perpetual", *fault) for fault in PERPETUAL]
FAULTS += [("perpetual", "perpetual-hyperliquid", *fault) for fault in HYPERLIQUID]
FAULTS += [("perpetual", "perpetual-dydx", *fault) for fault in DYDX]
FAULTS += [("socialised_loss", "socialised-by-size", *fault) for fault in SOCIALISED]
FAULTS += [
    (
        "deleveraging",
        "perpetual-queue",
        "a short is closed only after one that is met already",
        "minimum(down(size * self.gap()), self.lacking)",
        "minimum(down(self.met * self.gap()), self.lacking)",
        "splitting_changes_nothing",
    )
]
FAULTS += [("deleveraging", "perpetual-pro-rata", *fault) for fault in DELEVERAGING]
FAULTS += [
    ("perpetual", "perpetual-hyperliquid", "a first order closes all", "where(first, self.first_part * self.collateral",
     "where(first, self.collateral", "a_first_order_closes_a_part"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("module", "design", "fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40]
)
def test_a_planted_fault_is_refuted_or_refused(
    module: str, design: str, fault: str, old: str, new: str, claim: str | None, planted: Planted
) -> None:
    planted(module, design, fault, old, new, claim)
