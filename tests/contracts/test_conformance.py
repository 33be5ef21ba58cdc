"""Specs agree with the contracts that they describe, to the unit, and the comparison would notice if they did not."""

import functools
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.conformance import conformance, library, on_contract, opened, parting, replays
from verifier.analyses.prove import Prover
from verifier.engines.conform import Conformance
from verifier.evidence.record import Record, record
from verifier.language.expr import Bool
from verifier.language.load import select

DESIGNS = tuple(library().IMPLEMENTATIONS)
STATES = 300
lacking = library().lacking()
installed = pytest.mark.skipif(lacking is not None, reason=str(lacking))


@functools.cache
def compared(design: str) -> Conformance:
    (chosen,) = select((design,)).values()
    return conformance(chosen, states=STATES)


@installed
@pytest.mark.parametrize("design", DESIGNS)
def test_a_spec_agrees_with_its_contract(design: str) -> None:
    found = compared(design)
    assert found.found is None, found.found
    assert found.states >= STATES
    assert found.flips > 0
    assert found.branches > 0


@installed
@pytest.mark.parametrize("design", DESIGNS)
def test_every_rule_is_compared_or_said_not_to_be(design: str) -> None:
    (chosen,) = select((design,)).values()
    implementation = library().implementation(design)
    rules = {rule.name for rule in opened(chosen, implementation.settings).rules}
    done = {rule for rule, end in compared(design).actions if end == "done"}
    assert done == rules - set(implementation.apart)


@installed
@pytest.mark.parametrize("design", DESIGNS)
def test_a_contract_is_in_the_state_that_it_was_brought_into(design: str) -> None:
    (chosen,) = select((design,)).values()
    contract = library().implementation(design)()
    system = opened(chosen, contract.settings)
    state = {var.name: var.sort is Bool or number for number, var in enumerate([*system.params, *system.state], 7)}
    contract.put(state)
    assert contract.read().items() <= state.items()


@installed
def test_a_run_that_refutes_a_claim_is_taken_on_the_contract(prover: Prover) -> None:
    (design,) = select(("morpho-blue",)).values()
    found = {replayed.claim: replayed.parted for replayed in replays(design, prover)}
    assert found["nothing_is_owed_on_nothing"] is None  # one unit of collateral left blocks the write-off
    assert found["nobody_owes_more_than_is_borrowed"] is None  # nothing is borrowed any more, and a unit owed


def refuted(design: str, prover: Prover) -> tuple[Case, Record]:
    """The first fixed-point claim of a design that is refuted, with its record."""
    case = next(case for case in cases(select((design,)).values(), arithmetic="fixed") if case.declared)
    return case, record(prover.finding(case, explain=False))


@installed
def test_a_story_says_that_the_contract_confirms_it(prover: Prover) -> None:
    taken = on_contract(*refuted("morpho-blue", prover), prover)
    assert str(taken) == "confirmed on the contract, @morpho-org/morpho-blue@1.0.0"


@installed
def test_a_story_says_where_the_contract_parts_from_it(prover: Prover) -> None:
    case, found = refuted("morpho-blue", prover)
    assert found.trace is not None
    contract = library().implementation("morpho-blue")()
    contract.act = lambda *_: None  # a contract that does nothing
    assert str(parting(case, found.trace, contract)).startswith("step 1, liquidate: borrow_assets is ")


def test_a_run_that_starts_where_no_contract_can_be_is_not_confirmed(prover: Prover) -> None:
    case, found = refuted("morpho-blue", prover)
    assert found.trace is not None
    assert str(parting(case, found.trace, SimpleNamespace(settings={}))).startswith("the start")


def test_what_takes_no_step_is_not_taken_on_a_contract(prover: Prover) -> None:
    (case,) = cases(select(("compound-v2",)).values(), only=("health_is_never_overstated",), arithmetic="fixed")
    assert on_contract(case, record(prover.finding(case, explain=False)), prover) is None


def mutants() -> object:
    spec = importlib.util.spec_from_file_location("mutants", Path(__file__).with_name("mutants.py"))
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


FAULTS = {
    "uniswap-v2": ("self.reserve1 - bought -> self.reserve1 + bought", "elapsed >= self.period -> elapsed > self.period",
                   "sold > 0 -> sold >= 0", "bought < self.reserve1 -> bought <= self.reserve1"),
    "aave-v3.0": ("self.health_factor() < 1 -> self.health_factor() <= 1", "wanted > balance -> wanted >= balance",
                  "nearest(repaid / index, 0) -> down",
                  "repaid != self.debt() -> repaid == self.debt()",
                  "nearest(self.scaled_debt * self.borrow_index, 0) -> up"),
    "aave-v3.6": ("owed >= LARGE -> owed > LARGE", "up(value / self.liquidation_bonus, 0) -> down",
                  "gone != balance -> gone == balance", "self.health_factor() > 0.95 -> self.health_factor() >= 0.95", "self.worth(gone) == self.worth(balance) -> self.worth(gone) != self.worth(balance)",
                  "nearest(self.interest() * self.reserve_factor, 0) -> down"),
    "compound-v2": ("repaid <= down(self.close_factor * self.debt) -> repaid < down(self.close_factor * self.debt)",
                    "seized <= self.tokens -> seized < self.tokens",
                    "down(self.principal * self.borrow_index / self.own_index) -> up",
                    "down(worth / price, PER_REPAID) -> nearest", "units <= self.tokens -> units < self.tokens"),
    "morpho-blue": ("post.collateral == 0 -> post.collateral != 0", "repaid <= self.owed_shares -> repaid < self.owed_shares",
                    "self.debt <= self.health_value() -> self.debt < self.health_value()",
                    "down(1 / (1 - margin), 18) -> nearest", "self.deficit + bad -> self.deficit - bad"),
}  # fmt: skip
"""Some of the one-token faults; ``mutants.py`` tries all of them."""


@installed
@pytest.mark.parametrize(("design", "fault"), [(d, f) for d, faults in FAULTS.items() for f in faults])
def test_a_fault_in_a_spec_is_noticed(design: str, fault: str) -> None:
    module = mutants()
    (chosen,) = select((design,)).values()
    texts = next(texts for name, texts in module.faults(chosen) if name.endswith(fault))
    assert module.caught(chosen, texts, library().implementation(design)()) is not None
