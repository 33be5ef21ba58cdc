"""The toys, for the tests of the engines."""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from verifier.language.load import designs_in
from verifier.language.pieces import Design


@pytest.fixture(scope="session")
def toys() -> Mapping[str, type[Design]]:
    """The designs of ``toys.py`` by title; read once in a process."""
    name = "verifier_test_toys"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "toys.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return designs_in(sys.modules[name])
