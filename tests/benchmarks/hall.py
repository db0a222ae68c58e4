"""A lecture hall for some minutes: twenty visitors who click, wait, look, and click again.

Starts the app's own server and opens twenty tabs over websockets: eight change classes, four the
layer, five click superpixels, two look at the pixels, and one has exact Shapley values computed.
When all but the last have what they came with, each clicks whenever it has what it asked for and
has looked at it: for 10 to 20 s in the *hall*, for 1.5 to 4 s in the *crush*. Timed is from a click
to its first map, which is of the gradient family, and to all of it.

Aims: in the hall a first map within 2 s (median) and 6 s (95th percentile), all maps, KernelSHAP's
included, within 5 s (median), the long job goes on, nothing is lost; in the crush at least 80 % of
the maps a second that the worker makes when it is asked for the same ones, and for as much of the
long job, with no page open. What the crush computes besides, the superpixels', counts for nothing
there, and no map of it was asked for before.

`python -m tests.benchmarks.hall SECONDS` looks at each for so many seconds instead of 300;
`… SECONDS hall` and `… SECONDS crush` at one of them.
"""

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import numpy as np

from pages.ui.maps.table import cells_for
from pages.ui.shell.gallery import gallery
from pages.ui.shell.progress import share as share_done
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import scene_of
from pages.ui.shell.settings import Settings, decode
from pages.ui.worker.engine import Engine
from tests.benchmarks.problems import built_in, gallery_picture
from tests.benchmarks.visitors import Session, processor_seconds, server, sessions

MODEL = "model=efficientnet_lite0"
SECONDS = 300.0
LOST = 90.0
OPENING = 240.0
LAYERS = (
    "block4c_add",
    "block5b_add",
    "block5c_add",
    "block6a_project_bn",
    "block6b_add",
    "block6c_add",
    "top_relu",
)
LONG = ("", f"{MODEL}&methods=shapley_values&classes=285&layer=input&count=16")
LONG_EVALUATIONS = 2**16
STRONGEST = 20
"""Classes of each picture: their pairs are more than anyone asks for."""

CROWDS = {"hall": (10.0, 20.0), "crush": (1.5, 4.0)}
"""For how many seconds visitors think, at least and at most."""

Link = tuple[str, str]
"""A page's name and its query."""


@dataclass(frozen=True)
class Topic:
    """A picture and two of the classes that the network sees in it."""

    picture: str
    classes: tuple[int, int]

    @property
    def query(self) -> str:
        return f"{MODEL}&picture={self.picture}&classes={self.classes[0]},{self.classes[1]}"


def topics(number: int) -> Iterator[Topic]:
    """Those of one visitor, whom no other shares a picture with, again and again."""
    entry = gallery()[number % len(gallery())]
    classifier = built_in()
    picture = gallery_picture(classifier, entry.file)
    strongest = np.argsort(-classifier.scores(picture[None])[0])[:STRONGEST]
    pairs = list(itertools.combinations(map(int, strongest), 2))
    np.random.default_rng(number).shuffle(pairs)
    for pair in itertools.cycle(pairs):
        yield Topic(entry.id, pair)


def changes_classes(number: int) -> Iterator[Link]:
    for topic in topics(number):
        yield "", topic.query


def changes_layer(number: int) -> Iterator[Link]:
    for topic in topics(8 + number):
        for layer in LAYERS:
            yield "", f"{topic.query}&layer={layer}"


def clicks_superpixels(number: int) -> Iterator[Link]:
    for step in itertools.count():
        absent = sorted({(7 * number + step) % 30, (11 * step) % 30})
        yield "superpixels", f"{MODEL}&superpixels-absent={','.join(map(str, absent))}"


def looks_at_pixels(number: int) -> Iterator[Link]:
    for topic in topics(12 + number):
        methods = "gradient_times_input,integrated_gradients"
        yield "", f"{topic.query}&layer=input&methods={methods}"


KINDS: dict[str, tuple[int, Callable[[int], Iterator[Link]]]] = {
    "other classes": (8, changes_classes),
    "another layer": (4, changes_layer),
    "superpixels": (5, clicks_superpixels),
    "at the pixels": (2, looks_at_pixels),
}


@dataclass
class Seen:
    """What one kind of visitor has seen: seconds from a click to the first map and to all."""

    first: list[float] = field(default_factory=list)
    every: list[float] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    lost: int = 0


def main(seconds: float = SECONDS, crowds: Sequence[str] = tuple(CROWDS)) -> None:
    with server() as (port, process):
        answered = asyncio.run(_measure(port, process.pid, seconds, crowds))
    if "crush" not in answered:
        return
    maps, took, took_long = _alone(*answered["crush"])
    print(
        f"the crush had {maps / seconds:.1f} maps a second, the worker alone makes "
        f"{maps / (took + took_long):.1f} of the same beside as much of the long job "
        f"({took_long:.1f} s); ratio {(took + took_long) / seconds:.2f} (aim .80)"
    )


