"""Where everything on a figure is placed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from attribution_core.figures.lines import (
    LEADING,
    POINT,
    drawable,
    height_of,
    shortened,
    widest_word,
    width_of,
    wrapped,
)
from attribution_core.figures.sheet import FORMATS, Box, Content, Format, Sheet, Text
from attribution_core.figures.style import Width
from attribution_core.painting import Cell


def laid_out(content: Content, width: Width) -> Sheet:
    """Place everything: as many columns side by side as are legible, the others below.

    The maps are as large as the format allows, and all alike. Where there are many rows of few
    columns, the later rows stand beside the first. A title that would take more than three lines is
    shortened; the caption, if there is one, has it in full.

    Raises
    ------
    ValueError
        When so many maps are legible on no figure of that width.
    """
    form = FORMATS[width]
    sheet = _laid_out(content, form)
    in_full: list[str] = []
    while content.caption and (new := [each for each in sheet.shortened if each not in in_full]):
        # A longer caption leaves less room, so that more titles may be shortened.
        in_full += dict.fromkeys(new)
        said = "; ".join(", ".join(each.split("\n")) for each in in_full)
        sheet = _laid_out(replace(content, caption=f"{content.caption} In full: {said}."), form)
    return sheet


def _laid_out(content: Content, form: Format) -> Sheet:
    best: tuple[float, _Blocks] | None = None
    for across, beside in _foldings(len(content.rows), len(content.columns)):
        if best is not None and best[0] >= form.smallest and beside == 1 and not form.fixed:
            # A slide has room in both directions; a column of text only grows longer.
            break
        blocks = _Blocks(content, form, across, beside)
        cell = blocks.largest_cell()
        if best is None or cell > _WORTHWHILE * best[0]:
            best = cell, blocks
    assert best is not None
    cell, blocks = best
    if cell < _LEGIBLE * form.smallest:
        raise ValueError(
            f"{len(content.shapes)} maps are too many for a figure of this width; take fewer "
            "classes or methods, or another width."
        )
    return blocks.sheet(cell)


_WORTHWHILE = 1.1
"""How much larger maps have to become where rows or columns are taken out of their order."""

_LEGIBLE = 0.6
"""Of the smallest width of a map, where there is no room for more."""

_TITLE_LINES = 3


def _is_shorter(lines: tuple[str, ...], whole: str) -> bool:
    """Whether these lines say less than the title that they are of."""
    return sum(line.count("…") for line in lines) > whole.count("…")


def _foldings(rows: int, columns: int) -> Iterator[tuple[int, int]]:
    """How many columns stand side by side, and how many blocks of rows: the plainest first."""
    for bands in range(1, columns + 1):
        across = -(-columns // bands)
        if bands > 1 and across == -(-columns // (bands - 1)):
            continue
        for blocks in range(1, rows + 1 if bands == 1 else 2):
            # No fewer rows would stand in the highest block.
            if blocks == 1 or -(-rows // blocks) < -(-rows // (blocks - 1)):
                yield across, blocks


class _Blocks:
    """The content in blocks of rows beside each other, each in bands of a number of columns.

    What remains to be found is the maps' width.
    """

    def __init__(self, content: Content, form: Format, across: int, beside: int) -> None:
        self.content, self.form, self.across = content, form, across
        self.slots = across + (1 if content.picture else 0)
        self.aspect = max(height / width for height, width in content.shapes.values())
        rows, deep = range(len(content.rows)), -(-len(content.rows) // beside)
        self.blocks = [rows[start : start + deep] for start in rows[::deep]]
        self.inside = form.width - 2 * form.margin
        self.caption = wrapped(content.caption, form.caption, self.inside, 99)
        self.below = height_of(self.caption, form.caption)
        if self.caption:
            self.below += form.gap

    def largest_cell(self) -> float:
        """The largest width of a map with which all fits, to a tenth of a millimetre."""
        low, high = 0.5, min(self.form.largest, self.inside)
        while high - low > 0.1:
            middle = (low + high) / 2
            _, right, bottom = self._grid(middle, 0.0, 0.0)
            room = self.form.height - 2 * self.form.margin - self.below
            low, high = (middle, high) if right <= self.inside and bottom <= room else (low, middle)
        return low

    def sheet(self, cell: float) -> Sheet:
        """The figure with maps of a width."""
        form = self.form
        _, right, bottom = self._grid(cell, 0.0, 0.0)
        height = form.height if form.fixed else bottom + self.below + 2 * form.margin
        spare = height - bottom - self.below - 2 * form.margin
        left = form.margin + (self.inside - right) / 2
        sheet, _, _ = self._grid(cell, left, form.margin + spare / 2)
        if self.caption:
            top = height - form.margin - height_of(self.caption, form.caption)
            sheet.texts.append(
                Text(self.caption, form.margin, top, form.caption, "caption", "left")
            )
        return replace(sheet, height=height)

    def _grid(self, cell: float, left: float, top: float) -> tuple[Sheet, float, float]:
        """All but the caption, and the right and lower end of it."""
        form = self.form
        sheet = Sheet(form.width)
        right, bottom = left, top
        for number, rows in enumerate(self.blocks):
            start = right + 2 * form.gap if number else left
            right, end = self._block(sheet, rows, cell, start, top)
            bottom = max(bottom, end)
        return sheet, right, bottom

    def _block(
        self, sheet: Sheet, rows: range, cell: float, left: float, top: float
    ) -> tuple[float, float]:
        """Place some rows; their right and lower end."""
        form, content = self.form, self.content
        tall = cell * self.aspect
        size = self._title_size(cell)
        heads = {row: shortened(content.rows[row], size, tall, _TITLE_LINES) for row in rows}
        stub = max(height_of(lines, size) for lines in heads.values())
        first = left + stub + (form.gap / 2 if stub else 0)
        scales = _Scales(content, form, cell, rows)
        titles = {
            column: shortened(title, size, self._title_width(cell), _TITLE_LINES)
            for column, title in (dict(enumerate(content.columns)) | {-1: content.picture}).items()
        }
        said = [(content.rows[row], lines) for row, lines in heads.items()]
        said += [(content.columns[column], titles[column]) for column in titles if column >= 0]
        sheet.shortened += [whole for whole, lines in said if _is_shorter(lines, whole)]
        y = top
        for start in range(0, len(content.columns), self.across):
            shown = range(start, min(start + self.across, len(content.columns)))
            named = {slot: titles[column] for slot, column in self._slots(shown)}
            y += self._place_titles(sheet, named, size, first, y, cell)
            for row, lines in heads.items():
                if lines:
                    sheet.texts.append(Text(lines, left, y + tall / 2, size, "row"))
                depth = self._place_row(sheet, scales, row, shown, first, y, cell)
                y += depth + form.gap
        return first + self.slots * (cell + form.gap) - form.gap, y - form.gap

    def _slots(self, shown: range) -> Iterator[tuple[int, int]]:
        """Slots of a band and their columns; the picture's column is -1."""
        columns = ([-1] if self.content.picture else []) + list(shown)
        return enumerate(columns)

    def _title_width(self, cell: float) -> float:
        return cell + 0.8 * self.form.gap

    def _title_size(self, cell: float) -> float:
        """The largest size at which no word of a title is broken, but never below what is
        legible."""
        form, content = self.form, self.content
        shares = [
            room / word
            for titles, room in (
                ((*content.columns, content.picture), self._title_width(cell)),
                (content.rows, cell * self.aspect),
            )
            if (word := max(widest_word(title, form.title) for title in titles))
        ]
        return max(form.title * min(1.0, *shares, 1.0), form.least_title)

    def _place_titles(
        self,
        sheet: Sheet,
        titles: Mapping[int, tuple[str, ...]],
        size: float,
        first: float,
        top: float,
        cell: float,
    ) -> float:
        """The titles of a band, their last lines level; how much height they take."""
        tallest = max(height_of(lines, size) for lines in titles.values())
        for slot, lines in titles.items():
            if lines:
                x = first + slot * (cell + self.form.gap) + cell / 2
                y = top + tallest - height_of(lines, size)
                sheet.texts.append(Text(lines, x, y, size, "title"))
        return tallest + (0.1 * self.form.title * POINT if tallest else 0)

    def _place_row(
        self,
        sheet: Sheet,
        scales: _Scales,
        row: int,
        shown: range,
        first: float,
        top: float,
        cell: float,
    ) -> float:
        """The maps of a row and a band with what stands below them; how much height they take."""
        tall = depth = cell * self.aspect
        for slot, column in self._slots(shown):
            left = first + slot * (cell + self.form.gap)
            place = (row, column)
            shape = self.content.shapes.get(
                place, next((self.content.shapes[at] for at in self._of_row(row)), None)
            )
            if shape is None or (column >= 0 and place not in self.content.shapes):
                continue
            box = Box(left, top, cell, cell * shape[0] / shape[1])
            if column < 0:
                sheet.pictures[row, shown.start] = box
                continue
            sheet.maps[place] = box
            if place in scales.scales:
                depth = max(depth, tall + scales.place(sheet, place, box, top + tall))
        return depth

    def _of_row(self, row: int) -> list[Cell]:
        return sorted(cell for cell in self.content.shapes if cell[0] == row)


