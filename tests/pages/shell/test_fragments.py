"""What a browser is sent can be drawn, whichever fragment is rerun before it was sent."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.testing.v1 import AppTest, local_script_runner

from pages.ui.shell.navigation import PAGES
from pages.ui.shell.progress import POLL_SECONDS
from pages.ui.shell.unsent import drop_unsent, keep_unsent
from tests.pages.visits import Visit

TOP = Path(__file__).parents[3]
FOLLOWED = {"model": "own", "class_choice": "own", "classes": "1,2", "layer": "joined"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[ForwardMsg]:
    """The messages of the last run."""
    kept: list[ForwardMsg] = []
    parse = local_script_runner.parse_tree_from_messages

    def keep(messages: list[ForwardMsg]) -> object:
        kept[:] = messages
        return parse(messages)

    monkeypatch.setattr(local_script_runner, "parse_tree_from_messages", keep)
    return kept


def fragments_of(messages: Sequence[ForwardMsg]) -> list[str]:
    return sorted({message.delta.fragment_id for message in messages} - {""})


def left_of(messages: Sequence[ForwardMsg], fragment: str) -> list[ForwardMsg]:
    """What the server still sends of messages that wait when the fragment is rerun."""
    queue = ForwardMsgQueue()
    for message in messages:
        queue.enqueue(message)
    drop_unsent(queue, retain_lifecycle_msgs=True, fragment_ids_this_run=[fragment])
    return queue._queue


def misplaced(messages: Sequence[ForwardMsg]) -> list[tuple[int, ...]]:
    """Where elements stand whose elder siblings or surrounding blocks the browser lacks.

    It has the blocks of the main part, the sidebar, events and the bottom, 0 to 3, from the start.
    """
    children = {(root,): 0 for root in range(4)}
    wrong = []
    for message in messages:
        path = tuple(message.metadata.delta_path)
        if not message.HasField("delta") and not message.HasField("ref_hash"):
            continue
        if path[:-1] not in children or path[-1] > children[path[:-1]]:
            wrong.append(path)
            continue
        children[path[:-1]] = max(children[path[:-1]], path[-1] + 1)
        if message.delta.WhichOneof("type") == "add_block":
            children.setdefault(path, 0)
    return wrong


@pytest.mark.thorough
@pytest.mark.usefixtures("own_model")
@pytest.mark.parametrize("page", PAGES)
def test_what_waits_when_a_fragment_is_rerun_can_be_drawn(
    any_visit: Callable[..., Visit], sent: list[ForwardMsg], page: str
) -> None:
    visit = any_visit(**FOLLOWED)
    visit.open(page)
    fragments = fragments_of(sent)
    assert misplaced(sent) == []
    # Share, and that the page is asked for again after a restart; most wait for maps besides.
    assert len(fragments) >= 2
    for fragment in fragments:
        assert misplaced(left_of(sent, fragment)) == [], fragment


def test_a_fragment_beside_others_cannot(sent: list[ForwardMsg]) -> None:
    """That the rule finds what it is for: a fragment as Streamlit draws it, without a container."""

    def page() -> None:
        import streamlit as st

        st.fragment(lambda: st.markdown("first"))()
        st.markdown("second")

    AppTest.from_function(page).run()
    (fragment,) = fragments_of(sent)
    assert misplaced(sent) == []
    assert misplaced(left_of(sent, fragment)) == [(0, 1)]


def drawn_at(path: Sequence[int], kind: str) -> ForwardMsg:
    """A message of the fragment "f"; of what the browser holds already, a reference."""
    message = ForwardMsg()
    message.metadata.delta_path[:] = path
    if kind == "reference":
        message.ref_hash = "held"
        return message
    message.delta.fragment_id = "f"
    if kind == "block":
        message.delta.add_block.flex_container.SetInParent()
    else:
        message.delta.new_element.markdown.body = kind
    return message


def test_nothing_is_taken_from_before_a_reference() -> None:
    """A reference does not say which fragment it is of, and stays where its siblings go."""
    drawn = [
        drawn_at([0, 0], "block"),
        drawn_at([0, 0, 0], "first"),
        drawn_at([0, 0, 1], "reference"),
    ]
    assert misplaced(left_of(drawn, "f")) == [(0, 0, 1)]
    keep_unsent()
    queue = ForwardMsgQueue()
    for message in drawn:
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=["f"])
    queue.enqueue(drawn_at([0, 0, 0], "second"))
    assert queue.flush() == [*drawn, drawn_at([0, 0, 0], "second")]
    # A run of the whole page replaces everything.
    queue.enqueue(drawn[0])
    queue.clear(retain_lifecycle_msgs=True)
    assert queue.is_empty()


def test_a_fragment_within_another_is_refused() -> None:
    def page() -> None:
        import streamlit as st

        from pages.ui.shell.fragments import draw_fragment

        def outer() -> None:
            try:
                draw_fragment(lambda: None)
            except RuntimeError as refusal:
                st.markdown(str(refusal))

        draw_fragment(outer)

    shown = AppTest.from_function(page).run()
    assert "within another" in shown.markdown[0].value


def test_no_fragment_is_drawn_otherwise() -> None:
    """Streamlit's own way to draw one is used in one place alone."""
    using = {
        path.relative_to(TOP).as_posix()
        for path in (TOP / "app.py", *(TOP / "pages").rglob("*.py"))
        for line in path.read_text().splitlines()
        if "st.fragment" in line or "st.dialog" in line
    }
    assert using == {"pages/ui/shell/fragments.py"}


def test_what_a_click_says_that_the_browser_holds_it_still_holds_when_the_answer_comes() -> None:
    """Streamlit's browser drops what it was not sent again for more runs of a fragment than this.

    A click waits at a busy server, while polls end; what it named must be there afterwards, for
    which a server that answers a poll each half second has ten seconds.
    """
    settings = tomllib.loads((TOP / ".streamlit" / "config.toml").read_text())
    assert settings["global"]["maxCachedMessageAge"] * POLL_SECONDS >= 10
