"""Who of the staff may do what, and their sessions. A password is kept as an argon2 hash only."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.models.base import Base, Instant, Key, Line, Short, UtcDateTime


class Staff(Base):
    """An account of the panel. `role`: administrator, reviewer, communications, casa_manager,
    auditor. A reviewer with an `institution` or a `unit` sees its reports only; a Casa manager has
    a `casa_id`. Sensitive reports need `sees_sensitive`, whatever the role.
    """

    __tablename__ = "staff"
    id: Mapped[Key]
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[Line]
    role: Mapped[Short]
    institution: Mapped[Short | None]
    unit: Mapped[Line | None]
    casa_id: Mapped[int | None] = mapped_column(ForeignKey("casa.id"))
    sees_sensitive: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[Line]
    # Set: a code of the authenticator application is asked for as well (RFC 6238).
    totp_secret: Mapped[Short | None]
    # The last time step whose code was used: none is taken twice.
    totp_step: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Instant]


class StaffSession(Base):
    """A signed-in browser. The cookie holds a random token, this row its digest."""

    __tablename__ = "staff_session"
    id: Mapped[Key]
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    staff: Mapped[Staff] = relationship(lazy="raise")


class SignInFailure(Base):
    """A failed sign-in; `subject` is a digest of the address tried or of where it came from."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_subject", "subject", "failed_at"),)
    id: Mapped[Key]
    subject: Mapped[str] = mapped_column(String(64))
    failed_at: Mapped[datetime] = mapped_column(UtcDateTime)
