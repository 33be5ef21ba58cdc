"""The lending pool's published traces, replayed exactly; witnesses of a benchmark's labels; planted faults."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from verifier.evidence.verdict import Finding
from verifier.interpretations.exact import holds, value
from verifier.interpretations.fixed import TABLES
from verifier.language.expr import Expr
from verifier.language.lower import Problem
from verifier.language.system import Arithmetic

Compose = Callable[..., Problem]
Planted = Callable[..., None]


class Replay:
    """A run of a pool, rule by rule, by the exact interpreter or that of the contract's integers."""

    def __init__(self, problem: Problem, arithmetic: Arithmetic = "real", **start: Any) -> None:
        self.system, self.pool, self.table = problem.system, problem.pieces["pool"], TABLES[arithmetic]
        self.values = {var: start.get(var.name, Fraction(0)) for var in self.system.state}
        self.values |= {var: start[var.name] for var in self.system.params if var.name in start}

    def can(self, name: str, **inputs: Any) -> bool:
        rule = self.system.rule(name)
        return holds(rule.guard, self.values | self.given(name, inputs), self.table)

    def given(self, name: str, inputs: dict[str, Any]) -> dict[Any, Any]:
        given = {var.name.rpartition(".")[2]: var for var in self.system.rule(name).inputs}
        return {given[word]: v if isinstance(v, bool) else Fraction(v) for word, v in inputs.items()}

    def does(self, name: str, **inputs: Any) -> "Replay":
        assert self.can(name, **inputs), name
        now = self.values | self.given(name, inputs)
        after = {var: value(term, now, self.table) for var, term in self.system.rule(name).updates.items()}
        self.values = self.values | after
        return self

    def worth(self, term: Expr) -> Any:
        return value(term, self.values, self.table)

    def __getitem__(self, name: str) -> Any:
        return self.worth(getattr(self.pool, name))


# Theory: threshold 2/3, reward 1.3, interest 1/2. B is the user told apart, M all others.


@pytest.mark.parametrize(
    ("deposited", "rate", "collateralisation", "before", "after"),
    [(90, "31/28", "155/126", "155/189", "593/735"), (0, "13/10", "13/9", "26/27", "104/105")],
    ids=["health falls", "health rises"],
)
def test_the_published_health_traces(
    deposited: int, rate: str, collateralisation: str, before: str, after: str, problem: Compose
) -> None:
    composed = problem("lending-pool", "liquidation_improves_health", reward="1.3", threshold="2/3")
    run = Replay(composed, index=Fraction(1), price=Fraction(1))
    if deposited:
        run.does("deposit by others", paid=deposited)
    run.does("deposit", paid=50).does("borrow", units=30).does("accrue", interest="1/2")

    def health() -> Any:
        claim, debt = run.worth(run.pool.own_claim()), run.worth(run.pool.own_debts * run.pool.index)
        return claim * Fraction(2, 3) / debt, claim / debt

    assert run.worth(run.pool.rate()) == Fraction(rate)
    assert health() == (Fraction(before), Fraction(collateralisation))
    run.does("liquidate", units=Fraction(10) / Fraction(3, 2))
    assert health()[0] == Fraction(after)
    assert (Fraction(after) > Fraction(before)) == (Fraction(collateralisation) > Fraction("1.3"))


def test_the_published_trace_of_two_tokens(problem: Compose) -> None:
    """A is all others, with 100 tokens. B has deposited 50 of another one, which is worth as much and earns nothing."""
    composed = problem("lending-pool", "who_gets_credits_elsewhere_gains", reward="1.1", threshold="2/3")
    run = Replay(composed, index=Fraction(1), price=Fraction(1), wallets=Fraction(100))
    run.does("deposit by others", paid=50).does("borrow", units=30).does("accrue", interest="12/100")

    def debt() -> Any:
        return run.worth(run.pool.own_debts * run.pool.index)

    def health() -> Any:
        return (50 + run["own_elsewhere"]) * Fraction(2, 3) / (debt() * run["price"])

    assert debt() == Fraction("33.6")
    run.does("repay", units=5 / Fraction("1.12"))
    assert debt() == Fraction(143, 5)
    run.does("reprice", price="1.3")
    assert health() == Fraction(5000, 5577)
    run.does("liquidate_debt", units=11 / Fraction("1.12"))
    assert run["own_elsewhere"] == -Fraction(1573, 100)
    assert health() == Fraction(3427, 3432)
    run.does("redeem by others", units=10)
    own = 50 + run.worth(run.pool.own_worth())
    assert (50 + run.worth(run.pool.worth()) - own, own) == (Fraction(13611, 100), Fraction(4389, 100))


# The benchmark's runs. B is the user told apart in its two traces.


