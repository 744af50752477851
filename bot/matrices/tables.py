"""A matrix as rows of cells: what every format writes and no format changes."""

from dataclasses import dataclass

Cell = str | int
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One official table. All rows are as wide as `headings`.

    `above` are title rows over the headings, in which an empty cell continues the one to its left.
    `subheads` are the indexes of rows that head the rows below them. Equal cells below each other
    in the first `merged` columns are one cell on paper. `widths` are relative.
    """

    title: str
    subtitle: str
    source: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    above: tuple[tuple[str, ...], ...] = ()
    subheads: frozenset[int] = frozenset()
    merged: int = 0

    def runs(self, column: int) -> list[tuple[int, int]]:
        """First and last row of each block of equal cells, which paper shows as one."""
        runs: list[tuple[int, int]] = []
        for index, row in enumerate(self.rows):
            joins = index > 0 and row[column] == self.rows[index - 1][column]
            if joins and index not in self.subheads:
                runs[-1] = (runs[-1][0], index)
            else:
                runs.append((index, index))
        return [run for run in runs if run[0] < run[1]]
