"""The books: whether what citizens meant, what is stored and what reached them agree. Pure."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby

from tests.fakes.journal import Entry
from tests.soak.ledger import Ledger, OutboundRow, letters, words_of
from tests.soak.script import MORE, REPORT, WORKSHOP_PLACES

ARRIVED = frozenset({"sent", "delivered", "read"})
# A message that waited long and whose process died at each try: by design it gets an apology.
GIVEN_UP = "given up"
BEGINNING = 120  # letters by which a text is known; a channel may add choices behind


def problems_of(ledger: Ledger) -> list[str]:
    """Everything that doesn't balance; empty if all does."""
    return [problem for check in CHECKS for problem in check(ledger)]


def citizens_done(ledger: Ledger) -> Iterator[str]:
    """Everybody got through, and nobody was answered strangely."""
    yield from ledger.problems
    for citizen in ledger.citizens:
        if not citizen.finished:
            yield f"{citizen.channel}: {citizen.address} didn't get through: {citizen.stuck}"
    for channel, count in ledger.unconfirmed.items():
        if count:
            yield f"{channel}: {count} deliveries were never acknowledged"


def messages_stored_once(ledger: Ledger) -> Iterator[str]:
    """What was acknowledged is stored, once, and nothing else is."""
    stored = Counter((row.channel, row.external_id) for row in ledger.inbound)
    pushed = {(channel, one) for channel, ids in ledger.pushed.items() for one in ids}
    for channel, one in pushed - stored.keys():
        yield f"{channel}: message {one} was acknowledged and is not stored"
    for channel, one in stored.keys() - pushed:
        yield f"{channel}: nobody sent the stored message {one}"
    for (channel, one), count in stored.items():
        if count > 1:
            yield f"{channel}: message {one} is stored {count} times"


def messages_answered(ledger: Ledger) -> Iterator[str]:
    """Each message is answered, by itself or with the one that it was joined to."""
    answered = {row.inbound_id for row in ledger.outbound}
    last: dict[str | None, str] = {}
    for row in ledger.inbound:
        last[row.address] = row.status
        if row.status in ("done", "failed") and row.id not in answered:
            yield f"{row.channel}: message {row.id} has no answer"
        elif row.status not in ("done", "failed", "joined"):
            yield f"{row.channel}: message {row.id} is {row.status}"
        if row.status == "failed" and not (row.error or "").startswith(GIVEN_UP):
            yield f"{row.channel}: message {row.id} failed: {row.error}"
    for address, status in last.items():
        if status == "joined":
            yield f"{address}: the last message was joined to none"


def enrolled_once(ledger: Ledger) -> Iterator[str]:
    """One enrolment a citizen, with the right document; places first, then turns without gaps."""
    rows = ledger.enrollments
    yield from _once("enrolment", [r.address for r in rows], ledger)
    documents = {c.address: c.document for c in ledger.citizens}
    for row in rows:
        if documents.get(row.address) != row.document:
            yield f"{row.address}: enrolled with somebody else's document"
    placed = sum(row.status == "placed" for row in rows)
    if placed != min(WORKSHOP_PLACES, len(rows)):
        yield f"{placed} places are given, of {WORKSHOP_PLACES}, to {len(rows)}"
    turns = sorted(row.turn for row in rows if row.turn is not None)
    if turns != list(range(1, len(rows) - placed + 1)):
        yield f"the turns of the waiting list have gaps or doubles: {turns}"
    yield from _folios("IN", [(r.address, r.folio) for r in rows], ledger)


def reported_once(ledger: Ledger) -> Iterator[str]:
    """One report a citizen, with all its words, each said once."""
    rows = ledger.reports
    yield from _once("report", [r.address for r in rows], ledger)
    words = (REPORT[0], *MORE)
    for row in rows:
        found = [row.words.find(said) for said in words]
        if [row.words.count(said) for said in words] != [1] * len(words):
            yield f"{row.address}: words are missing from the report, or doubled"
        elif ledger.in_order and found != sorted(found):
            yield f"{row.address}: the words of the report are not in order"
    yield from _folios("AS", [(r.address, r.folio) for r in rows], ledger)


