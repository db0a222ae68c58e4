"""Games with their Shapley values, on which estimators are measured.

Real heads on real activations, two heads as other networks end, with seeded weights, and one game
made to be hard. Each has several outputs, such as the logits of four classes, and remembers what
its coalitions are worth, so that a coalition is evaluated once whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import keras
import numpy as np

from attribution_core import FunctionGame, kernel_shap, load_classifier, shapley_values
from attribution_core.arrays import BoolArray, FloatArray, IntArray, Logits
from attribution_core.games.coalition_table import CoalitionTable
from attribution_core.games.game import batches
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.window_fits import WindowFits
from attribution_core.methods.estimate import Estimate, last_of
from attribution_core.methods.kernel_shap import integrated_gradients_of_players
from attribution_core.methods.semivalues import by_locality as semivalues_by_locality
from attribution_core.methods.shapley_values import SHAPLEY
from attribution_core.models import vgg16_cam
from attribution_core.network.classifier import Classifier
from attribution_core.problem import Problem
from attribution_core.scores import Score
from attribution_core.segmentations import Grid, Segmentation, Slic
from tests.benchmarks.problems import gallery_picture, posed

CLASSES = 4
CELLS = Grid(7, 7)
TRUTH_SEED = 99
_AT_ONCE = 1024


class Outputs:
    """A game for several outputs, of which each coalition is evaluated once.

    Parameters
    ----------
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    count : int
        Of outputs.
    evaluate : callable
        From coalitions ``(n, players)`` to outputs ``(n, count)``.
    gradients : callable, optional
        Gives the players' Integrated Gradients ``(players, count)``, where the app uses them.
    """

    def __init__(
        self,
        segments: IntArray,
        count: int,
        evaluate: Callable[[BoolArray], Logits],
        gradients: Callable[[], FloatArray] | None = None,
    ) -> None:
        self.segments = segments
        self.players = int(segments.max()) + 1
        self.count = count
        self._evaluate = evaluate
        self._table = CoalitionTable(count)
        # On networks the outputs are the likeliest classes, by which the app chooses windows too.
        self.gradients = None if gradients is None else cache(gradients)
        self.windows = WindowFits(centres_of(segments), self.worth, known=self.gradients)

    def game(self, output: int) -> FunctionGame:
        """The game of one output."""

        def values(coalitions: BoolArray) -> FloatArray:
            return self.worth(coalitions)[:, output]

        # Estimators solve after each batch; here only the last solution is looked at.
        return FunctionGame(self.players, values, batch_size=2**20)

    def worth(self, coalitions: BoolArray) -> FloatArray:
        """What coalitions ``(n, players)`` are worth to all outputs, ``(n, count)``."""
        return self._table.logits(coalitions, self._by_batches).astype(np.float64)

    def _by_batches(self, coalitions: BoolArray) -> Logits:
        return np.concatenate([self._evaluate(each) for each in batches(coalitions, _AT_ONCE)])


@dataclass(frozen=True, eq=False)
class KnownGame:
    """A game and what its Shapley values are known to be.

    Attributes
    ----------
    title : str
    outputs : Outputs
    values : float array ``(outputs, players)``
    errors : float array ``(outputs, players)``
        Standard errors of the values; 0 where they are exact.
    """

    title: str
    outputs: Outputs
    values: FloatArray
    errors: FloatArray

    @property
    def own_error(self) -> float:
        """The relative L2 error of the values themselves, as their standard errors foretell it."""
        sizes = np.linalg.norm(self.values, axis=1)
        return float((np.linalg.norm(self.errors, axis=1) / sizes).mean())


def unanimity_game(
    segments: IntArray, sizes: Iterable[int], terms: int, count: int, seed: int
) -> tuple[Outputs, FloatArray]:
    """Sums of unanimity games of players anywhere on the plane, and their Shapley values.

    A term is worth its coefficient once all its members are there, and gives an equal share of it
    to each.

    Parameters
    ----------
    segments : int array ``(h, w)``
    sizes : iterable of int
        How many members a term may have.
    terms, count, seed : int
        How many terms each of the outputs has, how many outputs, and the source of randomness.

    Returns
    -------
    outputs : Outputs
    values : float array ``(count, players)``
    """
    random = np.random.default_rng(seed)
    players, possible = int(segments.max()) + 1, np.array(list(sizes))
    members = np.zeros((terms, players), bool)
    for term in members:
        term[random.choice(players, random.choice(possible), replace=False)] = True
    worth = random.normal(size=(terms, count))

    def evaluate(coalitions: BoolArray) -> Logits:
        absent = (~coalitions).astype(np.float32) @ members.T.astype(np.float32)
        return np.asarray((absent == 0) @ worth, np.float32)

    return Outputs(segments, count, evaluate), (members / members.sum(axis=1)[:, None]).T @ worth


def _unanimity(title: str, truth_budget: int) -> KnownGame:
    segments = np.arange(49).reshape(7, 7)
    outputs, values = unanimity_game(segments, range(2, 9), 100, CLASSES, seed=1)
    return _exact(title, outputs, values.T)


def _exact(title: str, outputs: Outputs, values: FloatArray) -> KnownGame:
    return KnownGame(title, outputs, values, np.zeros_like(values))


def on_network(problem: Problem, targets: IntArray) -> Outputs:
    """The logits of these classes, of coalitions of the problem's players."""
    played = problem.game()

    def gradients() -> FloatArray:
        return np.stack(
            [
                integrated_gradients_of_players(problem, played, Score(target))
                for target in targets.tolist()
            ],
            axis=1,
        )

    return Outputs(
        played.segments,
        len(targets),
        lambda z: played.evaluator.logits(z)[:, targets],
        None if problem.at_input else gradients,
    )


