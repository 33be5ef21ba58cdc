"""What a team's pyproject.toml says under ``[tool.verifier]``: its designs, and the baseline beside them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import attrs

from verifier.language.errors import Site, SpecError, known

KEYS = ("designs", "baseline")
BASELINE = "verifier-baseline.toml"
"""The gate's file, unless the table names another."""


@attrs.frozen
class Entry:
    """A part of the list of designs: the name of a bundled one, or files."""

    text: str
    files: tuple[Path, ...]
    """Empty for a bundled design."""
    site: Site


@attrs.frozen
class Project:
    """The table ``[tool.verifier]`` of a file."""

    file: Path
    designs: tuple[Entry, ...] | None
    """None where the table lists none."""
    baseline: Path


def find_project(start: Path) -> Project | None:
    """The nearest pyproject.toml with such a table, from a folder upwards. Raises SpecError at a mistake's line."""
    for folder in (start.resolve(), *start.resolve().parents):
        file = folder / "pyproject.toml"
        if file.is_file() and (found := read_project(file)) is not None:
            return found
    return None


def read_project(file: Path) -> Project | None:
    """What the file says of us, if anything. Raises SpecError at the line of a mistake."""
    text = file.read_text(encoding="utf-8", errors="replace")
    if "verifier" not in text:
        return None
    try:
        table = tomllib.loads(text).get("tool", {}).get("verifier")
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        at = int(line[1]) if line else max(text.count("\n"), 1)
        raise SpecError(f"this is not TOML: {error}", Site(str(file), at)) from error
    if table is None:
        return None
    lines = _Lines(file, text)
    if not isinstance(table, dict):
        raise SpecError("write a table: [tool.verifier]", lines.of("verifier"))
    for key in table:
        if key not in KEYS:
            raise SpecError(f"[tool.verifier] has no '{key}'; {known(KEYS, key)}", lines.of(key))
    baseline = table.get("baseline", BASELINE)
    if not isinstance(baseline, str) or not baseline:
        raise SpecError(f'baseline is the name of a file: baseline = "{BASELINE}"', lines.of("baseline"))
    return Project(
        file,
        _entries(table["designs"], lines) if "designs" in table else None,
        file.parent / baseline,
    )


def _entries(given: Any, lines: _Lines) -> tuple[Entry, ...]:
    site = lines.of("designs")
    if not isinstance(given, list) or not given or not all(isinstance(text, str) and text for text in given):
        raise SpecError('designs is a list of files, patterns and names: designs = ["specs/*.py", "spot"]', site)
    return tuple(_entry(text, lines) for text in given)


def _entry(text: str, lines: _Lines) -> Entry:
    site = lines.of("designs", text)
    if not text.endswith(".py") and not set(text) & set("/*?["):
        return Entry(text, (), site)
    if Path(text).is_absolute():
        raise SpecError(f"{text} is absolute; name files relative to this one", site)
    files = tuple(path for path in sorted(lines.file.parent.glob(text)) if path.suffix == ".py")
    if not files:
        raise SpecError(f"no Python file is called '{text}' here", site)
    return Entry(text, files, site)


class _Lines:
    """Where things are written in the file."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.lines = file, text.splitlines()

    def of(self, key: str, held: str = "") -> Site:
        """The line of a key of the table, or of a text in its value."""
        tables = (n for n, line in enumerate(self.lines) if re.match(r"\s*\[tool\.verifier\b", line))
        start = next(tables, 0)
        keys = (n for n in range(start, len(self.lines)) if re.match(rf"\s*[\"']?{re.escape(key)}\b", self.lines[n]))
        at = next(keys, start)
        if held:
            at = next((n for n in range(at, len(self.lines)) if held in self.lines[n]), at)
        return Site(str(self.file), at + 1)
