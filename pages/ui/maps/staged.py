"""Which maps of a table are on stage, and the line above them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from attribution_core.registry import METHODS
from pages.ui.maps.table import MapTable
from pages.ui.shell.scene import Scene
from pages.ui.stage.controls import class_in_sight, method_in_sight, methods_in_sight, offer
from pages.ui.stage.curtain import on_stage


def part_of(table: MapTable, rows: Collection[int], columns: Collection[int]) -> MapTable:
    """Some rows and columns of a table, in its order."""
    new_row = {row: number for number, row in enumerate(sorted(rows))}
    new_column = {column: number for number, column in enumerate(sorted(columns))}
    return replace(
        table,
        rows=tuple(table.rows[row] for row in new_row),
        columns=tuple(table.columns[column] for column in new_column),
        cells=tuple(
            replace(cell, row=new_row[cell.row], column=new_column[cell.column])
            for cell in table.cells
            if cell.row in new_row and cell.column in new_column
        ),
        row_names=tuple(table.row_names[row] for row in new_row),
        column_names=tuple(table.column_names[column] for column in new_column),
    )


def rows_on_stage(scene: Scene, table: MapTable) -> MapTable:
    """Off stage, the whole table; on stage, the row of the class in sight."""
    shown = class_in_sight(scene) if on_stage() else None
    if shown is None or str(shown) not in table.row_names:
        return table
    return part_of(table, [table.row_names.index(str(shown))], range(len(table.columns)))


def methods_on_stage(table: MapTable) -> MapTable:
    """Of a table with a column a method: on stage, the column of the method in sight."""
    if not on_stage():
        return table
    titles = {name: METHODS[name].title for name in table.column_names}
    offer(methods_in_sight(titles))
    method = method_in_sight(titles)
    return table if method is None else columns_on_stage(table, [method])


def columns_on_stage(table: MapTable, names: Collection[str]) -> MapTable:
    """On stage, the columns of these names alone."""
    if not on_stage():
        return table
    columns = [number for number, name in enumerate(table.column_names) if name in names]
    return part_of(table, range(len(table.rows)), columns)


def heading_of(table: MapTable, *common: str) -> str:
    """What all maps of a table have in common, and ``common`` after it."""
    if len(table.columns) == 1:
        return " · ".join([table.columns[0], *common])
    return " · ".join([*table.rows, *common] if len(table.rows) == 1 else common)
