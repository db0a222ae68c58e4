"""Commands that take saved maps: what each is for, its arguments, and the function that runs it.

That function's module is imported when the command is run: to print help takes no TensorFlow.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from attribution_core.command_line.argument_values import figure_file, positive
from attribution_core.command_line.players import PLAYERS
from attribution_core.command_line.shared_arguments import add_model_file, add_workers
from attribution_core.measures.known_measures import MEASURES, QUICK


def add_evaluate(parser: argparse.ArgumentParser) -> None:
    """Measure the saved maps of a folder."""
    parser.description = (
        "Prints a table of methods and measures, each beside that of maps without information and "
        "with the 95 % interval of its mean over pictures, and writes methods.csv (the table), "
        "measures.csv (each map), deletion.csv, insertion.csv and localisation.csv to DIR. "
        "Localisation makes "
        "2 x 2 mosaics of the folder's pictures of distinct classes, in the order of their names, "
        "and explains each tile's class there with the settings of the folder's maps; it needs "
        "pictures of four classes. The last mosaic is filled up with the first pictures."
    )
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR", help="of NPZ files that explain or the app wrote")
    add(
        "--players",
        choices=tuple(PLAYERS),
        default="pixels",
        help="what is removed: pixels, 50 superpixels, or positions of each map's layer",
    )
    add("--steps", type=positive, default=20, help="points of a curve; default: %(default)s")
    add(
        "--random",
        type=positive,
        default=5,
        metavar="ORDERS",
        help="random orders, and maps without information, to compare with; default: %(default)s",
    )
    add(
        "--measures",
        nargs="+",
        action="extend",
        choices=(*MEASURES, "all", "none"),
        metavar="NAME",
        help=f"one or more of {', '.join(MEASURES)}, all or none; default: {', '.join(QUICK)}. "
        "Those of a region are taken on mosaics, and where --regions has a mask",
    )
    add(
        "--regions",
        type=Path,
        metavar="DIR",
        help="of masks as PNG, each named as its picture: bright where the class is",
    )
    add(
        "--figure",
        type=figure_file,
        metavar="FILE",
        help="also draws the table for print, as .png, .pdf or .svg",
    )
    add_model_file(parser)

    add_workers(parser, "pictures")

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.evaluate import evaluate_folder

        return evaluate_folder(asked)

    parser.set_defaults(run=run, goes_on=True)


def add_replay(parser: argparse.ArgumentParser) -> None:
    """Make saved maps again, and compare."""
    parser.description = (
        "Makes the maps of a file again, from the picture and the settings in it, and says of each "
        "whether it is the same: bit for bit, or to rounding. Maps of explain are the same bit for "
        "bit on the same machine with the same packages. The app's can differ in the last bits, "
        "because it evaluates networks in whichever way is quickest at the time."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="an NPZ file of saved maps")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write the maps made again"
    )
    add_model_file(parser)

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.replay import replay_file

        return replay_file(asked)

    parser.set_defaults(run=run)
