"""The catalogues hold every text that a citizen may read, and say the same as the Spanish."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from bot.check import MAX_TITLE, MAX_WORDS
from responses.catalogue import load_templates
from responses.render import Phrase, Renderer
from responses.translations import LOCALES, load_translations
from tests.conftest import NOW

TEMPLATES = load_templates()
SPOKEN = [template for template in TEMPLATES.values() if template.text]
TITLES = sorted({title for template in TEMPLATES.values() for title, _ in template.buttons})

FIELD = re.compile(r"\{[a-z_]+\}")
NUMBER = re.compile(r"\d(?:[\d /.]*\d)?")
QUOTED = re.compile(r'(?<!\S)"([^"]+)"')
# Official names, names that languages have for themselves, and lines that only arrange data.
SAME = {
    "{casa}, {time}, {places}{demo}",
    "Casa Somos {casa}",
    "- {time} {title}, {place} ({zone}){demo}",
    "{day}",
    "{casa}, {weekday} {time}",
    "festival",
    "minga",
    "mingas",
    "{day}{time} ({zone}){demo}",
    "{day}{time}, {place}{demo}",
    "{weekday} {time}, {places}{demo}",
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
    "{casa}, {weekday} {time}, {places}{demo}",
}
# What the English texts tell people to type or give as an example, and what it must be taken for.
# Where only a form asks for it, the entity matters and not the intent.
TO_TYPE = {
    "I want to talk to a person": "talk_to_human",
    "delete my data": "delete_my_data",
    "menu": "help",
    "español": ("language", "es"),
    "cancel": "cancel",
    "stop": "unsubscribe_agenda",
    "agenda": "ask_agenda",
    "fairs": ("event_kind", "feria"),
    "my enrolments": "check_enrollment",
    "leave the workshop": "cancel_enrollment",
    "status of AS-2026-00045": "check_report",
    "workshops": "ask_workshops",
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


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def layout(text: str) -> tuple[object, ...]:
    """What joins a text to its values, its list of options and the texts around it."""
    start = text[: len(text) - len(text.lstrip())]
    return start, text.rstrip() == text, text.count("\n"), text.endswith(":")


def test_every_template_has_a_complete_english_text():
    for template in SPOKEN:
        found = entry(template.text)
        if template.plural is None:
            assert found.id == template.text, template.name
            assert found.string, template.name
        else:
            assert found.id == (template.text, template.plural), template.name
            assert len(found.string) == 2, template.name
            assert all(found.string), template.name


def test_every_button_has_an_english_title():
    assert [title for title in TITLES if not entry(title).string] == []


def test_no_entry_is_fuzzy_and_none_is_left_over():
    current = {template.text for template in SPOKEN} | set(TITLES)
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in ENGLISH if m.id}
    assert [m.id for m in ENGLISH if m.id and m.fuzzy] == []
    assert known - current == set()
    assert list(ENGLISH.obsolete) == []
    # Babel keeps the text before a change as a comment, for ever.
    assert [m.id for m in ENGLISH if m.user_comments and m.id] == []


@pytest.mark.parametrize("part", [FIELD, NUMBER], ids=["fields", "numbers"])
def test_a_text_has_the_same_fields_and_numbers_in_both_languages(part: re.Pattern):
    differ = [p for p in PAIRS if sorted(part.findall(p[0])) != sorted(part.findall(p[1]))]
    assert differ == []


def test_a_text_keeps_its_layout():
    assert [p for p in PAIRS if layout(p[0]) != layout(p[1])] == []


def test_only_names_and_frames_are_the_same_in_both_languages():
    assert {spanish for spanish, english in PAIRS if spanish == english} == SAME


def test_no_spanish_punctuation_is_left():
    found = [english for _, english in PAIRS if set("¿¡«»") & set(english)]
    # The question for the language is asked in both.
    assert [english for english in found if "Which language" not in english] == []


def test_a_text_is_short_enough_for_a_small_screen():
    assert [english for _, english in PAIRS if len(english.split()) > MAX_WORDS] == []
    assert [entry(t).string for t in TITLES if len(entry(t).string) > MAX_TITLE] == []


def test_every_phrase_that_an_english_text_quotes_is_tried_here():
    quoted = {phrase for _, english in PAIRS for phrase in QUOTED.findall(english)}
    own_words = {"{words}"}
    assert {p.replace("{folio}", "AS-2026-00045") for p in quoted - own_words} == set(TO_TYPE)


@pytest.mark.parametrize("phrase", TO_TYPE)
def test_every_phrase_that_an_english_text_quotes_is_understood(interpreter, phrase):
    meant, heard = TO_TYPE[phrase], interpreter.parse(phrase, NOW.date())
    if isinstance(meant, str):
        assert heard["intent"]["name"] == meant
    else:
        assert meant in [(e["entity"], e["value"]) for e in heard["entities"]]


def test_an_unknown_language_falls_back_to_spanish(renderer: Renderer):
    for template in SPOKEN:
        values: dict[str, object] = {field[1:-1]: "x" for field in FIELD.findall(template.text)}
        if template.count:
            values[template.count] = 1
        spanish = renderer.render(template.name, "es", values)
        for language in ("fr", "qu", ""):
            assert renderer.render(template.name, language, values) == spanish


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
        **dict.fromkeys(("who", "places", "hour", "without"), Phrase("nothing")),
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
