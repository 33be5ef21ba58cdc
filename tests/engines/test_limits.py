"""No failure of a solver, whether it hangs, dies, gives up or lies, ever turns into a proof or a counterexample."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from verifier.analyses.cases import Case, cases
from verifier.analyses.prove import Prover
from verifier.analyses.vacuity import witness
from verifier.engines.ask import GaveUp, Solver, Worker
from verifier.engines.bmc import bmc
from verifier.engines.concrete import NoRun
from verifier.engines.portfolio import settle
from verifier.evidence.run import Disagreement
from verifier.evidence.verdict import Refuted, Unknown, word
from verifier.interpretations.specialise import specialise
from verifier.language.expr import Real, Var, variable
from verifier.language.pieces import Design
from verifier.language.units import RATIO

Reply = dict[str, object]
Answer = Callable[[Mapping[str, object], int], Reply]
LONG = 600.0

UNSAT: Reply = {"answer": "unsat", "rlimit": 0, "core": []}
UNKNOWN: Reply = {"answer": "unknown", "reason": "incomplete", "rlimit": 0}


class Stub(Worker):
    """A worker without a process: each question, by its number, gets what a function says."""

    def __init__(self, reply: Answer) -> None:
        super().__init__()
        self.reply, self.asked = reply, 0

    def ask(self, question: Mapping[str, object], seconds: float) -> Reply:
        self.asked += 1
        return self.reply(question, self.asked)


class Spoiling(Worker):
    """A real worker whose replies are spoilt on their way."""

    def __init__(self, spoil: Callable[[Reply], Reply]) -> None:
        super().__init__()
        self.spoil = spoil

    def ask(self, question: Mapping[str, object], seconds: float) -> Reply:
        return self.spoil(super().ask(question, seconds))


def hang(_: Mapping[str, object], __: int) -> Reply:
    raise GaveUp("time", "stopped by the clock")


def die(_: Mapping[str, object], __: int) -> Reply:
    raise GaveUp("memory", "the process died")


def solver_with(worker: Worker) -> Solver:
    return Solver("real", time.monotonic() + LONG, worker)


def case_of(toys: Mapping[str, type[Design]], title: str, claim: str) -> Case:
    return next(case for case in cases([toys[title]]) if case.prop.name == claim and case.prop.arithmetic == "real")


@pytest.fixture
def worker() -> Iterator[Worker]:
    made = Worker()
    yield made
    made.stop()


# A solver that does not answer.


@pytest.mark.parametrize(("title", "claim"), [("counter", "at_most_five"), ("counter", "at_most_two")])
def test_a_solver_that_hangs_leaves_the_claim_unknown_for_want_of_time(
    title: str, claim: str, toys: Mapping[str, type[Design]]
) -> None:
    stub = Stub(hang)
    problem = case_of(toys, title, claim).problem()
    verdict = settle(specialise(problem.system, "real"), problem.claim, solver_with(stub)).verdict
    assert isinstance(verdict, Unknown)
    assert (verdict.why, verdict.depth, stub.asked) == ("time", None, 1)


def test_a_solver_that_hangs_in_the_middle_leaves_the_depth_that_was_reached(
    toys: Mapping[str, type[Design]], worker: Worker
) -> None:
    problem = case_of(toys, "counter", "never_half_way").problem()
    system = specialise(problem.system, "real")
    whole = settle(system, problem.claim, counted := solver_with(worker))
    assert counted.questions > 10
    depths = set()
    for last in range(counted.questions):

        def then_hang(question: Mapping[str, object], number: int, last: int = last) -> Reply:
            return worker.ask(question, LONG) if number <= last else hang(question, number)

        verdict = settle(system, problem.claim, solver_with(Stub(then_hang))).verdict
        assert isinstance(verdict, Unknown)
        assert verdict.why == "time"
        depths.add(verdict.depth)
    assert {None, 0, 1, 2} <= depths
    assert type(whole.verdict) is not Unknown


@pytest.mark.parametrize("reply", [die, lambda *_: UNKNOWN], ids=["dies", "gives up"])
def test_a_solver_that_settles_nothing_proves_nothing_and_excludes_no_depth(
    reply: Answer, toys: Mapping[str, type[Design]]
) -> None:
    for title, claim in (
        ("counter", "at_most_five"),
        ("exchange", "product_is_kept"),
        ("backed", "gold_never_runs_out"),
    ):
        problem = case_of(toys, title, claim).problem()
        verdict = settle(specialise(problem.system, "real"), problem.claim, solver_with(Stub(reply))).verdict
        assert isinstance(verdict, Unknown)
        assert verdict.depth is None


@pytest.mark.parametrize("reply", [die, lambda *_: UNKNOWN], ids=["dies", "gives up"])
def test_without_a_solver_chance_still_finds_a_run_that_is_not_called_shortest(
    reply: Answer, toys: Mapping[str, type[Design]]
) -> None:
    problem = case_of(toys, "counter", "at_most_two").problem()
    settled = settle(specialise(problem.system, "real"), problem.claim, solver_with(Stub(reply)))
    assert isinstance(settled.verdict, Refuted)
    assert settled.engine == "simulation"
    assert not settled.verdict.shortest


@pytest.mark.parametrize(
    ("title", "claim"), [("impossible", "never_grows"), ("premise", "giants_are_tiny"), ("timid", "never_sees_ruin")]
)
def test_an_empty_claim_is_never_proved_however_early_the_solver_gives_up(
    title: str, claim: str, toys: Mapping[str, type[Design]], worker: Worker
) -> None:
    case, verdicts = case_of(toys, title, claim), []
    for last in range(12):

        def then_give_up(question: Mapping[str, object], number: int, last: int = last) -> Reply:
            return worker.ask(question, LONG) if number <= last else UNKNOWN

        with Prover(jobs=1, seconds=LONG) as prover:
            prover._local.worker = Stub(then_give_up)
            verdicts.append(word(prover.finding(case).verdict))
    assert set(verdicts) == {"unknown", "vacuous"}
    assert (verdicts[0], verdicts[-1]) == ("unknown", "vacuous")


# A solver that lies.


def test_a_model_in_which_nothing_is_violated_never_becomes_a_counterexample(
    toys: Mapping[str, type[Design]], worker: Worker
) -> None:
    problem = case_of(toys, "loose", "at_most_three").problem()
    system = specialise(problem.system, "real")

    def wrong(reply: Reply) -> Reply:
        model = reply.get("model")
        if isinstance(model, dict):
            reply["model"] = {name: "0" if text not in {"true", "false"} else text for name, text in model.items()}
        return reply

    spoiling = Spoiling(wrong)
    try:
        with pytest.raises((Disagreement, NoRun)):
            bmc(system, problem.claim, solver_with(spoiling), [1])
    finally:
        spoiling.stop()


def test_a_start_outside_the_initial_states_never_becomes_a_counterexample(toys: Mapping[str, type[Design]]) -> None:
    problem = case_of(toys, "loose", "at_most_three").problem()
    system = specialise(problem.system, "real")

    def outside(question: Mapping[str, object], _: int) -> Reply:
        names = question["names"]
        assert isinstance(names, dict)
        values = {name: "true" if sort == "Bool" else "1000" for name, sort in names.items()}
        return {"answer": "sat", "rlimit": 0, "model": values, "failed": question["goals"]}

    for depth in (0, 1):
        with pytest.raises(Disagreement):
            bmc(system, problem.claim, solver_with(Stub(outside)), [depth])


def test_an_irrational_model_never_becomes_a_counterexample(toys: Mapping[str, type[Design]]) -> None:
    problem = case_of(toys, "loose", "at_most_one").problem()

    def irrational(question: Mapping[str, object], _: int) -> Reply:
        names = question["names"]
        assert isinstance(names, dict)
        return {"answer": "sat", "rlimit": 0, "model": dict.fromkeys(names), "failed": question["goals"]}

    with pytest.raises(NoRun):
        bmc(specialise(problem.system, "real"), problem.claim, solver_with(Stub(irrational)), [0])


def test_a_solver_that_excludes_everything_cannot_show_that_a_proof_means_something(
    toys: Mapping[str, type[Design]],
) -> None:
    problem = case_of(toys, "premise", "giants_are_tiny").problem()
    found = witness(specialise(problem.system, "real"), problem.claim, solver_with(Stub(lambda *_: UNSAT)))
    assert found.vacuous is not None


def test_a_solver_that_excludes_a_run_which_chance_finds_is_caught(
    toys: Mapping[str, type[Design]], worker: Worker
) -> None:
    problem = case_of(toys, "counter", "at_most_two").problem()

    def no_runs(question: Mapping[str, object], _: int) -> Reply:
        from_the_start = "(= |count@0| 0.0)" in str(question["smt2"])
        return UNSAT if from_the_start else worker.ask(question, LONG)

    with pytest.raises(Disagreement):
        settle(specialise(problem.system, "real"), problem.claim, solver_with(Stub(no_runs)))


# The worker's process.


def test_a_question_that_runs_out_of_time_ends_the_process_and_the_next_one_gets_another(worker: Worker) -> None:
    first = worker.start().pid
    smt2 = (
        "(set-logic QF_NIA)(declare-const a Int)(declare-const b Int)(declare-const c Int)"
        "(assert (= (+ (* a a a) (* b b b) (* c c c)) 114))"
    )
    question: Reply = {"smt2": smt2, "tactic": "QF_NIA", "rlimit": 0, "timeout": 600_000, "names": {}, "goals": []}  # fmt: skip
    with pytest.raises(GaveUp) as caught:
        worker.ask(question, 0.05)
    assert caught.value.kind == "time"
    assert not Path(f"/proc/{first}").exists()
    assert worker.ask(question | {"smt2": "(assert false)", "tactic": "default"}, LONG)["answer"] == "unsat"
    assert worker.start().pid != first


def test_a_process_that_dies_in_the_middle_gives_up_and_does_not_answer(worker: Worker) -> None:
    process = worker.start()
    assert process.stdin is not None
    process.stdin.write(json.dumps({"smt2": "not a question at all"}).encode() + b"\n")
    process.stdin.flush()
    with pytest.raises(GaveUp) as caught:
        worker.line(process, time.monotonic() + LONG)
    assert caught.value.kind == "memory"
    assert worker.process is None


def test_time_that_is_used_up_asks_nothing_more(worker: Worker) -> None:
    solver = Solver("real", time.monotonic() - 1, worker)
    with pytest.raises(GaveUp) as caught:
        solver.ask([variable(Var("a", Real, RATIO)) >= 1])
    assert caught.value.kind == "time"
    assert worker.process is None


def test_a_finding_whose_time_is_used_up_is_unknown_for_want_of_time(toys: Mapping[str, type[Design]]) -> None:
    with Prover(jobs=1, seconds=0.0) as prover:
        verdict = prover.finding(case_of(toys, "counter", "at_most_five")).verdict
    assert isinstance(verdict, Unknown)
    assert (verdict.why, verdict.depth) == ("time", None)


def test_no_process_is_left_when_a_prover_is_done(toys: Mapping[str, type[Design]]) -> None:
    with Prover(jobs=2, seconds=LONG) as prover:
        findings = list(prover.findings(cases([toys["fuse"], toys["loose"]])))
        processes = [worker.process for worker in prover.workers]
    assert len(findings) == 5
    assert any(process is not None for process in processes)
    assert all(process is None or process.poll() is not None for process in processes)
    assert all(worker.process is None for worker in prover.workers)


def test_no_process_is_left_when_a_prover_is_left_by_an_error(toys: Mapping[str, type[Design]]) -> None:
    with pytest.raises(ZeroDivisionError), Prover(jobs=1, seconds=LONG) as prover:
        prover.finding(case_of(toys, "fuse", "never"))
        process = prover.workers[0].start()
        assert process.poll() is None
        raise ZeroDivisionError
    assert process.poll() is not None


def test_a_worker_ends_when_whoever_started_it_does() -> None:
    code = (
        "import os\nfrom verifier.engines.ask import Worker\nworker = Worker()\nprint(worker.start().pid, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    status = Path(f"/proc/{int(done.stdout)}")
    for _ in range(3000):
        if not status.exists() or "zombie" in (status / "status").read_text().lower():
            return
        time.sleep(0.01)
    raise AssertionError("the worker outlived the process that started it")


def test_what_was_learnt_is_not_asked_again(toys: Mapping[str, type[Design]], worker: Worker) -> None:
    problem = case_of(toys, "loose", "at_most_four").problem()
    system, solver = specialise(problem.system, "real"), solver_with(worker)
    settle(system, problem.claim, solver)
    before = solver.questions
    settle(system, problem.claim, solver)
    assert before > 0
    assert solver.questions == before


def test_a_worker_that_is_stopped_while_it_is_stopped_is_stopped_once() -> None:
    class Process:
        pid, stdin, stdout = 2**30, None, None
        waits = 0

        def wait(self) -> None:
            self.waits += 1
            worker.stop()

    worker = Worker()
    worker.process = process = Process()  # type: ignore[assignment]
    worker.stop()
    assert (process.waits, worker.process) == (1, None)
