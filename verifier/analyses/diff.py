"""Two specs, or one spec under two sets of parameters, as the gate would see the step from the first to the second."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import Any

import attrs

from verifier.analyses.cases import Case, parse_setting
from verifier.analyses.gate import Options, claims, gate, settled
from verifier.analyses.prove import Prover
from verifier.analyses.refine import refinement
from verifier.engines.ask import Solver
from verifier.evidence.baseline import baseline
from verifier.evidence.gate import Report
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
    mine = claims([one.design], dict(one.settings))
    before = settled(list(mine.values()), prover, None, options)
    old = baseline((attrs.evolve(entry, design=name), environment) for entry, environment in before)
    theirs = claims([other.design], dict(other.settings))
    listed = {(name, *key[1:]): case for key, case in theirs.items()}
    for key, case in mine.items():
        if other.design is one.design or isinstance(case.prop.source, Generic):
            listed.setdefault((name, *key[1:]), Case(other.design, case.prop, other.settings, None))
    report = gate(old, listed, prover, options)
    solver = Solver("real", time.monotonic() + prover.seconds, prover.worker(), prover.answers)
    first, second = next(iter(mine.values())), next(iter(listed.values()))
    return attrs.evolve(report, refines=refinement(first, second, solver.ask))
