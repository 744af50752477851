"""Cuts texts to what gateways take, where a reader would pause. Lengths are UTF-16 units.

That is the strictest way to count: an emoji is two.
"""


def length_of(text: str) -> int:
    """Units of a text."""
    return len(text.encode("utf-16-le")) // 2


def beginning(text: str, longest: int) -> str:
    """As much of the text as fits."""
    return text.encode("utf-16-le")[: 2 * longest].decode("utf-16-le", "ignore")


def split_text(text: str, longest: int) -> list[str]:
    """Parts that fit, cut after the last paragraph, line or word that does."""
    text, parts = text.strip(), []
    while len(window := beginning(text, longest)) < len(text):
        cuts = (window.rfind(separator) for separator in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > 0), len(window))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text]


def shorten(text: str, longest: int) -> str:
    """The text if it fits, or its first words and an ellipsis."""
    text = " ".join(text.split())
    if length_of(text) <= longest:
        return text
    kept = beginning(text, longest - 1)
    # A single long word is cut inside; otherwise not even half of the room may be given away.
    cut = kept.rfind(" ") if not text[len(kept)].isspace() else len(kept)
    return (kept[:cut] if cut >= longest // 2 else kept).rstrip(" ,.;:–-(") + "…"
