"""What pages and documents show: official tables by cell, forms as a browser sends them."""

import html
import io
import re
from html.parser import HTMLParser
from typing import Any

from docx import Document
from openpyxl import load_workbook


class Cells(HTMLParser):
    """The words of the official tables on a page, cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[str]] = []
        self.inside = self.open = False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag == "table" and "official" in (dict(attrs).get("class") or ""):
            self.tables.append([])
            self.inside = True
        elif tag in ("td", "th") and self.inside:
            self.open = True
            self.tables[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table":
            self.inside = False
        if tag in ("td", "th"):
            self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.tables[-1][-1] += data


def on_screen(page: str) -> list[list[str]]:
    parser = Cells()
    parser.feed(page)
    return [[cell for cell in table if cell] for table in parser.tables]


def in_word(content: bytes) -> list[list[str]]:
    found = []
    for table in Document(io.BytesIO(content)).tables:
        seen: list[Any] = []
        for row in table.rows:
            for cell in row.cells:
                if not any(cell._tc is other._tc for other in seen):
                    seen.append(cell)
        found.append([cell.text for cell in seen if cell.text])
    return found


def in_excel(content: bytes) -> list[list[str]]:
    sheets = load_workbook(io.BytesIO(content)).worksheets
    return [
        [str(c) for row in s.iter_rows(min_row=5, values_only=True) for c in row if c is not None]
        for s in sheets
    ]


def form_of(page: str, action: str) -> dict[str, Any]:
    """What a browser sends of a form as it stands on the page."""
    body = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.S)
    assert body, action
    fields: dict[str, Any] = {}
    areas = re.finditer(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', body[0], re.S)
    for name, value in ((m[1], m[2]) for m in areas):
        fields.setdefault(name, []).append(html.unescape(value))
    for tag in re.findall(r"<input[^>]*>", body[0]):
        kind = re.search(r'type="([^"]+)"', tag)
        if kind and kind[1] == "checkbox" and " checked" not in tag:
            continue
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            fields.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    return fields
