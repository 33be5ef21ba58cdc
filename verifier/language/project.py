"""What a team's pyproject.toml says under ``[tool.verifier]``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import attrs

from verifier.language.errors import SpecError

NAME = "verifier-baseline.toml"


@attrs.frozen
class Project:
    """The designs of a project, none for the bundled ones, and the file that its gate compares with."""

    designs: tuple[str, ...]
    baseline: Path


def project(start: Path) -> Project:
    """The project around a folder: the nearest pyproject.toml upwards with that table. Raises SpecError."""
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if not file.is_file():
            continue
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8")).get("tool", {}).get("verifier")
        except ValueError as error:
            raise SpecError(f"{file}: {error}") from None
        if table is not None:
            return _project(file, table)
    return Project((), start / NAME)


def _project(file: Path, table: object) -> Project:
    given = table if isinstance(table, dict) else {}
    designs, baseline = given.get("designs", []), given.get("baseline", NAME)
    strings = isinstance(designs, list) and all(isinstance(name, str) for name in designs)
    if not strings or not isinstance(baseline, str):
        raise SpecError(f"{file}: [tool.verifier] has designs, a list of files or names, and baseline, a file")
    found = [str(file.parent / name) if name.endswith(".py") else name for name in designs]
    return Project(tuple(found), file.parent / baseline)
