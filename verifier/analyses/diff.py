"""Two specs, or one spec under two sets of parameters, as the gate would see the step from the first to the second."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import attrs

from verifier.analyses.cases import Case, cases
from verifier.analyses.gate import Options, Write, claims, gate
from verifier.analyses.prove import Prover
from verifier.analyses.refine import refinement
from verifier.analyses.selection import Side
from verifier.engines.ask import Solver
from verifier.evidence.baseline import Entry, Environment, baseline
from verifier.evidence.gate import Report
from verifier.evidence.record import record
from verifier.language.pieces import Generic


def diff(one: Side, other: Side, prover: Prover, options: Options) -> Report:
    """What the first one guarantees and the second does not, and the other way round. Raises SpecError."""
    name = f"{one.text} → {other.text}"
    mine = claims(cases([one.design], settings=one.settings))
    write = Write(None, options)

    def entry(case: Case) -> tuple[Entry, Environment]:
        return write(case, record(prover.finding(case)), prover)

    with ThreadPoolExecutor(max_workers=prover.jobs) as pool:
        before = list(pool.map(entry, mine.values()))
    old = baseline((attrs.evolve(entry, design=name), environment) for entry, environment in before)
    theirs = claims(cases([other.design], settings=other.settings))
    listed = {(name, *key[1:]): case for key, case in theirs.items()}
    for key, case in mine.items():
        if other.design is one.design or isinstance(case.prop.source, Generic):
            listed.setdefault((name, *key[1:]), Case(other.design, case.prop, other.settings, None))
    report = gate(old, listed, prover, options)
    solver = Solver("real", time.monotonic() + prover.seconds, prover.worker(), prover.memory)
    first, second = next(iter(mine.values())), next(iter(listed.values()))
    return attrs.evolve(report, refines=refinement(first, second, solver.ask))