def contract(problem: Compose, version: str, arithmetic: Arithmetic = "fixed", **start: Any) -> Replay:
    return Replay(problem(f"lending-protocol-{version}", "dep_xr", "fixed"), arithmetic, **start)


@pytest.mark.parametrize("version", ["v1", "v3", "v4", "v7", "v8"])
def test_the_benchmarks_traces(version: str, problem: Compose) -> None:
    first, second = (contract(problem, version, is_second=second) for second in (False, True))
    first.does("deposit", paid=50, own=False)
    second.does("deposit", paid=50, own=True)
    first.does("borrow", drawn=30, own=True)

    assert (first["reserves"], second["reserves"]) == (20, 50)
    assert (first["credits"], first["credit"], first["debits"], first["debit"]) == (50, 0, 30, 30)
    assert (second["credits"], second["credit"], second["debits"]) == (50, 50, 0)

    first.does("accrue", own=3, others=0)
    assert first["debit"] == 33
    assert first.can("repay", paid=5, own=True) == (version != "v7")
    if version != "v7":
        assert first.does("repay", paid=5, own=True)["debit"] == 28


@pytest.mark.parametrize("version", ["v1", "v3", "v4", "v7"])
@pytest.mark.parametrize(("deposited", "drawn", "interest"), [(100, 9, 0), (1000002, 11, 1)])
def test_an_accrual_with_debt_may_leave_the_rate(
    version: str, deposited: int, drawn: int, interest: int, problem: Compose
) -> None:
    run = contract(problem, version, is_second=False).does("deposit", paid=deposited, own=False)
    run.does("borrow", drawn=drawn, own=True).does("accrue", own=interest, others=0)

    assert run["debit"] == drawn + interest
    assert run.worth(run.pool.rate()) == 1


def test_what_a_redeem_kept_is_the_next_depositors(problem: Compose) -> None:
    run = contract(problem, "v4", "real").does("deposit", paid=100, own=True).does("redeem", units=100, own=True)

    assert run.does("deposit", paid=1, own=False).worth(run.pool.rate()) == 2


@pytest.mark.parametrize("deposited", [10, 13, 30])
def test_runs_may_begin_where_four_steps_lead(deposited: int, problem: Compose) -> None:
    run = contract(problem, "v1").does("deposit", paid=deposited, own=True)
    run.does("borrow", drawn=deposited, own=False).does("accrue", own=0, others=deposited // 10)
    run.does("repay", paid=deposited + deposited // 10, own=False)
    begun = problem("lending-protocol-v1", "dep_xr", "fixed", begun=deposited).system

    assert all(holds(fact, run.values, run.table) for fact in begun.init)


def test_a_lender_who_stays_bears_what_the_others_ran_from(settle: Callable[..., Finding]) -> None:
    verdict: Any = settle("lending-pool-losses", "lender_loss_cap", cap="1/3", patient=False).verdict

    rules = [step.rule for step in verdict.run.steps]
    assert "redeem by others" in rules
    assert rules[-1].startswith("write off") or rules[-1].startswith("write_off")


FAULTS = [
    ("what is seized ignores the exchange rate", "down(paid * self.reward / self.rate())", "down(paid * self.reward)",
     "who_gets_credits_gains"),
    ("the reward is paid twice", "down(paid * self.reward / self.rate())",
     "down(paid * self.reward * self.reward / self.rate())", "who_gets_credits_gains"),
    ("redeemed at par", "paid = down(units * self.rate())", "paid = down(units)", "deposit_and_redeem_gains_nothing"),
    ("minted at par", "units = down(paid / self.rate())", "units = down(paid)", "deposit_and_redeem_gains_nothing"),
    ("what is repaid is lost", "reserves=self.reserves + paid,\n                debts", "reserves=self.reserves,\n                debts",
     "conservation"),
    ("what is borrowed somebody else owes", "                own_debts=self.own_debts + units,\n", "",
     "own_acts_preserve_net_worth"),
    ("what is borrowed nobody owes", "debts=self.debts + units,\n                own_debts=self.own_debts + units,\n", "",
     "rate_is_at_least_one"),
    ("reserves are lent out twice", "drawn <= self.reserves", "drawn <= 2 * self.reserves", "reserves_are_never_overdrawn"),
    ("a user's credits grow faster than all", "own_credits=self.own_credits + units", "own_credits=self.own_credits + 2 * units",
     None),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "old", "new", "claim"), FAULTS, ids=lambda value: str(value)[:40])
def test_a_planted_fault_in_the_pool_is_found(
    fault: str, old: str, new: str, claim: str | None, planted: Planted
) -> None:
    planted("credit_pool", "lending-pool", fault, old, new, claim)
