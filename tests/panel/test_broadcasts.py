"""Sending to many from the panel: the books as staff see them, and what stops and goes on."""

import csv
import io
from datetime import timedelta

from sqlalchemy import update

from storage.models import Outbound
from tests.conftest import NOW

PATH = "/panel/difusiones"


async def set_rows(stage, rows, **values):
    async with stage.database.write() as session:
        ids = [row.id for row in rows]
        await session.execute(update(Outbound).where(Outbound.id.in_(ids)).values(**values))


async def half_sent(stage):
    """Six people: two reached (one read it), one failed, one opted out, two wait."""
    await stage.people(3)
    await stage.people(2, channel="whatsapp")
    await stage.person(opted_out=True)
    broadcast = await stage.sending(NOW)
    await stage.jobs.feed()
    first, second, third, *_ = await stage.queued()
    await set_rows(stage, [first], status="read", sent_at=NOW)
    await set_rows(stage, [second], status="sent", sent_at=NOW + timedelta(seconds=2))
    await set_rows(stage, [third], status="failed", error="=SUM(A1)")
    return broadcast


async def test_the_page_shows_a_sum_that_adds_up_by_channel_and_by_reason(stage, signed_in):
    broadcast = await half_sent(stage)
    auditor = await signed_in("auditor")
    page = " ".join((await auditor.get(f"{PATH}/{broadcast}")).text.split())
    assert "La suma cuadra" in page
    for number in ("2 entregados", "1 fallaron", "1 no se les envió", "0 inciertos", "2 esperan"):
        assert number in page
    assert "pidió no recibir mensajes" in page
    assert "Telegram" in page
    assert "quien pidió todo" in page
    listed = " ".join((await auditor.get(PATH)).text.split())
    assert "<strong>6</strong> personas" in listed
    assert "Enviándose" in listed


async def test_progress_is_a_piece_of_the_page_with_rate_and_time_left(stage, signed_in):
    broadcast = await half_sent(stage)
    auditor = await signed_in("auditor")
    piece = await auditor.get(f"{PATH}/{broadcast}/avance")
    words = " ".join(piece.text.split())
    assert "<html" not in words
    assert 'data-state="sending"' in words
    assert "unos 30 mensajes por minuto; faltan más o menos 1 min" in words
    assert "data-progress-end" not in words


async def test_each_person_is_a_line_of_the_download_without_address_or_formula(stage, signed_in):
    broadcast = await half_sent(stage)
    auditor = await signed_in("auditor")
    answer = await auditor.get(f"{PATH}/{broadcast}/lineas.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sorted(r["fate"] for r in rows) == sorted(
        ["read", "sent", "failed", "skipped", "waiting", "waiting"]
    )
    assert "'=SUM(A1)" in {r["cause"] for r in rows}
    assert all(row.address not in answer.text for row in await stage.queued())


async def test_staff_pause_resume_cancel_and_repeat(stage, signed_in):
    broadcast = await half_sent(stage)
    staff = await signed_in("communications")
    for act, status in (("pausar", "paused"), ("seguir", "sending"), ("repetir", "sending"),
                        ("cancelar", "cancelled")):  # fmt: skip
        answer = await staff.post(f"{PATH}/{broadcast}/{act}")
        assert answer.headers["location"] == f"{PATH}/{broadcast}"
        assert (await stage.get(broadcast)).status == status
    assert (await stage.sheet(broadcast)).is_balanced
    acts = ["create", "submit", "pause", "resume", "send again", "cancel"]
    assert await stage.audited(broadcast) == acts
    page = await staff.get(f"{PATH}/{broadcast}")
    assert "Cancelado" in page.text
    assert "data-progress=" not in page.text
    again = await staff.post(f"{PATH}/{broadcast}/pausar")
    assert again.status_code == 409


async def test_who_only_reads_sees_no_button_and_can_change_nothing(stage, signed_in):
    broadcast = await half_sent(stage)
    auditor = await signed_in("auditor")
    page = await auditor.get(f"{PATH}/{broadcast}")
    assert "Cancelar" not in page.text
    assert (await auditor.post(f"{PATH}/{broadcast}/cancelar")).status_code == 403
    assert (await stage.get(broadcast)).status == "sending"


async def test_what_there_is_not_is_said_in_words(signed_in):
    staff = await signed_in("communications")
    assert "No hay ningún envío con el número 77" in (await staff.get(f"{PATH}/77")).text
    assert (await staff.post(f"{PATH}/77/bailar")).status_code == 404
