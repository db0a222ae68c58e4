"""Pictures by their address: off by default, and only from the public internet."""

from __future__ import annotations

import contextlib
import http.client
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pages.ui.shell import address as module
from pages.ui.shell.address import VARIABLE, allowed, fetched
from tests.pages.visits import Visit

PUBLIC = "93.184.216.34"


class Replying:
    """As much of a socket as a response reads from."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._answer)


class Answering:
    """A connection that gives one answer, and notes what was asked."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self.asked: list[tuple[str, str]] = []
        self.closed = False

    def request(self, method: str, path: str, headers: object) -> None:
        self.asked.append((method, path))

    def getresponse(self) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(Replying(self._answer))
        response.begin()
        return response

    def close(self) -> None:
        self.closed = True


def ask(address: str, answer: bytes = b"HTTP/1.1 200 OK\r\n\r\npicture") -> tuple[bytes, Answering]:
    connection = Answering(answer)
    got = fetched(address, resolve=lambda host: [PUBLIC], connect=lambda *given: connection)
    return got, connection


def test_a_picture_is_fetched() -> None:
    got, connection = ask("https://example.org/a picture.png?size=1")
    assert got == b"picture"
    assert connection.asked == [("GET", "/a%20picture.png?size=1")]
    assert connection.closed


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org/a.png",
        "file:///etc/passwd",
        "ftp://example.org/a.png",
        "https://example.org:8080/a.png",
        "https://user:word@example.org/a.png",
        "https:///a.png",
        "https://[::1",
        "example.org/a.png",
        "https://example.org/" + "a" * 3000,
        "",
    ],
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match="An address begins with https://"):
        fetched(address, resolve=never, connect=never)


def never(*given: object) -> None:
    raise AssertionError(f"asked for {given}")


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["172.16.0.1"],
        ["192.168.1.1"],
        ["169.254.169.254"],
        ["0.0.0.0"],
        ["100.64.0.1"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["::1"],
        ["fe80::1%eth0"],
        ["fd00::1"],
        ["::ffff:127.0.0.1"],
        ["::ffff:93.184.216.34"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        [PUBLIC, "127.0.0.1"],
        ["no address"],
        [],
    ],
)
def test_nothing_in_a_private_network_is_asked(found: list[str]) -> None:
    with pytest.raises(ValueError, match="not one of the public internet"):
        fetched("https://example.org/", resolve=lambda host: found, connect=never)


def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    given: list[tuple[object, ...]] = []

    def connect(*asked: object) -> Answering:
        given.append(asked)
        return Answering(b"HTTP/1.1 200 OK\r\n\r\n")

    fetched("https://example.org/", resolve=lambda host: [PUBLIC], connect=connect)
    assert given == [("example.org", PUBLIC, module.MOST_SECONDS / 2)]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1/\r\n\r\n", "to which no other leads"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "No picture was found"),
        (b"no HTTP at all", "cannot be reached"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + bytes(2000), "too large"),
    ],
)
def test_an_answer_that_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, sentence: str
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1000)
    with pytest.raises(ValueError, match=sentence):
        ask("https://example.org/", answer)


def test_a_slow_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def clock() -> Iterator[float]:
        now = 0.0
        while True:
            yield now
            now += 4

    ticks = clock()
    monkeypatch.setattr(module.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(module, "_PIECE", 1)
    with pytest.raises(ValueError, match="took more than 10 seconds"):
        ask("https://example.org/")


def test_a_header_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte in time, and all together for ever."""
    monkeypatch.setattr(module, "MOST_SECONDS", 0.5)
    ours, theirs = socket.socketpair()

    def drip() -> None:
        with contextlib.suppress(OSError):
            theirs.recv(1000)
            theirs.sendall(b"HTTP/1.1 200 OK\r\nA: ")
            while True:
                theirs.sendall(b"a")
                time.sleep(0.05)

    threading.Thread(target=drip, daemon=True).start()

    def connect(host: str, address: str, seconds: float) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(host, timeout=seconds)
        connection.sock = ours
        return connection

    with pytest.raises(ValueError, match=r"took more than 0\.5 seconds"):
        fetched("https://example.org/", resolve=lambda host: [PUBLIC], connect=connect)
    theirs.close()


def test_a_host_that_is_not_there() -> None:
    def lost(host: str) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(ValueError, match="cannot be reached"):
        fetched("https://nowhere.example/", resolve=lost, connect=never)


def test_it_is_off_unless_the_operator_says_yes(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fields() -> list[str]:
        return [each.label for each in any_visit().run().app.text_input]

    monkeypatch.delenv(VARIABLE, raising=False)
    assert not allowed()
    assert "Address of a picture" not in fields()
    monkeypatch.setenv(VARIABLE, "yes")
    assert "Address of a picture" in fields()
