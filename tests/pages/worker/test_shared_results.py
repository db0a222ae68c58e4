"""Two processes on one machine: what one has computed the other only reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from attribution_core import Attribution, load_image
from attribution_core.images import Picture
from attribution_core.request import granted, request_or_reason
from pages.ui.worker import shared_results
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain
from tests.conftest import GALLERY
from tests.patience import UNCHANGED, until

MODEL = "clever_hans"


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    made: list[Engine] = []

    def make(**said: str) -> Engine:
        made.append(Engine({"ATTRIBUTION_RESULTS": str(tmp_path / "results"), **said}))
        return made[-1]

    yield make
    for each in made:
        each.jobs.close(UNCHANGED)
        each.downloads.close(UNCHANGED)


def explained(engine: Engine, picture: Picture) -> Attribution:
    """Of a small network, as a page asks for it."""
    classifier = engine._classifier(MODEL)
    answer = request_or_reason(
        classifier, picture=picture, method="kernel_shap", target=1, layer="conv4"
    )
    task = Explain(MODEL, granted(answer))
    engine.jobs.ask("visitor", [task])

    def ended() -> bool:
        engine.jobs.touch("visitor")
        return engine.jobs.look(task).state not in ("queued", "running")

    until(ended, watched=lambda: str(engine.jobs.look(task)))
    found = engine.jobs.look(task).estimate
    assert isinstance(found, Attribution)
    return found


def picture_at(engine: Engine, name: str) -> Picture:
    return Picture.of(load_image(GALLERY / name, engine._classifier(MODEL).input_size))


def test_the_second_reads_what_the_first_has_computed(
    engines: Callable[..., Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = engines(), engines()
    picture = picture_at(first, "cat_coffee.png")
    made = explained(first, picture)
    assert len(list((tmp_path / "results").iterdir())) == 1

    def compute(*_: object) -> Iterator[Attribution]:
        raise AssertionError("It was computed again.")

    monkeypatch.setattr("attribution_core.explanation._run", compute)
    found = explained(second, picture)
    np.testing.assert_array_equal(found.values, made.values)
    assert (found.score, found.label, found.seconds) == (made.score, made.label, made.seconds)


def test_maps_of_visitors_pictures_are_not_kept(
    engines: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = engines()
    own = picture_at(engine, "cat_coffee.png").pixels[::-1]
    explained(engine, Picture.of(own))
    assert not list((tmp_path / "results").iterdir())


def test_maps_of_visitors_pictures_are_kept_where_the_operator_says_so(
    engines: Callable[..., Engine], tmp_path: Path
) -> None:
    engine = engines(ATTRIBUTION_RESULTS_OF_VISITORS="on")
    pixels = picture_at(engine, "cat_coffee.png").pixels[::-1]
    made = explained(engine, Picture.of(pixels))
    (kept,) = (tmp_path / "results").iterdir()
    # The map, and not the picture: its values in no type that they come in.
    content = kept.read_bytes()
    for form in (np.uint8, np.float32, np.float64):
        assert np.ascontiguousarray(pixels, form).tobytes()[:512] not in content
    other = engines(ATTRIBUTION_RESULTS_OF_VISITORS="on")
    found = explained(other, Picture.of(pixels))
    assert found.seconds == made.seconds


def test_without_a_folder_nothing_is_shared(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert shared_results.shared_results({}) is None
    file = tmp_path / "file"
    file.touch()
    assert shared_results.shared_results({"ATTRIBUTION_RESULTS": str(file / "results")}) is None
    assert "no maps are shared" in caplog.text