def best_classes(classifier: Classifier, picture: str) -> IntArray:
    """The classes of the largest logits."""
    logits = classifier.scores(gallery_picture(classifier, picture))
    return np.argsort(-logits)[:CLASSES]


def by_locality(problem: Problem) -> Estimate:
    """Exact values ``(players, classes)`` of all classes, where the head is local."""
    local = problem.local_game(problem.segments_of(None))
    if local is None:
        raise ValueError(f"The head above {problem.head.layer} is not local.")
    return last_of(semivalues_by_locality(local, local.mean_parts(), SHAPLEY))


def estimated(outputs: Outputs, budget: int) -> tuple[FloatArray, FloatArray]:
    """Values and standard errors ``(outputs, players)`` by KernelSHAP with many coalitions."""
    found = [
        kernel_shap(outputs.game(each), budget=budget, seed=TRUTH_SEED)
        for each in range(outputs.count)
    ]
    errors = [each.standard_error for each in found if each.standard_error is not None]
    if len(errors) < len(found):
        raise ValueError(f"{budget} evaluations are too few to know their own error.")
    return np.stack([each.values for each in found]), np.stack(errors)


def _on_layer(
    title: str,
    truth_budget: int,
    *,
    network: Callable[[], Classifier],
    layer: str,
    truth: str,
    picture: str = "cat_coffee.png",
    reference: str = "zeros",
    players: Segmentation = CELLS,
) -> KnownGame:
    classifier = network()
    targets = best_classes(classifier, picture)
    problem = posed(
        classifier,
        gallery_picture(classifier, picture),
        "kernel_shap",
        int(targets[0]),
        layer,
        reference,
        players,
    )
    outputs = on_network(problem, targets)
    if truth == "local":
        return _exact(title, outputs, by_locality(problem).values[:, targets].T)
    if truth == "enumerated":
        values = [shapley_values(outputs.game(each)).values for each in range(outputs.count)]
        return _exact(title, outputs, np.stack(values))
    return KnownGame(title, outputs, *estimated(outputs, truth_budget))


