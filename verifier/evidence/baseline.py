"""The baseline: what was proved, under what, in a file that people read as a diff.

It is data and nothing else. Reading it builds plain objects within limits on size and nesting; formulas are text in the
notation of ``verifier.interpretations.text`` and are read only where two of them are compared.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import attrs

from verifier.evidence.record import Word, plain, structured
from verifier.language.errors import SpecError
from verifier.language.system import Arithmetic

LARGEST, DEEPEST = 8_000_000, 6
VERSION = 1
BARE = re.compile(r"[A-Za-z0-9_-]+")
HEADER = """\
# What `verifier gate` holds this project to, written by `verifier gate --update`: one block a claim, then the
# environments that the claims speak of, in formulas over named quantities. To be reviewed as a diff.
"""
Texts = dict[str, str]
Key = tuple[str, str, tuple[str, ...], str]


@attrs.frozen
class Limit:
    """How far a claim was proved to hold: at ``value`` of a quantity, and not a ten-thousandth beyond it."""

    quantity: str
    value: str
    side: Literal["largest", "smallest"]


@attrs.frozen
class Entry:
    """One claim as it was settled."""

    design: str
    property: str
    under: list[str]
    """Its own arguments and settings, by which it is found again."""
    arithmetic: Arithmetic
    verdict: Word
    declared: bool
    """Whether the design declares it refuted."""
    borrowers: str
    statement: str
    assumptions: list[str]
    """As declared, whatever the proof needed."""
    environment: str
    system: str
    """The digest of the composed system with the claim."""
    depth: int | None = None
    bound: Limit | None = None
    parameters: Texts = attrs.field(factory=dict)
    formula: Texts = attrs.field(factory=dict)
    """What is claimed "always", or across each step of the rules that it names."""

    def key(self) -> Key:
        """What makes it this claim and no other."""
        return self.design, self.property, tuple(self.under), self.arithmetic


@attrs.frozen
class Environment:
    """What a claim is proved against: everything that is not the mechanism's own doing.

    Parameters stand under their names wherever the composed system allows; each claim says their values.
    """

    name: str
    domain: list[str]
    start: list[str]
    pieces: Texts = attrs.field(factory=dict)
    """The kind in each slot."""
    quantities: Texts = attrs.field(factory=dict)
    """The names in the formulas: each an amount (never negative), a number or a truth, with its decimals, if any."""
    assumptions: Texts = attrs.field(factory=dict)
    views: Texts = attrs.field(factory=dict)
    """What market and oracle show, each as an equation for its name."""
    guards: Texts = attrs.field(factory=dict)
    """When each rule of the environment may act."""
    updates: Texts = attrs.field(factory=dict)
    """What each of them does to what is not the mechanism's."""
    inputs: Texts = attrs.field(factory=dict)
    """What each other rule demands of its inputs alone."""
    rules: Texts = attrs.field(factory=dict)
    """A digest of each rule, to name the one that changed."""

    def same_as(self, other: Environment) -> bool:
        """Whether everything is the same that a claim is proved against; rules of the mechanism may differ."""
        return attrs.evolve(self, name="", rules={}) == attrs.evolve(other, name="", rules={})


@attrs.frozen
class Baseline:
    """All that a project is held to."""

    version: int
    claim: list[Entry] = attrs.field(factory=list)
    environment: list[Environment] = attrs.field(factory=list)

    def entry(self, key: Key) -> Entry | None:
        """The claim of this key, if it is listed."""
        return self._entries.get(key)

    @cached_property
    def _entries(self) -> dict[Key, Entry]:
        return {entry.key(): entry for entry in self.claim}

    def pairs(self) -> list[tuple[Entry, Environment]]:
        """Each claim with its environment. Raises SpecError."""
        return [(entry, self.environment_of(entry)) for entry in self.claim]

    def of(self, designs: Collection[str]) -> Self:
        """What is said of these designs."""
        return attrs.evolve(self, claim=[entry for entry in self.claim if entry.design in designs])

    def without(self, designs: Collection[str]) -> Self:
        """What is said of others."""
        return attrs.evolve(self, claim=[entry for entry in self.claim if entry.design not in designs])

    def environment_of(self, entry: Entry) -> Environment:
        """The environment of a claim. Raises SpecError if the file has none such."""
        found = next((item for item in self.environment if item.name == entry.environment), None)
        if found is None:
            raise SpecError(f"the baseline has no environment '{entry.environment}', of which {entry.property} speaks")
        return found


