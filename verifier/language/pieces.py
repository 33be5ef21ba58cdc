"""What specs are written with: classes with parameters, state, guarded rules and claims.

A method sees its piece as a snapshot (``self``) whose fields are terms. A rule is a pure function from that snapshot to
``require(...).then(self.after(...))``; what it does not name keeps its value.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, NoReturn, Self, TypeVar, cast, overload

import attrs

from verifier.language.errors import Site, SpecError, here, known, mistake
from verifier.language.expr import (
    Bool,
    Expr,
    Number,
    Real,
    all_of,
    real,
    shown,
    truth,
)
from verifier.language.system import Actor, defined

F = TypeVar("F", bound=Callable[..., Any])
P = TypeVar("P", bound="Piece")
By = Literal["environment", "owner", "liquidator", "anyone"]
On = Any


class _Any:
    """The value of a parameter that is left open: a claim then speaks of all its values."""

    def __repr__(self) -> str:
        return "any"


ANY = _Any()
Setting = Number | bool | str | _Any


@attrs.frozen(eq=False)
class Param:
    """A parameter's declaration; ``param`` has no default (symbolic unless given), ``param(1)`` has one."""

    default: Setting = ANY

    def __call__(self, default: Setting) -> Any:
        return Param(default)


param: Any = Param()


@attrs.frozen(eq=False)
class State:
    """A state variable's declaration."""

    start: Number | bool | None
    like: Number | None
    tally: bool
    of: str | None


def state(start: Number | bool | None = None, *, like: Number | None = None, tally: bool = False) -> Any:
    """A state variable, with its initial value, or any that ``@initially`` allows.

    ``like`` is a value people know, preferred when a run is made readable. A ``tally`` adds up over positions and
    guides nobody: no guard reads it.
    """
    return State(start, like, tally, None)


def holding(of: str, start: Number | None = 0, *, like: Number | None = None) -> Any:
    """What one holder has of the total named ``of``; everybody else together has the rest.

    Each rule that touches a holding exists twice: acted by this holder, and "by others", acted by all others as one. A
    rule that changes a total or a holding without the other is between two holders: there is a version "among others",
    too. With ``start=None`` the holder may have something at the start.
    """
    return State(start, like, False, of)


@attrs.frozen(eq=False)
class Data:
    """The declaration of something plain that is no quantity, such as the rows of a table."""

    default: tuple[Any, ...] = ()


def data(default: tuple[Any, ...] = ()) -> Any:
    """Rows of plain values that a piece's methods may read in Python: a depth table, the tiers of a book."""
    return Data(default)


def opening(doc: str | None) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join((doc or "").strip().split("\n\n")[0].split())


@attrs.frozen(eq=False)
class Marked:
    """A method with a meaning: rule, initially, assumption, lemma, invariant or tick."""

    kind: str
    function: Callable[..., Any]
    on: On = None
    by: By | None = None
    exits: tuple[Any, ...] = ()
    helps: bool = True
    """Whether a claim on states is offered to the proofs of others."""

    @property
    def name(self) -> str:
        return self.function.__name__

    @property
    def doc(self) -> str:
        return opening(self.function.__doc__)

    @property
    def site(self) -> Site:
        code = self.function.__code__
        return Site(code.co_filename, code.co_firstlineno)

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        if instance.__dict__.get("_snapshot"):
            return self.function.__get__(instance, owner)
        return RuleRef(instance, self)


@attrs.frozen(eq=False)
class RuleRef:
    """A rule of a piece that is being wired: ``on=market.move``."""

    piece: Piece
    marked: Marked


def _marked(kind: str, function: F | None, **details: Any) -> Any:
    """The function as a marked one, now or when it is there: the two ways in which a decorator is written."""
    if function is None:
        return lambda later: Marked(kind, later, **details)
    return Marked(kind, function, **details)


@overload
def rule(function: F) -> F: ...
@overload
def rule(*, by: By) -> Callable[[F], F]: ...
def rule(function: Any = None, *, by: By | None = None) -> Any:
    """A step, ``by`` whom: a piece of the environment by default "environment", a mechanism "anyone"."""
    return _marked("rule", function, by=by)


