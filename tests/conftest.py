"""What several tests share: settling claims of bundled designs and of spec files."""

import os
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from verifier.analyses.bound import bound, bound_case
from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.engines.ask import Solver
from verifier.engines.memory import Memory
from verifier.engines.portfolio import Effort
from verifier.evidence.bound import Bound
from verifier.evidence.verdict import Finding
from verifier.language.load import select
from verifier.language.lower import Problem
from verifier.language.pieces import plain_setting

for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
    os.environ.pop(name, None)  # where GitHub runs these tests, what they print is not for its pages

# Specs that are data of tests are nobody's designs.
collect_ignore_glob = ["ci/team.py", "language/mistakes/*", "engines/toys.py", "analyses/side_by_side.py"]

Settle = Callable[..., Finding]

# Every property-based test draws the same examples on every run.
hypothesis.settings.register_profile("same", derandomize=True, deadline=None, database=None, print_blob=False)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session", autouse=True)
def own_memory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What tests settle is not kept in the user's own file, and nothing from there is believed."""
    os.environ["VERIFIER_CACHE"] = str(tmp_path_factory.mktemp("memory") / "kept.sqlite")


@pytest.fixture(scope="session")
def prover() -> Iterator[Prover]:
    """One worker for all tests of a process; what solvers answer is kept for a gate that comes after them."""
    answers = os.environ.get("VERIFIER_ANSWERS")
    with Prover(jobs=1, memory=Memory(Path(answers) if answers else None)) as made:
        yield made


def chosen(design: str, claim: str, arithmetic: str = "real", number: int = 0, **settings: Any) -> Case:
    """One claim of a design, by its place among those of its name and arithmetic."""
    given = {name.replace("__", "."): value for name, value in settings.items()}
    todo = cases(select((design,)).values(), only=(claim,), settings=given)
    return [case for case in todo if case.prop.arithmetic == arithmetic][number]


@pytest.fixture(scope="session")
def settle(prover: Prover) -> Settle:
    """Settle one claim: ``settle("aave-v3", "solvency", shock="0.1")``."""

    def run(
        design: str, claim: str, arithmetic: str = "real", number: int = 0, *, effort: Effort = "all", **settings: Any
    ) -> Finding:
        return prover.finding(chosen(design, claim, arithmetic, number, **settings), effort=effort)

    return run


@pytest.fixture(scope="session")
def problem() -> Callable[..., Problem]:
    """Compose one claim: ``problem("aave-v3", "solvency")``."""
    return lambda *args, **settings: chosen(*args, **settings).problem()


@pytest.fixture(scope="session")
def find_bound(prover: Prover) -> Callable[..., Bound]:
    """Bound one claim: ``find_bound("close-out", "no_cascade", vary="shock", market="linear")``."""

    def run(design: str, claim: str, *, vary: str | None = None, precision: str = "1e-6", **settings: Any) -> Bound:
        given = {name.replace("__", "."): plain_setting(value) for name, value in settings.items()}
        (cls,) = select((design,)).values()
        solver = Solver("real", time.monotonic() + 120, prover.worker(), prover.memory)
        return bound(bound_case(cls, claim, given, vary), solver, vary=vary, precision=Fraction(precision))

    return run


@pytest.fixture(scope="session")
def settle_file(prover: Prover) -> Callable[[Path], list[Finding]]:
    """Settle all claims of a spec file."""

    def run(path: Path) -> list[Finding]:
        return [prover.finding(case) for case in cases(select((str(path),)).values())]

    return run
