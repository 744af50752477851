"""The catalogues hold every text that a citizen may read, and say the same as the Spanish."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.check import MAX_TITLE, MAX_WORDS
from intents.classifier import Classifier
from intents.interpreter import Interpreter
from responses.catalogue import Template, load_templates
from responses.render import Phrase, Renderer
from responses.translations import LOCALES, load_translations
from tests.conftest import NOW

TEMPLATES = load_templates()
SPOKEN = [template for template in TEMPLATES.values() if template.text]
TITLES = sorted({title for template in TEMPLATES.values() for title, _ in template.buttons})

FIELD = re.compile(r"\{[a-z_]+\}")
NUMBER = re.compile(r"\d(?:[\d /.]*\d)?")
QUOTED = re.compile(r'"([^"{}]+)"')
# Official names, names that languages have for themselves, and lines that only arrange data.
SAME = {
    "Agencia Metropolitana de Control",
    "BanEcuador",
    "Casas Somos",
    "EMASEO",
    "EPMAPS – Agua de Quito",
    "EPMMOP",
    "Empresa Eléctrica Quito",
    "English",
    "Español",
    "MIES",
    "Ministerio de Agricultura y Ganadería",
    "Ministerio de Educación",
    "Ministerio de Salud Pública",
    "Policía Nacional",
    "Registro Social",
    " (demo)",
    "Casa Somos {casa}, {folio}",
    "Casa Somos {casa}, {weekday} {time}, {places}{demo}",
    "• {when}: {title}, {place} ({zone}){demo}",
}
# What the English texts tell people to type or give as an example, and what it must be taken for.
# Where only a form asks for it, the entity matters and not the intent.
TO_TYPE = {
    "I want to talk to a person": "talk_to_human",
    "delete my data": "delete_my_data",
    "menu": "help",
    "cancel": "cancel",
    "stop": "unsubscribe_agenda",
    "my enrolments": "check_enrollment",
    "leave the workshop": "cancel_enrollment",
    "status of AS-2026-00045": "check_report",
    "yoga on Saturdays in Solanda": "ask_workshops",
    "yoga workshops in Solanda": "ask_workshops",
    "piano in La Tola": "ask_workshops",
    "my bono was not paid": "ask_mies_payment",
    "that is all": ("option", "done"),
    "I don't know": ("option", "unknown"),
    "12 May 1984": ("date", "1984-05-12"),
    "Solanda": ("casa", "solanda"),
    "Toctiuco": ("casa", "toctiuco"),
    "Tacamoros": ("neighbourhood", "tacamoros"),
}
WITH_A_FOLIO = "status of {folio}"


def read_english() -> Catalog:
    with (LOCALES / "en/LC_MESSAGES/somos.po").open("rb") as file:
        return read_po(file, locale="en")


ENGLISH = read_english()


def entry(text: str) -> Message:
    """The catalogue's entry for a Spanish text (for its singular, if it has a plural)."""
    found = ENGLISH.get(text)
    assert found is not None, f"not in the catalogue: {text!r}"
    return found


def pairs() -> Iterator[tuple[str, str]]:
    """Every Spanish text that has an English one, with it; each plural form for itself."""
    for message in ENGLISH:
        if message.id and message.pluralizable:
            yield from zip(message.id, message.string, strict=True)
        elif message.id:
            yield message.id, message.string


PAIRS = [(spanish, english) for spanish, english in pairs() if english]
each_text = pytest.mark.parametrize(("spanish", "english"), PAIRS, ids=[s for s, _ in PAIRS])
each_template = pytest.mark.parametrize("template", SPOKEN, ids=lambda t: t.name)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="module")
def interpreter(model_path: Path) -> Interpreter:
    return Interpreter(Classifier.load(model_path), threshold=0.25)


@each_template
def test_every_template_has_a_complete_english_text(template: Template):
    found = entry(template.text)
    forms = found.string if found.pluralizable else (found.string,)
    assert len(forms) == (1 if template.plural is None else 2)
    assert all(form.strip() for form in forms)
    assert found.id == (
        template.text if template.plural is None else (template.text, template.plural)
    )


def test_every_button_has_an_english_title():
    assert [title for title in TITLES if not entry(title).string] == []


def test_no_entry_is_fuzzy_and_none_is_left_over():
    current = {template.text for template in SPOKEN} | set(TITLES)
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in ENGLISH if m.id}
    assert [m.id for m in ENGLISH if m.id and m.fuzzy] == []
    assert known - current == set()
    assert list(ENGLISH.obsolete) == []