def initially(function: F) -> F:
    """A condition on the initial states."""
    return cast(F, _marked("initially", function))


@overload
def assumption(function: F) -> F: ...
@overload
def assumption(*, on: On) -> Callable[[F], F]: ...
def assumption(function: Any = None, *, on: On = None) -> Any:
    """A named assumption: on the parameters, on the start (``on="start"``), or on when a rule may act (``on=a_rule``).

    It may ask for the rule's inputs by name; on an actor's rules it then counts for those that have them. One of a
    piece that refers to a mechanism is about that mechanism's rules. Each verdict lists it.
    """
    return _marked("assumption", function, on=on)


def lemma(function: F) -> F:
    """An auxiliary invariant: an offer that is proved before it is used."""
    return cast(F, _marked("lemma", function))


@overload
def invariant(function: F) -> F: ...
@overload
def invariant(*, on: On = None, exits: tuple[Any, ...] = (), helps: bool = True) -> Callable[[F], F]: ...
def invariant(function: Any = None, *, on: On = None, exits: tuple[Any, ...] = (), helps: bool = True) -> Any:
    """A claim on all reachable states, or with ``on`` across the steps of rules, ``post`` being the state after.

    A further argument that is named like an input of those rules is that input; any other stands for all values. A
    claim on states is a lemma for the other claims, too, unless ``helps`` is false: some proofs are harder with it.
    """
    return _marked("invariant", function, on=on, exits=exits, helps=helps)


def closed_form(of: Generic | Callable[..., Any], vary: str) -> Callable[[Callable[..., Any]], Any]:
    """Where a property or claim begins or ceases to hold as its quantity ``vary`` changes, as the author works it out.

    The method returns that value in terms of parameters, or None where it has no answer. It is never believed: the
    property is proved at the value and refuted beyond it.
    """
    return lambda function: _marked("form", function, on=(cast(Any, of).name, vary))


def each_tick(function: F) -> F:
    """What this piece does when time passes; it joins the shock's tick."""
    return cast(F, _marked("tick", function))


def extreme(function: F) -> F:
    """A state that must be reachable for the shock to have its stated strength."""
    return cast(F, _marked("extreme", function))


class _Namespace(dict[str, Any]):
    """A class body that refuses to define a name twice, which Python would do silently."""

    def __setitem__(self, name: str, value: Any) -> None:
        if name in self and not name.startswith("__"):
            raise mistake(f"'{name}' is defined twice in this class; the first one would be lost without a word")
        super().__setitem__(name, value)


class PieceType(type):
    """The type of pieces: it minds the class body."""

    @classmethod
    def __prepare__(cls, _name: str, _bases: tuple[type, ...], /, **_: Any) -> _Namespace:
        return _Namespace()

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any], /, **details: Any) -> Any:
        return super().__new__(mcs, name, bases, dict(body), **details)

    def __setattr__(cls, name: str, value: Any) -> None:
        raise mistake(f"{cls.__name__}.{name} cannot be set from outside the class")


