"""Bundled contracts, and what comes of comparing a design with its own."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, cast

import attrs

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.engines.conform import Conformance, conform
from verifier.evidence.record import Record, Trace, plain, record
from verifier.evidence.run import replay
from verifier.evidence.trace import beginning
from verifier.interpretations.fixed import grid_of
from verifier.interpretations.specialise import specialise
from verifier.language.errors import SpecError, known
from verifier.language.expr import TRUE, Bool, Var
from verifier.language.load import select
from verifier.language.lower import compose
from verifier.language.pieces import Design, generic
from verifier.language.system import System

LIBRARY = "verifier_contracts"


@generic
def anything(_: Any) -> Bool:
    """Nothing is claimed: a comparison only runs the design."""
    return TRUE


def library() -> Any:
    """The package of contracts, whether or not they are installed."""
    return importlib.import_module(LIBRARY)


def implemented(names: tuple[str, ...]) -> dict[str, type[Design]]:
    """The designs named, or all that have a contract. Raises SpecError."""
    have = library().IMPLEMENTATIONS
    for name in names:
        if name not in have:
            raise SpecError(f"there is no contract for '{name}'; {known(have, name)}")
    return select(names or tuple(have))


def ready() -> None:
    """Raises SpecError where something has to be installed first."""
    if (lacking := library().lacking()) is not None:
        raise SpecError(lacking)


def opened(design: type[Design], settings: Any) -> System:
    """The design with the parameters open that its contract takes from each state."""
    return compose(design, anything(), settings).system


def conformance(
    design: type[Design], *, states: int, seed: int = 0, tell: Callable[[Conformance], None] = lambda _: None,
    contract: Any = None, smallest: bool = True,
) -> Conformance:  # fmt: skip
    """Compare a design with its contract."""
    contract = contract or library().implementation(design.title)()
    return conform(opened(design, contract.settings), contract, states=states, seed=seed, smallest=smallest, tell=tell)


@attrs.frozen(eq=False)
class Replayed:
    """A refuted fixed-point claim and what the code makes of its run."""

    claim: str
    reason: str
    """Why the design says that the claim is refuted."""
    steps: tuple[str, ...]
    parted: str | None
    """Where the code parts from the run, or None where it confirms it."""


def replays(design: type[Design], prover: Prover, contract: Any = None) -> Iterator[Replayed]:
    """The runs that refute a design's fixed-point claims, taken on its contract; a state alone takes no step there."""
    contract = contract or running(design.title)
    for case in cases([design], arithmetic="fixed"):
        found = record(prover.finding(case, explain=False)) if case.declared is not None else None
        if found is not None and found.trace is not None and found.trace.steps:
            rules = tuple(step.rule for step in found.trace.steps)
            yield Replayed(case.prop.name, case.declared or "", rules, parting(case, found.trace, contract))


def on_contract(case: Case, found: Record, prover: Prover) -> OnContract | None:
    """What the code makes of the run that refutes a claim in whole units; None where no step of one can be taken."""
    del prover
    whole = found.arithmetic == "fixed" and found.trace is not None and bool(found.trace.steps)
    if not whole or case.file is not None or case.design.title not in library().IMPLEMENTATIONS:
        return None
    contract = running(case.design.title)
    return OnContract(contract.source, parting(case, cast("Trace", found.trace), contract))


@functools.cache
def running(title: str) -> Any:
    """The contract of a design, deployed once in a process."""
    return library().implementation(title)()


@attrs.frozen
class OnContract:
    """What came of a run that was taken on a contract."""

    source: str
    parted: str | None
    """Where the code parts from the run, or None where it confirms it."""

    def __str__(self) -> str:
        if self.parted is None:
            return f"confirmed on the contract, {self.source}"
        return f"the contract, {self.source}, parts from this run at {self.parted}"


def parting(case: Case, told_run: Trace, contract: Any) -> str | None:
    """Where the contract parts from a run, or None if it goes all the way; what is not run in it is put into it."""
    problem = case.problem()
    system = specialise(problem.system, "fixed")
    run = replay(system, problem.claim, *beginning(system, plain(told_run)), "fixed")
    fixed = problem.system.fixed
    order = [*(whole := opened(case.design, contract.settings)).params, *whole.state]
    named = [{var.name: number for var, number in state.items()} for state in run.states]
    held = {name: value for name, value in fixed.items() if not isinstance(value, str)}
    told = [{var.name: _steps(var, {**held, **state}[var.name]) for var in order} for state in named]
    try:
        contract.put(told[0])
    except Exception as refused:  # noqa: BLE001 (numbers of a run may be wider than the code's words)
        return f"the start, in which the code cannot be: {refused}"
    for number, step in enumerate(run.steps, 1):
        if step.rule in contract.apart:
            contract.put(told[number])
        else:
            inputs = {var.name.rpartition(".")[2]: _steps(var, value) for var, value in step.inputs.items()}
            try:
                contract.act(step.rule, inputs)
            except Exception as refused:  # noqa: BLE001 (whatever the code says is its answer)
                return f"step {number}, {step.rule}: the code refuses: {refused}"
        for name, value in contract.read().items():
            if value != told[number][name]:
                return f"step {number}, {step.rule}: {name} is {told[number][name]}, in the code {value}"
    return None


def _steps(var: Var, value: Fraction | bool) -> int | bool:
    return value if isinstance(value, bool) else int(value / grid_of(var))
