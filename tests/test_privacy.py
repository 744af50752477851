"""Whose words and data are kept, and whose are not."""

from bot.app import Service
from bot.messages import Incoming
from tests.support import fill_in_enrollment, rows, said_to, workshop_with

ANONYMOUS = (
    "quiero hacer una denuncia",
    "en la oficina de Tacamoros cobran por el turno",
    "eso es todo",
)


async def report_anonymously(service: Service, sender: str) -> str:
    for said in ANONYMOUS:
        answer = await said_to(service, said, sender)
    while "¿Lo envío?" not in answer:
        # Which questions are left depends on what the words already told.
        answer = await said_to(service, "anónimo" if "anónimo" in answer else "no sé", sender)
    return answer


async def test_an_anonymous_report_leaves_no_trace_of_who_made_it(service: Service) -> None:
    await report_anonymously(service, "citizen")
    said = await service.turns.handle(Incoming("rest", "citizen", "the-yes", "sí"))
    assert "AS-2026-00001" in said[0].text
    assert await rows(service, "SELECT account_id FROM report") == [(None,)]
    kept = await rows(service, "SELECT coalesce(text, '') FROM inbound")
    kept += await rows(service, "SELECT CAST(body AS text) FROM outbound")
    kept += await rows(service, "SELECT CAST(state AS text) FROM conversation")
    assert not any("AS-2026" in k or "cobran" in k for (k,) in kept)
    # A page that lost the answer learns that the report was taken.
    again = await service.turns.handle(Incoming("rest", "citizen", "the-yes", "sí"))
    assert "ya quedó registrado" in again[0].text
    assert "recibido" in await said_to(service, "estado del folio AS-2026-00001", "somebody else")


async def test_it_can_become_anonymous_at_the_last_step(service: Service) -> None:
    for said in (*ANONYMOUS, "no sé"):
        answer = await said_to(service, said)
    while "¿Lo envío?" not in answer:
        contact = "avíseme por este chat"
        answer = await said_to(service, contact if "anónimo" in answer else "no sé")
    assert "Respuesta: anónimo" in await said_to(service, "mejor anónimo")


async def test_knowing_a_number_does_not_tell_whose_it_is(service: Service) -> None:
    workshop = await workshop_with(service, 5)
    other = (await rows(service, f"SELECT id FROM workshop WHERE id > {workshop} LIMIT 1"))[0][0]
    await fill_in_enrollment(service, workshop, "owner", 1)
    await said_to(service, "sí", "owner")
    summary = await fill_in_enrollment(service, other, "curious", 1)
    assert "Rosa Elvira" in summary  # what the curious one wrote
    await said_to(service, "cambiar el nombre", "curious")
    await said_to(service, "Pepe Falso Falso", "curious")
    await said_to(service, "sí", "curious")
    mine = await said_to(service, "mis inscripciones", "curious")
    assert "Pepe Falso Falso" in mine
    assert "Rosa Elvira" not in mine
    assert "Rosa Elvira" in await said_to(service, "mis inscripciones", "owner")
