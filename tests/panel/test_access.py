"""Who may do what: each role against each area, no page without sign-in, no foreign write."""

import pytest
from fastapi.routing import APIRoute

from bot.panel.access import AREAS, may
from bot.services.staff import ROLES
from tests.panel.conftest import ORIGIN

OPEN = {"/panel/entrar", "/panel/salir"}
# W: changes; r: reads; -: neither.
#                 overv. rep. dial. enr. cat. conv. learn. broad. staff audit
TABLE = {
    "administrator": "W W W W W W W W W W",
    "reviewer": "r W W - r W W - - -",
    "communications": "r - r - W W W W - -",
    "casa_manager": "r - - W r - - - - -",
    "auditor": "r r r r r - r r r r",
}


def test_each_role_may_do_what_the_table_says():
    assert set(TABLE) == set(ROLES)
    for role, row in TABLE.items():
        for area, cell in zip(AREAS, row.split(), strict=True):
            assert (may(role, area), may(role, area, write=True)) == (cell in "rW", cell == "W")


def test_an_unknown_role_may_nothing():
    assert not any(may("boss", area) for area in AREAS)


def routes(app):
    """Each page and each write of the panel: method, path with its parameters filled."""
    import re

    for route in app.routes:
        for inner in getattr(route, "routes", None) or getattr(
            getattr(route, "original_router", None), "routes", [route]
        ):
            if isinstance(inner, APIRoute) and inner.path.startswith("/panel"):
                for method in inner.methods - {"HEAD"}:
                    yield method, re.sub(r"\{[^}]+\}", "1", inner.path), inner


async def test_no_page_opens_without_signing_in(panel_app, stranger):
    found = list(routes(panel_app))
    assert len(found) > 8
    for method, path, _ in found:
        if path not in OPEN:
            answer = await stranger.request(method, path)
            assert answer.status_code in (303, 422), (method, path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/panel/entrar"), (method, path)


async def test_tables_do_not_open_without_signing_in(stranger):
    for path in ("/panel/tablas/", "/panel/tablas/casa/list", "/panel/tablas/workshop/create"):
        answer = await stranger.get(path)
        assert answer.status_code in (302, 303, 307, 404), path


@pytest.mark.parametrize("headers", [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://other.panel.test"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "", "Origin": ""},
    {"Sec-Fetch-Site": "none", "Origin": ORIGIN},
])  # fmt: skip
async def test_a_write_from_elsewhere_is_refused(signed_in, headers):
    admin = await signed_in("administrator")
    for name in ("Sec-Fetch-Site", "Origin"):
        admin.headers.pop(name)
    sent = {k: v for k, v in headers.items() if v}
    for path in ("/panel/cuentas", "/panel/mi-cuenta/cerrar-sesiones", "/panel/salir",
                 "/panel/tablas/casa/create", "/panel/entrar"):  # fmt: skip
        assert (await admin.post(path, headers=sent)).status_code == 403, path
    assert (await admin.get("/panel", headers=sent)).status_code == 200


async def test_each_page_carries_a_strict_policy(signed_in, stranger):
    admin = await signed_in("administrator")
    for answer in [await admin.get("/panel"), await stranger.get("/panel/entrar")]:
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert answer.headers["cache-control"] == "no-store"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text


async def test_every_write_is_in_the_audit_log(signed_in):
    admin = await signed_in("administrator")
    form = {"email": "nueva@somos.invalid", "name": "Nueva", "role": "reviewer"}
    added = await admin.post("/panel/cuentas", data=form)
    assert added.status_code == 200
    log = await admin.get("/panel/auditoria")
    assert "administrator@somos.invalid" in log.text
    assert "staff:2" in log.text
