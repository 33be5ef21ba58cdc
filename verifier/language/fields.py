"""What piece classes declare: their quantities with units, the pieces they refer to, and the kinds that fit a slot."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, get_args, get_origin, get_type_hints

import attrs

from verifier.language import wellformed
from verifier.language.errors import PACKAGE, Site, SpecError
from verifier.language.expr import Bool, Expr, Real, register_grid
from verifier.language.pieces import Data, Param, Piece, State, kind_name
from verifier.language.units import RATIO, Unit

SIGNED = "signed"
SETTABLE = (Param, Data)


def calling(function: Callable[..., Any], *args: Any) -> Any:
    """Run an author's method; Python's own errors become mistakes at the author's line."""
    try:
        return function(*args)
    except SpecError:
        raise
    except Exception as error:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(PACKAGE)]
        site = Site(frames[-1].filename, frames[-1].lineno or 0) if frames else None
        raise SpecError(f"{type(error).__name__}: {error}", site) from error


@attrs.frozen(eq=False)
class Field:
    """A field of a piece class: its name, what it is, and its kind of quantity."""

    name: str
    declared: Param | State | Data
    sort: type[Expr]
    unit: Unit | None
    signed: bool


def fields_of(cls: type[Piece]) -> tuple[list[Field], list[str]]:
    """The quantities of a piece class, and the names of the pieces it refers to."""
    hints = calling(lambda: get_type_hints(cls, include_extras=True))
    quantities, references = [], []
    for name, hint in hints.items():
        if get_origin(hint) is type or name in {"actor", "shared", "title", "proved", "refuted"}:
            continue
        if isinstance(hint, type) and issubclass(hint, Piece):
            references.append(name)
            continue
        declared = getattr(cls, name, None)
        if isinstance(declared, Data):
            quantities.append(Field(name, declared, Real, None, signed=False))
            continue
        if not isinstance(declared, (Param, State)):
            raise SpecError(
                f"{cls.__name__}.{name} is neither a parameter, a state variable nor a piece; write "
                f"'{name}: Ratio = param' or '{name}: Debt = state(0)'",
                wellformed.field_site(cls, name),
            )
        sort, unit, signed = quantity(hint, f"{cls.__name__}.{name}", partial(wellformed.field_site, cls, name))
        quantities.append(Field(name, declared, sort, unit, signed))
    return quantities, references


def quantity(hint: Any, what: str, site: Callable[[], Site | None]) -> tuple[type[Expr], Unit | None, bool]:
    """The sort, unit and signedness that an annotation states."""
    extras: tuple[Any, ...] = ()
    if get_origin(hint) is not None and hasattr(hint, "__metadata__"):
        hint, *rest = get_args(hint)
        extras = tuple(rest)
    if hint is Bool:
        return Bool, None, False
    if hint is not Real:
        raise SpecError(
            f"{what} is annotated {hint!r}; a quantity is Real, Bool, or Annotated[Real, UNIT] such as Debt", site()
        )
    unit = next((extra for extra in extras if isinstance(extra, Unit)), RATIO)
    register_grid(unit)
    return Real, unit, SIGNED in extras


def kinds_like(cls: type[Piece]) -> dict[str, type[Piece]]:
    """The kinds that fit into the same slot, by their dashed names."""
    role = next(base for base in cls.__mro__ if Piece in base.__bases__)

    def below(root: type[Piece]) -> Iterable[type[Piece]]:
        for sub in root.__subclasses__():
            yield sub
            yield from below(sub)

    return {kind_name(sub): sub for sub in below(role)}
