"""A finding as plain data: what reports read, what is kept on disk, and what processes send each other.

Every number is exact text: a finite decimal, p/q, "true" or "false". A record is its own JSON object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any, Literal, TypeVar, get_args

import attrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.preconf.json import make_converter

from verifier.evidence.run import Run
from verifier.evidence.trace import exact
from verifier.evidence.trace import trace as texts
from verifier.evidence.verdict import Bounded, Breaking, Finding, Proved, Refuted, Unknown, Vacuous, Verdict, word
from verifier.interpretations.exact import UNDEFINED, holds, value
from verifier.interpretations.fixed import TABLES
from verifier.language.errors import Site
from verifier.language.expr import Expr, Op, Real, shown
from verifier.language.system import Arithmetic, Claim

Word = Literal["proved", "bounded", "refuted", "vacuous", "unknown"]
Values = dict[str, str]
T = TypeVar("T")
RELATIONS = {Op.LE: "≤", Op.LT: "<", Op.EQ: "="}
LONG = 90
"""A formula of more characters is not written beside the values of its two sides."""
TOLD = 200
"""So many verdicts are told one by one, with what each proof rests on; of more only how many a design has."""


@attrs.frozen
class Step:
    """A step of a run: the rule that fired, with its inputs."""

    rule: str
    inputs: Values
    site: str | None = None
    """Where the rule is written, as file:line."""


@attrs.frozen
class Broke:
    """The comparison that is false at the end of a run; sides are None where one divides by zero."""

    formula: str | None
    """As text, where that is short."""
    relation: str
    left: str | None
    right: str | None


@attrs.frozen
class Table:
    """What a run shows of each of its states: the design's own columns; None where a value is undefined."""

    headings: list[str]
    rows: list[list[str | None]]


@attrs.frozen
class Position:
    """One of several positions, at the start of a run."""

    health: str
    collateral: str


@attrs.frozen
class Trace:
    """A run: the open parameters, the steps, and the states around them."""

    parameters: Values
    steps: list[Step]
    states: list[Values]
    table: Table
    broke: Broke | None = None
    positions: list[Position] | None = None


@attrs.frozen
class Reason:
    """Why a verdict is no answer."""

    kind: Literal["time", "memory", "resources", "incomplete", "vacuous"]
    detail: str


@attrs.frozen
class Beginning:
    """A state that satisfies all that is known, from which a step of the rule leads out of the claim."""

    rule: str
    values: Values


@attrs.frozen
class Record:
    """One verdict with everything a reader needs to judge it."""

    design: str
    file: str | None
    set: list[str]
    property: str
    statement: str
    site: str
    """Where the claim is written, as file:line."""
    under: list[str]
    """What the claim is made under beyond the design: "shock = 0.129"."""
    verdict: Word
    expected: bool
    """Proved, or refuted exactly where the design declares it."""
    declared: str | None
    depth: int | None
    engine: str
    seconds: float
    seed: int
    parameters: dict[str, str | bool]
    assumptions: list[str]
    assumption_sources: dict[str, str]
    unused_assumptions: list[str]
    lemmas: list[str]
    identity: bool
    never_fires: list[str]
    arithmetic: Arithmetic
    borrowers: str | int
    notes: list[str]
    evidence: str | None
    trace: Trace | None
    shortest: bool | None
    reason: Reason | None
    breaking: Beginning | None

    def says(self, assumption: str) -> str:
        """The sentence of an assumption."""
        return self.assumption_sources[assumption].rpartition(" (")[0]


def _strictly(*types: type) -> Callable[[Any, Any], Any]:
    """What is of none of these types is refused and not converted."""

    def same(held: Any, _: Any) -> Any:
        if type(held) not in types:
            raise TypeError(f"{held!r} is of another type than {types[0].__name__}")
        return held

    return same


def _list(held: Any, kind: Any) -> list[Any]:
    (inner,) = get_args(kind)
    return [_CONVERTER.structure(item, inner) for item in _strictly(list)(held, kind)]


def _dict(held: Any, kind: Any) -> dict[Any, Any]:
    key, inner = get_args(kind)
    items = _strictly(dict)(held, kind).items()
    return {_CONVERTER.structure(name, key): _CONVERTER.structure(item, inner) for name, item in items}


_CONVERTER = make_converter(forbid_extra_keys=True)
for _types in ((str,), (bool,), (int,), (float, int)):
    _CONVERTER.register_structure_hook(_types[0], _strictly(*_types))
_CONVERTER.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is list, _list)
_CONVERTER.register_structure_hook_func(lambda kind: getattr(kind, "__origin__", None) is dict, _dict)


def as_data(record: Record) -> dict[str, Any]:
    """The record as a JSON object."""
    data: dict[str, Any] = plain(record)
    return data


def from_data(data: Any) -> Record:
    """The record of a JSON object. Raises ValueError for anything that is none."""
    return structured(data, Record, "record of a verdict")