class _Scales:
    """Colour bars and what is written at them, in one manner for the whole figure."""

    def __init__(self, content: Content, form: Format, width: float, rows: range) -> None:
        self.form, self.width = form, width
        self.scales = {**content.scales}
        # A scale that a column shares stands below it in each block.
        for column in range(len(content.columns)):
            of_column = [at for at in content.shapes if at[1] == column]
            shared = [at for at in of_column if at in content.scales]
            here = [at for at in of_column if at[0] in rows]
            if here and not any(at in content.scales for at in here):
                self.scales[max(here)] = content.scales[shared[0]]
        size, apart = form.small, form.gap
        numbers = [width_of(s.low, size) + width_of(s.high, size) for s in self.scales.values()]
        units = [width_of(drawable(s.unit), size) for s in self.scales.values()]
        # The unit stands in the middle, so the longer number counts on both sides.
        longest = max(width_of(s.low, size) for s in self.scales.values())
        self.in_one_line = 2 * longest + max(units) + 2 * apart <= width
        self.at_ends = max(numbers) + apart <= width

    def place(self, sheet: Sheet, cell: Cell, box: Box, top: float) -> float:
        """One bar below a map; how much height it takes."""
        form, scale = self.form, self.scales[cell]
        size = form.small
        start = top + 0.35 * form.gap
        sheet.bars[cell] = Box(box.left, start, box.width, form.bar)
        y = start + form.bar + 0.08 * size * POINT
        middle, right = box.left + box.width / 2, box.left + box.width
        if scale.high:
            if self.at_ends:
                sheet.texts.append(Text((scale.low,), box.left, y, size, "scale", "left"))
                sheet.texts.append(Text((scale.high,), right, y, size, "scale", "right"))
            else:
                sheet.texts.append(Text((f"±{scale.high}",), middle, y, size, "scale"))
            if not self.in_one_line:
                y += size * LEADING * POINT
        lines = wrapped(scale.unit, size, self.width + 0.8 * form.gap, 3)
        if lines:
            sheet.texts.append(Text(lines, middle, y, size, "scale"))
            y += height_of(lines, size)
        return y - top