def _once(what: str, addresses: list[str], ledger: Ledger) -> Iterator[str]:
    counts = Counter(addresses)
    for citizen in ledger.citizens:
        if counts.pop(citizen.address, 0) != 1:
            yield f"{citizen.address}: not exactly one {what}"
    for address in counts:
        yield f"{address}: a {what} that nobody meant"


def _folios(kind: str, given: list[tuple[str, str]], ledger: Ledger) -> Iterator[str]:
    numbers = sorted(int(folio.rpartition("-")[2]) for _, folio in given)
    if numbers != list(range(1, len(given) + 1)):
        yield f"the folios {kind} have gaps or doubles"
    told: dict[str, list[str]] = defaultdict(list)
    for row in ledger.outbound:
        told[row.address].append(row.text)
    for address, folio in given:
        if not any(folio in said for said in told[address]):
            yield f"{address} was never told {folio}"


def replies_in_order(ledger: Ledger) -> Iterator[str]:
    """What was queued reached the gateway, in order, and twice only where a row says why."""
    for (channel, address), rows in _by_address(ledger.outbound).items():
        if channel in ledger.sent:
            arrived = [e for e in ledger.sent[channel] if e.address == address]
            for problem in _compare(rows, arrived):
                yield f"{channel}: {address}: {problem}"
    known = {(row.channel, row.address) for row in ledger.outbound}
    for channel, entries in ledger.sent.items():
        for address in {e.address for e in entries}:
            if (channel, address) not in known:
                yield f"{channel}: {address} got words that are not stored"


def answers_told(ledger: Ledger) -> Iterator[str]:
    """What REST answered is what is stored."""
    ids = {(row.channel, row.external_id): row.id for row in ledger.inbound}
    said: dict[int | None, list[str]] = defaultdict(list)
    for row in ledger.outbound:
        said[row.inbound_id].append(json.loads(row.text)["text"])
    for one in ledger.told:
        if said[ids.get(("rest", one.key), 0)] != [answer["text"] for answer in one.answer]:
            yield f"rest: {one.body['sender']} was told something else than is stored"


def _compare(rows: list[OutboundRow], arrived: list[Entry]) -> Iterator[str]:
    ids = {entry.id for entry in arrived}
    for row in rows:
        if row.status not in ARRIVED:
            yield f"row {row.id} is {row.status}"
        elif row.external_id not in ids:
            yield f"row {row.id} is said to be {row.status}, and the gateway doesn't know it"
    # Neighbours with the same words can't be told apart: they are counted together.
    runs = [list(run) for _, run in groupby(rows, key=_beginning)]
    seen = [0] * len(runs)
    at = 0
    for entry in arrived:
        said = letters(words_of(entry))
        # On to the next one only if this one is complete and the words aren't its own.
        while at < len(runs) and not said.startswith(_beginning(runs[at][0])):
            at += 1
        if at == len(runs):
            yield f"message {entry.id} came out of order, or is nobody's"
            break
        seen[at] += 1
    yield from _doubles(runs, seen)


def _doubles(runs: list[list[OutboundRow]], seen: list[int]) -> Iterator[str]:
    for run, count in zip(runs, seen, strict=True):
        doubtful = sum(row.doubtful for row in run)
        if count < len(run):
            yield f"row {run[0].id} never arrived in its place"
        elif count > len(run) + doubtful:
            yield f"row {run[0].id} arrived {count} times, in doubt {doubtful} times"


def doubles(ledger: Ledger, channel: str) -> int:
    """How many messages arrived at a gateway beyond those that were queued."""
    return len(ledger.sent.get(channel, ())) - sum(r.channel == channel for r in ledger.outbound)


def _by_address(rows: Iterable[OutboundRow]) -> dict[tuple[str, str], list[OutboundRow]]:
    found: dict[tuple[str, str], list[OutboundRow]] = defaultdict(list)
    for row in rows:
        found[row.channel, row.address].append(row)
    return found


def _beginning(row: OutboundRow) -> str:
    return letters(json.loads(row.text)["text"])[:BEGINNING]


CHECKS: tuple[Callable[[Ledger], Iterator[str]], ...] = (
    citizens_done,
    messages_stored_once,
    messages_answered,
    enrolled_once,
    reported_once,
    replies_in_order,
    answers_told,
)
