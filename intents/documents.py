"""Finds the numbers of people and procedures: cédulas and other documents, phones, folios.

Of a cédula only the check digit decides: it is never refused for its province or third digit.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from ruamel.yaml import YAML
from stdnum import luhn

from intents.fields import FieldMatch
from intents.normalise import fold

Problem = Literal["length", "characters", "check_digit"]
Warned = Literal["province", "third_digit"]

# Where it stands, what it is, its canonical form, and how sure that is.
_Number = tuple[re.Match[str], str, str, float]

DIGITS = 10
_FOLIO_DIGITS = {"IN": 6, "AS": 5}
# 30 was given to people born abroad; 50 is in use according to python-stdnum.
_PROVINCES = frozenset([*range(1, 25), 30, 50])
_HAS_DIGITS = re.compile(r"\d\D{0,3}\d")
_SEPARATORS = re.compile(r"[\s.\u2010-\u2015-]")
# The capitals of "AB 123456", but not the abbreviation of "CI 123456".
_SERIES = re.compile(r"\b(?!CI|NO)([A-Z]{1,3}) (\d{5,17})\b")
_LABEL = re.compile(r".*[:#°]|(?:no|nro|num)\.?(?=\d)")
_PERSONAL = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
)


@dataclass(frozen=True, slots=True)
class NationalId:
    """What is wrong with a cédula, if anything.

    `missing`: how many digits lack for a `length` problem, negative when there are too many.
    """

    number: str
    problem: Problem | None = None
    missing: int = 0
    warnings: tuple[Warned, ...] = ()


def _read_patterns() -> dict[str, re.Pattern[str]]:
    text = Path(__file__).with_name("patterns.yml").read_text("utf-8")
    return {
        item["regex"]: re.compile(
            "|".join(f"(?:{line[2:]})" for line in item["examples"].splitlines()), re.IGNORECASE
        )
        for item in YAML(typ="safe").load(text)["nlu"]
    }


_PATTERNS = _read_patterns()
_CALLED: dict[str, str] = {
    word: entity
    for entity, words in YAML(typ="safe")
    .load(Path(__file__).with_suffix(".yml").read_text("utf-8"))
    .items()
    for word in words
}
_CALLS = re.compile(rf"\b(?:{'|'.join(map(re.escape, _CALLED))})(?![\w-])")


def find_documents(text: str) -> list[FieldMatch]:
    """Folios, cédulas whose check digit is right, and valid phones as E.164, in canonical form.

    The same digits may be a cédula and a phone. What they are called decides; else both are given,
    and the cédula that warns is the less likely.
    """
    if not _HAS_DIGITS.search(text):
        return []
    folded, origin = fold(text)
    folios = list(_PATTERNS["folio"].finditer(folded))
    # The digits of a folio are nothing else.
    rest = _PATTERNS["folio"].sub(lambda m: "_" * len(m[0]), folded)
    ids = list(_find_national_ids(rest))
    phones = [(m, "phone", phone, 1.0) for m, phone, _ in _find_phones(rest)]
    found = [
        *((m, "folio", _canonical_folio(m[0]), 1.0) for m in folios),
        *_not_called_otherwise(rest, ids, phones),
        *_not_called_otherwise(rest, phones, ids),
    ]
    return [
        FieldMatch(entity, value, origin[m.start()], origin[m.end() - 1] + 1, confidence)
        for m, entity, value, confidence in found
    ]


def _not_called_otherwise(
    folded: str, numbers: Sequence[_Number], others: Sequence[_Number]
) -> Iterator[_Number]:
    """The numbers, without those that are also among the others and are called one of them."""
    taken = {m.span() for m, *_ in others}
    for number in numbers:
        match, entity, *_ = number
        if match.span() not in taken or _called(folded, match) in (entity, None):
            yield number


def _called(folded: str, number: re.Match[str]) -> str | None:
    """What the last word for a number before it calls it, or else the first after it."""
    before = _CALLS.findall(folded, 0, number.start())
    after = None if before else _CALLS.search(folded, number.end())
    word = before[-1] if before else after and after[0]
    return _CALLED[word] if word else None


def check_national_id(text: str) -> NationalId:
    """The cédula in an answer, right or wrong; without any digit its number is empty."""
    folded = fold(text)[0]
    candidates = [_bare(m[0]) for m in _PATTERNS["national_id"].finditer(folded)]
    # Beside a cédula there may be a phone, which passes the check one time in ten.
    number = max(candidates, key=_is_likely, default="")
    number = number or max(_numbers(folded), key=len, default="")
    if not number.isdigit() and number:
        return NationalId(number.upper(), "characters")
    if len(number) != DIGITS:
        return NationalId(number, "length", DIGITS - len(number))
    # Not `stdnum.ec.ci.validate`: it refuses some provinces and third digits before it looks at the
    # check digit, and the Registro Civil says not to. Its check digit is Luhn's.
    problem: Problem | None = None if luhn.is_valid(number) else "check_digit"
    return NationalId(number, problem, warnings=_warnings(number))


def other_document(text: str) -> str | None:
    """The number of a passport or other document: 5 to 20 capital letters and digits."""
    spaced = _SERIES.search(text)
    # In a text that is all in capitals, a word before the number is just a word.
    if spaced and (spaced[0] == text.strip() or not text.isupper()):
        return spaced[1] + spaced[2]
    candidates = (n for n in _numbers(fold(text)[0], letters=True) if 5 <= len(n) <= 20)
    return next((n.upper() for n in candidates if n.isalnum()), None)


def parse_phone(text: str) -> str | None:
    """The first mobile or landline of Ecuador, as E.164."""
    phones = _find_phones(fold(text)[0])
    return next((phone for _, phone, kind in phones if kind in _PERSONAL), None)


def _canonical_folio(folio: str) -> str:
    plain = "".join(c for c in folio if c.isalnum()).upper()
    kind, year, number = plain[:2], plain[2:6], plain[6:]
    return f"{kind}-{year}-{number.zfill(_FOLIO_DIGITS[kind])}"


def _find_national_ids(folded: str) -> Iterator[_Number]:
    for match in _PATTERNS["national_id"].finditer(folded):
        number = _bare(match[0])
        if luhn.is_valid(number):
            yield match, "national_id", number, 0.5 if _warnings(number) else 1.0


def _find_phones(folded: str) -> Iterator[tuple[re.Match[str], str, int]]:
    for match in _PATTERNS["phone"].finditer(folded):
        phone = phonenumbers.parse(match[0], "EC")
        kind = phonenumbers.number_type(phone)
        if kind != PhoneNumberType.UNKNOWN and phone.country_code == 593:
            yield match, phonenumbers.format_number(phone, PhoneNumberFormat.E164), kind


def _is_likely(number: str) -> bool:
    return luhn.is_valid(number) and not _warnings(number)


def _warnings(number: str) -> tuple[Warned, ...]:
    odd: list[Warned] = []
    if int(number[:2]) not in _PROVINCES:
        odd.append("province")
    if number[2] > "6":
        odd.append("third_digit")
    return tuple(odd)


def _bare(number: str) -> str:
    return _SEPARATORS.sub("", number)


def _numbers(folded: str, *, letters: bool = False) -> Iterator[str]:
    """Runs of words with digits, without separators; letters at the ends count only on request."""
    run = ""
    for word in [*folded.split(), ""]:
        if any(c.isdigit() for c in word):
            run += _LABEL.sub("", word, count=1)
        elif run:
            inner = re.search(r"[a-z0-9].*[a-z0-9]|\d" if letters else r"\d.*\d|\d", run)
            if inner:
                yield _bare(inner[0])
            run = ""
