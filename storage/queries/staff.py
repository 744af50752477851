"""Staff accounts, their sessions, and failed sign-ins."""

from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from storage.models import SignInFailure, Staff, StaffSession


async def staff_by_email(session: AsyncSession, email: str) -> Staff | None:
    """An account by its address, in lower case."""
    found = await session.execute(select(Staff).where(Staff.email == email))
    return found.scalar_one_or_none()


async def all_staff(session: AsyncSession) -> list[Staff]:
    """Every account, active ones first."""
    query = select(Staff).order_by(Staff.is_active.desc(), Staff.email)
    return list((await session.execute(query)).scalars())


async def session_by_digest(session: AsyncSession, digest: str) -> StaffSession | None:
    """A session with its account, however old."""
    query = (
        select(StaffSession)
        .where(StaffSession.token_digest == digest)
        .options(joinedload(StaffSession.staff))
    )
    return (await session.execute(query)).scalar_one_or_none()


async def end_sessions(session: AsyncSession, staff_id: int) -> None:
    """Sign an account out everywhere."""
    await session.execute(delete(StaffSession).where(StaffSession.staff_id == staff_id))


async def end_session(session: AsyncSession, digest: str) -> None:
    """Sign one browser out."""
    await session.execute(delete(StaffSession).where(StaffSession.token_digest == digest))


async def forget_ended(session: AsyncSession, now: datetime, failures_before: datetime) -> None:
    """Remove sessions that ended and failures that no longer count."""
    await session.execute(delete(StaffSession).where(StaffSession.ends_at < now))
    await session.execute(delete(SignInFailure).where(SignInFailure.failed_at < failures_before))


async def failures_since(session: AsyncSession, subject: str, since: datetime) -> int:
    """How often a sign-in failed for a subject."""
    query = select(func.count()).where(
        SignInFailure.subject == subject, SignInFailure.failed_at >= since
    )
    return (await session.execute(query)).scalar_one()


async def forgive(session: AsyncSession, subject: str) -> None:
    """Forget a subject's failures."""
    await session.execute(delete(SignInFailure).where(SignInFailure.subject == subject))