@each_text
def test_a_text_keeps_its_fields_numbers_and_layout(spanish: str, english: str):
    assert sorted(FIELD.findall(english)) == sorted(FIELD.findall(spanish))
    assert sorted(NUMBER.findall(english)) == sorted(NUMBER.findall(spanish))
    assert english.count("\n") == spanish.count("\n")
    assert re.match(r"\s*", english).group() == re.match(r"\s*", spanish).group()
    assert english.rstrip() == english
    assert english.endswith(":") == spanish.endswith(":")


@each_text
def test_a_text_is_english_except_for_names(spanish: str, english: str):
    assert (english == spanish) == (spanish in SAME)
    # The question for the language is asked in both.
    if "Which language" not in english:
        assert not set("¿¡«»") & set(english)


@each_text
def test_a_text_is_short_enough_for_a_small_screen(spanish: str, english: str):
    assert len(english.split()) <= MAX_WORDS
    if spanish in TITLES:
        assert len(english) <= MAX_TITLE


def test_what_english_texts_tell_people_to_type_is_in_the_list_below():
    quoted = {phrase for _, english in PAIRS for phrase in QUOTED.findall(english)}
    assert quoted | {"status of AS-2026-00045", "12 May 1984"} == set(TO_TYPE)
    assert any(WITH_A_FOLIO in english for _, english in PAIRS)


@pytest.mark.parametrize("phrase", TO_TYPE)
def test_what_english_texts_tell_people_to_type_is_understood(interpreter, phrase):
    meant, heard = TO_TYPE[phrase], interpreter.parse(phrase, NOW.date())
    if isinstance(meant, str):
        assert heard["intent"]["name"] == meant
    else:
        assert meant in [(e["entity"], e["value"]) for e in heard["entities"]]


@each_template
def test_an_unknown_language_falls_back_to_spanish(renderer: Renderer, template: Template):
    values = dict.fromkeys((f[1:-1] for f in FIELD.findall(template.text)), "x")
    if template.count:
        values[template.count] = 1
    for language in ("fr", "qu", ""):
        unknown = renderer.render(template.name, language, values)
        assert unknown == renderer.render(template.name, "es", values)


def test_a_text_that_is_not_surely_translated_stays_spanish(tmp_path: Path):
    folder = tmp_path / "en/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "somos.po").write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
        'msgid "uno"\nmsgstr "one"\n\n'
        'msgid "dos"\nmsgstr ""\n\n'
        '#, fuzzy\nmsgid "tres"\nmsgstr "tree"\n',
        encoding="utf-8",
    )
    english = load_translations(tmp_path)["en"]
    said = [english.gettext(word) for word in ("uno", "dos", "tres", "cuatro")]
    assert said == ["one", "dos", "tres", "cuatro"]


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        ("es", 1, "queda 1 cupo"),
        ("es", 2, "quedan 2 cupos"),
        ("es", 0, "quedan 0 cupos"),
        ("en", 1, "1 place left"),
        ("en", 2, "2 places left"),
        ("en", 0, "0 places left"),
        ("en", 21, "21 places left"),
        ("fr", 2, "quedan 2 cupos"),
    ],
)
def test_the_plural_goes_with_the_number(renderer: Renderer, language, count, said):
    assert renderer.phrase(Phrase("places_left", {"count": count}), language) == said


def test_a_text_and_the_parts_inside_it_speak_one_language(renderer: Renderer):
    values = {
        "count": 2,
        "what": Phrase("what_subject", {"subject": ["yoga"]}),
        "when": Phrase("when_days", {"days": [Phrase("weekday_5"), Phrase("weekday_6")]}),
        "where": Phrase("where_sur"),
        "free": Phrase("what_free"),
        "who": Phrase("nothing"),
    }
    said = {lang: renderer.render("utter_workshops", lang, values).text for lang in ("es", "en")}
    assert said["es"].startswith(
        "Encontré 2 talleres de yoga gratis los sábados, domingos en el sur:\n"
    )
    assert said["en"].startswith(
        "I found 2 free workshops of yoga on Saturdays, Sundays in the south:\n"
    )


@pytest.mark.parametrize("language", ["es", "en", "fr"])
def test_a_text_without_words_says_nothing(renderer: Renderer, language):
    assert renderer.render("nothing", language).text == ""


def test_a_language_says_its_own_name_when_it_is_chosen(renderer: Renderer):
    assert renderer.render("utter_language_changed", "en").text.startswith(
        "Done, we go on in English."
    )
    assert renderer.render("utter_language_changed", "es").text.startswith(
        "Listo, seguimos en español."
    )