class Piece(metaclass=PieceType):
    """A part of a design. Calling it wires other pieces and fixes parameters: ``Pool(oracle=oracle, bonus="0.05")``."""

    actor = Actor.ANYONE
    shared = False

    def __init__(self, **config: Any) -> None:
        self.__dict__["_config"] = config
        self.__dict__["_snapshot"] = False

    def after(self, **changes: Real | Bool | Number | bool) -> Self:
        """This piece with some state changed: the state after a step."""
        fields = self._fields()
        snapshot = _blank(type(self))
        snapshot.__dict__.update(self.__dict__)
        changed = dict(self.__dict__["_changes"])
        for name, value in changes.items():
            if name not in fields:
                raise mistake(f"{type(self).__name__} has no state variable '{name}'; {known(fields, name)}")
            old, new = fields[name], _term(value, fields[name])
            _check_unit(f"{type(self).__name__}.{name}", old, new)
            snapshot.__dict__[name] = changed[name] = new
        snapshot.__dict__["_changes"] = changed
        return snapshot

    def _fields(self) -> dict[str, Expr]:
        return cast("dict[str, Expr]", self.__dict__["_state"])

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        names = [*self.__dict__, *dir(type(self))]
        visible = [item for item in names if not item.startswith("_")]
        raise mistake(
            f"{type(self).__name__} has no parameter, state variable or method '{name}'; {known(visible, name)}. "
            f"Declare it in the class: '{name}: Ratio = param' or '{name}: Debt = state(0)'."
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise mistake(
            f"{type(self).__name__}.{name} is assigned; a rule does not change its snapshot: "
            f"return require(...).then(self.after({name}=...))"
        )


class Shock(Piece):
    """The environment's power over the fundamental price."""

    actor = Actor.ENVIRONMENT
    shared = True


class Market(Piece):
    """Where collateral is sold."""

    actor = Actor.ENVIRONMENT
    shared = True


class Oracle(Piece):
    """What the mechanism sees of the price."""

    actor = Actor.ENVIRONMENT
    shared = True

    def settled(self) -> Self:
        """What it comes to if the market's price stays, which is that price: for one that remembers, to be written."""
        return self


class Book(Piece):
    """The borrowers."""


class Crowd(Book):
    """Any number of borrowers, known by tiers of their health: its ``rows`` are Tier objects.

    ``groups`` is the transition system in which those that a fall can reach and those that it cannot are one each,
    ``paid_groups`` the one for mechanisms that seize within a spread, ``fall`` the shock of which only a lowest price
    is known, ``seat`` the book of one position.
    """

    rows: tuple[Any, ...] = data()
    seat: type[Book]
    fall: type[Shock]
    groups: type[Mechanism]
    paid_groups: type[Mechanism]


class Seated(Book):
    """Several positions, each told apart: there is a copy of the mechanism for each of the books that it names."""

    def seats(self) -> tuple[Book, ...]:
        """The book of each position."""
        raise NotImplementedError


class Mechanism(Piece):
    """The protocol's own rules."""


def _blank(cls: type[P]) -> P:
    return object.__new__(cls)


def _term(value: Real | Bool | Number | bool, like: Expr) -> Expr:
    return truth(cast("Bool | bool", value)) if isinstance(like, Bool) else real(cast("Real | Number", value))


def _check_unit(what: str, old: Expr, new: Expr) -> None:
    if old.unit is not None and new.unit is not None and not old.unit.fits(new.unit):
        raise mistake(
            f"{what} is in {old.unit}, but ({shown(new)}) is in {new.unit}; "
            f"multiply it by something in {old.unit / new.unit}"
        )


@attrs.frozen(eq=False)
class Step:
    """A guard and the states after."""

    guard: Bool
    posts: tuple[Piece, ...]
    conditions: tuple[tuple[str, Bool], ...] = ()
    """The parts of the guard, in the order in which they are tested, each by its name or its place."""

    def enabled(self) -> Bool:
        """That this very step can be taken: its guard holds and nothing is divided by zero."""
        changes = [term for post in self.posts for term in post.__dict__["_changes"].values()]
        return all_of(defined(self.guard), self.guard, *(defined(term) for term in changes))


@attrs.frozen(eq=False)
class Guard:
    """Conditions that wait for their ``.then(...)``."""

    formula: Bool
    conditions: tuple[tuple[str, Bool], ...] = ()

    def then(self, *posts: Piece) -> Step:
        """The step to these states, each a ``self.after(...)`` or another piece's."""
        return Step(self.formula, posts, self.conditions)


def require(*conditions: Bool | bool, **named: Bool | bool) -> Guard:
    """The step can be taken where all conditions hold; a name says why it cannot, as a contract's revert does."""
    for condition in (*conditions, *named.values()):
        if not isinstance(condition, (Bool, bool)):
            raise mistake(
                f"require() takes formulas, and ({condition!r}) is a quantity; compare it with something, "
                f"for instance {condition!r} > 0"
            )
    by_name = [(f"condition {place}", truth(found)) for place, found in enumerate(conditions, 1)]
    by_name += [(name.rstrip("_"), truth(found)) for name, found in named.items()]
    return Guard(all_of(*conditions, *named.values()), tuple(by_name))


# Claims by name.


@attrs.frozen
class Property:
    """A claim with its arguments and the settings of the design under which it is made.

    Two of them are equal when they are about the same thing, so that they can be keys of ``refuted``.
    """

    name: str
    source: Any = attrs.field(eq=False)
    arguments: tuple[tuple[str, Any], ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    arithmetic: Literal["real", "fixed"] = "real"
    twin: bool = False
    crowd: bool = False
    beside: bool = False
    site: Site | None = attrs.field(default=None, eq=False)
    """Where a design lists it."""


class Generic:
    """A property for any mechanism that offers what it asks for: ``solvency(shock="0.1")``."""

    def __init__(
        self,
        function: Callable[..., Any],
        on: On,
        twin: bool,
        exits: tuple[Any, ...],
        crowd: bool = False,
        name: str | None = None,
        beside: bool = False,
        lemmas: tuple[Callable[..., Bool], ...] = (),
        slots: Mapping[str, str] | None = None,
    ) -> None:
        self.function, self.on, self.twin, self.exits, self.crowd = function, on, twin, exits, crowd
        self.name, self.beside = name or function.__name__, beside
        self.lemmas, self.slots = lemmas, slots or {}
        code = function.__code__
        taken = 2 if on is not None or twin or beside else 1
        self.own = tuple(n for n in code.co_varnames[taken : code.co_argcount] if n not in PROVIDED)
        self.marked = Marked("invariant", function, on=on, exits=exits)

    def __call__(self, **values: Any) -> Property:
        return attrs.evolve(self.claim(**values), site=here())

    @property
    def view(self) -> list[str]:
        """What the property may ask of a mechanism, if it is written for one that shows a protocol."""
        cls = next(iter(inspect.signature(self.function).parameters.values())).annotation
        bases = cls.__mro__ if getattr(cls, "_is_protocol", False) else ()
        names = (name for base in bases for name in (*vars(base).get("__annotations__", ()), *vars(base)))
        return sorted({name for name in names if not name.startswith("_")})

    def claim(self, **values: Any) -> Property:
        """The property, whoever asks for it."""
        own = tuple(sorted((k, plain_setting(v)) for k, v in values.items() if k in self.own))
        settings = tuple(sorted((k, plain_setting(v)) for k, v in values.items() if k not in self.own))
        missing = set(self.own) - {name for name, _ in own}
        if missing:
            raise mistake(f"{self.name} needs a value for {', '.join(sorted(missing))}, or ANY")
        return Property(self.name, self, own, settings, twin=self.twin, crowd=self.crowd, beside=self.beside)


@overload
def generic(function: Callable[..., Bool]) -> Generic: ...
@overload
def generic(
    *, on: On = None, twin: bool = False, exits: tuple[Any, ...] = (), crowd: bool = False, name: str | None = None,
    beside: bool = False, lemmas: tuple[Callable[..., Bool], ...] = (), slots: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Bool]], Generic]: ...  # fmt: skip
