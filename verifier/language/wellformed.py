"""What can be said of a system without a solver: state that nobody writes, positions that run on their own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from verifier.language.errors import Site, SpecError
from verifier.language.expr import Expr, Op, Var, variable, variables
from verifier.language.pieces import Design, Piece
from verifier.language.system import Actor, Rule, System


def field_site(cls: type[Piece], name: str) -> Site | None:
    """The line on which a class, or one it extends, declares a field."""
    for base in cls.__mro__:
        if name in inspect.get_annotations(base):
            try:
                lines, first = inspect.getsourcelines(base)
            except (OSError, TypeError):
                return None
            for offset, line in enumerate(lines):
                if re.match(rf"\s+{re.escape(name)}\s*:", line):
                    return Site(inspect.getsourcefile(base) or "?", first + offset)
    return None


def check(design: type[Design], kinds: Mapping[str, type[Piece]], system: System) -> None:
    """Refuse state that no rule writes, and rules whose names collide."""
    written = {var for rule in system.rules for var in rule.updates}
    for var in system.state:
        if var not in written:
            cls = kinds[system.owners[var]]
            field = var.name.rpartition(".")[2]
            raise SpecError(
                f"no rule writes the state variable {cls.__name__}.{field}; make it a parameter "
                f"('{field}: ... = param') or write it in a rule",
                field_site(cls, field),
            )
    names = [rule.name for rule in system.rules]
    for rule in system.rules:
        if names.count(rule.name) > 1:
            raise SpecError(f"{design.__name__} has two rules named {rule.name}; rename one", rule.site)


def positions_are_independent(system: System) -> bool:
    """Whether one generic position speaks for any number of them.

    Positions meet only in what oracle, market and shock hold. If the environment's rules read and write nothing of a
    position, and a position's rules write nothing of the environment, then each of N positions runs as if alone; a
    tally is each position's own share, which nobody reads, and the shares add up. That the environment waits for a
    position is no objection where the position's own mechanism or keepers assume it, as each position's then do: a run
    of N is one of each. What the design assumes might be meant of one of them only.
    """
    shared = {var for var, slot in system.owners.items() if slot in system.environment}
    own = set(system.state) - shared
    for rule in system.rules:
        asked = set(variables(rule.guard, *(item.formula for item in system.assumed(rule.name))))
        by_design = [item.formula for item in system.assumed(rule.name) if not item.owner]
        waits = rule.actor is Actor.ENVIRONMENT and set(variables(rule.guard, *by_design)) & own
        if asked & system.tallies or waits:
            return False
        if not all(_keeps_apart(rule, var, term, shared, system) for var, term in rule.updates.items()):
            return False
    return True


def _keeps_apart(rule: Rule, var: Var, term: Expr, shared: set[Var], system: System) -> bool:
    """Whether the update lets each position and the environment go on as if alone."""
    reads = set(variables(term))
    if var in system.tallies:
        adds = term.op in {Op.ADD, Op.SUB} and term.args[0] is variable(var)
        return adds and not set(variables(term.args[1])) & system.tallies
    if reads & system.tallies:
        return False
    own = set(system.state) - shared
    if rule.actor is Actor.ENVIRONMENT:
        return not (reads & own) or var in own
    return var not in shared
