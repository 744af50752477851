"""Which form an answer takes on WhatsApp, and that nothing is ever over its limits."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.texts import split_text
from bot.channels.titles import length_of, shorten
from bot.channels.whatsapp_forms import Buttons, Choices, Labels, Text, forms_of, variable_of
from bot.messages import Button, Document, Location, Outgoing
from tests.fakes.graph_limits import check

LABELS = Labels("Ver opciones", "más…", "(Era más largo.)")
MORE = Button("4. Ver más", '/ask_workshops{"page": "2"}')


def offers(count, title="Taller {n}"):
    return tuple(Button(title.format(n=n), f"/show_{n}") for n in range(1, count + 1))


def test_words_alone_are_words():
    assert forms_of(Outgoing("hola"), LABELS) == [Text("hola")]


@pytest.mark.parametrize(
    ("count", "title", "form"),
    [
        (1, "Sí", Buttons),
        (3, "{n} de 20 caracteres..", Buttons),
        (3, "{n} de 21 caracteres...", Choices),
        (2, "Sí", Choices),
        (4, "Taller {n}", Choices),
        (10, "Taller {n}", Choices),
        (11, "Taller {n}", Text),
    ],
)
def test_choices_take_the_best_form_that_fits(count, title, form):
    *_, last = forms_of(Outgoing("¿Cuál?", offers(count, title)), LABELS)
    assert type(last) is form


def test_two_that_read_alike_can_not_be_buttons():
    (form,) = forms_of(Outgoing("¿Cuál?", offers(2, "Sí")), LABELS)
    assert [c.title for c in form.choices] == ["1. Sí", "2. Sí"]


def test_a_list_too_long_for_whatsapp_stands_in_the_text_by_its_numbers():
    (form,) = forms_of(Outgoing("¿Cuál?\n1. Taller 1", offers(12)), LABELS)
    assert form.body.splitlines() == ["¿Cuál?", *(f"{n}. Taller {n}" for n in range(1, 13))]


@pytest.mark.parametrize("count", [4, 9, 14])
def test_the_way_to_more_is_always_the_last_row(count):
    (form,) = forms_of(Outgoing("¿Cuál?", (*offers(count), MORE)), LABELS)
    assert form.choices[-1].title == "más…"
    assert form.choices[-1].id == MORE.payload
    assert len(form.choices) == min(count, 9) + 1
    assert count < 10 or "14. Taller 14" in form.body


def test_a_shortened_title_is_whole_in_its_description():
    title = "1. Panadería y pastelería artesanal"
    buttons = (Button(title, "/a"), *offers(3))
    (form,) = forms_of(Outgoing("¿Cuál?", buttons), LABELS)
    assert (form.choices[0].title, form.choices[0].description) == ("1. Panadería y…", title)


def test_rows_that_would_read_alike_begin_with_their_number():
    titles = [f"Administración Zonal Manuela {name}" for name in ("Sáenz", "Cañizares")]
    buttons = tuple(Button(t, f"/{n}") for n, t in enumerate(titles))
    (form,) = forms_of(Outgoing("¿Cuál?", (*buttons, *offers(2))), LABELS)
    assert [c.title for c in form.choices][:2] == ["1. Administración Zonal…",
                                                   "2. Administración Zonal…"]  # fmt: skip


def test_a_long_text_goes_first_and_the_choices_stand_under_its_last_paragraph():
    text = "\n\n".join(["palabra " * 60] * 3 + ["¿Cuál le muestro?"])
    before, last = forms_of(Outgoing(text, offers(3)), LABELS)
    assert isinstance(before, Text)
    assert last.body == "¿Cuál le muestro?"


def test_a_long_paragraph_goes_first_and_the_choices_have_a_word_of_ours():
    before, last = forms_of(Outgoing("palabra " * 200, offers(3)), LABELS)
    assert before.body.startswith("palabra")
    assert last.body == "Ver opciones"


def test_a_file_and_a_map_follow_the_words_and_choices_come_last():
    document, location = Document("a.pdf", "application/pdf", "eA=="), Location(-0.2, -78.5)
    message = Outgoing("Aquí está", offers(2), document, location)
    forms = forms_of(message, LABELS)
    assert forms[:2] == [document, location]
    assert isinstance(forms[2], Buttons)
    message = Outgoing("Aquí está", (), document)
    assert forms_of(message, LABELS) == [Text("Aquí está"), document]


def test_a_template_takes_one_line_and_says_how_to_read_the_rest():
    short = Outgoing("Agenda:\n\n1. Feria\t10:00")
    assert variable_of(short, LABELS) == "Agenda: 1. Feria 10:00"
    said = variable_of(Outgoing("palabra\n" * 300), LABELS)
    assert said.endswith(f"palabra… {LABELS.read_rest}")
    assert length_of(said) <= 700
    assert not re.search(r"[\n\t]| {5}", said)


def test_a_text_is_cut_where_a_reader_would_pause():
    assert split_text("uno\n\ndos tres", 8) == ["uno", "dos tres"]
    assert split_text("x" * 9, 4) == ["xxxx", "xxxx", "x"]
    assert shorten("Cocina saludable para todos", 20) == "Cocina saludable…"
    assert shorten("Electrodomésticos", 10) == "Electrodo…"
    assert length_of(shorten("🎸" * 30, 20)) <= 20


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.just("\n"), min_size=1)
titles = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=90)
buttons = st.lists(st.builds(Button, titles, texts.map(lambda t: f"/{t}"), titles), max_size=14)


@settings(max_examples=150, deadline=None)
@given(texts.map(lambda t: t * 40), buttons)
def test_no_answer_is_ever_over_the_limits(text, choices):
    for form in forms_of(Outgoing(text, tuple(choices)), LABELS):
        check({"messaging_product": "whatsapp", "to": "1", **wire(form)})


def wire(form):
    """As pywa writes it."""
    if isinstance(form, Text):
        return {"type": "text", "text": {"body": form.body}}
    if isinstance(form, Buttons):
        action = {"buttons": [{"reply": {"id": c.id, "title": c.title}} for c in form.choices]}
        kind = "button"
    else:
        rows = [vars(c) for c in form.choices]
        action = {"button": form.label, "sections": [{"title": form.label, "rows": rows}]}
        kind = "list"
    said = {"type": kind, "body": {"text": form.body}, "action": action}
    return {"type": "interactive", "interactive": said}
