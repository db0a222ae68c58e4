"""How much quicker two workers of one thread explain pictures than one, and how it grows.

Both crews stand from the beginning and take turns, block by block, so that neither has the
machine's better minutes: the same thumbnails, a network that is loaded once a worker, maps written
to a folder by the workers. ``--pictures`` is how many they come to.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from attribution_core.command_line.asked_model import AskedModel
from attribution_core.command_line.folders import FolderOfFiles
from attribution_core.command_line.picture_maps import Kind, PictureFile, Plan, maps_of
from attribution_core.command_line.progress import Line
from attribution_core.models.clever_hans import INPUT_SIZE
from attribution_core.running.cluster.crew import Crew, GivenUp, crew_of
from attribution_core.running.cluster.workers import Workers
from attribution_core.running.memory import resident_bytes

CREWS = (1, 2)
FIRST_BLOCK = 100
MANY = 100_000
AIM = 1.7
WARM = 12


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.cluster")
    parser.add_argument("--pictures", type=int, default=3200, help="100, doubled some times")
    parser.add_argument("--method", default="gradient_times_input")
    parser.add_argument("--layer", default="input")
    # As one of several benchmarks it is called without arguments of its own.
    given = sys.argv[1:] if Path(sys.argv[0]).stem == "cluster" else []
    asked = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        files = list(_thumbnails(Path(folder) / "pictures", asked.pictures + WARM))
        crews = {count: stack.enter_context(crew_of(Workers(count, threads=1))) for count in CREWS}
        plan = _plan(asked.method, asked.layer)
        plans = {
            count: replace(plan, out=FolderOfFiles(_made(Path(folder) / f"maps_{count}")))
            for count in CREWS
        }
        for count, crew in crews.items():
            _run(crew, plans[count], files[-WARM:])
        _measure(crews, plans, files[:-WARM])


def _measure(crews: dict[int, Crew], plans: dict[int, Plan], files: list[PictureFile]) -> None:
    print(f"{os.cpu_count()} processors; {plans[1].kinds[0].method}, {INPUT_SIZE}×{INPUT_SIZE}")
    print(f"{'pictures':>9}{'1 worker, s':>13}{'2 workers, s':>14}{'ratio':>8}{'MB here':>9}")
    took = dict.fromkeys(crews, 0.0)
    done, block = 0, FIRST_BLOCK
    while done < len(files):
        for count, crew in crews.items():
            took[count] += _run(crew, plans[count], files[done : done + block])
        done += block
        block = done
        held = (resident_bytes() or 0) / 1e6
        print(
            f"{done:9}{took[1]:13.1f}{took[2]:14.1f}{took[1] / took[2]:8.2f}{held:9.0f}",
            flush=True,
        )
    for count, seconds in took.items():
        hours = seconds / done * MANY / 3600
        print(
            f"{MANY} such pictures on {count}: {seconds / done * 1000:.1f} ms each, {hours:.1f} h"
        )
    print(f"two workers are {took[1] / took[2]:.2f} times as quick as one; the aim is {AIM}")


def _run(crew: Crew, plan: Plan, files: list[PictureFile]) -> float:
    """Seconds in which the crew has explained the pictures."""
    started = time.perf_counter()
    for file, event in crew.each(partial(maps_of, plan), files):
        if isinstance(event, GivenUp) or (isinstance(event, Line) and event.failed):
            raise SystemExit(f"{file.called}: {event}")
    return time.perf_counter() - started


def _plan(method: str, layer: str) -> Plan:
    return Plan(
        model=AskedModel("benchmark", "clever_hans", None, "none", None, None),
        out=FolderOfFiles(Path()),
        kinds=(Kind(method, layer, {}, named=True),),
        classes=(0,),
        score=None,
        reference="black",
        superpixels=None,
        seed=0,
        colours="red-blue",
        figure=None,
        pictures=2,
    )


def _thumbnails(folder: Path, count: int) -> Iterator[PictureFile]:
    """Random pictures of large spots, which compress as photographs do."""
    random = np.random.default_rng(0)
    _made(folder)
    for number in range(count):
        path = folder / f"{number:05}.jpg"
        spots = random.integers(0, 256, (14, 14, 3)).astype(np.uint8)
        Image.fromarray(spots).resize((INPUT_SIZE, INPUT_SIZE)).save(path)
        yield PictureFile.named(str(path))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
