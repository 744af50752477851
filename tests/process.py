"""The real process: `python -m bot run` over a folder of its own, on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import IO


def free_port() -> int:
    """A port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


NOTHING_ELSE: Mapping[str, str] = MappingProxyType({})


def environment(
    folder: Path, now: datetime, settings: Mapping[str, str] = NOTHING_ELSE
) -> dict[str, str]:
    """This environment, without settings of ours but these."""
    ours = {"SOMOS_DATA_DIR": str(folder), "SOMOS_NOW": now.isoformat(), **settings}
    return {k: v for k, v in os.environ.items() if not k.startswith("SOMOS_")} | ours


def start_somos(
    folder: Path,
    port: int,
    now: datetime,
    settings: Mapping[str, str] = NOTHING_ELSE,
    log: IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    """The server with demonstration data; it isn't ready yet. `log` takes what it says."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--demo", "--port", str(port)],
        env=environment(folder, now, settings),
        stderr=log,
    )


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", seconds: float = 90) -> None:
    """Return when the server answers; fails if it ends, or isn't ready after so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)