def structured(data: Any, kind: type[T], what: str) -> T:
    """The object of this kind that plain data is, nothing being converted. Raises ValueError for anything else."""
    try:
        return _CONVERTER.structure(data, kind)
    except (BaseValidationError, ForbiddenExtraKeysError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise ValueError(f"this is no {what}: {error}") from None


def plain(held: Any) -> Any:
    """An object of such a kind as plain data."""
    return _CONVERTER.unstructure(held)


def record(finding: Finding) -> Record:
    """The finding as plain data."""
    verdict = finding.verdict
    certificate = verdict.certificate if isinstance(verdict, Proved) else None
    return Record(
        design=finding.design, file=finding.file, set=list(finding.settings), property=finding.claim.name,
        statement=finding.claim.doc, site=str(finding.claim.site), under=list(finding.conditions),
        verdict=word(verdict),  # type: ignore[arg-type]
        expected=finding.expected, declared=finding.declared, depth=_depth(verdict), engine=finding.engine,
        seconds=round(finding.seconds, 3), seed=finding.seed,
        parameters={name: _plain(value) for name, value in finding.parameters.items()},
        assumptions=[name for name, _, _ in finding.assumptions],
        assumption_sources={name: f"{doc} ({site})" for name, doc, site in finding.assumptions},
        unused_assumptions=list(finding.unused_assumptions),
        lemmas=[name for name, _ in certificate.lemmas] if certificate else [],
        identity=certificate is not None and certificate.identity, never_fires=list(finding.never_fires),
        arithmetic=finding.arithmetic,
        borrowers=int(finding.borrowers) if finding.borrowers.isdigit() else finding.borrowers,
        notes=list(finding.notes), evidence=finding.evidence,
        trace=_trace_of(finding, verdict.run) if isinstance(verdict, Refuted) else None,
        shortest=verdict.shortest if isinstance(verdict, Refuted) else None,
        reason=_reason(verdict), breaking=_beginning(verdict),
    )  # fmt: skip


def quantity(text: str) -> Fraction | bool:
    """The value that ``exact`` wrote."""
    return text == "true" if text in {"true", "false"} else Fraction(text)


def _trace_of(finding: Finding, run: Run) -> Trace:
    seats = [Position(exact(health), exact(held)) for health, held in finding.positions]
    told = trace(run, finding.columns, finding.sites)
    return attrs.evolve(told, broke=_broke(run, finding.claim), positions=seats or None)


def trace(run: Run, columns: Iterable[tuple[str, Real]], sites: Mapping[str, Site] | None = None) -> Trace:
    """A run as data, with the values of these columns; ``sites`` says where rules are written."""
    written = {rule: str(site) for rule, site in (sites or {}).items()}
    shown_columns, plain = list(columns), texts(run)
    return Trace(
        parameters=plain["parameters"],
        steps=[Step(**step, site=written.get(step["rule"])) for step in plain["steps"]],
        states=plain["states"],
        table=Table(
            [heading for heading, _ in shown_columns],
            [[_cell(term, run, number) for _, term in shown_columns] for number in range(len(run.states))],
        ),
    )


def _cell(term: Real, run: Run, state: int) -> str | None:
    found = value(term, run.states[state], TABLES[run.arithmetic])
    return None if found is UNDEFINED else exact(found)  # type: ignore[arg-type]


def _broke(run: Run, claim: Claim) -> Broke | None:
    """What is false at the end of the run; None where it is no comparison of quantities."""
    table = TABLES[run.arithmetic]
    state, formula = run.states[-1], claim.formula
    if claim.on_steps:
        state, formula = {**run.states[-2], **run.steps[-1].inputs}, claim.steps[run.steps[-1].rule]
    node: Expr = formula
    while node.op in {Op.AND, Op.IMPLIES}:
        node = node.args[1] if node.op is Op.IMPLIES or holds(node.args[0], state, table) else node.args[0]
    if node.op not in RELATIONS or not isinstance(node.args[0], Real):
        return None
    left, right = (value(side, state, table) for side in node.args)
    text = shown(node, LONG)
    formula_text = None if text.endswith("…") else text
    if left is UNDEFINED or right is UNDEFINED:
        return Broke(formula_text, RELATIONS[node.op], None, None)
    return Broke(formula_text, RELATIONS[node.op], exact(left), exact(right))  # type: ignore[arg-type]


def _plain(value: object) -> str | bool:
    if isinstance(value, bool):
        return value
    return exact(value) if isinstance(value, Fraction) else str(value)


def _depth(verdict: Verdict) -> int | None:
    match verdict:
        case Bounded(depth=depth) | Unknown(depth=depth):
            return depth
        case Refuted(run=run):
            return len(run)
        case _:
            return None


def _reason(verdict: Verdict) -> Reason | None:
    match verdict:
        case Unknown(why=why, detail=detail):
            return Reason(why, detail)
        case Vacuous(why=why):
            return Reason("vacuous", why)
        case _:
            return None


def _beginning(verdict: Verdict) -> Beginning | None:
    found: Breaking | None = getattr(verdict, "breaking", None)
    if found is None:
        return None
    return Beginning(found.rule, {name: exact(held) for name, held in found.values.items()})


GOOD, WRONG, OPEN = 0, 1, 3


def status(records: Iterable[Record]) -> int:
    """The exit status for these verdicts: 0 all as wanted, 1 something is wrong, 3 something is open."""
    unwanted = [item.verdict for item in records if not item.expected]
    if any(verdict not in {"unknown", "bounded"} for verdict in unwanted):
        return WRONG
    return OPEN if unwanted else GOOD
