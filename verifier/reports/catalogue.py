"""What there is: the list of designs, and one design written out as mathematics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from string import ascii_lowercase

from verifier.analyses.cases import Case, conditions, listed
from verifier.language.expr import Expr, Real, Var, decimal_text, rebuild, show, variable, walk
from verifier.language.load import bundled
from verifier.language.pieces import Design
from verifier.language.system import Claim, System

LONG = 14


def summary(design: type[Design]) -> str:
    """The first sentence of a design's docstring."""
    text = " ".join((design.__doc__ or "").split())
    return text.split(". ")[0].rstrip(".") + "." if text else ""


def catalogue() -> str:
    """The bundled designs, each with its claims."""
    lines = []
    for name, design in bundled().items():
        lines += [name, f"  {summary(design)}"]
        for claim, reason in listed(design):
            how = " in fixed-point arithmetic" if claim.arithmetic == "fixed" else ""
            shown = conditions(Case(design, claim, {}, reason))
            under = f" ({', '.join(shown)})" if shown else ""
            lines.append(f"    {claim.name}{under}{how}{'  [refuted, as declared]' if reason else ''}")
        lines.append("")
    return "\n".join(lines).rstrip()


def catalogue_json() -> str:
    """The same as data."""
    entries = []
    for name, design in bundled().items():
        claims = listed(design)
        entries.append(
            {
                "name": name,
                "summary": summary(design),
                "properties": list(dict.fromkeys(claim.name for claim, _ in claims)),
                "claims": [
                    {
                        "property": claim.name,
                        "under": list(conditions(Case(design, claim, {}, reason))),
                        "arithmetic": claim.arithmetic,
                        "declared_refuted": reason,
                    }
                    for claim, reason in claims
                ],
            }
        )
    return json.dumps({"version": 1, "designs": entries}, indent=2)


def mathematics(design: type[Design], todo: Sequence[Case]) -> str:
    """A design's system and claims, written out."""
    first = todo[0].problem().system
    parts = [f"{design.title}\n  {summary(design)}", _parameters(first), _state(first), _start(first), _rules(first)]
    parts += [_assumptions(first), "Claims\n" + "\n".join(_claim(case) for case in todo)]
    return "\n\n".join(part for part in parts if part)


def _unit(var: Var) -> str:
    return "yes or no" if var.sort is not Real else str(var.unit)


def _parameters(system: System) -> str:
    lines = [f"  {name} = {_value(value)}" for name, value in system.fixed.items()]
    lines += [f"  {var.name}: any, in {_unit(var)}" for var in system.params]
    return "Parameters\n" + "\n".join(lines) if lines else ""


def _value(value: object) -> str:
    return decimal_text(value) if isinstance(value, Fraction) else str(value).lower()


def _state(system: System) -> str:
    lines = [f"  {var.name}: {_unit(var)} ({system.owners[var]})" for var in system.state]
    return "State\n" + "\n".join(lines)


def _start(system: System) -> str:
    return "At the start\n" + "\n".join(f"  {show(fact)}" for fact in system.init)


def _rules(system: System) -> str:
    lines = ["Rules"]
    for rule in system.rules:
        inputs = ", ".join(f"{var.name.rpartition('.')[2]}: {_unit(var)}" for var in rule.inputs)
        named, (guard, *updates) = abbreviated([rule.guard, *rule.updates.values()])
        lines.append(f"  {rule.name}({inputs}), by {rule.actor.value}: {rule.doc}")
        lines.append(f"    when {guard}")
        lines += [f"    {var.name}' = {text}" for var, text in zip(rule.updates, updates, strict=True)]
        lines += [f"      where {name} = {text}" for name, text in named]
    return "\n".join(lines)


def abbreviated(terms: Sequence[Expr]) -> tuple[list[tuple[str, str]], list[str]]:
    """The terms as text, with names a, b, c, ... for what is long and stands in several places."""
    uses = Counter(child for node in walk(*terms) for child in node.args)
    names: dict[Expr, Var] = {}
    named: list[tuple[str, str]] = []
    done: dict[Expr, Expr] = {}
    for node in walk(*terms):
        args = tuple(done[child] for child in node.args)
        same = all(new is old for new, old in zip(args, node.args, strict=True))
        done[node] = node if node.op is None or same else rebuild(node.op, node, args)
        if node.op is not None and uses[node] > 1 and len(show(done[node])) > LONG:
            name = ascii_lowercase[len(names) % 26] + ("" if len(names) < 26 else str(len(names) // 26))
            named.append((name, show(done[node])))
            names[node] = Var(name, type(node), node.unit)
            done[node] = variable(names[node])
    return named, [show(done[term]) for term in terms]


def _assumptions(system: System) -> str:
    lines = []
    for item in system.assumptions:
        when = {None: "of the parameters", "start": "at the start"}.get(
            item.on if not isinstance(item.on, tuple) else ""
        )
        lines.append(f"  {item.name}, {when or 'whenever ' + item.on[0] + ' acts'}: {show(item.formula)}")  # type: ignore[index]
    return "Assumptions\n" + "\n".join(lines) if lines else ""


def _claim(case: Case) -> str:
    claim: Claim = case.problem().claim
    under = f" ({', '.join(conditions(case))})" if conditions(case) else ""
    lines = [f"  {claim.name}{under}: {claim.doc}"]
    if claim.on_steps:
        lines += [f"    across {name}: {show(formula)}" for name, formula in claim.steps.items() if formula.op]
    else:
        lines.append(f"    {show(claim.formula)}")
    return "\n".join(lines)
