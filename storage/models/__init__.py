"""The tables, one module a theme; importing this package registers them all."""

from storage.models.agenda import Event, Subscription
from storage.models.articles import Article
from storage.models.base import Base
from storage.models.broadcasts import Broadcast, BroadcastText, Recipient, TextEvent
from storage.models.casas import Casa, Category, Cycle, Modality, Programme, Workshop, Zone
from storage.models.commitments import (
    Commitment,
    CommitmentOrigin,
    CommitmentTold,
    ProgressNote,
)
from storage.models.conversations import Account, Conversation
from storage.models.dialogues import (
    Attention,
    Dialogue,
    MatrixEntry,
    MatrixSupport,
    Photograph,
)
from storage.models.enrollments import Citizen, Enrollment
from storage.models.figures import DailyFigure
from storage.models.learning import Example
from storage.models.messages import HandoffCase, Inbound, Media, Outbound
from storage.models.reports import LikelyDuplicate, Rating, Report, ReportMessage
from storage.models.staff import SignInFailure, Staff, StaffSession
from storage.models.system import Audit, FolioCounter, SeedFile
from storage.models.work_plans import WorkPlan, WorkPlanRow

__all__ = [
    "Account",
    "Article",
    "Attention",
    "Audit",
    "Base",
    "Broadcast",
    "BroadcastText",
    "Casa",
    "Category",
    "Citizen",
    "Commitment",
    "CommitmentOrigin",
    "CommitmentTold",
    "Conversation",
    "Cycle",
    "DailyFigure",
    "Dialogue",
    "Enrollment",
    "Event",
    "Example",
    "FolioCounter",
    "HandoffCase",
    "Inbound",
    "LikelyDuplicate",
    "MatrixEntry",
    "MatrixSupport",
    "Media",
    "Modality",
    "Outbound",
    "Photograph",
    "Programme",
    "ProgressNote",
    "Rating",
    "Recipient",
    "Report",
    "ReportMessage",
    "SeedFile",
    "SignInFailure",
    "Staff",
    "StaffSession",
    "Subscription",
    "TextEvent",
    "WorkPlan",
    "WorkPlanRow",
    "Workshop",
    "Zone",
]