def generic(function: Any = None, **details: Any) -> Any:
    """Make a function of a mechanism's snapshot (with ``on``: and of the one after) a property for any mechanism.

    With ``twin`` it speaks of two copies of the mechanism on one price path, with ``beside`` of this design's mechanism
    and of the one of the design that is its argument ``other``. An argument named ``fundamental`` is the
    mechanism as it would be seen had nobody ever sold anything, ``seats`` all positions with that view of each. A
    property of a ``crowd`` speaks of the market as a whole, and is lifted to tiers where the book has them. Another
    form of a property has its ``name``, and other arguments. ``lemmas`` are functions of the same snapshots, offered to
    its proofs; ``slots`` says which kind fills a slot that a design has, unless a setting says otherwise.
    """
    if function is None:
        return lambda inner: Generic(inner, **{"on": None, "twin": False, "exits": ()} | details)
    return Generic(function, None, twin=False, exits=())


PROVIDED = frozenset({"elsewhere", "words", "fundamental", "seats"})
"""Arguments of a property that lowering fills by their names."""


def plain_setting(value: Any) -> Any:
    """A setting in a form that compares: numbers exactly, words and pieces as they are."""
    from verifier.language.expr import Q

    if isinstance(value, (bool, _Any, type, Piece, tuple)):
        return value
    if isinstance(value, str) and not value.replace("/", "").replace(".", "").replace("-", "").isdigit():
        return value
    return Q(value)


