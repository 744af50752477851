"""gettext catalogues read straight from `locales/*.po`: no compiled files to keep in step."""

import gettext
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"


def load_translations(folder: Path = LOCALES) -> dict[str, gettext.NullTranslations]:
    """A catalogue by language code. Spanish is the source and needs none.

    An untranslated text falls back to Spanish, never to a key.
    """
    found: dict[str, gettext.NullTranslations] = {"es": gettext.NullTranslations()}
    for path in sorted(folder.glob("*/LC_MESSAGES/somos.po")):
        compiled = BytesIO()
        with path.open("rb") as source:
            write_mo(compiled, read_po(source, locale=path.parts[-3]))
        compiled.seek(0)
        found[path.parts[-3]] = gettext.GNUTranslations(compiled)
    return found
