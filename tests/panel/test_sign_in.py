"""Signing in: guessed passwords, stolen and fixed sessions, second factor, the way back."""

from datetime import timedelta

import pyotp
import pytest

from bot.errors import SomosError
from bot.services import staff as services
from bot.services.staff import IDLE, SESSION_HOURS, SignIn
from tests.panel.conftest import PASSWORD, add, token_of

FORM = {"email": "reviewer@somos.invalid", "password": PASSWORD}


async def test_who_signs_in_gets_to_the_page_they_wanted(service, stranger):
    await add(service, "reviewer")
    asked = await stranger.get("/panel")
    assert (asked.status_code, asked.headers["location"]) == (303, "/panel/entrar?a=/panel")
    entered = await stranger.post("/panel/entrar", data=FORM | {"a": "/panel/mi-cuenta"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/panel/mi-cuenta")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert (await stranger.get("/panel/mi-cuenta")).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/panel//evil.example", "/panelx", "\\\\evil",
     "/panel/\\evil", "javascript:alert(1)", "/", ""],
)  # fmt: skip
async def test_the_way_back_never_leaves_the_panel(service, stranger, target):
    await add(service, "reviewer")
    entered = await stranger.post("/panel/entrar", data=FORM | {"a": target})
    assert entered.headers["location"] == "/panel"


async def test_a_wrong_password_and_an_unknown_address_say_the_same(service, stranger):
    await add(service, "reviewer")
    wrong = await stranger.post("/panel/entrar", data=FORM | {"password": "otra cosa larga"})
    unknown = await stranger.post("/panel/entrar", data=FORM | {"email": "x@somos.invalid"})
    assert wrong.status_code == unknown.status_code == 403
    clean = [p.text.replace("reviewer@", "x@") for p in (wrong, unknown)]
    assert clean[0] == clean[1]


async def test_after_five_wrong_passwords_even_the_right_one_must_wait(service, stranger):
    await add(service, "reviewer")
    for _ in range(5):
        await stranger.post("/panel/entrar", data=FORM | {"password": "otra cosa larga"})
    braked = await stranger.post("/panel/entrar", data=FORM)
    assert braked.status_code == 403
    assert "Demasiados intentos" in braked.text
    later = service.clock() + timedelta(minutes=16)
    async with service.database.write() as session:
        assert await services.sign_in(session, later, SignIn(**FORM, code="", place="x"))


async def test_one_place_cannot_try_many_accounts(service):
    async with service.database.write() as session:
        for number in range(30):
            tried = SignIn(f"{number}@somos.invalid", "x" * 12, "", "10.0.0.1")
            assert await services.sign_in(session, service.clock(), tried) is None
        tried = SignIn("other@somos.invalid", "x" * 12, "", "10.0.0.1")
        with pytest.raises(SomosError, match="staff_too_many_tries"):
            await services.sign_in(session, service.clock(), tried)


async def test_a_session_that_was_planted_is_not_the_one_that_is_signed_in(service, stranger):
    await add(service, "reviewer")
    stranger.cookies.set("somos_staff", "planted", domain="panel.test", path="/panel")
    entered = await stranger.post("/panel/entrar", data=FORM)
    assert "planted" not in entered.headers["set-cookie"]
    stranger.cookies.clear()
    stranger.cookies.set("somos_staff", "planted", domain="panel.test", path="/panel")
    assert (await stranger.get("/panel")).status_code == 303


async def test_sessions_end_by_themselves_and_by_revoking(service, signed_in):
    client = await signed_in("administrator")
    token = client.cookies["somos_staff"]
    assert (await client.get("/panel")).status_code == 200
    async with service.database.write() as session:
        now = service.clock()
        assert await services.who(session, now + IDLE, token) is None
        for hours in range(1, 12):
            await services.touch(session, now + timedelta(hours=hours), token)
        assert await services.who(session, now + timedelta(hours=11.5), token)
        assert await services.who(session, now + SESSION_HOURS, token) is None
    await client.post("/panel/mi-cuenta/cerrar-sesiones")
    assert (await client.get("/panel")).status_code == 303


async def test_signing_out_ends_the_session_itself(service, signed_in, stranger):
    client = await signed_in("administrator")
    token = client.cookies["somos_staff"]
    await client.post("/panel/salir")
    stranger.cookies.set("somos_staff", token, domain="panel.test", path="/panel")
    assert (await stranger.get("/panel")).status_code == 303


async def test_a_disabled_account_is_out_at_once(service, signed_in):
    admin, reviewer = await signed_in("administrator"), await signed_in("reviewer")
    assert (await reviewer.get("/panel")).status_code == 200
    await admin.post("/panel/cuentas/2/activa", data={})
    assert (await reviewer.get("/panel")).status_code == 303
    again = await admin.post("/panel/entrar", data=FORM)
    assert again.status_code == 403


async def test_nobody_disables_themselves(signed_in):
    admin = await signed_in("administrator")
    refused = await admin.post("/panel/cuentas/1/activa", data={})
    assert refused.status_code == 409
    assert "No puede desactivar su propia cuenta" in refused.text


async def test_with_a_second_factor_the_password_alone_is_not_enough(service, signed_in, stranger):
    client = await signed_in("reviewer")
    secret = pyotp.random_base32()
    code = pyotp.TOTP(secret).at(service.clock())
    await client.post("/panel/mi-cuenta/codigo", data={"secret": secret, "code": code})
    assert (await stranger.post("/panel/entrar", data=FORM)).status_code == 403
    wrong = await stranger.post("/panel/entrar", data=FORM | {"code": "000000"})
    assert wrong.status_code == 403
    assert (await stranger.post("/panel/entrar", data=FORM | {"code": code})).status_code == 303
    again = await stranger.post("/panel/entrar", data=FORM | {"code": code})
    assert again.status_code == 403, "a code is good once"


async def test_a_changed_password_signs_every_browser_out(service, signed_in):
    client = await signed_in("reviewer")
    other = await token_of(service, "reviewer@somos.invalid")
    await client.post("/panel/mi-cuenta/clave", data={"old": PASSWORD, "new": "otra clave larga"})
    async with service.database.read() as session:
        assert await services.who(session, service.clock(), other) is None


async def test_a_password_is_kept_as_argon2id_only(service):
    await add(service, "reviewer")
    async with service.database.read() as session:
        kept = await services.queries.staff_by_email(session, FORM["email"])
    assert kept.password_hash.startswith("$argon2id$")
    assert PASSWORD not in kept.password_hash


async def test_a_short_password_is_refused(signed_in):
    client = await signed_in("reviewer")
    refused = await client.post("/panel/mi-cuenta/clave", data={"old": PASSWORD, "new": "corta"})
    assert refused.status_code == 409
    assert "12 caracteres" in refused.text
