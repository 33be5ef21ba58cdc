"""A composed system as text and as a digest: the same wherever the same system is composed, whatever its source says.

What is equal here has the same verdicts by the same engines: names, order, lemmas and remembered terms are part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping

from verifier.interpretations.text import written
from verifier.language.expr import Expr, Var
from verifier.language.system import Claim, System


def digest(system: System, claim: Claim | None = None) -> str:
    """The SHA-256 of the canonical text, of the system alone or with a claim about it."""
    return hashlib.sha256("\n".join(canonical(system, claim)).encode()).hexdigest()


def canonical(system: System, claim: Claim | None = None) -> Iterator[str]:
    """The system line by line, then the claim."""
    for kind, found in (("parameter", system.params), ("state", system.state)):
        yield from (_line(kind, *_quantity(var)) for var in found)
    yield from (_line("fixed", name, str(value)) for name, value in sorted(system.fixed.items()))
    yield from _terms("rigid", system.rigid)
    yield from _terms("history", system.histories)
    for name, group in (("domain", system.domain), ("init", system.init), ("extreme", system.extremes)):
        yield from (_line(name, written(formula)) for formula in group)
    for item in system.assumptions:
        on = item.on if item.on is None or isinstance(item.on, str) else list(item.on)
        yield _line("assumption", item.name, on, written(item.formula))
    yield from (_line("lemma", lemma.name, written(lemma.formula)) for lemma in system.lemmas)
    for rule in system.rules:
        yield _line("rule", rule.name, rule.actor, rule.owner, [_quantity(var) for var in rule.inputs])
        yield _line("guard", written(rule.guard))
        yield from _terms("update", rule.updates)
    yield _line("environment", sorted(system.environment), system.borrowers, sorted(v.name for v in system.tallies))
    yield _line("owners", sorted((var.name, owner) for var, owner in system.owners.items()))
    yield from (_line("column", heading, written(term)) for heading, term in system.columns)
    if claim is not None:
        yield _line("claim", claim.name, written(claim.formula), list(claim.exits))
        yield from (_line("on", name, written(formula)) for name, formula in claim.steps.items())


def _terms(kind: str, terms: Mapping[Var, Expr]) -> Iterable[str]:
    return (_line(kind, var.name, written(term)) for var, term in terms.items())


def _quantity(var: Var) -> list[object]:
    return [var.name, var.sort.__name__, str(var.unit), var.unit and var.unit.decimals, var.signed, str(var.like)]


def _line(*parts: object) -> str:
    return json.dumps(parts, ensure_ascii=False)
