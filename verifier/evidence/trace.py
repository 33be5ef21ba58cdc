"""Runs as data: exact numbers as text, read back; and in the Informal Trace Format, which existing viewers show.

The format is that of https://apalache-mc.org/docs/adr/015adr-trace.html; it has no rational numbers, so that a quantity
is a record of two integers, ``num`` and ``den``.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from fractions import Fraction
from typing import Any

from verifier.evidence.run import Disagreement, Run, Taken, Values
from verifier.language.expr import DIGITS, Bool, Var, decimal_text
from verifier.language.system import System

ITF = "https://apalache-mc.org/docs/adr/015adr-trace.html"
NUMBER = re.compile(rf"-?[0-9]{{1,{DIGITS}}}([./][0-9]{{1,{DIGITS}}})?")


def trace(run: Run) -> dict[str, Any]:
    """A run: the open parameters, the steps, and the states around them."""
    return {
        "parameters": {var.name: exact(value) for var, value in run.params.items()},
        "steps": [
            {"rule": taken.rule, "inputs": {var.name: exact(value) for var, value in taken.inputs.items()}}
            for taken in run.steps
        ],
        "states": [as_texts(state, run.params) for state in run.states],
    }


def as_texts(values: Mapping[Var, Fraction | bool], without: Container[Var] = ()) -> dict[str, str]:
    """Values by name."""
    return {var.name: exact(value) for var, value in values.items() if var not in without}


def exact(value: Fraction | bool) -> str:
    """The whole value: a finite decimal or p/q; true or false."""
    return str(value).lower() if isinstance(value, bool) else decimal_text(value)


def beginning(system: System, data: Mapping[str, Any]) -> tuple[Values, list[Taken]]:
    """The start and the steps of a run that ``trace`` wrote, for a replay. Raises Disagreement."""
    names = {var.name: var for var in (*system.params, *system.state, *system.rigid)}
    start = _values(names, data["parameters"]) | _values(names, data["states"][0] if data["states"] else {})
    if set(start) != set(names.values()):
        raise Disagreement("at the start some quantity has no value")
    steps = []
    for number, step in enumerate(data["steps"], 1):
        rule = system.find(step["rule"])
        if rule is None:
            raise Disagreement(f"step {number}: the system has no rule {step['rule']}")
        steps.append(Taken(rule.name, _values({var.name: var for var in rule.inputs}, step["inputs"])))
    return start, steps


def _values(names: Mapping[str, Var], given: Mapping[str, str]) -> Values:
    made: Values = {}
    for name, text in given.items():
        if name not in names:
            raise Disagreement(f"there is no quantity {name}")
        made[names[name]] = _value(names[name], text)
    return made


def _value(var: Var, text: str) -> Fraction | bool:
    if var.sort is Bool and text in {"true", "false"}:
        return text == "true"
    try:
        found = None if var.sort is Bool or not NUMBER.fullmatch(text) else Fraction(text)
    except (ValueError, ZeroDivisionError):
        found = None
    if found is None or exact(found) != text:
        raise Disagreement(f"{var.name} has no value that can be read")
    return found


def itf(run: Run, description: str) -> dict[str, Any]:
    """The run in the Informal Trace Format; each state says by which rule, with which inputs, it was reached."""
    none: Mapping[Var, Fraction | bool] = {}
    reached = [("", none), *((taken.rule, taken.inputs) for taken in run.steps)]
    states = [
        {
            "#meta": {"index": index},
            **{var.name: _expression(value) for var, value in ({**run.params, **state}).items()},
            "rule taken": rule,
            "its inputs": {var.name: _expression(value) for var, value in inputs.items()},
        }
        for index, (state, (rule, inputs)) in enumerate(zip(run.states, reached, strict=True))
    ]
    return {
        "#meta": {"format": "ITF", "format-description": ITF, "description": description},
        "vars": [name for name in states[0] if name != "#meta"],
        "states": states,
    }


def _expression(value: Fraction | bool) -> Any:
    if isinstance(value, bool):
        return value
    return {"num": {"#bigint": str(value.numerator)}, "den": {"#bigint": str(value.denominator)}}
