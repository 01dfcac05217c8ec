"""Text that can be stored: PostgreSQL takes no NUL, no encoding takes half of a surrogate pair."""

from collections.abc import Iterator


def is_storable(text: str) -> bool:
    """Whether a database takes this text: no NUL, no half of a surrogate pair."""
    if "\0" in text:
        return False
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def unstorable(value: object) -> Iterator[tuple[str | int, ...]]:
    """The ways to all texts in parsed JSON that cannot be stored, keys of objects included."""
    waiting: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while waiting:
        way, node = waiting.pop()
        if isinstance(node, str):
            if not is_storable(node):
                yield way
        elif isinstance(node, dict):
            if not all(is_storable(key) for key in node):
                yield way
            else:
                waiting += [((*way, key), inner) for key, inner in node.items()]
        elif isinstance(node, list):
            waiting += [((*way, place), inner) for place, inner in enumerate(node)]
