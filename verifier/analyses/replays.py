"""Counterexamples from a file, run again against the specs they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import attrs

from verifier.analyses.cases import cases, parameters, parse_setting
from verifier.analyses.seats import seated
from verifier.evidence.run import Disagreement, Run, Taken, Values, replay
from verifier.interpretations.specialise import specialise
from verifier.language.errors import SpecError
from verifier.language.expr import Q, Real, Var, decimal_text
from verifier.language.load import generics, select
from verifier.language.lower import Problem
from verifier.language.pieces import plain_setting


@attrs.frozen(eq=False)
class Replayed:
    """A counterexample that was run again: the run, or why it is none."""

    design: str
    claim: str
    doc: str
    columns: tuple[tuple[str, Real], ...]
    run: Run | None
    why: str | None


def replays(path: Path) -> Iterator[Replayed]:
    """Each refutation in a document of ``prove --json``. Raises SpecError for a file that is no such document."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        found = (
            [part for item in data["bounds"] for part in item["refutations"]] if "bounds" in data else data["verdicts"]
        )
        verdicts = [item for item in found if item["trace"] is not None]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise SpecError(f"{path} is not a document of 'verifier prove --json' or 'verifier bound --json'") from None
    if not verdicts:
        raise SpecError(f"{path} has no counterexample to run")
    for item in verdicts:
        try:
            yield _replay(item)
        except (KeyError, TypeError, AttributeError, StopIteration):
            raise SpecError(
                f"{path}: a verdict lacks what a replay needs, or names what its design does not have"
            ) from None


def _replay(item: Mapping[str, Any]) -> Replayed:
    problem = _problem(item)
    system, trace = specialise(problem.system, item["arithmetic"]), item["trace"]
    names = {var.name: var for var in (*system.params, *system.state, *system.rigid)}
    inputs = {var.name: var for rule in system.rules for var in rule.inputs}
    start = _values(names, trace["parameters"]) | _values(names, trace["states"][0])
    steps = [Taken(step["rule"], _values(inputs, step["inputs"])) for step in trace["steps"]]
    about = (item["design"], item["property"], problem.claim.doc, system.columns)
    try:
        return Replayed(*about, replay(system, problem.claim, start, steps, item["arithmetic"]), None)
    except Disagreement as error:
        return Replayed(*about, None, str(error))


def _problem(item: Mapping[str, Any]) -> Problem:
    """The claim about the same design under the same settings with the same parameters, for the run's positions."""
    chosen = select((item["file"] or item["design"],))
    settings = dict(parse_setting(text) for text in item["set"] if not tabular(text)) | arguments_of(item)
    design = chosen[item["design"]]
    positions = [(Q(row["health"]), Q(row["collateral"])) for row in item["trace"].get("positions") or ()]
    for case in cases([design], only=(item["property"],), settings=settings, arithmetic=item["arithmetic"]):
        problem = case.problem()
        if plain(parameters(problem.system)) == plain(item["parameters"]):
            return seated(case.design, problem, case.settings, positions) if positions else problem
    raise SpecError(f"{item['design']} no longer claims {item['property']} with the parameters of this run")


def tabular(text: str) -> bool:
    """Whether a setting lists the tiers of a book, whose place the run's own positions take."""
    return "[" in text and ":" in text


def arguments_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The claim's own arguments, which are among the verdict's parameters."""
    names = {name for source in generics() if source.name == item["property"] for name in source.own}
    given = {name: text for name, text in item["parameters"].items() if name in names}
    return {name: plain_setting(text) for name, text in given.items()}


def plain(found: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as text, tables left out."""
    texts = {name: decimal_text(held) if type(held) is Fraction else held for name, held in found.items()}
    return {name: text for name, text in texts.items() if name.rpartition(".")[2] != "rows"}


def _values(names: Mapping[str, Var], given: Mapping[str, str]) -> Values:
    return {names[name]: _value(names[name], text) for name, text in given.items()}


def _value(var: Var, text: str) -> Fraction | bool:
    return text == "true" if var.sort is not Real else Q(text)
