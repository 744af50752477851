"""Staff accounts: passwords (argon2id), second factor (TOTP, RFC 6238), sessions that end, and a
brake on guessing. What fails says the same whatever was wrong: who asks learns nothing.
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import SomosError
from storage.database import Database
from storage.models import SignInFailure, Staff, StaffSession
from storage.queries import audit
from storage.queries import staff as queries

DEMO_EMAIL = "demo@somos.invalid"
ROLES = ("administrator", "reviewer", "communications", "casa_manager", "auditor")
SESSION_HOURS = timedelta(hours=12)
IDLE = timedelta(hours=2)
# A session's last use is written down at most so often.
SEEN_EVERY = timedelta(minutes=5)
SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 200
TRIES_PER_ACCOUNT, TRIES_PER_PLACE = 5, 30
BRAKE = timedelta(minutes=15)
TOTP_STEP = 30  # seconds

_hasher = PasswordHasher()


@dataclass(frozen=True)
class StaffMember:
    """Who is signed in, as pages need them."""

    id: int
    email: str
    name: str
    role: str
    institution: str | None
    unit: str | None
    casa_id: int | None
    sees_sensitive: bool


@dataclass(frozen=True)
class SignIn:
    """What was typed, and from where (an address of the network)."""

    email: str
    password: str
    code: str
    place: str


def digest(value: str) -> str:
    """What is kept of a token or an address."""
    return hashlib.sha256(value.encode()).hexdigest()


def hash_password(password: str) -> str:
    """An argon2id hash; raises `staff_password_short` for what is too short or too long."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise SomosError("staff_password_short", least=SHORTEST_PASSWORD)
    return _hasher.hash(password)


@cache
def _nobodys_hash() -> str:
    # An unknown address takes as long as a wrong password.
    return _hasher.hash(secrets.token_hex(16))


def is_password(password_hash: str, password: str) -> bool:
    """Whether it is the one."""
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


async def add_staff(
    session: AsyncSession, now: datetime, actor: str, email: str, password: str, role: str,
    name: str = "", institution: str | None = None, casa_id: int | None = None,
    sees_sensitive: bool = False, unit: str | None = None,
) -> Staff:  # fmt: skip
    """A new account; raises `staff_email_taken`, `staff_role_unknown`, `staff_password_short`."""
    email = email.strip().lower()
    if role not in ROLES:
        raise SomosError("staff_role_unknown", roles=", ".join(ROLES))
    if await queries.staff_by_email(session, email):
        raise SomosError("staff_email_taken", email=email)
    staff = Staff(
        email=email, name=name or email.partition("@")[0], role=role, institution=institution,
        unit=unit, casa_id=casa_id, sees_sensitive=sees_sensitive, created_at=now,
        password_hash=hash_password(password),
    )  # fmt: skip
    session.add(staff)
    await session.flush()
    after = {"role": role, "institution": institution, "unit": unit, "casa_id": casa_id}
    audit.note(session, now, actor, "add", f"staff:{staff.id}", after=after)
    return staff


async def change_password(
    session: AsyncSession, now: datetime, actor: str, staff: Staff, password: str
) -> None:
    """Set another password; every browser is signed out."""
    staff.password_hash = hash_password(password)
    await queries.end_sessions(session, staff.id)
    audit.note(session, now, actor, "password", f"staff:{staff.id}")


async def set_active(
    session: AsyncSession, now: datetime, actor: str, staff: Staff, is_active: bool
) -> None:
    """Let an account in, or no longer; then every browser is signed out."""
    audit.note(session, now, actor, "activate" if is_active else "disable", f"staff:{staff.id}",
               {"is_active": staff.is_active}, {"is_active": is_active})  # fmt: skip
    staff.is_active = is_active
    if not is_active:
        await queries.end_sessions(session, staff.id)


