"""The real process: `python -m bot run` over a folder of its own, on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path


def free_port() -> int:
    """A port on loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(folder: Path, now: datetime) -> dict[str, str]:
    """This environment, without settings of ours but these."""
    ours = {"SOMOS_DATA_DIR": str(folder), "SOMOS_NOW": now.isoformat()}
    return {k: v for k, v in os.environ.items() if not k.startswith("SOMOS_")} | ours


def start_somos(folder: Path, port: int, now: datetime) -> "subprocess.Popen[bytes]":
    """The server with demonstration data; it isn't ready yet."""
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "run", "--demo", "--port", str(port)],
        env=environment(folder, now),
    )


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Return when the server answers; fails if it ends or takes half a minute."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(url)
