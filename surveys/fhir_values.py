"""JSON of untrusted origin, and the values of FHIR elements, read within limits.

Sources: FHIR R4 datatypes (https://hl7.org/fhir/R4/datatypes.html).
"""

import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Never

from surveys.model import Coding, PartialDate, Unsupported, Value, Words

MAX_BYTES = 1_000_000
MAX_TEXT = 10_000
MAX_ANSWER_BYTES = 64_000
MAX_LINK_ID = 255
MAX_EXPONENT = 30
INTEGER_32 = range(-(2**31), 2**31)

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION = STRUCTURE + "translation"
_BIDI = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_ALLOWED_CONTROLS = "\t\n\r"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a document: where (JSON path), which rule, in words for its author."""

    path: str
    code: str
    message: str


class FormRefused(ValueError):
    """A document that cannot be read; `findings` lists every reason found."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in findings[:5]))
        self.findings = findings


def refuse(path: str, code: str, message: str) -> Never:
    """Stop reading with one reason.

    Raises:
        FormRefused: always.
    """
    raise FormRefused((Finding(path, code, message),))


def loads(data: bytes | str) -> Mapping[str, Any]:
    """Read a JSON object; numbers with a point become `Decimal`.

    Raises:
        FormRefused: too large, no JSON object, a key twice, NaN, or text that is not Unicode.
    """
    size = len(data) if isinstance(data, bytes) else len(data.encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        refuse("$", "tooLarge", f"more than {MAX_BYTES} bytes")
    try:
        found = json.loads(
            data,
            parse_float=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_unique_keys,
        )
    except (ValueError, RecursionError, ArithmeticError) as error:
        if isinstance(error, FormRefused):
            raise
        raise FormRefused((Finding("$", "invalidJson", "not readable as JSON"),)) from error
    if not isinstance(found, dict):
        refuse("$", "invalidJson", "not a JSON object")
    return found


def dumps(data: object) -> str:
    """Write JSON with decimals exactly as they are, which `json` cannot."""
    if isinstance(data, Mapping):
        parts = (f"{json.dumps(key, ensure_ascii=False)}:{dumps(data[key])}" for key in data)
        return "{" + ",".join(parts) + "}"
    if isinstance(data, list | tuple):
        return "[" + ",".join(dumps(one) for one in data) + "]"
    if isinstance(data, Decimal):
        return format(data, "f")
    return json.dumps(data, ensure_ascii=False)


def _number(literal: str) -> Decimal:
    """Read a decimal literal, refusing exponents that would fill the memory when written out."""
    number = Decimal(literal)
    if not number.is_finite() or (number and abs(number.adjusted()) > MAX_EXPONENT):
        refuse("$", "invalidJson", "a number out of range")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT:
        refuse("$", "invalidJson", "a number out of range")
    return number


def _no_constant(name: str) -> Never:
    """Refuse NaN and Infinity, which JSON does not have."""
    refuse("$", "invalidJson", f"{name} is no JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object; a key given twice would mean two things to two readers."""
    found = dict(pairs)
    if len(found) < len(pairs):
        refuse("$", "duplicateKey", "a property is given twice")
    return found


def clean(text: object, path: str, limit: int = MAX_TEXT) -> str:
    """Check a text and strip characters that reorder what is shown.

    Raises:
        FormRefused: no text, too long, control characters or half a character.
    """
    if not isinstance(text, str):
        refuse(path, "wrongType", "must be a text")
    if len(text) > limit:
        refuse(path, "tooLong", f"more than {limit} characters")
    for char in text:
        category = unicodedata.category(char)
        if category == "Cs" or (category == "Cc" and char not in _ALLOWED_CONTROLS):
            refuse(path, "controlCharacter", "contains a control character")
    return text.translate(_BIDI)


def mapping(data: object, path: str) -> Mapping[str, Any]:
    """Require a JSON object."""
    if not isinstance(data, Mapping):
        refuse(path, "wrongType", "must be an object")
    return data


def listing(data: Mapping[str, Any], key: str, path: str) -> list[Any]:
    """Give a list property, empty where absent."""
    found = data.get(key, [])
    if not isinstance(found, list):
        refuse(f"{path}.{key}", "wrongType", "must be a list")
    return found


def words(data: Mapping[str, Any], key: str, path: str) -> Words:
    """Give the translations beside a text: `_text` with the translation extension."""
    sibling = data.get(f"_{key}")
    if not isinstance(sibling, Mapping):
        return ()
    found: dict[str, str] = {}
    for extension in listing(sibling, "extension", path):
        if mapping(extension, path).get("url") != TRANSLATION:
            continue
        parts = {
            str(part.get("url")): part.get("valueCode", part.get("valueString"))
            for part in listing(extension, "extension", path)
            if isinstance(part, Mapping)
        }
        language = clean(parts.get("lang"), f"{path}._{key}", 35)
        found[language] = clean(parts.get("content"), f"{path}._{key}")
    return tuple(found.items())


def write_words(data: dict[str, Any], key: str, translations: Words) -> None:
    """Put translations beside a text."""
    if translations:
        data[f"_{key}"] = {
            "extension": [
                {
                    "url": TRANSLATION,
                    "extension": [
                        {"url": "lang", "valueCode": language},
                        {"url": "content", "valueString": text},
                    ],
                }
                for language, text in translations
            ]
        }


def _boolean(raw: object, path: str) -> Value:
    if not isinstance(raw, bool):
        refuse(path, "wrongType", "must be true or false")
    return raw


def _integer(raw: object, path: str) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int) or raw not in INTEGER_32:
        refuse(path, "wrongType", "must be a whole number of 32 bits")
    return raw


def _decimal(raw: object, path: str) -> Value:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal) or abs(raw) > 10**MAX_EXPONENT:
        refuse(path, "wrongType", "must be a number")
    return Decimal(raw)


