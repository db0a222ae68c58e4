"""What a browser sends by hand: values that no widget has, in every widget of the sidebar."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from pages.ui.shell.settings import Settings, decode, encode, number, whole
from tests.pages.visits import Visit

BAD: dict[str, tuple[Any, ...]] = {
    "double_value": (math.nan, math.inf, -5.5e300),
    "double_array_value": ([math.nan], [math.inf], [], [1.0, 2.0, 3.0]),
    "string_value": ("projectile",),
    "string_array_value": (["projectile"], ["projectile"] * 20),
}
"""By the name that a kind of value has on the wire."""


@pytest.mark.parametrize("kind", list(BAD))
def test_no_value_breaks_the_page_or_reaches_the_settings(
    any_visit: Callable[..., Visit], kind: str
) -> None:
    page = any_visit(score="contrast").finish()
    states = page.app._tree.get_widget_states().widgets
    names = [state.id for state in states if state.WhichOneof("value") == kind]
    assert names
    for name in names:
        for bad in BAD[kind]:
            sent = page.app._tree.get_widget_states()
            (state,) = (each for each in sent.widgets if each.id == name)
            if isinstance(bad, list):
                getattr(state, kind).data[:] = bad
            else:
                setattr(state, kind, bad)
            page.app._run(sent)
            assert not page.app.exception, (name, bad)
            page.run()
            found = page.scene.settings
            again, complaints = decode(
                encode(found, Settings()), Settings(), (found.model,), (found.picture,)
            )
            assert (again, complaints) == (found, ()), (name, bad)


@pytest.mark.parametrize("text", ["1_0", "٣", "١٠", "1e", "nan", "inf", "0x10", ""])
def test_what_few_people_take_for_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="it should be a number from 2 to 400"):
        whole(text, 2, 400)


def test_numbers_as_people_write_them() -> None:
    assert whole("10", 2, 400) == whole("1e1", 2, 400) == whole("10.0", 2, 400) == 10
    assert number("-.25", -1, 1) == -0.25
