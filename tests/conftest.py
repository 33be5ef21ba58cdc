"""What several tests share: settling claims of bundled designs and of spec files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.evidence.verdict import Finding
from verifier.language.load import select
from verifier.language.lower import Problem

Settle = Callable[..., Finding]

# Every property-based test draws the same examples on every run.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None, print_blob=False)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def prover() -> Iterator[Prover]:
    """One worker for all tests of a process."""
    with Prover(jobs=1) as made:
        yield made


def chosen(design: str, claim: str, arithmetic: str = "real", number: int = 0, **settings: Any) -> Case:
    """One claim of a design, by its place among those of its name and arithmetic."""
    given = {name.replace("__", "."): value for name, value in settings.items()}
    todo = cases(select((design,)).values(), only=(claim,), settings=given)
    return [case for case in todo if case.prop.arithmetic == arithmetic][number]


@pytest.fixture(scope="session")
def settle(prover: Prover) -> Settle:
    """Settle one claim: ``settle("aave-v3", "solvency", shock="0.1")``."""

    def run(design: str, claim: str, arithmetic: str = "real", number: int = 0, **settings: Any) -> Finding:
        return prover.finding(chosen(design, claim, arithmetic, number, **settings))

    return run


@pytest.fixture(scope="session")
def problem() -> Callable[..., Problem]:
    """Compose one claim: ``problem("aave-v3", "solvency")``."""
    return lambda *args, **settings: chosen(*args, **settings).problem()


@pytest.fixture(scope="session")
def settle_file(prover: Prover) -> Callable[[Path], list[Finding]]:
    """Settle all claims of a spec file."""

    def run(path: Path) -> list[Finding]:
        return [prover.finding(case) for case in cases(select((str(path),)).values())]

    return run
