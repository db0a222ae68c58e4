"""The log: a line for each record, without pictures, labels or addresses of visitors."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from pages.ui.operator.incidents import Incidents, told

VARIABLE = "ATTRIBUTION_LOG"
LEVELS = ("debug", "info", "warning", "error")
FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OURS = ("attribution_core", "pages")
_log = logging.getLogger(__name__)


def level_asked(environment: Mapping[str, str] = os.environ) -> str:
    """The least that is written, as ``ATTRIBUTION_LOG`` says; ValueError where it is no level."""
    said = environment.get(VARIABLE, "").strip().lower() or "info"
    if said not in LEVELS:
        raise ValueError(f"{VARIABLE} is '{said}'; it should be one of {', '.join(LEVELS)}.")
    return said


def begin_log(level: str) -> None:
    """Write what the app logs to standard error; to be called once, as the process begins.

    Streamlit writes what it logs itself; it takes its level and its form from variables. Below
    information, Streamlit would write what visitors send.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORM))
    logging.getLogger().addHandler(handler)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    os.environ.setdefault("STREAMLIT_LOGGER_LEVEL", "info" if level == "debug" else level)
    os.environ.setdefault("STREAMLIT_LOGGER_MESSAGE_FORMAT", FORM)


def keep_to_one_line(incidents: Incidents, *, whole: bool) -> None:
    """Make each record one line, whoever writes it, and remember warnings and errors.

    Records are changed as they are made: each of the libraries has handlers of its own.

    Parameters
    ----------
    incidents : Incidents
    whole : bool
        Whether what exceptions say is written as well; it is never remembered.
    """
    usual = logging.getLogRecordFactory()

    def made(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = usual(*arguments, **named)
        if (record.levelno or 0) >= logging.WARNING:
            incidents.note(record.levelname.lower(), f"{record.name}: {told(record)}")
        record.msg, record.args = told(record, whole=whole), None
        record.exc_info = record.exc_text = record.stack_info = None
        return record

    logging.setLogRecordFactory(made)
    threading.excepthook = _say_what_ended


def _say_what_ended(stopped: threading.ExceptHookArgs) -> None:
    """Log what has ended a thread, which Python would print in many lines."""
    name = "a thread" if stopped.thread is None else f"the thread {stopped.thread.name}"
    _log.error("An error has ended %s.", name, exc_info=stopped.exc_value)
