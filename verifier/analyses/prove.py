"""From cases to findings: settle each claim, judge its proof, and say what it rests on. One worker process a job."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Self

import attrs

from verifier.analyses.cases import Case, conditions, parameters, setting_text
from verifier.analyses.crowd import Judged, settle_crowd
from verifier.analyses.lift import NothingHappens, NotLifted, not_lifted
from verifier.analyses.market import market_of
from verifier.analyses.seats import book_of
from verifier.analyses.support import support
from verifier.analyses.vacuity import Witnessed, never_fires, witness
from verifier.engines.ask import GaveUp, Solver, Worker
from verifier.engines.memory import Memory
from verifier.engines.portfolio import Effort, settle
from verifier.evidence.verdict import Finding, Proved, Refuted, Unknown, Vacuous, Verdict
from verifier.interpretations.specialise import specialise
from verifier.language.elsewhere import refuse_off_grid
from verifier.language.errors import SpecError
from verifier.language.expr import Bool
from verifier.language.lower import Problem, compose
from verifier.language.pieces import ANY
from verifier.language.system import System

SECONDS = 60.0


@attrs.define(eq=False)
class Prover:
    """Settles cases with a number of workers; closing it ends them, whatever they are doing."""

    jobs: int = 2
    seconds: float = SECONDS
    workers: list[Worker] = attrs.field(factory=list)
    memory: Memory = attrs.field(factory=Memory)
    """What was asked before, by any worker: claims of one design share most of their lemmas."""
    _local: threading.local = attrs.field(factory=threading.local)
    _closed: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for worker in self.workers:
            worker.close()

    def findings(self, todo: Sequence[Case], tell: Callable[[Case, str], None] = lambda *_: None) -> Iterator[Finding]:
        """The findings in the order of the cases, each as soon as it and those before it are there."""
        with ThreadPoolExecutor(max_workers=self.jobs) as pool:
            waiting: list[Future[Finding]] = [pool.submit(self.finding, case, tell) for case in todo]
            try:
                for future in waiting:
                    while not future.done():
                        wait([future], timeout=0.5, return_when=FIRST_COMPLETED)
                    yield future.result()
            except BaseException:
                for future in waiting:
                    future.cancel()
                self.__exit__()
                raise

    def finding(
        self,
        case: Case,
        tell: Callable[[Case, str], None] = lambda *_: None,
        *,
        effort: Effort = "all",
        explain: bool = True,
        problem: Problem | None = None,
    ) -> Finding:
        """Settle one case, or try with a part of the engines; ``explain`` finds out which assumptions it needs.

        ``problem`` is the composed case, where it is at hand. Raises SpecError.
        """
        if self._closed:
            raise GaveUp("time", "interrupted")
        started = time.perf_counter()
        problem = problem or case.problem()
        solver = Solver(case.prop.arithmetic, time.monotonic() + self.seconds, self.worker(), self.memory)
        if case.prop.crowd and book_of(problem) is not None:
            return judge_crowd(case, problem, solver, started)
        return judge(case, problem, solver, started, lambda text: tell(case, text), effort=effort, explain=explain)

    def worker(self) -> Worker:
        if not hasattr(self._local, "worker"):
            self._local.worker = Worker()
            self.workers.append(self._local.worker)
        return self._local.worker  # type: ignore[no-any-return]


def judge(
    case: Case,
    problem: Problem,
    solver: Solver,
    started: float,
    tell: Callable[[str], None] = lambda _: None,
    *,
    effort: Effort = "all",
    explain: bool = True,
) -> Finding:
    """The finding on a composed problem."""
    system, claim = specialise(problem.system, solver.arithmetic), problem.claim
    if solver.arithmetic == "fixed":
        for rule in system.rules:
            refuse_off_grid(rule)
    if effort == "all" and case.declared is not None:
        effort = "refute"
    settled = settle(system, claim, solver, tell, effort, care="all" if explain or case.declared is None else "none")
    verdict: Verdict = settled.verdict
    used = frozenset(item.name for item in system.assumptions)
    idle: tuple[str, ...] = ()
    witnessed: Witnessed | None = None
    explained = False
    if isinstance(verdict, Proved):
        tell("vacuity")
        try:
            witnessed = witness(system, claim, solver)
        except GaveUp as why:
            witnessed, verdict = (
                None,
                Unknown(why.kind, f"proved, but whether the proof is vacuous was not settled: {why}"),
            )
        if witnessed is not None and witnessed.vacuous is not None:
            verdict = Vacuous(witnessed.vacuous)
    fired = frozenset[str]() if witnessed is None else witnessed.fired
    if isinstance(verdict, Refuted):
        fired = frozenset(taken.rule for taken in verdict.run.steps)
    refuse_dead_rules(case, problem.system, system, solver, fired)
    if explain and isinstance(verdict, Proved) and witnessed is not None:
        tell("what it rests on")
        idle = never_fires(system, claim, verdict.certificate, solver, witnessed.fired)
        found = support(system, claim, verdict.certificate, solver)
        verdict, used, explained = Proved(found.certificate), found.used, True
    unused = (item.name for item in system.assumptions if item.name not in used)
    return Finding(
        **circumstances(case, problem.system, system), claim=claim, verdict=verdict, engine=settled.engine,
        seconds=time.perf_counter() - started,
        unused_assumptions=tuple(dict.fromkeys(unused)) if isinstance(verdict, Proved) else (),
        arithmetic=solver.arithmetic, borrowers=problem.system.borrowers, explained=explained, never_fires=idle,
        columns=system.columns, sites={rule.name: rule.site for rule in system.rules}, questions=solver.questions,
        system=system, witnesses=witnessed.witnesses if witnessed is not None else (),
    )  # fmt: skip


def circumstances(case: Case, whole: System, system: System) -> dict[str, Any]:
    """What a finding says of its case whatever the verdict is: of the whole system, and of what was decided in it."""
    sites = {item.name: item.site for item in reversed(system.assumptions)}
    return {
        "design": case.design.title,
        "parameters": parameters(whole),
        "assumptions": tuple((name, said, sites[name]) for name, said in system.sentences().items()),
        "declared": case.declared,
        "conditions": conditions(case),
        "file": case.file,
        "settings": tuple(setting_text(name, value) for name, value in case.settings.items()),
    }


def judge_crowd(case: Case, problem: Problem, solver: Solver, started: float) -> Finding:
    """The finding on a claim about a book of tiers, for any number of borrowers."""
    notes: tuple[str, ...] = ()
    try:
        market = market_of(case.design, problem, dict(case.settings), solver)
        notes, judged = market.notes, settle_crowd(market, solver)
    except NothingHappens as why:
        judged = Judged(Vacuous(str(why)), problem.claim)
    except NotLifted as why:
        judged = Judged(Unknown("incomplete", not_lifted(why)), problem.claim)
    except GaveUp as why:
        judged = Judged(Unknown(why.kind, str(why)), problem.claim)
    return finding_of(case, problem, judged, notes, solver, started)


def finding_of(
    case: Case, problem: Problem, judged: Judged, notes: tuple[str, ...], solver: Solver, started: float
) -> Finding:
    """What was judged over tiers, with all that a reader needs."""
    return Finding(
        **circumstances(case, problem.system, problem.system), claim=judged.claim, verdict=judged.verdict,
        engine="tiers", seconds=time.perf_counter() - started, unused_assumptions=(), arithmetic="real",
        borrowers="any", columns=judged.columns, questions=solver.questions, notes=notes, positions=judged.seats,
        system=judged.system or problem.system, tiers=True,
    )  # fmt: skip


def unsettled(case: Case, why: Unknown, seconds: float) -> Finding:
    """The finding on a claim whose process was lost."""
    problem = case.problem()
    return Finding(
        **circumstances(case, problem.system, problem.system), claim=problem.claim, verdict=why, engine="portfolio",
        seconds=seconds, unused_assumptions=(), arithmetic=case.prop.arithmetic, borrowers=problem.system.borrowers,
        columns=problem.system.columns,
    )  # fmt: skip


def refuse_dead_rules(case: Case, whole: System, system: System, solver: Solver, fired: Container[str]) -> None:
    """A rule whose guard nothing can satisfy, whatever the parameters, is a mistake. Raises SpecError.

    Those that fired need no question.
    """
    for rule in system.rules:
        if rule.name in fired or _alive(rule.guard, solver):
            continue
        left_open = dict.fromkeys((name for name in whole.fixed if name not in dict(case.prop.arguments)), ANY)
        try:
            same = compose(case.design, case.prop, dict(case.settings) | left_open).system.rule(rule.name)
        except SpecError:  # a number that Python counts with cannot be left open
            continue
        if not _alive(same.guard, solver):
            raise SpecError(f"rule {rule.name} can never fire: no state, no input and no parameters satisfy its guard; "
                            "check its require(...)", rule.site)  # fmt: skip


def _alive(guard: Bool, solver: Solver) -> bool:
    """Whether something satisfies the guard; what cannot be settled counts as satisfiable."""
    if guard not in _ALIVE:
        try:
            if solver.ask([guard]) is None:
                return False
        except GaveUp:
            return True
        _ALIVE.add(guard)
    return True


_ALIVE: set[Bool] = set()
