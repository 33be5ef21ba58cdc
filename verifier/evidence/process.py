"""A module of ours as a process with a group of its own, which can be ended at once with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys


def begun(module: str) -> subprocess.Popen[bytes]:
    """The module's process, to be written to and read from."""
    return subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def ended(process: subprocess.Popen[bytes] | None) -> None:
    """End it and everything it started."""
    if process is None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
