"""Free text: what it may keep, and the words of this very file that identify somebody."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backend.imaging.domain.deidentify.standard import vocabulary

_LETTERS = r"[^\W\d_]"
_TOKEN = re.compile(rf"{_LETTERS}+(?:['-]{_LETTERS}+)*|\d+(?:[.,]\d+)?|[^\w\s]|_|\s+")
# T1, T2w, B1000, H30s, I31f: a letter or two with a short number, as sequences and kernels have.
_CODE = re.compile(r"(?<![^\W_])(?:[A-Za-z]{1,2}\d{1,4}[a-z]{0,2}|\d{1,2}[dD])(?![^\W_])")
_SEPARATORS = frozenset("+-/,.()%*:;=&<>_")
DATES = re.compile(
    r"(?<!\d)(?:(?:19|20)\d{2}[-./ ]?(?:0[1-9]|1[0-2])[-./ ]?(?:0[1-9]|[12]\d|3[01])"
    r"|\d{1,2}[-./]\d{1,2}[-./](?:19|20)?\d{2})(?!\d)"
)
_PATTERNS = re.compile(
    r"[^\W\d_]{2,}\^[^\W\d_]"  # names as DICOM writes them
    r"|[\w.+-]+@[\w-]+\.\w+"  # addresses for mail
    r"|(?<!\d)\+?\(?\d{2,4}\)?(?:[ /-]\d{2,4}){2,}(?!\d)"  # telephone numbers
    r"|https?://|file:/|\\\\\w+\\|[A-Za-z]:\\|/(?:home|Users|mnt|data)/"  # places of files
    r"|\b(?:[Mm](?:rs?|s|me)|[Dd]r|[Pp]rof|[Hh]err|[Ff]rau|[Pp]atient)\b\.?:?\s+[^\W\d_]"
)
_SHORTEST_ANYWHERE, _SHORTEST_WORD, _SHORTEST_BYTES = 4, 2, 5


@dataclass(frozen=True)
class Identifying:
    """The names, numbers and dates that a file itself gives, and a search for them in its text."""

    pattern: re.Pattern[str] | None
    raw: tuple[bytes, ...]

    def found_in(self, text: str, *, is_term: bool = False) -> bool:
        """Tell whether the text holds one of them, in either case.

        A defined term (`is_term`) may hold a word of imaging that is somebody's name as well.
        """
        if self.pattern is None:
            return False
        found = self.pattern.findall(text.casefold())
        return any(not is_term or word not in vocabulary() for word in found)

    def found_in_bytes(self, value: bytes) -> bool:
        """Tell whether a binary value holds one of them as plain text."""
        low = value.lower()
        return any(word in low for word in self.raw)


def identifying(names: Iterable[str], numbers: Iterable[str]) -> Identifying:
    """Return the search for these: names by their parts, numbers and dates as a whole."""
    words: set[str] = set()
    for name in names:
        words.update(part for part in re.split(r"[\^=\s,.\\_]+", name.casefold()) if _is_name(part))
    words.update(
        number for number in (" ".join(n.casefold().split()) for n in numbers) if len(number) >= 4
    )
    if not words:
        return Identifying(None, ())
    ordered = sorted(words, key=lambda word: (-len(word), word))
    pattern = re.compile("|".join(_bounded(word) for word in ordered))
    raw = tuple(
        word.encode() for word in ordered if word.isalpha() and len(word) >= _SHORTEST_BYTES
    )
    return Identifying(pattern, raw)


def _is_name(part: str) -> bool:
    if not part.isascii():
        return len(part) >= _SHORTEST_WORD
    return len(part) > _SHORTEST_WORD and not part.isdigit()


def _bounded(word: str) -> str:
    """Return a pattern: long words anywhere, short ones and numbers only standing alone."""
    quoted = re.escape(word)
    if any(sign.isdigit() for sign in word):
        return rf"(?<![^\W_]){quoted}(?![^\W_])"
    if len(word) >= _SHORTEST_ANYWHERE or not word.isascii():
        return quoted
    return rf"(?<!{_LETTERS}){quoted}(?!{_LETTERS})"


def is_suspect(text: str, *, dates: bool) -> bool:
    """Tell whether text looks as if it identified someone: mail, telephone, paths, titles, dates."""
    return bool(_PATTERNS.search(text)) or (dates and bool(DATES.search(text)))


def cleaned(text: str, known: Identifying) -> str:
    """Return what of a text surely identifies nobody: words of imaging, codes, short numbers.

    Everything else goes; where one word of the file's own identities is left in spelling, all does.
    """
    text = DATES.sub(" ", text)
    codes = {match.start(): match.group() for match in _CODE.finditer(text)}
    kept: list[str] = []
    place = 0
    while place < len(text):
        if place in codes:
            kept.append(codes[place])
            place += len(codes[place])
            continue
        token = _TOKEN.match(text, place)
        if token is None:
            place += 1
            continue
        kept.append(_kept(token.group()))
        place = token.end()
    result = re.sub(r"\s+", " ", "".join(kept)).strip(" +-/,.:;=&_*<>")
    return "" if known.found_in(result) or not re.search(r"\w", result) else result


def _kept(token: str) -> str:
    if token.isspace() or token in _SEPARATORS:
        return token if token in _SEPARATORS else " "
    if token[0].isdigit():
        return token if len(re.split(r"[.,]", token)[0]) <= 3 else " "
    words = token.casefold().split("-")
    return token if all(word in vocabulary() for word in words) else " "