def _date(raw: object, path: str) -> Value:
    if not isinstance(raw, str):
        refuse(path, "wrongType", "must be a date in quotes")
    try:
        return PartialDate.parse(raw)
    except ValueError as error:
        raise FormRefused((Finding(path, "wrongType", "must be a date"),)) from error


def _string(raw: object, path: str) -> Value:
    return clean(raw, path, MAX_ANSWER_BYTES)


def _coding(raw: object, path: str) -> Value:
    data = mapping(raw, path)
    texts = {
        key: clean(data[key], f"{path}.{key}") if key in data else None
        for key in ("system", "code", "display")
    }
    code = texts["code"] or texts["display"]
    if not code:
        refuse(path, "wrongType", "a coding needs a code")
    return Coding(code, texts["system"], texts["display"], words(data, "display", path))


_READERS: Mapping[str, Callable[[object, str], Value]] = {
    "Boolean": _boolean,
    "Decimal": _decimal,
    "Integer": _integer,
    "Date": _date,
    "String": _string,
    "Coding": _coding,
}


def read_value(data: Mapping[str, Any], name: str, path: str) -> Value | None:
    """Give the choice element `value[x]` or `answer[x]`; None where there is none.

    Raises:
        FormRefused: two values at once, or one whose JSON type contradicts its name.
    """
    kinds = [
        key for key in data if key.startswith(name) and key[len(name) : len(name) + 1].isupper()
    ]
    kinds = [key for key in kinds if key not in ("answerOption", "answerValueSet")]
    if not kinds:
        return None
    if len(kinds) > 1:
        refuse(path, "wrongType", "holds more than one value")
    kind = kinds[0].removeprefix(name)
    reader = _READERS.get(kind)
    if reader is None:
        return Unsupported(kind[:40])
    return reader(data[kinds[0]], f"{path}.{kinds[0]}")


def write_value(name: str, value: Value) -> dict[str, Any]:
    """Write a value as `{valueX: ...}`."""
    match value:
        case bool():
            return {f"{name}Boolean": value}
        case int():
            return {f"{name}Integer": value}
        case Decimal():
            return {f"{name}Decimal": value}
        case PartialDate():
            return {f"{name}Date": str(value)}
        case str():
            return {f"{name}String": value}
        case Coding():
            parts = {"system": value.system, "code": value.code, "display": value.display}
            coding: dict[str, Any] = {key: part for key, part in parts.items() if part is not None}
            write_words(coding, "display", value.translations)
            return {f"{name}Coding": coding}
        case Unsupported():
            raise ValueError(f"a value of kind {value.kind} cannot be written")
