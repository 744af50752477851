"""What citizens wrote is shown as text, whatever it is: in no page does it become markup."""

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

from ruamel.yaml import YAML
from sqlalchemy import select

from bot.panel.core import MENU
from storage.models import (
    Account,
    Citizen,
    Conversation,
    Enrollment,
    Example,
    HandoffCase,
    Inbound,
    Media,
    Outbound,
    Rating,
    Report,
    Subscription,
    Workshop,
)

SCRIPTS = Path(__file__).parent.parent / "sentences" / "scripts.yml"
PAYLOADS = YAML(typ="safe").load(SCRIPTS)


class Finder(HTMLParser):
    """Scripts that are not ours, handlers, and addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        values = dict(attrs)
        if tag in {"iframe", "object", "embed", "base", "math", "marquee", "template"}:
            self.found.append(tag)
        if tag == "script" and not (values.get("src") or "").startswith("/panel/"):
            self.found.append("script")
        for name, value in attrs:
            runs = re.match(r"\s*(javascript|data:text)", value or "", re.IGNORECASE)
            if name.startswith("on") or (runs and name not in ("value", "data-value")):
                self.found.append(f"{tag} {name}={value}")


def dangers(html: str) -> list[str]:
    finder = Finder()
    finder.feed(html)
    return finder.found


def test_the_finder_finds_what_runs():
    """A check that could not fail would prove nothing."""
    found = [p for p in PAYLOADS if dangers(f'<p>{p}</p><i title="{p}">')]
    assert len(found) > 40


async def plant(service, payload: str, number: int) -> None:
    """The payload in every field that a citizen fills."""
    now = service.clock()
    async with service.database.write() as session:
        workshop = (await session.execute(select(Workshop.id).limit(1))).scalar_one()
        account = Account(channel="telegram", address=payload[:200] + str(number), created_at=now,
                          consent_words=payload)  # fmt: skip
        session.add(account)
        await session.flush()
        talk = Conversation(account_id=account.id, updated_at=now, state={})
        citizen = Citizen(account_id=account.id, full_name=payload, document_kind="passport",
                          document_number=f"X{number}", birth_date=date(1990, 1, 1),
                          phone=payload[:80], created_at=now)  # fmt: skip
        session.add_all([talk, citizen])
        await session.flush()
        inbound = Inbound(channel="telegram", external_id=f"x{number}", conversation_id=talk.id,
                          text=payload, status="held", received_at=now)  # fmt: skip
        session.add_all([
            inbound,
            Report(folio=f"AS-2026-8{number:04}", kind="alert", words=payload, place=payload,
                   status="received", account_id=account.id, created_at=now),
            Enrollment(folio=f"IN-2026-8{number:05}", workshop_id=workshop, citizen_id=citizen.id,
                       account_id=account.id, status="placed", created_at=now),
            Example(plain=f"{payload} {number}", text=payload, confidence=0.1, count=3,
                    last_on=now.date(), status="new"),
            HandoffCase(conversation_id=talk.id, status="waiting", opened_at=now),
            Outbound(channel="telegram", conversation_id=talk.id, address="1", status="sent",
                     body={"text": payload}, created_at=now),
            Rating(words=payload, created_at=now),
            Subscription(account_id=account.id, consent_words=payload, created_at=now),
        ])  # fmt: skip
        await session.flush()
        session.add(Media(inbound_id=inbound.id, channel="telegram", kind="photo", reference="r",
                          media_type="image/jpeg", name=payload[:200], status="stored",
                          created_at=now))  # fmt: skip


async def linked_pages(client, html: str) -> set[str]:
    """Pages of ours that a page leads to."""
    found = re.findall(r'href="(/panel/[^"#]+)"', html)
    return {path.replace("&amp;", "&") for path in found if "archivos" not in path}


async def test_no_page_runs_what_a_citizen_wrote(service, signed_in):
    for number, payload in enumerate(PAYLOADS):
        await plant(service, payload, number)
    client = await signed_in("administrator", sees_sensitive=True)
    waiting, seen, shown = {path for path, *_ in MENU}, set(), 0
    while waiting and len(seen) < 120:
        path = waiting.pop()
        seen.add(path)
        answer = await client.get(path)
        if "html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status_code < 500, path
        assert dangers(answer.text) == [], path
        shown += answer.text.count("alert(")
        kinds = {re.sub(r"[\d?].*", "", p) for p in seen}
        for link in await linked_pages(client, answer.text):
            # One page of each kind is enough; of what was planted, some more.
            if link not in seen and (re.sub(r"[\d?].*", "", link) not in kinds or len(seen) < 60):
                waiting.add(link)
    assert shown > len(PAYLOADS)


async def test_what_an_address_says_is_shown_as_text(signed_in):
    client = await signed_in("auditor")
    for payload in PAYLOADS:
        for path in ("/panel/auditoria", "/panel/reportes", "/panel/entrar"):
            answer = await client.get(path, params={"target": payload, "q": payload, "a": payload})
            assert dangers(answer.text) == [], path
