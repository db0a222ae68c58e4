"""Classes: one visitor's screen leads, and others follow its link; held in memory alone.

Only parameters of links are held, never a picture. What followers send is a code, which is looked
up and nothing else.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import streamlit as st

VARIABLE = "ATTRIBUTION_CLASSROOM"
"""Allows classes where it is ``yes``."""

FOLLOW = "follow"
"""The link's parameter that names a class."""

CODE_LENGTH = 8
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are mistaken for others on a wall: 31^8 is 8.5e11 codes."""

MOST_CLASSES = 16
MOST_FOLLOWERS = 200
"""Of one class."""

IDLE_SECONDS = 2 * 3600.0
"""After so long without anything new from its leader, a class is forgotten."""

GONE_SECONDS = 30.0
"""After so long without a word, a follower is gone."""

LEFT_SECONDS = 30.0
"""After so long without a page of its leader's that is open, a class is told so."""

MOST_WRONG_CODES = 30
"""Of everybody, in a minute: then nobody can join for the rest of it."""


def allowed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the operator allows classes."""
    return environment.get(VARIABLE) == "yes"


@dataclass(frozen=True)
class Shown:
    """What a class shows: a page, the parameters of its link, and a number that grows.

    ``left`` says that its leader has closed the page; the screen is the last one.
    """

    page: str
    parameters: Mapping[str, str]
    revision: int = 0
    left: bool = False


@dataclass
class _Class:
    shown: Shown
    heard: float
    present: Callable[[], bool]
    seen: float
    followers: dict[str, float] = field(default_factory=dict)


class Refused(ValueError):
    """A class cannot be led or joined; the message is a sentence for the visitor."""


class Classes:
    """All classes of the process.

    Parameters
    ----------
    clock
        Tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._classes: dict[str, _Class] = {}
        self._wrong: deque[float] = deque(maxlen=MOST_WRONG_CODES)

    def lead(
        self,
        page: str,
        parameters: Mapping[str, str],
        present: Callable[[], bool] = lambda: True,
    ) -> str:
        """Begin a class that shows this screen, and return its code; `Refused` if there are too
        many.

        ``present`` says at any time whether the leader's page is open.
        """
        with self._lock:
            self._forget()
            if len(self._classes) >= MOST_CLASSES:
                raise Refused(f"{MOST_CLASSES} classes are being led here; try again later.")
            code = "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))
            now = self._clock()
            self._classes[code] = _Class(Shown(page, dict(parameters)), now, present, now)
            return code

    def show(self, code: str, page: str, parameters: Mapping[str, str]) -> None:
        """Show another screen to a class; nothing happens if there is none any more."""
        with self._lock:
            led = self._classes.get(code)
            if led is not None:
                led.heard = led.seen = self._clock()
                new = Shown(page, dict(parameters), led.shown.revision)
                if new != led.shown:
                    led.shown = replace(new, revision=new.revision + 1)

    def end(self, code: str) -> None:
        """End a class."""
        with self._lock:
            self._classes.pop(code, None)

    def followers(self, code: str) -> int | None:
        """How many follow a class; None where it is over."""
        with self._lock:
            self._forget()
            led = self._classes.get(code)
            return None if led is None else len(led.followers)

    def look(self, code: str, follower: str) -> Shown:
        """Return what a class shows to one who follows it from now on.

        Raises
        ------
        Refused
            Where there is no such class (any more), it is full, or too many codes were guessed.
        """
        with self._lock:
            self._forget()
            now = self._clock()
            led = self._classes.get(code)
            joins = led is None or follower not in led.followers
            guessed = len(self._wrong) == MOST_WRONG_CODES and self._wrong[0] > now - 60
            if joins and guessed:
                raise Refused("Too many wrong codes were tried; open the link in a minute again.")
            if led is None:
                self._wrong.append(now)
                raise Refused("There is no class of this code, or it is over.")
            if joins and len(led.followers) >= MOST_FOLLOWERS:
                raise Refused(f"The class is full: {MOST_FOLLOWERS} follow it.")
            led.followers[follower] = now
            if led.present():
                led.seen = now
            return replace(led.shown, left=led.seen < now - LEFT_SECONDS)

    def _forget(self) -> None:
        now = self._clock()
        for code, led in list(self._classes.items()):
            if led.heard < now - IDLE_SECONDS:
                del self._classes[code]
            for follower, heard in list(led.followers.items()):
                if heard < now - GONE_SECONDS:
                    del led.followers[follower]


@st.cache_resource(show_spinner=False)
def classes() -> Classes:
    """The process's classes, shared by all sessions."""
    return Classes()
