"""Who a broadcast is for: people with their reasons, each once, at the account that reaches them.

A reason is a word like `all`, `zone:quitumbe`, `casa:*` (of any Casa), `category:cocina`,
`kind:feria` (all of them wishes that people subscribed to), `workshop:slug` (enrolled there), or
`told:12` (whom a broadcast told of the event with that id).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage.models import (
    Account,
    BroadcastText,
    Casa,
    Category,
    Citizen,
    Conversation,
    Enrollment,
    Outbound,
    Recipient,
    Subscription,
    TextEvent,
    Workshop,
    Zone,
)

ANY = "*"
_SCOPES: Mapping[str, tuple[Any, Any]] = {
    "zone": (Subscription.zone_id, Zone),
    "casa": (Subscription.casa_id, Casa),
    "category": (Subscription.category_id, Category),
}
KINDS = ("all", *_SCOPES, "kind", "workshop", "told")
# Who may have read it, too.
_TOLD = ("sent", "delivered", "read", "uncertain")


def people(
    reasons: Iterable[str], channels: Sequence[str], languages: Sequence[str] = ()
) -> Select[Any]:
    """A row for each person: person_id, account_id, channel, language, reason, status, error.

    Who has several accounts is reached where they can be reached and last wrote. Who opted out or
    blocked us on all of them is there too, as skipped. No languages: whatever theirs is.
    """
    ranked = _accounts(reasons, channels, languages).subquery()
    columns = [c for c in ranked.columns if c.name != "choice"]
    return select(*columns).where(ranked.columns.choice == 1)


async def count(session: AsyncSession, found: Select[Any]) -> int:
    """How many people a segment has."""
    query = select(func.count()).select_from(found.subquery())
    return int((await session.execute(query)).scalar_one())


def closed(found: Select[Any]) -> Select[Any]:
    """Those of a segment's people whom nothing may be sent."""
    everybody = found.subquery()
    return select(everybody).where(everybody.columns.status == "skipped")


async def addresses(session: AsyncSession, ids: Sequence[int]) -> dict[int, str]:
    """Addresses by account."""
    query = select(Account.id, Account.address).where(Account.id.in_(ids))
    return {row.id: row.address for row in (await session.execute(query)).all()}


async def samples(session: AsyncSession, found: Select[Any], number: int) -> list[Any]:
    """Some of them, at random."""
    return list((await session.execute(found.order_by(func.random()).limit(number))).all())


def _accounts(
    reasons: Iterable[str], channels: Sequence[str], languages: Sequence[str]
) -> Select[Any]:
    wishes = union(*_wishes(reasons)).subquery()
    ordered = select(wishes).order_by(*wishes.columns).subquery()
    account_id, reason = ordered.columns
    wanted = (
        select(account_id, func.aggregate_strings(reason, ",").label("reason"))
        .group_by(account_id)
        .subquery()
    )
    person = func.coalesce(_first_account(), Account.id)
    is_closed = or_(Account.opted_out, Account.blocked)
    first = (
        case((is_closed, 1), else_=0),
        Account.last_inbound_at.desc().nulls_last(),
        Account.id,
    )
    query = (
        select(
            person.label("person_id"),
            Account.id.label("account_id"),
            Account.channel,
            Conversation.language,
            wanted.columns.reason,
            case((is_closed, "skipped"), else_="waiting").label("status"),
            case((Account.opted_out, "opted out"), (Account.blocked, "blocked")).label("error"),
            func.row_number().over(partition_by=person, order_by=first).label("choice"),
        )
        .join(wanted, wanted.columns.account_id == Account.id)
        .join(Conversation, Conversation.account_id == Account.id)
        .where(Account.channel.in_(channels))
    )
    return query.where(Conversation.language.in_(languages)) if languages else query


def _first_account() -> Any:
    """The smallest id of the accounts whose holder has the same document as this one's."""
    mine, other = aliased(Citizen), aliased(Citizen)
    same = and_(
        other.document_kind == mine.document_kind,
        other.document_number == mine.document_number,
        other.is_holder,
    )
    return (
        select(func.min(other.account_id))
        .join_from(mine, other, same)
        .where(mine.account_id == Account.id, mine.is_holder)
        .correlate(Account)
        .scalar_subquery()
    )


def _wishes(reasons: Iterable[str]) -> list[Any]:
    """Account and reason, for each kind of reason that is asked for."""
    names: dict[str, set[str]] = {}
    for reason in reasons:
        kind, _, name = reason.partition(":")
        names.setdefault(kind, set()).add(name)
    unknown = set(names) - set(KINDS)
    if unknown or not names:
        raise ValueError(f"no reasons: {sorted(unknown)}")
    return [_wish(kind, wanted) for kind, wanted in sorted(names.items())]


def _wish(kind: str, names: set[str]) -> Any:
    if kind == "workshop":
        return (
            select(Enrollment.account_id, literal("workshop:") + Workshop.slug)
            .join(Workshop, Workshop.id == Enrollment.workshop_id)
            .where(Enrollment.account_id.is_not(None), Enrollment.status != "cancelled")
            .where(_named(Workshop.slug, names))
        )
    if kind == "told":
        return _told({int(name) for name in names if name.isdecimal()})
    of_account = Subscription.account_id
    if kind == "all":
        query = select(of_account, literal("all").label("reason"))
        scopes = [column for column, _ in _SCOPES.values()]
        nothing = [c.is_(None) for c in (*scopes, Subscription.event_kind)]
        query = query.where(*nothing)
    elif kind == "kind":
        query = select(of_account, literal("kind:") + Subscription.event_kind)
        query = query.where(
            Subscription.event_kind.is_not(None), _named(Subscription.event_kind, names)
        )
    else:
        column, table = _SCOPES[kind]
        query = select(of_account, literal(f"{kind}:") + table.slug)
        query = query.join(table, table.id == column).where(_named(table.slug, names))
    return query.where(Subscription.ended_at.is_(None))


def _told(events: set[int]) -> Any:
    same = and_(
        BroadcastText.broadcast_id == Recipient.broadcast_id,
        BroadcastText.reason == Recipient.reason,
        BroadcastText.language == Recipient.language,
    )
    return (
        select(Recipient.account_id, literal("told:") + cast(TextEvent.event_id, String))
        .join(BroadcastText, same)
        .join(TextEvent, TextEvent.text_id == BroadcastText.id)
        .outerjoin(Outbound, Outbound.recipient_id == Recipient.id)
        .where(Recipient.account_id.is_not(None), TextEvent.event_id.in_(sorted(events)))
        .where(func.coalesce(Outbound.status, Recipient.status).in_(_TOLD))
    )


def _named(column: Any, names: set[str]) -> ColumnElement[bool]:
    return literal(True) if ANY in names else column.in_(sorted(names))