def baseline(settled: Iterable[tuple[Entry, Environment]]) -> Baseline:
    """Claims with their environments, sorted; equal environments of a design once, named in the order of use."""
    claims: list[Entry] = []
    kept: dict[str, list[Environment]] = {}
    for entry, environment in sorted(settled, key=lambda pair: pair[0].key()):
        own = kept.setdefault(entry.design, [])
        same = next((item for item in own if attrs.evolve(item, name="") == attrs.evolve(environment, name="")), None)
        if same is None:
            same = attrs.evolve(environment, name=f"{entry.design} {len(own) + 1}")
            own.append(same)
        claims.append(attrs.evolve(entry, environment=same.name))
    return Baseline(VERSION, claims, [item for design in sorted(kept) for item in kept[design]])


def read_baseline(path: Path) -> Baseline:
    """The baseline in a file. Raises SpecError for anything else, saying what."""
    if not path.exists():
        raise SpecError(f"there is no baseline {path}; write it with: verifier gate --update")
    if path.stat().st_size > LARGEST:
        raise SpecError(f"{path} has more than {LARGEST} bytes; a baseline that large is not read")
    try:
        return parsed(path.read_bytes().decode())
    except ValueError as error:
        raise SpecError(f"{path}: {error}") from None


def parsed(text: str) -> Baseline:
    """The baseline of a text. Raises ValueError for anything that is none."""
    if len(text) > LARGEST:
        raise ValueError(f"more than {LARGEST} characters are not read")
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _refuse_deep(data)
    found = structured(data, Baseline, "baseline")
    if found.version != VERSION:
        raise ValueError(f"this is a baseline of version {found.version}; this verifier reads version {VERSION}")
    keys = [entry.key() for entry in found.claim]
    if len(set(keys)) < len(keys):
        raise ValueError("a claim is listed twice")
    return found


def _refuse_deep(data: Any) -> None:
    level = [data]
    for _ in range(DEEPEST):
        level = [inner for held in level for inner in _inside(held)]
        if not level:
            return
    raise ValueError(f"nested deeper than {DEEPEST}")


def _inside(held: Any) -> Iterable[Any]:
    if isinstance(held, dict):
        return held.values()
    return held if isinstance(held, list) else ()


def written(found: Baseline) -> str:
    """The baseline as TOML; what is absent or empty is left out where reading puts it back."""
    lines = [HEADER, f"version = {found.version}"]
    for name, items in (("claim", found.claim), ("environment", found.environment)):
        for item in items:
            lines += ["", f"[[{name}]]", *_table(name, plain(item))]
    return "\n".join(lines) + "\n"


def _table(name: str, data: Mapping[str, Any]) -> Iterator[str]:
    flat = {key: held for key, held in data.items() if held is not None and not isinstance(held, dict)}
    yield from (f"{key} = {_value(held)}" for key, held in flat.items())
    for key, held in data.items():
        if isinstance(held, dict) and held:
            yield f"[{name}.{key}]"
            yield from (f"{_key(inner)} = {_value(text)}" for inner, text in held.items())


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _value(name)


def _value(held: Any) -> str:
    if isinstance(held, list):
        lines = [f"  {_value(item)}," for item in held]
        return "\n".join(["[", *lines, "]"]) if len(held) > 1 else f"[{', '.join(map(_value, held))}]"
    return json.dumps(held, ensure_ascii=False).replace("\x7f", "\\u007f")
