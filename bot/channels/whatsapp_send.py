"""Sends to WhatsApp's Cloud API with pywa, and fetches files from it. Retries are delivery's.

Free text passes for 24 hours after the citizen's last message; after that only a template does.
"""

import base64
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
from pywa_async.client import WhatsApp
from pywa_async.errors import WhatsAppError
from pywa_async.types.callback import Button, Section, SectionList, SectionRow
from pywa_async.types.templates import TemplateLanguage

from bot.channels.whatsapp_forms import (
    Buttons,
    Choices,
    Form,
    Labels,
    Text,
    forms_of,
    variable_of,
)
from bot.clock import Clock
from bot.delivery import (
    AnswerLost,
    Rejected,
    TemplateMissing,
    TemporaryFailure,
    Throttled,
    TokenExpired,
    Undeliverable,
    WindowClosed,
)
from bot.messages import Document, Location, Parcel

log = logging.getLogger(__name__)
API_VERSION = "23.0"
# What is sent in the last minutes of the 24 hours may arrive after them.
WINDOW = timedelta(hours=24) - timedelta(minutes=5)
LANGUAGES = {"es": TemplateLanguage.SPANISH, "en": TemplateLanguage.ENGLISH}
# Where Meta keeps files: our token goes nowhere else.
MEDIA_HOSTS = (".fbsbx.com", ".facebook.com", ".whatsapp.net")
REMEMBERED = 1000  # messages of several parts that failed half-way


# What Meta's error codes mean to us. What isn't there is worth another attempt.
# https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
FAILURES: Mapping[type[Exception], tuple[int, ...]] = {
    Throttled: (4, 80007, 130429, 131048, 131056, 131057, 131064),
    TokenExpired: (0, 3, 10, 190, *range(200, 300), 368, 131005, 131031, 131042, 131045, 133010),
    WindowClosed: (131047,),
    Undeliverable: (131021, 131026, 131030, 131062),
    TemplateMissing: (132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018),
    Rejected: (
        100, 130472, 130497, 131008, 131009, 131049, 131050, 131051, 131052, 131053, 131063,
    ),
    TemporaryFailure: (1, 2, 131000, 131016, 135000),
}  # fmt: skip
PAIR_LIMIT = 131056  # too much to one person; the others go on
# Seconds, where Meta doesn't say.
WAITS = {4: 60.0, 80007: 60.0, 130429: 2.0, 131048: 600.0, PAIR_LIMIT: 6.0, 131057: 300.0}
USUAL_WAIT = 60.0
# A proxy lost patience with who may have taken the message all the same.
PROXYS_WORDS = frozenset({502, 504})
NOT_HANDED_OVER = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_KINDS = {code: kind for kind, codes in FAILURES.items() for code in codes}


@dataclass(frozen=True)
class Account:
    """Our number's access; `template` is the name of one whose body is a single variable."""

    token: str = field(repr=False)
    phone_id: str
    api_url: str
    template: str = ""


