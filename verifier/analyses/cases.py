"""Which claims of a design there are to settle, and what the design itself says will come out."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import attrs

from verifier.language.errors import SpecError, known
from verifier.language.expr import Q, decimal_text
from verifier.language.load import LIBRARY, generics
from verifier.language.lower import Problem, compose, kinds_and_values
from verifier.language.pieces import (
    ANY,
    Design,
    Generic,
    Marked,
    Mechanism,
    Piece,
    Property,
    as_property,
    kind_name,
    plain_setting,
)
from verifier.language.system import Arithmetic, System

FEW = 8


@attrs.frozen(eq=False)
class Case:
    """One claim of one design under given settings; ``declared`` is why the design says that it is refuted."""

    design: type[Design]
    prop: Property
    settings: Mapping[str, Any]
    declared: str | None

    @property
    def file(self) -> str | None:
        """The design's file, if it is not a bundled one."""
        site = self.design.site()
        return None if site is None or self.design.__module__.startswith(f"{LIBRARY}.") else site.file

    def problem(self) -> Problem:
        """The composed system with the claim. Raises SpecError."""
        return compose(self.design, self.prop, self.settings)


def cases(
    designs: Collection[type[Design]], *, only: tuple[str, ...] = (), settings: Mapping[str, Any] | None = None,
    arithmetic: Arithmetic | None = None,
) -> list[Case]:  # fmt: skip
    """The claims of the designs, in the order in which they list them.

    Settings reach the parameters of a design, and the arguments of its properties; they void what it declares.
    """
    given = {name: plain_setting(value) for name, value in (settings or {}).items()}
    chosen = [(design, claim, reason) for design in designs for claim, reason in listed(design)]
    names = {claim.name for _, claim, _ in chosen}
    if "other" in given:  # what is listed beside one design, under settings of both, is no question about another
        chosen = [item for item in chosen if not item[1].beside]
    for name in only:
        forms = {argument for source in generics() if source.name == name for argument in source.own} & set(given)
        chosen = [item for item in chosen if item[1].name != name or forms <= set(own_arguments(item[1]))]
        if not any(item[1].name == name for item in chosen):
            chosen += [(design, asked(name, given, names), None) for design in designs]
    picked = [item for item in chosen if (not only or item[1].name in only)]
    picked = [item for item in picked if arithmetic is None or item[1].arithmetic == arithmetic]
    if not picked:
        raise SpecError(
            f"nothing is claimed in {arithmetic} arithmetic here; claims in it are listed with in_fixed(...)"
        )
    arguments = {name for _, claim, _ in picked for name in own_arguments(claim)}
    rest = {name: value for name, value in given.items() if name not in arguments}
    made: dict[object, Case] = {}
    for design, claim, reason in picked:
        prop = with_arguments(claim, given)
        key = (design, prop.name, prop.arguments, _comparable(_merged(prop, rest)), prop.arithmetic)
        made.setdefault(key, Case(design, prop, rest, None if given else reason))
    return list(made.values())


def asked(name: str, given: Mapping[str, Any], claimed: Iterable[str]) -> Property:
    """A property of the library that no chosen design claims itself, with its arguments from the settings."""
    forms = [source for source in generics() if source.name == name]
    if not forms:
        raise SpecError(f"there is no property '{name}'; {known([*claimed, *(s.name for s in generics())], name)}")
    complete = [source for source in forms if set(source.own) <= set(given)]
    if not complete:
        raise SpecError(f"{name} needs a value for {forms[0].own[0]}: --set {forms[0].own[0]}=...")
    source = max(complete, key=lambda form: len(form.own))
    return source.claim(**{argument: given[argument] for argument in source.own})


def listed(design: type[Design]) -> list[tuple[Property, str | None]]:
    """What the design says is proved and what refuted; without a list, all that its pieces and itself claim."""
    own = vars(design)
    proved = [as_property(claim) for claim in own.get("proved", ())]
    for claim in own.get("refuted", {}):
        if as_property(claim) in proved:
            raise SpecError(f"{design.title} lists {as_property(claim).name} as proved and as refuted", design.site())
    refuted = {as_property(claim): reason for claim, reason in own.get("refuted", {}).items()}
    if not proved and not refuted:
        claimed = dict.fromkeys(as_property(m) for m in _invariants(design))
        proved = [claim for claim in claimed if claim not in refuted]
    return [(claim, None) for claim in proved] + list(refuted.items())