def given(claim: Any, *, arithmetic: Literal["real", "fixed"] = "real", **settings: Any) -> Property:
    """A claim under other settings, or in another arithmetic."""
    prop = as_property(claim)
    changed = dict(prop.settings) | {name: plain_setting(value) for name, value in settings.items()}
    return attrs.evolve(prop, settings=tuple(sorted(changed.items())), arithmetic=arithmetic, site=here())


def in_fixed(claim: Any) -> Property:
    """The claim in the fixed-point reading: the contract's integers, with its rounding."""
    return given(claim, arithmetic="fixed")


def as_property(claim: Any) -> Property:
    """A property from what a design may list: a property, a generic one without arguments, or an invariant."""
    match claim:
        case Property():
            return claim
        case Generic():
            return claim.claim()
        case Marked(kind="invariant"):
            return Property(claim.name, claim)
        case Marked():
            raise mistake(f"{claim.name} is marked as {claim.kind}, not as invariant; list what is to be shown")
        case _:
            raise mistake(f"{claim!r} is not a claim; list properties such as solvency() or Mechanism.its_invariant")


class DesignType(PieceType):
    """The type of designs."""


class Design(metaclass=DesignType):
    """Everything needed to run one system: pieces wired together, and what is claimed of them.

    ``proved`` lists claims that hold, ``refuted`` maps claims that do not to the reason. A design to be compared
    says in ``position`` how a position of the common book maps to it; ``not_applicable`` and ``not_settled`` say by a
    property's or a figure's name why a number has no meaning there, or is not known. None of these is inherited.
    """

    title: str
    proved: tuple[Any, ...]
    refuted: Mapping[Any, str]
    position: str
    not_applicable: Mapping[str, str]
    not_settled: Mapping[str, str]

    def __init_subclass__(cls, name: str | None = None) -> None:
        type.__setattr__(cls, "title", name or _dashed(cls.__name__))
        type.__setattr__(cls, "_site", here())
        for claim, reason in cls.__dict__.get("refuted", {}).items():
            if not isinstance(reason, str):
                raise SpecError(f"refuted[{as_property(claim).name}] needs the reason in words", here())

    @classmethod
    def slots(cls) -> dict[str, Piece]:
        """The pieces by the names under which the class, or one it extends, holds them."""
        found: dict[str, Piece] = {}
        for base in reversed(cls.__mro__):
            found.update({k: v for k, v in vars(base).items() if isinstance(v, Piece)})
        return found

    @classmethod
    def redirected(cls) -> dict[int, str]:
        """The slot of every piece object that this class or one it extends ever held under that name."""
        return {id(v): k for base in cls.__mro__ for k, v in vars(base).items() if isinstance(v, Piece)}

    @classmethod
    def site(cls) -> Site | None:
        """Where the class is written."""
        return cast("Site | None", cls.__dict__["_site"])


def kind_name(cls: type) -> str:
    """A class's name as the command line has it: ``constant-product`` for ConstantProduct."""
    return _dashed(cls.__name__)


def _dashed(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


def snapshot_of(cls: type[P], fields: Mapping[str, Any], state_names: Mapping[str, Expr]) -> P:
    """A piece as its methods see it."""
    made = _blank(cls)
    made.__dict__.update(fields, _snapshot=True, _changes={}, _state=dict(state_names))
    return made
