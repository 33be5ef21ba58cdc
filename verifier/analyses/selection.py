"""Which claims are to be settled, as plain data: any process finds the same ones in the same order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import attrs

from verifier.analyses.cases import Case, cases, parse_setting
from verifier.analyses.inputs import book_settings, depth_settings
from verifier.language.errors import SpecError
from verifier.language.load import chosen_or_listed, select
from verifier.language.pieces import Design
from verifier.language.project import find_project
from verifier.language.system import Arithmetic


class Files(NamedTuple):
    """What a market may read from files."""

    book: Path | None = None
    tiers: int = 64
    price: Fraction | None = None
    depth_table: Path | None = None


NOTHING = Files()


@attrs.frozen
class Selection:
    """The designs, claims and settings of a command line."""

    names: tuple[str, ...] = ()
    """Bundled designs by name, others by file; without any those that the project lists, or all bundled ones."""
    only: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    """As NAME=VALUE."""
    arithmetic: Arithmetic | None = None
    files: Files = NOTHING
    shard: tuple[int, int] = (1, 1)
    """The part (i, n): each n-th claim from the i-th on."""

    @property
    def of_the_library(self) -> bool:
        """Whether nothing but bundled designs and the settings' own text decides what is meant."""
        if not self.names and (project := find_project(Path.cwd())) is not None and project.designs is not None:
            return False
        return not any(name.endswith(".py") or "/" in name for name in self.names) and self.files == NOTHING

    def cases(self) -> list[Case]:
        """The claims. Raises SpecError."""
        number, of = self.shard
        return self.all()[number - 1 :: of]

    def all(self) -> list[Case]:
        """The claims of all parts. Raises SpecError."""
        chosen, given = chosen_or_listed(self.names).values(), parsed(self.settings)
        if not (self.files.book or self.files.depth_table):
            return cases(chosen, only=self.only, settings=given, arithmetic=self.arithmetic)
        own = [(design, from_files(design, given, self.files)) for design in chosen]
        return [
            case
            for design, more in own
            for case in cases([design], only=self.only, settings=more, arithmetic=self.arithmetic)
        ]


SIDE = re.compile(r"(?P<name>[^()]+)(\((?P<settings>.*)\))?")


@attrs.frozen(eq=False)
class Side:
    """A design under settings, by the text that names it."""

    text: str
    design: type[Design]
    settings: Mapping[str, Any]


def side(text: str) -> Side:
    """What ``name``, ``name(parameter=0.86, shock=0.1)`` or ``file.py`` names. Raises SpecError."""
    found = SIDE.fullmatch(text.strip())
    if found is None:
        raise SpecError(f"'{text}' is no design: write NAME, FILE or 'NAME(parameter=value, ...)'")
    designs = select((found["name"].strip(),))
    if len(designs) > 1:
        raise SpecError(f"{found['name']} has several designs ({', '.join(designs)}), and one is asked for")
    given = tuple(part for part in (found["settings"] or "").split(",") if part.strip())
    return Side(text, next(iter(designs.values())), parsed(given))


def sides(texts: Sequence[str]) -> list[Side]:
    """What several such texts name, of a file all of its designs; without any all bundled ones. Raises SpecError."""
    made: dict[str, Side] = {}
    for text in texts or (None,):
        if text is not None and text.rstrip().endswith(")"):
            made[text] = side(text)
        else:
            designs = select(() if text is None else (text,))
            made |= {title: Side(title, design, {}) for title, design in designs.items()}
    return list(made.values())


def parsed(settings: tuple[str, ...]) -> dict[str, Any]:
    """The settings of a command line by name. Raises SpecError."""
    made: dict[str, Any] = {}
    for text in settings:
        name, given = parse_setting(text)
        if name in made:
            raise SpecError(f"{name} is set twice: a kind is chosen by the slot's name, its parameters by {name}.NAME")
        made[name] = given
    return made


def from_files(design: type[Design], settings: Mapping[str, Any], files: Files) -> dict[str, Any]:
    """The settings with those that come from files. Raises SpecError."""
    made = dict(settings)
    if files.depth_table is not None:
        made = depth_settings(design, made, files.depth_table)
    return made if files.book is None else book_settings(design, made, files.book, files.tiers, files.price)
