"""The command line's entry point, its commands, and those that take neither pictures nor maps."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from attribution_core.command_line.argument_values import port
from attribution_core.command_line.commands_on_maps import add_evaluate, add_replay
from attribution_core.command_line.commands_on_pictures import (
    add_explain,
    add_fewest,
    add_interactions,
    add_observations,
    add_regions,
)
from attribution_core.command_line.exit_codes import SOME_FAILED, WRONG_USAGE, sentence
from attribution_core.command_line.streams import open_missing
from attribution_core.version import PROGRAM


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        0 when everything was done, 1 when some of it failed, 2 when nothing could be started: each
        failure is one sentence on standard error.
    """
    open_missing()
    parser = _parser()
    try:
        asked = parser.parse_args(arguments)
    except SystemExit as exit_:
        # argparse has said what is wrong, or what --help asks for.
        return int(exit_.code or 0)
    asked.typed = shlex.join(sys.argv[1:] if arguments is None else arguments)
    run: Callable[[argparse.Namespace], int] = asked.run
    try:
        return run(asked)
    except (ValueError, OSError) as error:
        print(f"{parser.prog}: {sentence(error)}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        next_time = "goes on from here" if asked.goes_on else "begins anew"
        print(f"{parser.prog}: stopped; the same command {next_time}.", file=sys.stderr)
        return SOME_FAILED


def _name_called() -> str:
    installed = Path(sys.argv[0]).stem == "attributions"
    return "attributions" if installed else "python -m attribution_core"


class _Parser(argparse.ArgumentParser):
    """Says what to do where an option of several values has taken the pictures for its own."""

    def error(self, message: str) -> NoReturn:
        if message.endswith("required: PICTURE"):
            message += "; name the pictures before the options, or behind a --"
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=_name_called(),
        description="Attributions of an image classifier's classes, for many pictures.",
    )
    parser.add_argument("--version", action="version", version=PROGRAM)
    # Whether a command that was stopped does not do again what it has done.
    parser.set_defaults(goes_on=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_explain(commands.add_parser("explain", help="make maps of pictures"))
    add_regions(commands.add_parser("regions", help="say what speaks where in pictures"))
    add_interactions(
        commands.add_parser("interactions", help="say what pairs of parts are worth together")
    )
    add_fewest(
        commands.add_parser("fewest", help="say how few parts keep the answer, or change it")
    )
    add_evaluate(commands.add_parser("evaluate", help="measure the saved maps of a folder"))
    add_observations(
        commands.add_parser("observations", help="check the thesis's claims on a network")
    )
    add_replay(commands.add_parser("replay", help="make saved maps again, and compare"))
    _add_methods(commands.add_parser("methods", help="list the methods and their options"))
    _add_download(commands.add_parser("download", help="fetch weights of Keras Applications"))
    _add_doctor(commands.add_parser("doctor", help="say what this machine lacks to run the app"))
    return parser


def _add_methods(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints the methods by the question that they answer: what each does, promises and costs, "
        "its options, and their values; and the sets of methods."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of methods or sets of them; default: all"
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.methods import list_methods

        return list_methods(asked)

    parser.set_defaults(run=run)


def _add_download(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Downloads weights into Keras's own cache folder, resumably, and checks them. Without a "
        "name it lists the networks: size, input, preprocessing, paper, and where the file is."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="of networks, such as resnet50; default: list all"
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.download import download_networks

        return download_networks(asked)

    parser.set_defaults(run=run, goes_on=True)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Prints a line for each thing that the app needs: fine, a note of what it does without, or "
        "wrong, with what to do. The exit code is 1 where something is wrong."
    )
    parser.add_argument(
        "--port",
        type=port,
        default=8501,
        help="at which the app is to be served; default: %(default)s",
    )

    def run(asked: argparse.Namespace) -> int:
        from attribution_core.command_line.doctor.examination import examine

        return examine(asked)

    parser.set_defaults(run=run)
