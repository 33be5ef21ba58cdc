"""From a design class to a transition system: the only bridge between what people write and what engines read."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache, partial
from typing import Any, cast, get_type_hints

import attrs

from verifier.language import others as by_others
from verifier.language import wellformed
from verifier.language.elsewhere import elsewhere, other_values, words
from verifier.language.errors import Site, SpecError, known
from verifier.language.expr import (
    TRUE,
    Bool,
    Expr,
    Q,
    Real,
    Var,
    all_of,
    conjuncts,
    forget_grids,
    number,
    real,
    substitute,
    truth,
    variable,
    variables,
)
from verifier.language.fields import SETTABLE, Field, calling, fields_of, kinds_like, quantity
from verifier.language.history import at_start, begun, histories, judged_where_defined, kept_up, known_of, remembers
from verifier.language.load import select
from verifier.language.pieces import (
    ANY,
    Book,
    Data,
    Design,
    Generic,
    Marked,
    Market,
    Mechanism,
    Oracle,
    Param,
    Piece,
    Property,
    RuleRef,
    Seated,
    Shock,
    State,
    Step,
    snapshot_of,
)
from verifier.language.system import Actor, Assumption, Claim, Lemma, Rule, System, defined, domain_of, primed
from verifier.language.units import RATIO

FEW = 4
"""Of more positions than this a run shows only the last thing that they say of themselves."""


@cache
def marked_in(cls: type) -> tuple[Marked, ...]:
    """The marked methods of a class, in the order they are written, overridden ones once."""
    names = dict.fromkeys(name for base in reversed(cls.__mro__) for name in vars(base))
    found = (inspect.getattr_static(cls, name) for name in names)
    return tuple(value for value in found if isinstance(value, Marked))


def shows(cls: type[Piece], name: str) -> bool:
    """Whether a piece class has a quantity, a piece or a method of this name."""
    quantities, references = fields_of(cls)
    return name in {*(field.name for field in quantities), *references, *dir(cls)}


def named_inputs(rule: Rule) -> dict[str, Var]:
    """A rule's inputs under the names that its method gives them."""
    return {var.name.rpartition(".")[2]: var for var in rule.inputs}


@attrs.frozen(eq=False)
class Problem:
    """One claim about one composed system: what an engine is asked to settle."""

    system: System
    claim: Claim
    prop: Property
    pieces: Mapping[str, Any]
    """The pieces as their own methods see them, by slot."""
    seats: tuple[str, ...]
    """The slots of the mechanism: one for each position that is told apart."""
    wired: Mapping[str, Piece]
    """The pieces as the design holds them, under all settings."""
    named: Mapping[str, str]
    """The parameters that settings reached, each by the name that the setting used."""
    forms: Mapping[str, Real]
    """The author's closed forms for the claim, by the quantity that varies."""


def compose(
    design: type[Design], prop: Property, settings: Mapping[str, Any] | None = None, seats: Sequence[Piece] = ()
) -> Problem:
    """The system and the claim for one property of a design, under the property's settings and those given.

    With ``seats`` there is one position for each of these books. Raises SpecError for every mistake in the design or in
    a setting.
    """
    kinds, values = kinds_and_values(dict(prop.settings))
    more_kinds, more_values = kinds_and_values(dict(settings or {}))
    return _Lowering(design, prop, kinds | more_kinds, (more_values, values), seats).problem()


