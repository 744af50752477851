"""Long texts in parts that a gateway takes, measured in UTF-16 units, the strictest way."""


def split_text(text: str, limit: int) -> list[str]:
    """Parts of at most `limit` units, cut after the last paragraph, line or word that fits."""
    text, parts = text.strip(), []
    while len(window := fitting(text, limit)) < len(text):
        cuts = (window.rfind(separator) for separator in ("\n\n", "\n", " "))
        cut = next((cut for cut in cuts if cut > 0), len(window))
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*parts, text]


def fitting(text: str, limit: int) -> str:
    """The beginning of a text that fits, no character of it cut in half."""
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore")
