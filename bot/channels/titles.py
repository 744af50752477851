"""Shortens titles to what a gateway takes, where a reader would pause. Lengths: UTF-16 units.

That is the strictest way to count: an emoji is two.
"""

from bot.channels.texts import fitting


def length_of(text: str) -> int:
    """Units of a text."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, longest: int) -> str:
    """The text if it fits, or its first words and an ellipsis."""
    text = " ".join(text.split())
    if length_of(text) <= longest:
        return text
    kept = fitting(text, longest - 1)
    # A single long word is cut inside; otherwise not even half of the room may be given away.
    cut = kept.rfind(" ") if not text[len(kept)].isspace() else len(kept)
    return (kept[:cut] if cut >= longest // 2 else kept).rstrip(" ,.;:–-(") + "…"
