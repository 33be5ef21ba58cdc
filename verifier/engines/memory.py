"""What was settled before, kept on disk: solvers' answers by the question, whole verdicts by what they are about.

The key of an answer is the digest of the question's text, its encoding, tactic and allowance, the solver's version and
the program that asks it; whatever differs in any of them is asked anew. What an allowance did not settle it will not
settle again, so that is kept, too; what the clock or a lack of memory ended is not. Several processes may use one file
at once, and one that is killed leaves it whole (SQLite with a write-ahead log). Each entry carries a digest of itself:
one that was damaged is dropped and asked again. A file that is no such file at all is set aside. The file is trusted no
further than its owner's disk: whoever can write to it can lie, ``recheck`` cannot be.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import attrs

Kind = Literal["answer", "verdict", "list"]
FORMAT = 1
BUSY = 30.0
"""Seconds that one process waits for another's writing."""
TABLE = "CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, kind TEXT, data TEXT, mark BLOB) WITHOUT ROWID"


def default_path() -> Path:
    """The file in the user's cache folder, or the one that VERIFIER_CACHE names."""
    if given := os.environ.get("VERIFIER_CACHE"):
        return Path(given)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "verifier" / f"kept-{FORMAT}.sqlite"


@attrs.frozen
class Contents:
    """How much is kept."""

    path: Path
    answers: int
    verdicts: int
    bytes: int


class Memory:
    """Entries in this process, and in a file where one is given. Usable from several threads."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._here: dict[bytes, Any] = {}
        self._lock = threading.Lock()
        self._base: sqlite3.Connection | None = None
        self._writes = True

    def get(self, key: bytes) -> Any:
        """What is kept under the key, or None."""
        with self._lock:
            if key in self._here or self.path is None:
                return self._here.get(key)
            for data, mark, kind in self._ask("SELECT data, mark, kind FROM kept WHERE key = ?", key):
                if mark == _mark(key, kind, data):
                    return self._here.setdefault(key, json.loads(data))
                self._ask("DELETE FROM kept WHERE key = ?", key)
            return None

    def put(self, key: bytes, kind: Kind, held: Any) -> None:
        """Keep what is plain data under the key."""
        with self._lock:
            self._here[key] = held
            if self.path is not None and self._writes:
                data = json.dumps(held, ensure_ascii=False, sort_keys=False)
                self._ask("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?)", key, kind, data, _mark(key, kind, data))

    def contents(self) -> Contents:
        """How many entries the file has."""
        assert self.path is not None
        with self._lock:
            count = dict(self._ask("SELECT kind, COUNT(*) FROM kept GROUP BY kind"))
        files = [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]
        size = sum(file.stat().st_size for file in files if file.exists())
        return Contents(self.path, count.get("answer", 0), count.get("verdict", 0), size)

    def verify(self) -> tuple[int, int]:
        """How many entries are whole, and how many were damaged and are dropped now."""
        with self._lock:
            rows = self._ask("SELECT key, kind, data, mark FROM kept")
            spoilt = [key for key, kind, data, mark in rows if mark != _mark(key, kind, data)]
            for key in spoilt:
                self._ask("DELETE FROM kept WHERE key = ?", key)
        return len(rows) - len(spoilt), len(spoilt)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._here.clear()
            self._ask("DELETE FROM kept")
            self._ask("VACUUM")

    def close(self) -> None:
        """End the connection; the file stays."""
        with self._lock:
            if self._base is not None:
                self._base.close()
            self._base = None

    def _ask(self, text: str, *values: object) -> list[Any]:
        """The rows of a statement; none where the file cannot be used, which is said once."""
        try:
            return self._open().execute(text, values).fetchall()
        except sqlite3.OperationalError as error:  # locked for long, a full disk, a folder that may not be written
            self._lament(str(error))
        except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter of a message that quotes a damaged file
            self._set_aside()
            with contextlib.suppress(sqlite3.Error):
                return self._open().execute(text, values).fetchall()
        return []

    def _open(self) -> sqlite3.Connection:
        if self._base is None:
            assert self.path is not None
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise sqlite3.OperationalError(str(error)) from None
            base = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._log_ahead(base)
            base.execute("PRAGMA synchronous = NORMAL")
            base.execute(TABLE)
            self._base = base
        return self._base

    def _log_ahead(self, base: sqlite3.Connection) -> None:
        """Switch to a write-ahead log, for which SQLite does not wait as it does for writing."""
        until = time.monotonic() + BUSY
        while True:
            try:
                base.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                    raise
                time.sleep(0.01)
            else:
                return

    def _set_aside(self) -> None:
        assert self.path is not None
        if self._base is not None:
            with contextlib.suppress(sqlite3.Error):
                self._base.close()
        self._base = None
        with contextlib.suppress(OSError):
            self.path.replace(self.path.with_name(f"{self.path.name}.damaged"))
        for end in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self.path.with_name(self.path.name + end).unlink()

    def _lament(self, why: str) -> None:
        if self._writes:
            self._writes = False
            sys.stderr.write(f"nothing is remembered in {self.path}: {why}\n")


def _mark(key: bytes, kind: str, data: str) -> bytes:
    return hashlib.sha256(b"\0".join((key, str(kind).encode(), str(data).encode()))).digest()


def key_of(*parts: str) -> bytes:
    """One key from several texts, none of which can pass for two."""
    return hashlib.sha256(json.dumps(parts).encode()).digest()


def program(folders: Mapping[str, Path] | None = None) -> str:
    """The digest of the verifier's own sources, of any other folders given, and of what they run on."""
    made = hashlib.sha256(f"{FORMAT} {sys.version_info[:2]} {solver_version()}".encode())
    here = Path(__file__).resolve().parent.parent
    for name, folder in {"verifier": here, **(folders or {})}.items():
        for path in sources(folder):
            made.update(f"{name}/{path.relative_to(folder)}".encode())
            made.update(hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    """The files of a package that its behaviour depends on, in order."""
    yield from sorted(path for path in folder.rglob("*") if path.suffix in {".py", ".toml", ".json"})


def solver_version() -> str:
    """The installed z3."""
    return version("z3-solver")
