"""Bodies of requests as text and as XML, and what is said of those that are neither."""

import codecs
import re
import xml.etree.ElementTree as ET
from contextlib import suppress
from xml.parsers.expat import ErrorString

import defusedxml.ElementTree as DefusedET
from defusedxml.common import DefusedXmlException

from bridge.caldav_plugin.refusals import DavError
from bridge.core.errors import InvalidCalendarData

DEEPEST_XML = 100
# A character of UTF-8 whose octets have line folds between them, as RFC 5545 section 3.1 knows of some senders.
_TORN = re.compile(rb"[\xc2-\xf4](?:(?:\r?\n[ \t])?[\x80-\xbf]){1,3}")
_FOLD = re.compile(rb"\r?\n[ \t]")


def calendar_text(body: bytes, charset: str) -> str:
    """The text that ``body`` is; a line fold inside a character is taken out. Raises ``InvalidCalendarData``."""
    named = charset or "utf-8"
    try:
        return _decoded(body, named)
    except LookupError:
        raise InvalidCalendarData(_unknown(charset)) from None
    except ValueError:
        if codecs.lookup(named).name == "utf-8":
            with suppress(ValueError):
                return _decoded(_TORN.sub(lambda found: _FOLD.sub(b"", found[0]), body), named)
    raise InvalidCalendarData(f"The text is not {named[:40]}, as it should be.")


def _decoded(body: bytes, charset: str) -> str:
    text = body.decode(charset)
    text.encode()  # Some charsets of Python's can say half of a surrogate pair, which is no character.
    return text


def _unknown(charset: str) -> str:
    return f"Nobody knows the charset “{charset[:40]}”. Send the text as utf-8."


def xml(body: bytes, charset: str) -> ET.Element | None:
    """``body`` as XML, None when there is none.

    Raises ``DavError`` (400) for anything that is not plain, well-formed XML of a bearable depth.
    """
    if not body.strip():
        return None
    root = _root(_text(body, charset) if charset else body)
    if _is_too_deep(root):
        raise DavError(400, "", f"The body nests its elements more than {DEEPEST_XML} deep.")
    return root


def _text(body: bytes, charset: str) -> str:
    try:
        return _decoded(body, charset)
    except LookupError:
        raise DavError(400, "", _unknown(charset)) from None
    except ValueError:
        raise DavError(400, "", f"The body is not {charset[:40]}, as its Content-Type says.") from None


def _root(text: str | bytes) -> ET.Element:
    try:
        root: ET.Element = DefusedET.fromstring(text)
    except DefusedXmlException:
        raise DavError(400, "", "The body declares entities, which are not taken here. Write out what they stand for.") from None
    except ET.ParseError as fault:
        line, column = fault.position
        raise DavError(400, "", f"The body is not well-formed XML: {ErrorString(fault.code)}, line {line}, column {column + 1}.") from None
    except (LookupError, ValueError):  # Of the encoding in its XML declaration.
        raise DavError(400, "", "The charset in which the body says it is written cannot be read. Send it as utf-8.") from None
    return root


def _is_too_deep(root: ET.Element) -> bool:
    level = [root]
    for _ in range(DEEPEST_XML):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True
