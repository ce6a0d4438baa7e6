"""Languages: which texts of an extract mean which language.

Says what a language is called; which languages letters can be written in is decided by the templates that there are.
"""

from __future__ import annotations

import polars as pl

from schemas.codes import plain

ENGLISH, UNDETERMINED = "en", "und"  # ISO 639-1, and 639-2 for what cannot be told

# ISO 639-1, else 639-2, and what extracts write for it: the 639-2 codes of the 834, names, and the names by which Medi-Cal counts threshold
# languages (DHCS, Threshold and Concentration Languages).
SPELLINGS: dict[str, tuple[str, ...]] = {
    "en": ("English", "eng", "Ingles"),
    "es": ("Spanish", "spa", "Espanol", "Español", "Castilian", "Spanish Castilian"),
    "vi": ("Vietnamese", "vie", "Tiếng Việt", "Tieng Viet"),
    "zh": ("Chinese", "zho", "chi", "Traditional Chinese", "Simplified Chinese", "Cantonese", "yue", "Mandarin", "cmn", "Other Chinese"),
    "hy": ("Armenian", "hye", "arm"),
    "ru": ("Russian", "rus"),
    "ko": ("Korean", "kor"),
    "tl": ("Tagalog", "tgl", "Filipino", "fil", "Pilipino"),
    "fa": ("Farsi", "fas", "per", "Persian"),
    "ar": ("Arabic", "ara"),
    "hmn": ("Hmong",),
    "km": ("Cambodian", "khm", "Khmer", "Mon Khmer"),
    "pa": ("Punjabi", "pan", "Panjabi"),
    "hi": ("Hindi", "hin"),
    "ja": ("Japanese", "jpn"),
    "lo": ("Lao", "lao", "Laotian"),
    "th": ("Thai", "tha"),
    "ium": ("Mien", "Iu Mien"),
    "uk": ("Ukrainian", "ukr"),
    "pt": ("Portuguese", "por"),
    "fr": ("French", "fra", "fre"),
    "so": ("Somali", "som"),
    "am": ("Amharic", "amh"),
}


def language_of(text: pl.Expr) -> pl.Expr:
    """The code of the language that a text names: English where nothing is said, `und` where what is said names none."""
    spelled = {spelling: code for code, names in SPELLINGS.items() for spelling in (code, *map(str.lower, names))}
    named = plain(text).replace_strict(spelled, default=UNDETERMINED, return_dtype=pl.String)
    return pl.when(text.is_null()).then(pl.lit(ENGLISH)).otherwise(named)
