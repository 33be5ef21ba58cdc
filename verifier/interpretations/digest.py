"""What a composed system and a claim are, as digests of their parts: equal where nothing that matters differs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from verifier.interpretations.text import written
from verifier.language.expr import Expr, Var
from verifier.language.system import Arithmetic, Claim, System


def parts(system: System, claim: Claim, arithmetic: Arithmetic) -> dict[str, str]:
    """A digest for each named part: parameters, state, start, rules, assumptions, lemmas, the claim."""
    made = {
        "arithmetic": of([arithmetic]),
        "borrowers": of([system.borrowers]),
        "state": of([*map(_var, (*system.state, *system.rigid))]),
        "open parameters": of([*map(_var, system.params), *_formulas(system.domain)]),
        "start": of(_formulas(system.init)),
        "shock's extremes": of(_formulas(system.extremes)),
    }
    made |= {f"parameter {name}": of([str(value)]) for name, value in system.fixed.items()}
    for rule in system.rules:
        updates = [text for var, term in rule.updates.items() for text in (_var(var), written(term))]
        about = [rule.actor.value, *map(_var, rule.inputs), written(rule.guard), *updates]
        made[f"rule {rule.name}"] = of(about)
    for item in system.assumptions:
        on = item.on if isinstance(item.on, str) else " ".join(item.on or ())
        _add(made, f"assumption {item.name}", [on, written(item.formula)])
    for lemma in system.lemmas:
        _add(made, f"lemma {lemma.name}", [written(lemma.formula)])
    steps = [text for name, formula in claim.steps.items() for text in (name, written(formula))]
    made[f"claim {claim.name}"] = of([written(claim.formula), *steps, *claim.exits])
    return made


def exactly(system: System, claim: Claim, arithmetic: Arithmetic) -> str:
    """One digest of all that a verdict, its run and its table depend on: the parts in their order, and hints.

    Hints are what no proof rests on, and what engines and reports go by: owners, remembered terms, columns.
    """
    named = [item.name for group in (system.rules, system.assumptions, system.lemmas) for item in group]
    terms = [text for found in (system.rigid, system.histories) for text in _named_terms(found)]
    hints = [
        *(f"{var.name} {system.owners.get(var)} {var in system.tallies} {var.like}" for var in system.state),
        *(f"{var.name} {var.like}" for var in (*system.params, *(var for rule in system.rules for var in rule.inputs))),
        *(rule.owner for rule in system.rules),
        *sorted(system.environment),
    ]
    columns = [text for heading, term in system.columns for text in (heading, written(term))]
    made = [text for item in parts(system, claim, arithmetic).items() for text in item]
    return of(of(group) for group in (made, named, terms, hints, columns))


def digest(found: Mapping[str, str]) -> str:
    """One digest of all parts, whatever their order."""
    return of(text for item in sorted(found.items()) for text in item)


def of(texts: Iterable[str]) -> str:
    """A digest of a list of texts; what is in which of them matters."""
    made = hashlib.sha256()
    for text in texts:
        data = text.encode()
        made.update(f"{len(data)}:".encode() + data)
    return made.hexdigest()


def _add(made: dict[str, str], name: str, texts: list[str]) -> None:
    made[name] = of([made.get(name, ""), *texts])


def _named_terms(terms: Mapping[Var, Expr]) -> list[str]:
    return [text for var, term in terms.items() for text in (var.name, written(term))]


def _formulas(formulas: Iterable[Expr]) -> list[str]:
    return [written(formula) for formula in formulas]


def _var(var: Var) -> str:
    grid = "" if var.unit is None else f"{var.unit} kept to {var.unit.decimals}"
    return f"{var.name} {var.sort.__name__} {'signed' if var.signed else ''} {grid}"