async def set_totp(
    session: AsyncSession, now: datetime, staff: Staff, secret: str, code: str
) -> None:
    """Ask for a code from now on, once one proves that the application has the secret; raises
    `staff_code_wrong`. An empty secret ends it.
    """
    if secret and not pyotp.TOTP(secret).verify(code, for_time=now, valid_window=1):
        raise SomosError("staff_code_wrong")
    staff.totp_secret = secret or None
    audit.note(session, now, staff.email, "totp_on" if secret else "totp_off", f"staff:{staff.id}")


async def sign_in(session: AsyncSession, now: datetime, tried: SignIn) -> str | None:
    """The token of a new session; None where something was wrong, which is counted.

    Raises `staff_too_many_tries` while the account or the place is braked.
    """
    email = tried.email.strip().lower()
    subjects = {
        digest(f"account:{email}"): TRIES_PER_ACCOUNT,
        digest(f"place:{tried.place}"): TRIES_PER_PLACE,
    }
    for subject, most in subjects.items():
        if await queries.failures_since(session, subject, now - BRAKE) >= most:
            raise SomosError("staff_too_many_tries", minutes=int(BRAKE.total_seconds() // 60))
    staff = await queries.staff_by_email(session, email)
    known = staff.password_hash if staff else _nobodys_hash()
    is_right = await asyncio.to_thread(is_password, known, tried.password[:LONGEST_PASSWORD])
    if staff is None or not is_right or not staff.is_active or not _is_code(staff, tried.code, now):
        session.add_all(SignInFailure(subject=s, failed_at=now) for s in subjects)
        return None
    await queries.forgive(session, digest(f"account:{email}"))
    await queries.forget_ended(session, now, now - BRAKE)
    token = secrets.token_urlsafe(32)
    session.add(StaffSession(token_digest=digest(token), staff_id=staff.id, created_at=now,
                             seen_at=now, ends_at=now + SESSION_HOURS))  # fmt: skip
    audit.note(session, now, staff.email, "sign_in", f"staff:{staff.id}")
    return token


def _is_code(staff: Staff, code: str, now: datetime) -> bool:
    """Whether the second factor, if there is one, is right and was not used before."""
    if staff.totp_secret is None:
        return True
    totp = pyotp.TOTP(staff.totp_secret)
    step = int(now.timestamp()) // TOTP_STEP
    for tried in (step, step - 1, step + 1):
        wanted = totp.at(tried * TOTP_STEP)
        if tried > staff.totp_step and secrets.compare_digest(wanted.encode(), code.encode()):
            staff.totp_step = tried
            return True
    return False


async def who(session: AsyncSession, now: datetime, token: str) -> tuple[StaffMember, bool] | None:
    """Whose session it is, and whether its use should be written down (`touch`); None if it ended,
    was revoked, or never was.
    """
    found = await queries.session_by_digest(session, digest(token))
    if found is None or now >= found.ends_at or now - found.seen_at >= IDLE:
        return None
    staff = found.staff
    if not staff.is_active:
        return None
    member = StaffMember(staff.id, staff.email, staff.name, staff.role, staff.institution,
                         staff.unit, staff.casa_id, staff.sees_sensitive)  # fmt: skip
    return member, now - found.seen_at >= SEEN_EVERY


async def touch(session: AsyncSession, now: datetime, token: str) -> None:
    """Write down that a session was used."""
    found = await queries.session_by_digest(session, digest(token))
    if found is not None:
        found.seen_at = now


async def demo_account(database: Database, now: datetime) -> str:
    """An administrator to try the panel with; the new random password of this start."""
    password = secrets.token_urlsafe(9)
    async with database.write() as session:
        staff = await queries.staff_by_email(session, DEMO_EMAIL)
        if staff is None:
            await add_staff(session, now, "demo", DEMO_EMAIL, password, "administrator",
                            sees_sensitive=True)  # fmt: skip
        else:
            await change_password(session, now, "demo", staff, password)
    return password
