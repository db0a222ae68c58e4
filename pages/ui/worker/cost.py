"""What a task costs, for the time left: how much work it is, and what its speed depends on."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeGuard

from attribution_core.images import Picture
from attribution_core.registry import method_named
from attribution_core.request import Request
from attribution_core.running.pace import TimeLeft, Work
from pages.ui.worker.tasks import Explain, Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

WORTH_SAYING = 5.0
"""Seconds below which a cost is not announced."""


class Partial(Protocol):
    """A result that says how much of its task is done."""

    @property
    def done(self) -> int: ...

    @property
    def planned(self) -> int: ...


def says_how_much(result: object) -> TypeGuard[Partial]:
    """Whether a result is one that says how much is done.

    Asked of every map at every poll, which `isinstance` of a protocol is far too slow for.
    """
    return hasattr(result, "done") and hasattr(result, "planned")


def share_of(result: object) -> float:
    """How much of its task is done when a result is there, 0..1; all where it does not say."""
    return result.done / max(result.planned, 1) if says_how_much(result) else 1.0


def work_of(task: Task, classifier: Classifier) -> Work:
    """How much work a task is, in multiplications, and what its speed depends on.

    NaN multiplications where the task cannot be done.
    """
    kind = (type(task).__name__, *_speed_of(task))
    if task.at_once:
        return Work(kind, 0.0)
    try:
        amount = float(task.multiplications(classifier))
    except ValueError:
        amount = float("nan")
    if isinstance(task, Explain):
        kind += (len(task.beside) if _shares(task) else 0,)
    return Work(kind, amount, together_with(task), _may_end_early(task))


def together_with(task: Task) -> Task:
    """Equal for tasks that are computed in one go; asked once the network has been loaded."""
    if isinstance(task, Explain) and (
        # A game's coalitions are evaluated for all classes at once.
        _shares(task) or method_named(task.request.method).needs == "game"
    ):
        return replace(task, request=replace(task.request, target=0))
    return task


def _shares(task: Explain) -> bool:
    """Whether a map is computed in the same passes as those of other classes."""
    # The classifier is there, and TensorFlow with it.
    from attribution_core.several_classes import same_alone

    return bool(task.beside) and same_alone(task.request)


def about(left: TimeLeft | None, suffix: str = "") -> str:
    """A cost in words, such as "about 20 s left"; empty where it is not known or small."""
    if left is None or left.seconds <= WORTH_SAYING:
        return ""
    begin = "at most " if left.at_most else "about "
    return begin + readable(left.seconds) + (f" {suffix}" if suffix else "")


def readable(seconds: float) -> str:
    """With no more digits than an estimate has."""
    if seconds < 10:
        return f"{seconds:.0f} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    return f"{max(1, round(seconds / 60))} min"


def _speed_of(value: object) -> tuple[Hashable, ...]:
    """What the speed depends on: words and switches. Numbers say how much there is to do."""
    if isinstance(value, Request):
        options = [(name, each) for name, each in value.options if isinstance(each, bool | str)]
        kind = type(value.segmentation).__name__
        return (value.method, value.layer, kind, *options)
    if isinstance(value, str | bool):
        return (value,)
    if isinstance(value, tuple):
        return tuple(part for each in value for part in _speed_of(each))
    if is_dataclass(value) and not isinstance(value, Picture | type):
        compared = [each.name for each in fields(value) if each.compare]
        return tuple(part for name in compared for part in _speed_of(getattr(value, name)))
    return ()


def _may_end_early(value: object) -> bool:
    """Whether a method in a task may stop before its budget is used up."""
    if isinstance(value, Request):
        method = method_named(value.method)
        return method.stops_early(method.read_options(dict(value.options)))
    if isinstance(value, tuple):
        return any(_may_end_early(each) for each in value)
    if is_dataclass(value) and not isinstance(value, Picture | type):
        return any(_may_end_early(getattr(value, each.name)) for each in fields(value))
    return False
