"""What can be said of a system without a solver: state nobody writes, pieces nobody uses, positions on their own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

import attrs

from verifier.language.errors import Site, SpecError
from verifier.language.expr import Expr, Op, Real, Var, all_of, variable, variables
from verifier.language.pieces import Design, Piece
from verifier.language.system import Actor, Assumption, Rule, System


def field_site(cls: type[Piece], name: str) -> Site | None:
    """The line on which a class, or one it extends, declares a field."""
    for base in cls.__mro__:
        if name in base.__dict__.get("__annotations__", {}):
            try:
                lines, first = inspect.getsourcelines(base)
            except (OSError, TypeError):
                return None
            for offset, line in enumerate(lines):
                if re.match(rf"\s+{re.escape(name)}\s*:", line):
                    return Site(inspect.getsourcefile(base) or "?", first + offset)
    return None


def guarded(rule: Rule, assumptions: list[Assumption]) -> Rule:
    """The rule with the divisors of what is assumed of it minded; the assumption itself stays apart, by name."""
    return rule


def check(design: type[Design], kinds: Mapping[str, type[Piece]], system: System) -> None:
    """Refuse state that no rule writes, and rules whose names collide."""
    written = {var for rule in system.rules for var in rule.updates}
    for var in system.state:
        if var not in written:
            cls = kinds[system.owners[var]]
            field = var.name.rpartition(".")[2]
            raise SpecError(
                f"no rule writes the state variable {cls.__name__}.{field}; make it a parameter ('{field}: ... = param') "
                "or write it in a rule",
                field_site(cls, field),
            )
    names = [rule.name for rule in system.rules]
    for rule in system.rules:
        if names.count(rule.name) > 1:
            raise SpecError(f"{design.__name__} has two rules named {rule.name}; rename one", rule.site)


def positions_are_independent(system: System) -> bool:
    """
    Whether one generic position speaks for any number of them.

    Positions meet only in what oracle, market and shock hold. If the environment's rules read and write nothing of a
    position, and a position's rules write nothing of the environment, then each of N positions runs as if alone; a
    tally is each position's own share, which nobody reads, and the shares add up.
    """
    shared = {var for var, slot in system.owners.items() if slot in system.environment}
    remembered = set(system.rigid)
    own = set(system.state) - shared
    if remembered and any(set(variables(term)) - shared and set(variables(term)) & shared
                          for term in system.rigid.values()):  # fmt: skip
        pass  # a remembered term may mix both: it is fixed at the start, for each position by itself
    for rule in system.rules:
        reads = set(variables(rule.guard)) & system.tallies
        if reads:
            return False
        for var, term in rule.updates.items():
            if not _keeps_apart(rule, var, term, shared, own, system.tallies):
                return False
        if rule.actor is Actor.ENVIRONMENT and set(variables(rule.guard)) & own:
            return False
    return True


def _keeps_apart(
    rule: Rule, var: Var, term: Expr, shared: set[Var], own: set[Var], tallies: frozenset[Var]
) -> bool:
    reads = set(variables(term))
    if var in tallies:
        adds = term.op in {Op.ADD, Op.SUB} and term.args[0] is variable(var)
        return adds and not set(variables(term.args[1])) & tallies
    if reads & tallies:
        return False
    if rule.actor is Actor.ENVIRONMENT:
        return not (reads & own) or var in own
    return var not in shared


__all__ = ["Real", "all_of", "attrs", "check", "field_site", "guarded", "positions_are_independent"]