def _alone(queries: Sequence[str], evaluations: int) -> tuple[int, float, float]:
    """How many maps these links ask for, and the worker's seconds with no page open: for them, and
    for so many evaluations of the long job."""
    engine, me = Engine({}), "alone"
    pictures = tuple(entry.id for entry in gallery())
    usual = Settings(model=engine.default_model().name)
    models = engine.names()
    # As after the hall: the network is loaded, and what each layer needs is traced.
    one_a_layer = {query.partition("&layer=")[2]: query for query in queries}.values()
    maps, began = 0, time.perf_counter()
    for number, query in enumerate((*one_a_layer, *queries)):
        if number == len(one_a_layer):
            maps, began = 0, time.perf_counter()
        settings, _ = decode(dict(parse_qsl(query)), usual, models, pictures)
        scene = scene_of(engine, settings, me)
        tasks = [cell.task for cell in cells_for(scene, settings.classes) if cell.task is not None]
        engine.jobs.ask(me, [*predictions_for(settings, scene.picture), *tasks])
        while engine.jobs.standing(me).unfinished:
            time.sleep(0.01)
            engine.jobs.touch(me)
        maps += len(tasks)
    took = time.perf_counter() - began
    settings, _ = decode(dict(parse_qsl(LONG[1])), usual, models, pictures)
    cells = cells_for(scene_of(engine, settings, me), settings.classes)
    tasks = [cell.task for cell in cells if cell.task is not None]
    engine.jobs.ask(me, tasks)
    made, began = 0.0, time.perf_counter()
    while made < evaluations:
        time.sleep(0.01)
        engine.jobs.touch(me)
        made = LONG_EVALUATIONS * share_done(engine.jobs.look(tasks[0]))
    took_long = time.perf_counter() - began if evaluations else 0.0
    engine.jobs.close()
    return maps, took, took_long


async def _measure(
    port: int, process: int, seconds: float, crowds: Sequence[str]
) -> dict[str, tuple[list[str], int]]:
    """Print what each of the crowds sees; the links of maps that each had answered, and how many
    evaluations of the long job were made."""
    async with sessions(port, [("", MODEL)], Session) as (first,):
        await first.load()
        await first.maps(LOST)
    answered = {}
    # The crush goes on where the hall has ended.
    following = [
        (kind, make(number)) for kind, (many, make) in KINDS.items() for number in range(many)
    ]
    for name in crowds:
        thinking = CROWDS[name]
        seen, share, used = await _crowd(port, process, following, thinking, seconds)
        print(f"\n{name}: {thinking[0]:g} to {thinking[1]:g} s between clicks, {seconds:.0f} s")
        print(
            f"{'':16}{'clicks':>8}{'first s':>9}{'p95':>7}{'all s':>8}{'p95':>7}{'lost':>6}",
        )
        for kind, each in seen.items():
            _print(kind, each)
        clicks = sum(len(each.every) for each in seen.values())
        print(
            f"{clicks / seconds:.2f} clicks a second answered; {used:.2f} processors used; "
            f"the long job made {LONG_EVALUATIONS * share:.0f} evaluations"
        )
        queries = [
            query for kind, each in seen.items() if kind != "superpixels" for query in each.queries
        ]
        answered[name] = queries, round(LONG_EVALUATIONS * share)
    return answered


async def _crowd(
    port: int,
    process: int,
    clicks: Sequence[tuple[str, Iterator[Link]]],
    thinking: tuple[float, float],
    seconds: float,
) -> tuple[dict[str, Seen], float, float]:
    """What each kind has seen, how far the long job came, and the processors used."""
    seen = {kind: Seen() for kind in KINDS}
    random = np.random.default_rng(0)
    links = [next(each) for _, each in clicks]
    loaded = asyncio.Barrier(len(links) + 1)
    async with sessions(port, [*links, LONG], Session) as tabs:

        async def visit(tab: Session, kind: str, following: Iterator[Link]) -> None:
            await tab.load()
            await tab.answer(OPENING)
            await loaded.wait()
            until = time.perf_counter() + seconds
            await asyncio.sleep(random.uniform(0, thinking[1]))
            while time.perf_counter() < until:
                _, query = next(following)
                answered = await tab.go(query, LOST)
                seen[kind].lost += not answered
                if answered and tab.answered:
                    seen[kind].every.append(tab.answered - tab.opened)
                    seen[kind].queries.append(query)
                if tab.first_map:
                    seen[kind].first.append(tab.first_map - tab.opened)
                await asyncio.sleep(random.uniform(*thinking))

        async def watch() -> tuple[float, float]:
            await tabs[-1].load()
            await loaded.wait()
            share, used = tabs[-1].share, processor_seconds(process)
            await asyncio.sleep(seconds)
            return tabs[-1].share - share, (processor_seconds(process) - used) / seconds

        visits = (visit(tab, kind, each) for tab, (kind, each) in zip(tabs, clicks, strict=False))
        (share, used), *_ = await asyncio.gather(watch(), *visits)
        return seen, share, used


def _print(kind: str, seen: Seen) -> None:
    first = np.percentile(seen.first, [50, 95]) if seen.first else (np.nan, np.nan)
    every = np.percentile(seen.every, [50, 95]) if seen.every else (np.nan, np.nan)
    print(
        f"{kind:16}{len(seen.every):8}{first[0]:9.1f}{first[1]:7.1f}{every[0]:8.1f}"
        f"{every[1]:7.1f}{seen.lost:6}",
        flush=True,
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else SECONDS, sys.argv[2:] or tuple(CROWDS))
