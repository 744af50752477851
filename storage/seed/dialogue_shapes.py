"""What the work plan and the report of a dialogue look like as seed."""

import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from storage.seed.shapes import Line, NamedRow, Row, Short, Slug, Words

# A cell of an official table is as in the document, so it may be empty.
LineCell = Annotated[str, StringConstraints(max_length=300)]


class PlanRow(NamedRow):
    """The head of a work plan."""

    zone: Slug
    year: int


class WorkRow(Row):
    """A row of a work plan."""

    order: int = Field(ge=1)
    unit: Line
    mesa: Line
    strengths: str
    corrections: str
    action: str
    months: LineCell


class AttendanceRow(Row):
    """How many people came to a dialogue, and who they were."""

    total: int = Field(ge=0)
    description: str


class AttentionRow(Row):
    """People whom an institution attended."""

    institution: Line
    count: int = Field(ge=0)
    description: str


class AlertRow(Row):
    """An entry of the alerts matrix under its guiding question."""

    question_number: int
    question: Words
    column_heading: Words
    kind: Literal["alert", "need", "suggestion", "channel"]
    number: int = Field(ge=1)
    text: Words
    observations: str = ""


class CommitmentRow(Row):
    """A row of the commitments matrix."""

    proposal: str
    citizen_commitment: str
    institution_commitment: str
    term: LineCell


class AlertsMatrix(Row):
    """The alerts matrix with its official headings."""

    headings: list[str]
    entries: list[AlertRow]


class CommitmentsMatrix(Row):
    """The commitments matrix; its headings are three rows."""

    headings: list[list[str]]
    entries: list[CommitmentRow]


class SignatureRow(Row):
    """Who signed a report."""

    name: Line
    role: Line


class DialogueRow(Row):
    """The report of one citizen dialogue."""

    slug: Slug
    title: Line
    date: datetime.date
    institution: Line
    directorate: Line
    province: Short
    canton: Short
    parish: Short
    background: list[Words]
    general_objective: Words
    specific_objectives: list[Words]
    results: list[Words]
    attendance: AttendanceRow
    participating_institutions: list[Words]
    attentions: list[AttentionRow]
    alerts_matrix: AlertsMatrix
    commitments_matrix: CommitmentsMatrix
    conclusions: list[Words]
    prepared_by: SignatureRow
    approved_by: SignatureRow
    report_date: datetime.date