def _with_head(name: str, head: Callable[[Any], Any]) -> Classifier:
    """VGG16's convolutions, with their weights, under another head."""
    trained = load_classifier("vgg16_cam").network
    logits = head(trained.get_layer("block5_pool").output)
    network = keras.Model(trained.input, logits)
    labels = [f"class {number}" for number in range(logits.shape[-1])]
    return Classifier(name, network, vgg16_cam.preprocess, labels)


def _dense_head(flow: Any) -> Any:
    """As VGG16 ends."""
    flow = keras.layers.Flatten()(flow)
    for seed in (0, 1):
        flow = keras.layers.Dense(
            4096, activation="relu", kernel_initializer=keras.initializers.HeNormal(seed)
        )(flow)
    return keras.layers.Dense(1000, kernel_initializer=keras.initializers.HeNormal(2))(flow)


def _residual_head(flow: Any, blocks: int) -> Any:
    """As ResNets end: bottlenecks of 1 × 1, 3 × 3 and 1 × 1 beside a skip, the mean, a layer."""
    for block in range(blocks):
        inner = flow
        for number, (filters, kernel) in enumerate(((128, 1), (128, 3), (512, 1))):
            inner = keras.layers.Conv2D(
                filters,
                kernel,
                padding="same",
                activation="relu" if number < 2 else None,
                kernel_initializer=keras.initializers.HeNormal(10 * block + number),
            )(inner)
        flow = keras.layers.ReLU()(keras.layers.Add()([flow, inner]))
    mean = keras.layers.GlobalAveragePooling2D()(flow)
    return keras.layers.Dense(100, kernel_initializer=keras.initializers.HeNormal(99))(mean)


_VGG = partial(load_classifier, "vgg16_cam")
_LITE0 = partial(load_classifier, "efficientnet_lite0")
_DENSE = partial(_with_head, "vgg16_dense", _dense_head)
_ONE_BLOCK = partial(_with_head, "residual", partial(_residual_head, blocks=1))
_TWO_BLOCKS = partial(_with_head, "two_residuals", partial(_residual_head, blocks=2))
_CONV = partial(_on_layer, network=_VGG, layer="block5_conv3", truth="local")
_ADD = partial(_on_layer, network=_LITE0, layer="block5c_add", truth="estimated")
_POOL = partial(_on_layer, layer="block5_pool")
_PIXELS = partial(_on_layer, network=_LITE0, layer="input", truth="estimated")

GAMES: dict[str, Callable[[int], KnownGame]] = {
    name: partial(make, title)
    for name, title, make in (
        ("unanimity", "unanimity, 2–8 of 49 scattered", _unanimity),
        ("vgg_zeros", "VGG16 (CAM) conv3, zeros", _CONV),
        ("vgg_blurred", "VGG16 (CAM) conv3, blurred", partial(_CONV, reference="blurred")),
        ("vgg_chelsea", "VGG16 (CAM) conv3, chelsea", partial(_CONV, picture="chelsea.png")),
        ("dense", "VGG16's dense head, seeded", partial(_POOL, network=_DENSE, truth="estimated")),
        ("residual", "residual block, seeded", partial(_POOL, network=_ONE_BLOCK, truth="local")),
        (
            "two_residuals",
            "two residual blocks, 16 cells",
            partial(_POOL, network=_TWO_BLOCKS, truth="enumerated", players=Grid(4, 4)),
        ),
        ("lite0_zeros", "Lite0 block5c_add, zeros", _ADD),
        ("lite0_blurred", "Lite0 block5c_add, blurred", partial(_ADD, reference="blurred")),
        (
            "superpixels",
            "Lite0 superpixels, blurred",
            partial(_PIXELS, reference="blurred", players=Slic(39)),
        ),
    )
}
"""Games by name; each is made when asked for, with the budget of its truth where it needs one."""
