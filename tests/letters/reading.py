"""How plainly a letter is written: the Flesch-Kincaid grade of English, and the INFLESZ score of Spanish.

Syllables are counted by rule, so single words may be counted wrongly; a letter has some hundred.
"""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
SILENT = re.compile(r"(?:[^aeiouyl]e|[aeiouy]le|(?:[^aeiouylcgsxzh]|[aeiouy]l|th)es|[^aeiouytd]ed)$")
VOWELS_OF_ENGLISH = re.compile(r"[aeiouy]+")
APART = re.compile(r"ia|io|iu|ua(?!r)|uou|iet|yi|being|\w{2}ea$")
STRONG, WEAK = "aeoáéóíú", "iuü"


def grade(text: str) -> float:
    """The school grade that can read an English text (Flesch-Kincaid, 1975). Lines are sentences, and so is what ends in a stop."""
    words = WORD.findall(text)
    return 0.39 * len(words) / sentences(text) + 11.8 * sum(map(syllables_of_english, words)) / len(words) - 15.59


def inflesz(text: str) -> float:
    """How easily a Spanish text reads (INFLESZ, Barrio-Cantalejo 2008): normal from 55, fairly easy from 65, very easy from 80."""
    words = WORD.findall(text)
    return 206.835 - 62.3 * sum(map(syllables_of_spanish, words)) / len(words) - len(words) / sentences(text)


def sentences(text: str) -> int:
    """Headings, list items and paragraphs end a sentence, whatever they end in; abbreviated hours do not."""
    plain = re.sub(r"\b([ap])\. ?m\.", r"\1m", text)
    return sum(1 for line in plain.split("\n") for part in re.split(r"[.!?:]+(?=\s|$)", line) if WORD.search(part))


def syllables_of_english(word: str) -> int:
    small = re.sub(r"['\u2019].*", "", word.lower())
    groups = len(VOWELS_OF_ENGLISH.findall(small))
    if groups > 1 and SILENT.search(small):
        groups -= 1
    return max(1, groups + len(APART.findall(re.sub(r"(?:ti|ci|si)(?=on|al|an|ous)", "x", small))))


def syllables_of_spanish(word: str) -> int:
    """Every strong or accented vowel is a syllable; weak ones beside another vowel belong to it."""
    small = re.sub(r"qu(?=[eiéí])|gu(?=[eiéí])", "q", word.lower())
    small = re.sub(r"y$", "i", small)
    found, before, before_beside = 0, "", False
    for letter in small:
        beside = bool(before) and before in STRONG + WEAK
        if letter in STRONG or (letter in WEAK and not beside):
            found += 1
            if before and before in WEAK and letter in STRONG and letter not in "íú" and not before_beside:
                found -= 1  # the weak vowel before it was counted as one of its own
        before, before_beside = letter, beside
    return max(1, found)
