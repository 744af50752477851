"""Keeps the classifier current: trained in a subprocess, replaced only by one that is no worse."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import intents
from bot.settings import Settings
from intents.model_file import REFUSED, Pairs, about, is_usable, made_of, was_refused

log = logging.getLogger(__name__)
# Beside the source only: an installed service names its own (SOMOS_HELD_OUT), or has none.
HELD_OUT = Path(intents.__file__).parent.parent / "tests" / "sentences" / "held_out.yml"


def train_if_stale(settings: Settings, approved: Pairs = (), *, force: bool = False) -> None:
    """Train when the examples changed and no worse model would come of it, unless forced.

    `approved`: what staff approved, for a first model; later ones wait for `renew_model`.
    """
    path = settings.model_path
    present = about(path)
    if present.made_of:
        approved = present.approved
    wanted = made_of(approved)
    if present.made_of == wanted:
        return
    if present.made_of and was_refused(path, wanted) and not force:
        log.warning("the examples changed, but their model is worse: `somos train` says why")
        return
    log.info("training the classifier: the examples are new")
    try:
        if not renew_model(settings, approved, force=force):
            log.warning("the model in service stays: that of the new examples is worse")
    except ChildProcessError:
        # A service with yesterday's model is better than none.
        if not is_usable(path) or force:
            raise
        log.error("training failed: the model in service stays")


def renew_model(settings: Settings, approved: Pairs, *, force: bool = False) -> bool:
    """Train on our examples and the approved ones; False if the model came out worse and waits.

    Raises ChildProcessError if training fails, OSError for a held-out file that isn't there.
    """
    command = [sys.executable, "-m", "intents.renew", str(settings.model_path),
               f"--threshold={settings.fallback_threshold}"]  # fmt: skip
    if settings.held_out is not None:
        command.append(f"--held-out={settings.held_out.resolve(strict=True)}")
    elif HELD_OUT.exists():
        command.append(f"--held-out={HELD_OUT}")
    if force:
        command.append("--force")
    told = json.dumps([list(pair) for pair in approved]).encode()
    done = subprocess.run(command, input=told, check=False)  # noqa: S603 - our own module
    if done.returncode not in (0, REFUSED):
        # Its own words are on standard error already.
        raise ChildProcessError("training the classifier failed")
    return done.returncode == 0