@dataclass
class WhatsAppSender:
    """WhatsApp's way out; delivery calls `send`, downloads call `fetch`.

    `labels` are our words by language, Spanish among them. `clock` is the dialogue's, by which
    people's last messages are dated. `troubles` names what staff must mend, for readiness.
    """

    account: Account
    labels: Mapping[str, Labels]
    clock: Clock
    troubles: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        # pywa and httpx log addresses and whole messages.
        for noisy in ("pywa", "pywa_async", "httpx", "httpcore"):
            logging.getLogger(noisy).setLevel(logging.CRITICAL + 1)
        self._http = httpx.AsyncClient(timeout=httpx.Timeout(20, pool=60))
        self._client = WhatsApp(
            self.account.phone_id, self.account.token, session=self._http, api_version=API_VERSION
        )
        # pywa has just set Meta's own.
        self._http.base_url = f"{self.account.api_url.rstrip('/')}/v{API_VERSION}"
        self._parts: dict[int, list[str]] = {}

    async def send(self, parcel: Parcel) -> str:
        """Send a message, in several parts where need be; the last one's id.

        Raises delivery's errors.
        """
        if self._is_late(parcel):
            return await self._send_template(parcel)
        try:
            return await self._send_forms(parcel)
        except WindowClosed:
            # By Meta's clock, which decides.
            return await self._send_template(parcel)

    def _is_late(self, parcel: Parcel) -> bool:
        last = parcel.last_inbound_at
        return last is not None and self.clock() - last > WINDOW

    async def _send_forms(self, parcel: Parcel) -> str:
        forms = forms_of(parcel.message, self._labels(parcel))
        # Parts that arrived before a failure are not sent again with the next attempt.
        sent = self._parts.pop(parcel.row_id, [])
        try:
            for form in forms[len(sent) :]:
                if sent:
                    await parcel.next_piece()
                sent.append(await self._call(form, parcel))
        except (Throttled, TokenExpired, TemporaryFailure):
            if sent and len(self._parts) < REMEMBERED:
                self._parts[parcel.row_id] = sent
            raise
        if not sent:
            raise Rejected("nothing to say")
        return sent[-1]

    async def _send_template(self, parcel: Parcel) -> str:
        if not self.account.template:
            raise WindowClosed("24 hours are over, and SOMOS_WHATSAPP_TEMPLATE is not set")
        text = variable_of(parcel.message, self._labels(parcel))
        return await self._call(_Template(text), parcel)

    def _labels(self, parcel: Parcel) -> Labels:
        return self.labels.get(parcel.language) or self.labels["es"]

    async def _call(self, form: "Form | _Template", parcel: Parcel) -> str:
        """One call of the API, and its failure in our terms."""
        try:
            wamid = await self._say(form, parcel)
        except WhatsAppError as error:
            failure = failure_of(error)
            if isinstance(failure, TokenExpired | TemplateMissing):
                self.troubles.add(type(failure).__name__)
                log.error("whatsapp: %s: %s", type(failure).__name__, failure)
            raise failure from None
        except NOT_HANDED_OVER as error:
            raise TemporaryFailure(type(error).__name__) from error
        except (httpx.HTTPError, ValueError, LookupError) as error:
            raise AnswerLost(type(error).__name__) from error
        self.troubles -= {TokenExpired.__name__}
        return wamid

    async def _say(self, form: "Form | _Template", parcel: Parcel) -> str:
        to, client, tracker = parcel.address, self._client, str(parcel.row_id)
        match form:
            case Text(body):
                said = await client.send_message(to, body, tracker=tracker)
            case Buttons(body, choices):
                buttons = [Button(c.title, c.id) for c in choices]
                said = await client.send_message(to, body, buttons=buttons, tracker=tracker)
            case Choices(body, label, choices):
                rows = [SectionRow(c.title, c.id, c.description or None) for c in choices]
                listed = SectionList(label, [Section(label, rows)])
                said = await client.send_message(to, body, buttons=listed, tracker=tracker)
            case Location(latitude, longitude, name, address):
                said = await client.send_location(
                    to, latitude, longitude, name or None, address or None, tracker=tracker
                )
            case Document():
                return await self._send_document(form, parcel)
            case _Template(text):
                return await self._fill_in(text, parcel)
        return said.id

    async def _send_document(self, document: Document, parcel: Parcel) -> str:
        media = await self._client.upload_media(
            base64.b64decode(document.content), document.media_type, document.name
        )
        said = await self._client.send_document(
            parcel.address, media, document.name, tracker=str(parcel.row_id)
        )
        return said.id

    async def _fill_in(self, text: str, parcel: Parcel) -> str:
        language = LANGUAGES.get(parcel.language, TemplateLanguage.SPANISH)
        body = {"type": "body", "parameters": [{"type": "text", "text": text}]}
        said = await self._client.send_template(
            parcel.address, self.account.template, language, [body], tracker=str(parcel.row_id)
        )
        self.troubles -= {TemplateMissing.__name__}
        return said.id

    async def show_typing(self, wamid: str) -> None:
        """Mark a message as read and show that we write; best effort."""
        try:
            await self._client.indicate_typing(wamid)
        except (WhatsAppError, httpx.HTTPError, ValueError, LookupError) as error:
            log.info("whatsapp: not shown as read: %s", type(error).__name__)

    async def fetch(self, reference: str) -> AsyncIterator[bytes]:
        """The bytes of a citizen's file; see `media.Source`."""
        try:
            url = (await self._client.get_media_url(reference)).url
        except WhatsAppError as error:
            raise failure_of(error) from None
        if not self._may_have_token(url):
            raise Rejected("a file at an unknown host")
        async with self._http.stream("GET", url) as answer:
            if answer.status_code in {401, 403, 404, 410}:
                raise Rejected(f"status {answer.status_code}")
            answer.raise_for_status()
            async for chunk in answer.aiter_bytes():
                yield chunk

    def _may_have_token(self, url: str) -> bool:
        asked, ours = urlsplit(url), urlsplit(self.account.api_url)
        if (asked.scheme, asked.netloc) == (ours.scheme, ours.netloc):
            return True
        return asked.scheme == "https" and (asked.hostname or "").endswith(MEDIA_HOSTS)

    async def close(self) -> None:
        """Give the connections back; after delivery and downloads ended."""
        await self._http.aclose()


@dataclass(frozen=True)
class _Template:
    """A template with its variable."""

    text: str


def failure_of(error: WhatsAppError) -> Exception:
    """Delivery's error for one of Meta's; its words stay out: they may name a number."""
    said = f"{error.code} {type(error).__name__}"
    kind = _KINDS.get(error.code)
    if kind is Throttled or error.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return Throttled(_wait(error), whole_channel=error.code != PAIR_LIMIT)
    if kind is None:
        kind = AnswerLost if (error.status_code or 0) in PROXYS_WORDS else TemporaryFailure
    return kind(said)


def _wait(error: WhatsAppError) -> float:
    """Seconds that Meta asks for, or that its error usually takes."""
    answer = error.raw_response
    asked = answer.headers.get("retry-after", "") if answer is not None else ""
    if asked.replace(".", "", 1).isdecimal():
        return min(float(asked), 3600.0)
    return WAITS.get(error.code, USUAL_WAIT)