def kinds_and_values(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings that put another piece into a slot, and settings that give a parameter a value."""
    kinds = {k: v for k, v in settings.items() if isinstance(v, Piece) or (isinstance(v, str) and v != "any")}
    return kinds, {k: v for k, v in settings.items() if k not in kinds}


class _Lowering:
    """The state of one lowering: slots found, variables made, snapshots built."""

    def __init__(
        self, design: type[Design], prop: Property, kinds: dict[str, Any],
        settings: tuple[Mapping[str, Any], Mapping[str, Any]],
        books: Sequence[Piece] = (),
    ) -> None:  # fmt: skip
        self.design, self.prop, self.kinds, self.settings, self.books = design, prop, kinds, settings, books
        self.other = self.named_beside()
        """The design beside which the property sets this one."""
        self.copies: dict[str, str] = {}
        """Slots that hold another copy of a slot's mechanism, with its parameters."""
        self.slots: dict[str, Piece] = {}
        self.redirect = design.redirected()
        self.fixed: dict[str, Fraction | bool | str] = {}
        self.params: list[Var] = []
        self.state: list[Var] = []
        self.owners: dict[Var, str] = {}
        self.tallies: set[Var] = set()
        self.holdings: dict[Var, Var] = {}
        self.starts: dict[Var, Expr] = {}
        self.snapshots: dict[str, Piece] = {}
        self.used: dict[str, str] = {}
        """Settings by the names under which they were given, with the parameter's own name."""

    # Pieces and settings.

    def named_beside(self) -> type[Design] | None:
        """The design that the property's argument names. Raises SpecError."""
        if not self.prop.beside:
            return None
        named = dict(self.prop.arguments)["other"]
        return named if isinstance(named, type) else next(iter(select((str(named),)).values()))

    def find_slots(self) -> None:
        own = self.design.slots()
        if not any(isinstance(piece, Mechanism) for piece in own.values()):
            raise SpecError(
                f"{self.design.__name__} has no mechanism: give it one, 'pool = MyMechanism(...)'", self.design.site()
            )
        for name, kind in getattr(self.prop.source, "slots", {}).items():
            self.kinds |= {slot: self.kinds.get(slot, kind) for slot in self.both(name, own)}
        for name, piece in own.items():
            self.slots[name] = self.swapped(name, piece)
        name, piece = self.mechanism()
        if self.prop.twin:
            self.slots[f"other_{name}"] = type(piece)(**piece.__dict__["_config"])
            self.copies[f"other_{name}"] = name
        self.seat(name, piece)
        if self.other is not None:
            for design in (self.design, self.other):
                self.refuse_without_view(design)
            self.set_beside()
        for slot in list(self.slots):
            self.adopt(slot)

    def both(self, slot: str, own: Mapping[str, Piece]) -> list[str]:
        """Where the design, and the one beside it, have this slot."""
        found = [slot] if slot in own else []
        return found + ([f"other_{slot}"] if self.other is not None and slot in self.other.slots() else [])

    def refuse_without_view(self, design: type[Design]) -> None:
        """Raise SpecError for one of two designs of which the property has no meaning: in its author's words."""
        for reasons, shown in (("not_applicable", "not applicable to"), ("not_settled", "not settled for")):
            if (said := vars(design).get(reasons, {}).get(self.prop.name)) is not None:
                raise SpecError(f"{self.prop.name} is {shown} {design.title}: {said}")
        piece = next((piece for piece in design.slots().values() if isinstance(piece, Mechanism)), None)
        lacking = [] if piece is None else [name for name in self.prop.source.view if not shows(type(piece), name)]
        if piece is None or lacking:
            what = "no mechanism" if piece is None else f"{type(piece).__name__}, which has no {', '.join(lacking)}"
            raise SpecError(f"{self.prop.name} is not applicable to {design.title}: it has {what}")

    def set_beside(self) -> None:
        """Add the other design's pieces, on this design's price path, each under ``other_`` and its own slot."""
        assert self.other is not None
        mine = {kind: piece for piece in self.slots.values() for kind in (Shock, Market) if isinstance(piece, kind)}
        slots, known_as = self.other.slots(), self.other.redirected()
        made: dict[str, Piece] = {}

        def moved(piece: Piece) -> Piece:
            """A piece of its own, so that the two designs share nothing but shock and market."""
            slot = known_as.get(id(piece), f"{id(piece)}")
            if slot not in made:
                chosen = self.swapped(f"other_{slot}", slots.get(slot, piece))
                kind = next((kind for kind in (Shock, Market) if isinstance(chosen, kind)), None)
                if kind in mine:
                    return mine[kind]
                config = {k: moved(v) if isinstance(v, Piece) else v for k, v in chosen.__dict__["_config"].items()}
                made[slot] = type(chosen)(**config)
            return made[slot]

        for name, piece in slots.items():
            if (own := moved(piece)) not in mine.values():
                self.slots[f"other_{name}"] = own

    def seat(self, name: str, piece: Piece) -> None:
        """Put a copy of the mechanism beside each of the books; the first is the mechanism itself."""
        config = piece.__dict__["_config"]
        field = next((f for f, held in config.items() if isinstance(held, Book)), None)
        held = config.get(field or "")
        slot_of_book = self.redirect.get(id(held), field or "")
        held = self.slots[slot_of_book] if slot_of_book in self.slots else self.swapped(slot_of_book, held)
        books = self.books or (held.seats() if isinstance(held, Seated) else ())
        for seat, book in enumerate(books, 1):
            if field is None:
                raise SpecError(f"{type(piece).__name__} has no book, so there are no positions to tell apart")
            slot = name if seat == 1 else f"{name}_{seat}"
            self.slots[slot] = type(piece)(**config | {field: book})
            self.slots[f"{field}_{seat}"] = book
            if seat == 1:
                self.slots.pop(self.redirect.get(id(config[field]), field), None)
                self.redirect[id(piece)] = name
            else:
                self.copies[slot] = name

    def swapped(self, name: str, piece: Any) -> Any:
        """The piece, or the one of another kind that a setting puts into its slot."""
        choice = self.kinds.pop(name, None)
        if isinstance(choice, Piece):
            return choice
        if choice is None:
            return piece
        kinds = kinds_like(type(piece))
        if choice not in kinds:
            raise SpecError(f"'{choice}' is neither a number nor a kind of {name}; {known(kinds, choice)}")
        kind = kinds[choice]
        quantities, references = fields_of(kind)
        wanted = {f.name for f in quantities if isinstance(f.declared, SETTABLE)} | set(references)
        return kind(**{k: v for k, v in piece.__dict__["_config"].items() if k in wanted})

    def adopt(self, name: str) -> None:
        """Give every piece that this one refers to, and that has no slot yet, a slot under the field's name."""
        for field, piece in self.slots[name].__dict__["_config"].items():
            if isinstance(piece, Piece) and self.slot_of(piece) not in self.slots:
                slot = field if field not in self.slots else f"{name}_{field}"
                self.slots[slot] = self.swapped(slot, piece)
                self.redirect[id(piece)] = slot
                self.adopt(slot)

    def slot_of(self, piece: Piece) -> str | None:
        return next((n for n, held in self.slots.items() if held is piece), None) or self.redirect.get(id(piece))

    def mechanism(self) -> tuple[str, Piece]:
        return next((name, piece) for name, piece in self.slots.items() if isinstance(piece, Mechanism))

    def setting(self, slot: str, field: str, label: str, bare: Counter[str], *, main: bool) -> Any:
        """What the settings say of a parameter, if anything."""
        names = (f"{slot}.{field}", *([field] if bare[field] == 1 else []), *([slot] if main else []))
        found = [(name, given[name]) for given in self.settings for name in names if name in given]
        self.used |= {name: label for name, _ in found}
        for given in self.settings:
            twice = [name for name in names if name in given]
            if len({repr(given[name]) for name in twice}) > 1:
                raise SpecError(f"{' and '.join(twice)} name the same parameter, and are given different values")
        return found[0][1] if found else None

    def build_snapshots(self) -> None:
        kinds = {name: fields_of(type(piece)) for name, piece in self.slots.items()}
        for name, piece in self.slots.items():
            self.check_config(name, piece, *kinds[name])
        bare = Counter(
            f.name
            for slot, (q, _) in kinds.items()
            for f in q
            if slot not in self.copies or isinstance(f.declared, State)
        )
        params = Counter(
            f.name for slot, (q, _) in kinds.items() if slot not in self.copies for f in q
            if isinstance(f.declared, SETTABLE)
        )  # fmt: skip
        made: dict[str, dict[str, Any]] = {}
        for name, (quantities, _) in kinds.items():
            made[name] = {}
            first = next((f.name for f in quantities if isinstance(f.declared, SETTABLE)), None)
            for field in quantities:
                label = field.name if bare[field.name] == 1 else f"{name}.{field.name}"
                if isinstance(field.declared, SETTABLE) and name in self.copies:
                    made[name][field.name] = made[self.copies[name]][field.name]
                elif isinstance(field.declared, SETTABLE):
                    given = self.setting(name, field.name, label, params, main=field.name == first)
                    read = self.parameter if isinstance(field.declared, Param) else self.rows
                    made[name][field.name] = read(name, label, field, given)
                else:
                    made[name][field.name] = self.variable_for(name, label, field)
        unknown = sorted((set().union(*self.settings) | set(self.kinds)) - set(self.used))
        if unknown:
            if unknown[0] in params and unknown[0] in self.kinds:
                raise SpecError(
                    f"{unknown[0]} is a number: write an integer, a decimal, p/q or any, not '{self.kinds[unknown[0]]}'"
                )
            everything = [
                f if params[f] == 1 else f"{slot}.{f}"
                for slot, (q, _) in kinds.items()
                for f in (x.name for x in q if isinstance(x.declared, SETTABLE))
            ]
            ambiguous = [f"{slot}.{f.name}" for slot, (q, _) in kinds.items() for f in q if f.name == unknown[0]]
            if ambiguous:
                raise SpecError(f"'{unknown[0]}' is shared by several pieces; say which: {', '.join(ambiguous)}")
            raise SpecError(
                f"{self.design.title} has no parameter '{unknown[0]}'; {known([*everything, *self.slots], unknown[0])}"
            )
        self.link(made, kinds)

    def link(self, made: dict[str, dict[str, Any]], kinds: Mapping[str, tuple[list[Field], list[str]]]) -> None:
        """Make the snapshots, then let them see each other."""
        for name, piece in self.slots.items():
            stateful = {f.name: made[name][f.name] for f in kinds[name][0] if isinstance(f.declared, State)}
            self.snapshots[name] = snapshot_of(type(piece), made[name], stateful)
            totals = {f.name: f.declared.of for f in kinds[name][0] if isinstance(f.declared, State) and f.declared.of}
            for field, total in totals.items():
                self.holdings[stateful[field].leaf] = stateful[total].leaf
        for name, piece in self.slots.items():
            for field in kinds[name][1]:
                slot = self.slot_of(piece.__dict__["_config"][field])
                self.snapshots[name].__dict__[field] = self.snapshots[cast(str, slot)]

    def check_config(self, name: str, piece: Piece, quantities: list[Field], references: list[str]) -> None:
        allowed = {f.name for f in quantities if isinstance(f.declared, SETTABLE)} | set(references)
        config = piece.__dict__["_config"]
        for given in config:
            if given not in allowed:
                raise SpecError(
                    f"{type(piece).__name__} has no parameter or piece '{given}'; {known(allowed, given)}",
                    self.design.site(),
                )
        for field in references:
            if not isinstance(config.get(field), Piece):
                raise SpecError(
                    f"{name} = {type(piece).__name__}(...) needs its {field}: write {field}=...", self.design.site()
                )

    def parameter(self, slot: str, label: str, field: Field, given: Any) -> Expr:
        value = given
        if value is None:
            value = self.slots[slot].__dict__["_config"].get(field.name, cast(Param, field.declared).default)
        if value is ANY or value == "any":
            var = Var(label, field.sort, field.unit, field.signed)
            self.params.append(var)
            return cast(Expr, variable(var))
        if field.sort is Bool:
            if not isinstance(value, bool):
                raise SpecError(f"{label} is true or false, not {value!r}", self.design.site())
            self.fixed[label] = value
            return truth(value)
        if isinstance(value, Real) and isinstance(value.leaf, Fraction):
            value = value.leaf
        try:
            self.fixed[label] = Q(value)
        except SpecError as error:
            raise SpecError(f"{label}: {error.message}", error.site) from None
        # A number of its own unit, also where it is zero: a rounding needs to know the grid.
        return cast(Expr, Real(None, leaf=cast(Fraction, self.fixed[label]), unit=field.unit or RATIO))

    def rows(self, slot: str, label: str, field: Field, given: Any) -> Any:
        """Plain rows, as they are; the verdict's parameters say what they are."""
        rows = self.slots[slot].__dict__["_config"].get(field.name, cast(Data, field.declared).default)
        rows = rows if given is None else given
        if not isinstance(rows, tuple):
            raise SpecError(f"{label} is a table: give it as a tuple of rows, not {rows!r}", self.design.site())
        self.fixed[label] = "; ".join(map(str, rows))
        return rows

    def variable_for(self, slot: str, label: str, field: Field) -> Expr:
        declared = cast(State, field.declared)
        like = None if declared.like is None else Q(declared.like)
        var = Var(label, field.sort, field.unit, field.signed, changes=True, like=like)
        self.state.append(var)
        self.owners[var] = slot
        if declared.tally:
            self.tallies.add(var)
        if declared.start is not None:
            start = declared.start
            self.starts[var] = truth(start) if isinstance(start, bool) else number(start, field.unit)
        return cast(Expr, variable(var))

    # Methods.

    def marked(self, cls: type, kind: str) -> list[Marked]:
        """The marked methods of a class of this kind."""
        return [value for value in marked_in(cls) if value.kind == kind]

    def others(self) -> list[str]:
        """The slots of another design's mechanisms, where the property sets this one beside it."""
        if self.other is None:
            return []
        return [s for s, piece in self.slots.items() if isinstance(piece, Mechanism) and s not in self.seats()]

    def each(self, kind: str) -> Iterable[tuple[str, Any, Marked]]:
        """All methods of a kind with the snapshot they see: those of the pieces, then the design's own."""
        for slot, piece in self.snapshots.items():
            for marked in self.marked(type(piece), kind):
                yield slot, piece, marked
        view = self.view()
        for marked in self.marked(self.design, kind):
            yield "", view, marked

    def view(self) -> Any:
        """The design as its own methods see it."""
        view = object.__new__(self.design)
        view.__dict__.update(self.snapshots)
        return view

    def formula(self, marked: Marked, *args: Any) -> Bool:
        value = calling(marked.function, *args)
        if not isinstance(value, (Bool, bool)):
            raise SpecError(f"{marked.name} returns {value!r}, not a formula: did you forget 'return'?", marked.site)
        return all_of(defined(truth(value)), value)

    def rules(self) -> list[Rule]:
        ticks = [(piece, marked) for _, piece, marked in self.each("tick")]
        made = [
            self.lower_rule(slot, piece, marked, ticks if marked.name == "tick" else [])
            for slot, piece, marked in self.each("rule")
        ]
        return by_others.with_others(made, self.holdings) if self.holdings else made

    def lower_rule(self, slot: str, piece: Any, marked: Marked, ticks: list[tuple[Any, Marked]]) -> Rule:
        name = self.rule_name(slot, marked)
        inputs = self.inputs(name, marked)
        step = calling(marked.function, piece, *[variable(var) for var in inputs])
        if not isinstance(step, Step):
            raise SpecError(
                f"rule {marked.name} returns {type(step).__name__}, not a step: end it with "
                "'return require(...).then(self.after(...))'",
                marked.site,
            )
        posts = list(step.posts)
        for other, tick in ticks:
            posts.append(calling(tick.function, other))
        updates = self.updates(marked, posts)
        defs = [defined(step.guard), *(defined(term) for term in updates.values())]
        wanted = [*(domain_of(var) for var in inputs), *defs, step.guard]
        parts = dict.fromkeys(part for formula in wanted for part in conjuncts(formula))
        actor = Actor(marked.by) if marked.by else (self.slots[slot].actor if slot else Actor.ANYONE)
        return Rule(
            name, actor, tuple(inputs), all_of(*parts), updates, marked.doc, marked.site, slot, step.conditions,
        )  # fmt: skip

    def rule_name(self, slot: str, marked: Marked) -> str:
        """The rule's own name; with several positions it says of which."""
        seats = self.seats()
        if slot.startswith("other_") and self.other is not None:
            return f"other {marked.name}"
        if slot not in seats or len(seats) == 1:
            return marked.name
        if self.prop.twin:
            return f"other {marked.name}" if slot in self.copies else marked.name
        return f"{marked.name} position {seats.index(slot) + 1}"

    def inputs(self, rule: str, marked: Marked) -> list[Var]:
        hints = calling(lambda: get_type_hints(marked.function, include_extras=True))
        made = []
        for name in list(inspect.signature(marked.function).parameters)[1:]:
            if name not in hints:
                raise SpecError(f"{rule}({name}) has no unit: annotate it, '{name}: Debt'", marked.site)
            sort, unit, signed = quantity(hints[name], f"{rule}({name})", lambda: marked.site)
            made.append(Var(f"{rule}.{name}", sort, unit, signed))
        return made

    def updates(self, marked: Marked, posts: list[Piece]) -> dict[Var, Expr]:
        changes: dict[Var, Expr] = {}
        for post in posts:
            if not isinstance(post, Piece):
                raise SpecError(f"{marked.name}: {post!r} is no state after; write self.after(...)", marked.site)
            for name, term in post.__dict__["_changes"].items():
                var = cast(Var, post.__dict__["_state"][name].leaf)
                if var in changes and changes[var] is not term:
                    raise SpecError(f"{marked.name} writes {var.name} twice, with different values", marked.site)
                changes[var] = term
        return changes

    def post_view(self, rule: Rule) -> dict[str, Piece]:
        """All snapshots as they are after the rule's step."""
        posts: dict[str, Piece] = {}
        for slot, piece in self.snapshots.items():
            stateful = {
                name: rule.updates.get(cast(Var, term.leaf), term) for name, term in piece.__dict__["_state"].items()
            }
            posts[slot] = snapshot_of(type(piece), {**piece.__dict__, **stateful}, piece.__dict__["_state"])
        for slot, piece in self.snapshots.items():
            for field, held in piece.__dict__.items():
                if isinstance(held, Piece):
                    posts[slot].__dict__[field] = posts[next(s for s, p in self.snapshots.items() if p is held)]
        return posts

    # Putting it together.

    def problem(self) -> Problem:
        forget_grids()
        self.find_slots()
        self.build_snapshots()
        rules = self.rules()
        claim = judged_where_defined(self.claim(rules))
        assumptions = self.assumptions(rules)
        init = [variable(var) == start for var, start in self.starts.items()]
        init += [self.formula(m, piece) for _, piece, m in self.each("initially")]
        init += [variable(held) <= variable(total) for held, total in self.holdings.items()]
        lemmas = self.lemmas()
        lemmas += [Lemma(f"{h.name} ≤ {t.name}", variable(h) <= variable(t)) for h, t in self.holdings.items()]
        environment = frozenset(slot for slot, piece in self.slots.items() if piece.shared)
        system = System(
            name=self.design.title,
            params=tuple(self.params),
            fixed=self.fixed,
            state=tuple(self.state),
            rigid={},
            init=tuple(init),
            rules=tuple(rules),
            domain=self.domains(),
            assumptions=tuple(assumptions),
            lemmas=tuple(lemmas),
            owners=self.owners,
            environment=environment,
            tallies=frozenset(self.tallies),
            extremes=tuple(self.formula(m, piece) for _, piece, m in self.each("extreme")),
            columns=self.columns(),
        )
        system = self.with_rigid(self.with_histories(system, claim), claim)
        wellformed.check(self.design, {slot: type(piece) for slot, piece in self.slots.items()}, system)
        aggregated = bool(self.holdings) or wellformed.positions_are_independent(system)
        several = len(self.seats()) > 1 and not self.prop.twin
        counted = str(len(self.seats())) if several else "one"
        system = attrs.evolve(system, borrowers="any" if aggregated else counted)
        return Problem(
            system, claim, self.prop, self.snapshots, tuple(self.seats()), self.slots, self.used, self.forms()
        )

    def forms(self) -> dict[str, Real]:
        """What the author says of where the claim begins or ceases to hold."""
        made = {}
        for _, piece, marked in self.each("form"):
            if marked.on[0] == self.prop.name and (term := calling(marked.function, piece)) is not None:
                made[marked.on[1]] = real(term)
        return made

    def lemmas(self) -> list[Lemma]:
        """What helps proofs; where two are of one name, or of two copies of a mechanism, the name says whose it is."""
        own, offered = [*self.each("lemma"), *self.claims_of_states()], self.offered()
        slots = Counter(name for _, name in {(slot, marked.name) for slot, _, marked in own})
        slots.update({marked.name for marked, _ in offered})
        apart = bool(self.copies or self.other)
        made = []
        for slot, piece, marked in own:
            name = f"{slot}.{marked.name}" if slot and (apart or slots[marked.name] > 1) else marked.name
            made.append(Lemma(name, self.formula(marked, piece), marked.site))
        for marked, formula in offered:
            name = f"{self.prop.name}.{marked.name}" if slots[marked.name] > 1 else marked.name
            made.append(Lemma(name, formula, marked.site))
        return made

    def claims_of_states(self) -> Iterable[tuple[str, Any, Marked]]:
        """What the pieces claim of every state: each may help to prove another."""
        for slot, piece, marked in self.each("invariant"):
            if (
                marked.helps
                and marked.on is None
                and not marked.exits
                and len(inspect.signature(marked.function).parameters) == 1
            ):
                yield slot, piece, marked

    def offered(self) -> list[tuple[Marked, Bool]]:
        """What the property itself offers to its proofs."""
        if not isinstance(self.prop.source, Generic):
            return []
        views = [self.snapshots[slot] for slot in self.spoken()]
        offered = [Marked("lemma", function) for function in self.prop.source.lemmas]
        return [(marked, self.formula(marked, *views)) for marked in offered]

    def spoken(self) -> list[str]:
        """The slots of the mechanisms that the property speaks of."""
        return self.seats() if self.prop.twin else [*self.seats()[:1], *self.others()]

    def terms_of(self, system: System, claim: Claim) -> list[Expr]:
        """Everything that is said in the system or claimed of it."""
        terms: list[Expr] = [*system.init, *(lem.formula for lem in system.lemmas), *claim.terms()]
        terms += [a.formula for a in system.assumptions] + [term for _, term in system.columns] + list(system.extremes)
        return terms + [t for rule in system.rules for t in (rule.guard, *rule.updates.values())]

    def with_histories(self, system: System, claim: Claim) -> System:
        """Add the variables that keep something of the past, where anything mentions them."""
        found = histories(self.terms_of(system, claim))
        if not found:
            return system
        shared = {var: slot for var, slot in self.owners.items() if self.slots[slot].shared}
        everybodys = next((slot for slot, piece in self.slots.items() if piece.shared), self.mechanism()[0])
        for var, about in found.items():
            own = [v for v in variables(about) if v.changes and v not in shared]
            self.owners[var] = self.owners.get(own[0], self.mechanism()[0]) if own else everybodys
        return attrs.evolve(
            system,
            state=(*system.state, *found),
            histories=found,
            owners=self.owners,
            init=(*system.init, *begun(found)),
            rules=tuple(kept_up(rule, found, self.owners) for rule in system.rules),
            lemmas=(*system.lemmas, *known_of(found)),
        )

    def with_rigid(self, system: System, claim: Claim) -> System:
        """Add the variables that remember the start, where anything mentions them, and what is known of them."""
        terms = self.terms_of(system, claim)
        found = {var: origin for var in dict.fromkeys(variables(*terms)) if (origin := remembers(var)) is not None}
        init = [variable(var) == variable(origin) for var, origin in found.items()]
        known = self.still_true(system, {origin: variable(var) for var, origin in found.items()})
        rigid = {var: variable(origin) for var, origin in found.items()}
        return attrs.evolve(system, rigid=rigid, init=(*system.init, *init), lemmas=(*system.lemmas, *known))

    def still_true(self, system: System, memory: Mapping[Var, Expr]) -> list[Lemma]:
        """What held at the start still holds of the remembered values, where all of them are remembered."""
        facts = [*system.init, *(item.formula for item in system.assumptions if item.on == "start")]
        made = []
        for part in (part for fact in facts for part in conjuncts(fact)):
            changing = [var for var in variables(part) if var.changes]
            if changing and all(var in memory for var in changing):
                formula = substitute(part, memory)
                made.append(Lemma(f"{formula!r}", formula))
        return made

    def domains(self) -> tuple[Bool, ...]:
        signs = [domain_of(var) for var in self.params]
        return tuple(formula for formula in signs if formula is not TRUE)

    def assumptions(self, rules: list[Rule]) -> list[Assumption]:
        made = []
        for slot, piece, marked in self.each("assumption"):
            wants = list(inspect.signature(marked.function).parameters)[1:]
            if marked.on is not None and marked.on != "start":
                apart = self.apart(slot)
                own = [rule for rule in rules if rule.owner not in apart]
                for rule in self.selected(own, marked.on, slot):
                    inputs = {name: variable(var) for name, var in named_inputs(rule).items()}
                    if any(name not in inputs for name in wants):
                        if isinstance(marked.on, str):  # of somebody's rules it speaks of those that ask this of him
                            continue
                        raise SpecError(
                            f"assumption {marked.name} asks for inputs that {rule.name} does not have: "
                            f"{', '.join(wants)}; {known(inputs, wants[0])}",
                            marked.site,
                        )
                    formula = self.formula(marked, piece, *(inputs[name] for name in wants))
                    by_others.refuse_holdings(marked.name, formula, self.holdings, marked.site)
                    made.append(Assumption(marked.name, formula, (rule.name,), marked.doc, marked.site, slot))
                continue
            formula = self.formula(marked, piece)
            if marked.on is None and any(var not in set(self.params) for var in variables(formula)):
                raise SpecError(
                    f'assumption {marked.name} speaks of the state; say when it counts: @assumption(on="start") or '
                    "@assumption(on=a_rule)",
                    marked.site,
                )
            made.append(Assumption(marked.name, formula, marked.on, marked.doc, marked.site, slot))
        return made

    def apart(self, slot: str) -> set[str]:
        """The slots of the mechanisms that are none of a piece's business: it is one itself, or refers to others."""
        mechanisms = {*self.seats(), *self.others()}
        held = {slot} if slot in mechanisms else set()
        if slot and not self.slots[slot].shared:
            known_to = {id(value) for value in self.snapshots[slot].__dict__.values()}
            held |= {name for name in mechanisms if id(self.snapshots[name]) in known_to}
        return mechanisms - held if held else set()

    def selected(self, rules: list[Rule], on: Any, slot: str) -> list[Rule]:
        """The rules that ``on=`` names: one, several, those of an actor, all, or all but the owner's."""
        if isinstance(on, (tuple, list)):
            return [rule for part in on for rule in self.selected(rules, part, slot)]
        if isinstance(on, str):
            chosen = {
                "every rule": rules,
                "not the environment": [rule for rule in rules if rule.actor is not Actor.ENVIRONMENT],
                "not the owner": [rule for rule in rules if rule.actor is not Actor.OWNER],
            }.get(on)
            return chosen if chosen is not None else [rule for rule in rules if rule.actor.value == on]
        if isinstance(on, RuleRef):
            slot, on = cast(str, self.slot_of(on.piece)), on.marked
        names = {on.name, f"{on.name} by others", f"{on.name} among others"}
        names |= {self.rule_name(seat, on) for seat in (*self.seats(), *self.others())}
        kind = self.copies.get(slot, slot)
        return [r for r in rules if r.name in names and (self.copies.get(r.owner, r.owner) == kind or not slot)]

    def claim(self, rules: list[Rule]) -> Claim:
        source = self.prop.source
        marked = source.marked if isinstance(source, Generic) else source
        view, seats = self.claim_views(source, marked), self.seats()
        spoken = self.spoken()
        exits = tuple(r.name for e in marked.exits for r in self.selected(rules, e, ""))
        if marked.on is None:
            asked = list(inspect.signature(marked.function).parameters.values())[len(spoken) :]
            given = [self.further(marked, parameter) for parameter in asked]
            formula = self.formula(marked, *[view(self.snapshots, seat) for seat in spoken], *given)
            return Claim(self.prop.name, formula, {}, marked.doc, self.claimed_at(marked), exits)
        asked = list(inspect.signature(marked.function).parameters.values())[2:]
        environment = {var: slot for var, slot in self.owners.items() if self.slots[slot].shared}
        others = other_values(environment) if any(p.name == "elsewhere" for p in asked) else {}
        self.params += [cast(Var, term.leaf) for term in others.values()]
        chosen = self.selected(rules, marked.on, "")
        by_step = {"elsewhere", "words", "fundamental"} | self.inputs_asked_for(marked, chosen, asked)
        shared = {p.name: self.further(marked, p) for p in asked if p.name not in by_step}
        steps, stated = {}, {}
        free = {var: variable(primed(var)) for var in self.state}
        for rule in chosen:
            own: dict[str, Callable[[], Any]] = {
                "elsewhere": partial(elsewhere, rule, others),
                "words": partial(words, rule),
                "fundamental": partial(self.fundamental, rule.owner),
                **{name: partial(variable, var) for name, var in named_inputs(rule).items()},
            }
            seat = rule.owner if rule.owner in seats else seats[0]
            given = [shared[p.name] if p.name in shared else calling(own[p.name]) for p in asked]
            post = view(self.post_view(rule), seat)
            steps[rule.name] = self.formula(marked, view(self.snapshots, seat), post, *given)
            whatever = view(self.post_view(attrs.evolve(rule, updates=free)), seat)
            stated[rule.name] = self.formula(marked, view(self.snapshots, seat), whatever, *given)
        if not steps:
            raise SpecError(
                f"{self.prop.name} speaks of rules ({marked.on}), and {self.design.title} has none such", marked.site
            )
        return Claim(self.prop.name, all_of(), steps, marked.doc, self.claimed_at(marked), exits, stated)

    def inputs_asked_for(self, marked: Marked, rules: list[Rule], asked: list[inspect.Parameter]) -> set[str]:
        """The arguments of a claim about steps that name an input of its rules."""
        inputs = [named_inputs(rule).keys() - set(dict(self.prop.arguments)) for rule in rules]
        found = {p.name for p in asked if any(p.name in names for names in inputs)}
        for name in sorted(found):
            without = [rule.name for rule, names in zip(rules, inputs, strict=True) if name not in names]
            if without:
                raise SpecError(
                    f"{marked.name} asks for '{name}', an input that {without[0]} does not have; claim it of the rules "
                    "that have it, or rename it if any value is meant",
                    marked.site,
                )
        return found

    def claimed_at(self, marked: Marked) -> Site:
        """Where the claim is made: in the design's list, or where an invariant of its own is written."""
        design = self.design.site() if isinstance(self.prop.source, Generic) else None
        return self.prop.site or design or marked.site

    def further(self, marked: Marked, parameter: inspect.Parameter) -> Any:
        """A claim's further argument: one of its own, or a quantity about which it speaks for all values."""
        arguments = dict(self.prop.arguments)
        if parameter.name == "seats":
            return [(self.snapshots[seat], self.fundamental(seat)) for seat in self.seats()]
        if parameter.name in arguments:
            self.refuse_taken(marked, parameter.name)
            return self.argument(parameter.name, arguments[parameter.name])
        hints = calling(lambda: get_type_hints(marked.function, include_extras=True))
        if parameter.name not in hints:
            raise SpecError(
                f"{marked.name}({parameter.name}) has no unit: annotate it, '{parameter.name}: Price'", marked.site
            )
        self.refuse_taken(marked, parameter.name)
        sort, unit, signed = quantity(hints[parameter.name], f"{marked.name}({parameter.name})", lambda: marked.site)
        var = Var(parameter.name, sort, unit, signed)
        self.params.append(var)
        return variable(var)

    def refuse_taken(self, marked: Marked, name: str) -> None:
        """A claim's own argument must not share its name with what the design has: both would become one."""
        taken = {var.name for var in (*self.params, *self.state)} | set(self.fixed)
        if name in taken:
            raise SpecError(
                f"{marked.name} has an argument '{name}', which the design has already; rename it", marked.site
            )

    def seats(self) -> list[str]:
        """The slots of the mechanism and its copies."""
        return [self.mechanism()[0], *self.copies]

    def fundamental(self, slot: str) -> Piece:
        """The mechanism as it would be seen had nobody ever sold anything: its market and oracle at their start.

        An oracle that remembers prices shows what it comes to if the price stays, as its ``settled`` says.
        """
        unsold = {name: self.unsold(piece) for name, piece in self.snapshots.items() if isinstance(piece, Market)}
        for name, piece in self.snapshots.items():
            if isinstance(piece, Oracle):
                if piece.__dict__["_state"] and type(piece).settled is Oracle.settled:
                    raise SpecError(
                        f"{name} = {type(piece).__name__} remembers prices; what it would show had nobody sold is not "
                        "modelled",
                        self.design.site(),
                    )
                unsold[name] = cast(Oracle, self.seeing(piece, unsold)).settled()
        return self.seeing(self.snapshots[slot], unsold)

    def unsold(self, market: Piece) -> Piece:
        """The market with its own state as it was at the start."""
        own = market.__dict__["_state"]
        fields = {name: self.starts.get(cast(Var, term.leaf), at_start(term)) for name, term in own.items()}
        return snapshot_of(type(market), {**market.__dict__, **fields}, own)

    def seeing(self, piece: Piece, others: Mapping[str, Piece]) -> Piece:
        """The piece with these in the place of the pieces it refers to."""
        slots = {id(held): name for name, held in self.snapshots.items()}
        fields = {
            field: others.get(slots.get(id(held), ""), held) if isinstance(held, Piece) else held
            for field, held in piece.__dict__.items()
        }
        return snapshot_of(type(piece), fields, piece.__dict__["_state"])

    def claim_views(self, source: Any, marked: Marked) -> Callable[[Mapping[str, Piece], str], Any]:
        """How a claim sees a set of snapshots: as the piece it is written in, or as the whole design."""
        if isinstance(source, Generic):
            return lambda snapshots, slot: snapshots[slot]
        owner = next((s for s, p in self.snapshots.items() if marked in self.marked(type(p), "invariant")), None)
        if owner is not None:
            return lambda snapshots, _: snapshots[owner]

        def whole(snapshots: Mapping[str, Piece], _: str) -> Any:
            view = object.__new__(self.design)
            view.__dict__.update(snapshots)
            return view

        return whole

    def argument(self, name: str, value: Any) -> Any:
        """A property's own argument, a number as a term; it shows among the verdict's parameters."""
        if isinstance(value, type) and issubclass(value, Design):
            value = value.title
        if isinstance(value, str) and value != "any":
            self.fixed[name] = value
            return value
        if value is ANY or value == "any":
            var = Var(name, Real, RATIO)
            self.params.append(var)
            return cast(Real, variable(var))
        self.fixed[name] = Q(value)
        return number(cast(Fraction, self.fixed[name]))

    def columns(self) -> tuple[tuple[str, Real], ...]:
        """What a run shows: what the mechanism says of itself, else all of its state."""
        name, _ = self.mechanism()
        piece = self.snapshots[name]
        if self.seats()[1:] and not self.prop.twin and hasattr(type(piece), "glance"):
            glances = {slot: dict(calling(self.snapshots[slot].glance)) for slot in self.seats()}
            shared = {heading: term for heading, term in glances[name].items()
                      if all(seen[heading] is term for seen in glances.values())}  # fmt: skip
            apart = [heading for heading in glances[name] if heading not in shared]
            told = apart if len(glances) <= FEW else apart[-1:]
            each = {f"{heading} {number}": seen[heading] for number, seen in enumerate(glances.values(), 1)
                    for heading in told}  # fmt: skip
            return tuple((shared | each).items())
        if hasattr(type(piece), "columns"):
            own = dict(calling(piece.columns))
            for number, slot in enumerate((*self.copies, *self.others()), 2):
                told_apart = self.prop.twin or self.other is not None
                more = dict(calling(self.snapshots[slot].columns))
                own |= {f"other {heading}" if told_apart else f"{heading} {number}": term
                        for heading, term in more.items() if term is not own.get(heading)}  # fmt: skip
            return tuple(own.items())
        return tuple((var.name, variable(var)) for var in self.state if var.sort is Real)