def _invariants(design: type[Design]) -> Iterable[Marked]:
    owners = [type(piece) for piece in design.slots().values() if isinstance(piece, Mechanism)]
    for cls in (*owners, design):
        names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
        found = (inspect.getattr_static(cls, name) for name in names)
        yield from (value for value in found if isinstance(value, Marked) and value.kind == "invariant")


def own_arguments(claim: Property) -> tuple[str, ...]:
    """The names of the arguments that a property itself takes."""
    return claim.source.own if isinstance(claim.source, Generic) else ()


def with_arguments(claim: Property, given: Mapping[str, Any]) -> Property:
    """The property with its own arguments replaced where they are given."""
    changed = dict(claim.arguments) | {k: v for k, v in given.items() if k in own_arguments(claim)}
    return attrs.evolve(claim, arguments=tuple(sorted(changed.items())))


def _merged(prop: Property, rest: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """
    All settings of a claim, those from outside over its own.

    A kind for a slot and a value for it are two settings: another kind of shock leaves the claim's own bound alone.
    """
    (kinds, values), (more_kinds, more_values) = kinds_and_values(dict(prop.settings)), kinds_and_values(rest)
    return (*sorted((kinds | more_kinds).items()), *sorted((values | more_values).items()))


def _comparable(settings: tuple[tuple[str, Any], ...]) -> tuple[object, ...]:
    """Settings without regard to which object a piece is: its class and its parameters count."""

    def plain(value: Any) -> object:
        if isinstance(value, Piece):
            return type(value), tuple((name, plain(held)) for name, held in sorted(value.__dict__["_config"].items()))
        return repr(value)

    return tuple((name, plain(value)) for name, value in settings)


def parse_setting(text: str) -> tuple[str, Any]:
    """A NAME=VALUE of the command line; numbers are taken as written, "any" leaves a parameter open."""
    name, equals, value = text.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name or not value:
        raise SpecError(f"'{text}' is not NAME=VALUE, as in --set shock=0.1")
    if value == "any":
        return name, ANY
    if value in {"true", "false"}:
        return name, value == "true"
    if value[0].isdigit() or value[0] in "+-.":
        return name, Q(value)
    if value.startswith("[") and ":" not in value:
        return name, tuple(tuple(map(Q, row.split())) for row in value.strip("[]").split(";"))
    return name, value


def setting_text(name: str, value: Any) -> str:
    """A setting as NAME=VALUE; a piece by its kind and its parameters."""
    if isinstance(value, Piece):
        config = {k: v for k, v in value.__dict__["_config"].items() if not isinstance(v, Piece)}
        given = ", ".join(f"{k} {_text(v)}" for k, v in config.items())
        return f"{name}={kind_name(type(value))}" + (f"({given})" if given else "")
    return f"{name}={_text(value)}"


def _text(value: Any) -> str:
    if value is ANY:
        return "any"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, type):
        return str(getattr(value, "title", value))
    if isinstance(value, tuple):
        return "[" + "; ".join(map(row_text, value)) + "]"
    try:
        return decimal_text(Q(value))
    except SpecError:
        return str(value)


def row_text(row: Any) -> str:
    """A row of a table."""
    return " ".join(_text(cell) for cell in row) if isinstance(row, tuple) else str(row)


def parameters(system: System) -> dict[str, object]:
    """The values of all parameters: exact, or "any"."""
    return {**system.fixed, **{var.name: "any" for var in system.params}}


def conditions(case: Case) -> tuple[str, ...]:
    """What a claim is made under beyond the design itself; of a long table how long it is."""
    merged = (*case.prop.arguments, *_merged(case.prop, case.settings))
    return tuple(briefly(name, value) for name, value in merged)


def briefly(name: str, value: Any) -> str:
    """A setting for a person."""
    if isinstance(value, tuple) and len(value) > FEW:
        return f"{name} = {len(value)} rows"
    return setting_text(name, value).replace("=", " = ", 1)
