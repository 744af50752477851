"""Tells somebody called like a place from the place: "la señora Martha Calderón"."""

from collections.abc import Collection, Sequence

from intents.normalise import Token

# A first name or two may stand between the lead and the surname.
_FIRST_NAMES = 2
_LONGEST_LEAD = 2


class Surnames:
    """Knows which places are surnames, what leads to a name, and which words are in none."""

    def __init__(
        self,
        surnames: Collection[str],
        leads: Collection[str],
        polite: Collection[str],
        no_names: Collection[str],
    ) -> None:
        self._surnames = frozenset(surnames)
        self._leads = frozenset(leads)
        self._polite = frozenset(polite)
        self._no_names = frozenset(no_names)

    def places(self, tokens: Sequence[Token]) -> frozenset[int]:
        """Where words begin that only look like a place."""
        return frozenset(
            token.start
            for at, token in enumerate(tokens)
            if token.text in self._surnames and self._is_name(tokens, at)
        )

    def _is_name(self, tokens: Sequence[Token], at: int) -> bool:
        for first_names in range(_FIRST_NAMES + 1):
            before = at - first_names
            if any(
                self._leads_to(tokens, before, n, first_names) for n in range(1, _LONGEST_LEAD + 1)
            ):
                return True
            if before == 0 or tokens[before - 1].text in self._no_names:
                return False
        return False

    def _leads_to(self, tokens: Sequence[Token], end: int, length: int, first_names: int) -> bool:
        lead = " ".join(token.text for token in tokens[max(0, end - length) : end])
        return lead in self._leads or (first_names > 0 and lead in self._polite)
