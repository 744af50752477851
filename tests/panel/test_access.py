"""Who may do what: each role against each area, no page without sign-in, no foreign write."""

import re

import pytest
from fastapi.routing import APIRoute

from bot.panel.access import AREAS, may
from bot.services.staff import ROLES
from tests.panel.conftest import ORIGIN

OPEN = {"/panel/entrar", "/panel/salir"}
OWN = {
    "/panel/mi-cuenta", "/panel/mi-cuenta/clave", "/panel/mi-cuenta/codigo",
    "/panel/mi-cuenta/cerrar-sesiones",
}  # fmt: skip
# W: changes; r: reads; -: neither.
#                 overv. rep. dial. enr. cat. conv. learn. broad. staff audit worksh.
TABLE = {
    "administrator": "W W W W W W W W W W W",
    "reviewer": "r W W - r W W - - - -",
    "communications": "r - r - W W W W - - W",
    "casa_manager": "r - - W r - - - - - W",
    "auditor": "r r r r r - r r r r r",
}


def test_each_role_may_do_what_the_table_says():
    assert set(TABLE) == set(ROLES)
    for role, row in TABLE.items():
        for area, cell in zip(AREAS, row.split(), strict=True):
            assert (may(role, area), may(role, area, write=True)) == (cell in "rW", cell == "W")


def test_an_unknown_role_may_nothing():
    assert not any(may("boss", area) for area in AREAS)


def routes(app) -> list[APIRoute]:
    """Each page and each write of the panel."""
    inner = [
        one
        for route in app.routes
        for one in getattr(getattr(route, "original_router", None), "routes", [route])
    ]
    return [r for r in inner if isinstance(r, APIRoute) and r.path.startswith("/panel")]


def right_of(route: APIRoute) -> tuple[str, bool] | None:
    """The area that a route needs, and whether for writing."""
    found = [vars(d.call) for d in route.dependant.dependencies if "area" in vars(d.call)]
    return (found[0]["area"], found[0]["write"]) if found else None


def filled(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path)


def test_every_route_says_for_whom_it_is_and_every_write_needs_the_right_to_write(panel_app):
    found = routes(panel_app)
    assert len(found) > 10
    for route in found:
        if route.path in OPEN | OWN:
            continue
        right = right_of(route)
        assert right, f"{route.path} opens for everybody who is signed in"
        assert right[1] or route.methods <= {"GET", "HEAD"}, f"{route.path} writes for readers"


async def test_no_page_opens_without_signing_in(panel_app, stranger):
    for route in routes(panel_app):
        for method in route.methods - {"HEAD"}:
            if route.path in OPEN:
                continue
            answer = await stranger.request(method, filled(route.path))
            assert answer.status_code in (303, 422), (method, route.path)
            if answer.status_code == 303:
                assert answer.headers["location"].startswith("/panel/entrar"), route.path


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_gets_what_it_may_and_no_more(panel_app, signed_in, role):
    client = await signed_in(role)
    for route in routes(panel_app):
        right = right_of(route)
        if right is None:
            continue
        for method in route.methods - {"HEAD"}:
            answer = await client.request(method, filled(route.path))
            refused = answer.status_code == 403
            # 422: what the form lacks is said first, and tells nothing.
            if answer.status_code != 422:
                assert refused != may(role, right[0], right[1]), (method, route.path)


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
