"""What is told of warnings and errors: one line, without labels or addresses of visitors."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from pages.ui.operator import incidents as module
from pages.ui.operator.incidents import Incidents, told
from pages.ui.operator.log import keep_to_one_line


@pytest.fixture
def incidents(request: pytest.FixtureRequest) -> Iterator[Incidents]:
    """Those of a log that keeps to one line; the log is as it was before at the end."""
    usual, hook = logging.getLogRecordFactory(), module.threading.excepthook
    made = Incidents()
    keep_to_one_line(made, whole=getattr(request, "param", False))
    yield made
    logging.setLogRecordFactory(usual)
    module.threading.excepthook = hook


def failing() -> None:
    raise ValueError("There is no room for grandmother.png,\nof the class Egyptian cat")


def test_an_error_is_one_line_of_its_type_and_place(
    incidents: Incidents, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        failing()
    except ValueError:
        logging.getLogger("pages.ui").exception("A picture was\nrefused:")
    (line,) = (record.getMessage() for record in caplog.records)
    assert line.startswith("A picture was refused: · ValueError in pages/operator/")
    assert line.endswith(", failing")
    assert "\n" not in caplog.text.strip()
    assert "grandmother" not in caplog.text
    assert "cat" not in caplog.text
    (known,) = incidents.newest_first()
    assert (known.level, known.said) == ("error", f"pages.ui: {line}")


@pytest.mark.parametrize("incidents", [True], indirect=True)
def test_what_an_error_says_is_there_on_request_and_never_remembered(
    incidents: Incidents, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        failing()
    except ValueError:
        logging.getLogger("pages.ui").exception("Refused:")
    assert "grandmother" in caplog.text
    assert "grandmother" not in incidents.newest_first()[0].said


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ('203.0.113.9:51234 - "WebSocket /_stcore/stream" 403', '(an address) - "WebSocket'),
        ("('2001:db8::7:1', 55)", "('(an address)', 55)"),
        ("[2001:db8::7]:443 left", "(an address) left"),
        ("::ffff:203.0.113.9 came", "(an address) came"),
        ("started on 127.0.0.1:8501", "started on 127.0.0.1:8501"),
        ("started on [::1]:8501", "started on [::1]:8501"),
        ("at 12:30:01 streamlit 1.67.0.1234", "at 12:30:01 streamlit 1.67.0.1234"),
        ("100 % of %s", "100 % of %s"),
    ],
)
def test_visitors_addresses_are_left_out(said: str, written: str) -> None:
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, said, None, None)
    assert written in told(record)


def test_what_repeats_itself_takes_one_place_and_the_oldest_goes(incidents: Incidents) -> None:
    log = logging.getLogger("pages.ui")
    log.warning("once")
    for number in range(module.MOST - 1):
        log.warning("number %d", number)
        log.warning("again and again")
        log.info("nothing of note")
    known = incidents.newest_first()
    assert len(known) == module.MOST
    assert (known[0].said, known[0].times) == ("pages.ui: again and again", module.MOST - 1)
    assert "pages.ui: once" not in {each.said for each in known}
    assert incidents.times() == {"warning": 2 * module.MOST - 1}


def test_a_line_has_an_end() -> None:
    record = logging.LogRecord("pages", logging.ERROR, "", 0, "x" * 9999, None, None)
    assert len(told(record)) == module.LONGEST
