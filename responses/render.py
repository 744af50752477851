"""From a template's name and values to the text and buttons that a citizen gets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from gettext import NullTranslations
from typing import Any

from responses.catalogue import Template, load_templates
from responses.formats import format_value
from responses.translations import load_translations

LIST_MARK = "{choices}"


@dataclass(frozen=True)
class Phrase:
    """A template used as a value inside another one, so that it is translated with it.

    Among values, a list is joined by commas and a tuple stands in lines.
    """

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendered:
    """Text with its options written out, and the buttons (title, payload, description)."""

    text: str
    buttons: tuple[tuple[str, str, str], ...]


class Renderer:
    """Templates in all languages. A missing value raises KeyError: tests must find it."""

    def __init__(self) -> None:
        self.templates = load_templates()
        self.translations = load_translations()

    def render(
        self,
        name: str,
        language: str,
        values: Mapping[str, Any] | None = None,
        buttons: Iterable[Mapping[str, Any]] = (),
        first: int = 1,
    ) -> Rendered:
        """The response `name`; `buttons` come after its own, numbered from `first`.

        A button's `title` is data (str) or a Phrase; `description` only stands in the text.
        """
        template = self.templates[name]
        values = values or {}
        choices = [(self._say(t, language), p, "") for t, p in template.buttons]
        choices += [
            (
                self._value(b["title"], language),
                b["payload"],
                self._value(b.get("description") or "", language),
            )
            for b in buttons
        ]
        text = self._text(template, language, values)
        if choices and template.numbered:
            text = _with_list(text, choices, first)
        # Two offers may share a title: the number tells their buttons apart.
        buttons_shown = tuple(
            (f"{n}. {title}" if more else title, payload, more)
            for n, (title, payload, more) in enumerate(choices, start=first)
        )
        return Rendered(text.replace(LIST_MARK, "").strip(), buttons_shown)

    def phrase(self, phrase: Phrase, language: str) -> str:
        """A phrase's text."""
        return self._text(self.templates[phrase.key], language, phrase.values)

    def _text(self, template: Template, language: str, values: Mapping[str, Any]) -> str:
        catalogue = self._catalogue(language)
        if not template.text:
            return ""
        if template.plural is not None and template.count is not None:
            source = catalogue.ngettext(template.text, template.plural, values[template.count])
        else:
            source = catalogue.gettext(template.text)
        shown = {k: self._value(v, language) for k, v in values.items()}
        return source.format_map({**shown, "choices": LIST_MARK})

    def _say(self, text: str, language: str) -> str:
        return self._catalogue(language).gettext(text)

    def _value(self, value: Any, language: str) -> str:
        if isinstance(value, Phrase):
            return self.phrase(value, language)
        if isinstance(value, list):
            return ", ".join(self._value(v, language) for v in value)
        if isinstance(value, tuple):
            return "\n".join(self._value(v, language) for v in value)
        return format_value(value, language)

    def _catalogue(self, language: str) -> NullTranslations:
        return self.translations.get(language) or self.translations["es"]


def _with_list(text: str, choices: list[tuple[str, str, str]], first: int) -> str:
    lines = [
        f"{n}. {title}{' – ' + more if more else ''}"
        for n, (title, _, more) in enumerate(choices, start=first)
    ]
    listed = "\n".join(lines)
    if LIST_MARK in text:
        return text.replace(LIST_MARK, listed)
    return f"{text}\n{listed}"
