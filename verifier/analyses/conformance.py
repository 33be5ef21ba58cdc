"""Bundled contracts, and what comes of comparing a design with its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from verifier.engines.conform import Conformance, conform
from verifier.language.errors import SpecError, known
from verifier.language.expr import TRUE, Bool
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
