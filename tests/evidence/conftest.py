"""Evidence of a small design, written once for all tests."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover, judge
from verifier.engines.ask import Solver, Worker
from verifier.evidence.proof import with_evidence
from verifier.evidence.verdict import Finding
from verifier.language.load import select

TILL = Path(__file__).parent / "till.py"
Write = Callable[[str], Path]


def till(claim: str) -> Case:
    return cases(select((str(TILL),)).values(), only=(claim,))[0]


def judged_by(worker: Worker, claim: str) -> Finding:
    """What comes out where this worker answers."""
    case = till(claim)
    return judge(case, case.problem(), Solver("real", time.monotonic() + 60, worker), 0.0)


class SaysUnsat(Worker):
    """A solver that excludes everything."""

    def ask(self, question: object, seconds: float) -> dict[str, object]:
        return {"answer": "unsat", "rlimit": 0, "core": []}


@pytest.fixture(scope="session")
def kept(prover: Prover, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Evidence of the till: a proof, a run, and a forged proof of what is false."""
    folder = tmp_path_factory.mktemp("till")
    for claim in ("fees_are_covered", "never_much"):
        with_evidence(prover.finding(till(claim)), folder)
    with_evidence(judged_by(SaysUnsat(), "never_much"), folder / "forged")
    return folder


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Write:
    """A copy of the evidence for one claim, to be spoilt."""

    def made(claim: str) -> Path:
        (there,) = (kept / "forged" if claim == "forged" else kept).glob(
            "*never*" if claim == "forged" else f"*{claim}*"
        )
        here = tmp_path / there.name
        here.mkdir()
        for path in there.iterdir():
            (here / path.name).write_bytes(path.read_bytes())
        return here

    return made
