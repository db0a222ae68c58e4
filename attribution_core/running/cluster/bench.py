"""What stands in a worker of a cluster: iterators that are begun there, and asked step by step."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from attribution_core.assets import ASSETS
from attribution_core.version import VERSION


@dataclass(frozen=True)
class Next:
    """The next of an iterator's values."""

    value: Any


@dataclass(frozen=True)
class End:
    """That an iterator has no more."""


@dataclass(frozen=True)
class Raised:
    """What an iterator raised, or the function that makes it."""

    error: Exception


Answer = Next | End | Raised


class Bench:
    """Iterators by name. Dask lets one method of it run at a time, on a thread of its own.

    What goes in and out are bytes, so that neither what cannot be sent nor what cannot be read is
    taken for a worker's death.

    Parameters
    ----------
    version : str
        Of this package, where work comes from.

    Raises
    ------
    ValueError
        Where the worker has another.
    """

    def __init__(self, version: str) -> None:
        if version != VERSION:
            raise ValueError(f"A worker has version {VERSION} of the app, and not {version}.")
        # A worker that somebody else has started: TensorFlow is not there yet.
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
        # An installed app lies in a folder of its own: see `attribution_explorer.serve`.
        if (folder := str(ASSETS.parent)) not in sys.path:
            sys.path.append(folder)
        self._iterators: dict[str, Iterator[Any]] = {}

    def step(self, name: str, order: bytes) -> bytes:
        """Ask an iterator for its next value, an `Answer`.

        Parameters
        ----------
        name : str
        order : bytes
            A pickled function of a module and its argument, which make the iterator where there is
            none of this name.
        """
        try:
            if name not in self._iterators:
                begin, argument = pickle.loads(order)
                self._iterators[name] = begin(argument)
            for value in self._iterators[name]:
                return pickle.dumps(Next(value))
            self.end(name)
            return pickle.dumps(End())
        # SystemExit would end the worker, and with it what others have here.
        except BaseException as error:
            self._iterators.pop(name, None)
            return _said(error)

    def end(self, name: str) -> None:
        """Close an iterator that nobody wants any more."""
        iterator = self._iterators.pop(name, None)
        getattr(iterator, "close", lambda: None)()


def _said(error: BaseException) -> bytes:
    """What was raised, without its frames; by its type and its text where it cannot be sent."""
    if isinstance(error, Exception):
        try:
            said = pickle.dumps(Raised(error))
            pickle.loads(said)
        except Exception:
            pass
        else:
            return said
    return pickle.dumps(Raised(RuntimeError(f"{type(error).__name__}: {error}")))
