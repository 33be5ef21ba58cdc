"""Two specs, or one spec under two sets of parameters, as the gate would see the step from the first to the second."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import attrs

from verifier.analyses.cases import Case, cases, parse_setting
from verifier.analyses.gate import Options, Write, claims, gate
from verifier.analyses.prove import Prover
from verifier.analyses.refine import refinement
from verifier.engines.ask import Solver
from verifier.evidence.baseline import Entry, Environment, baseline
from verifier.evidence.gate import Report
from verifier.evidence.record import record
from verifier.language.errors import SpecError
from verifier.language.load import select
from verifier.language.pieces import Design, Generic

SIDE = re.compile(r"(?P<name>[^()]+)(\((?P<settings>.*)\))?")


@attrs.frozen(eq=False)
class Side:
    """One of the two: a design under settings, by the text that names it."""

    text: str
    design: type[Design]
    settings: Mapping[str, Any]


def side(text: str) -> Side:
    """What ``name``, ``name(parameter=0.86, shock=0.1)`` or ``file.py`` names. Raises SpecError."""
    found = SIDE.fullmatch(text.strip())
    if found is None:
        raise SpecError(f"'{text}' is no design: write NAME, FILE or 'NAME(parameter=value, ...)'")
    designs = select((found["name"].strip(),))
    if len(designs) > 1:
        raise SpecError(f"{found['name']} has several designs ({', '.join(designs)}); a comparison is between two")
    given = [part for part in (found["settings"] or "").split(",") if part.strip()]
    return Side(text, next(iter(designs.values())), dict(parse_setting(part) for part in given))


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
