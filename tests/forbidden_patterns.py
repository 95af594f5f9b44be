"""Patterns that no row may show, by language; each has a name, so that a test can say which one was found."""

import re

ANY = {
    "double space": r"  ",
    "space before a mark": r"\s[,;:?!](?:\s|$)|\s\.(?:\s|$)",
    "a question mark and a full stop": r"\?\.(?!\.)|[,;:]\.|\.,(?!\d)|,,|;;",
    "an empty place": r"\{\w*\}|\(\s*\)|\[\s*\]",
    "a doubled word": r"(?<![\w-])(?!(?:that|had|so|very|bye|ha|no|hi|on|nos|sie|die|der|das)\b)([^\W\d]+) \1\b",
}
VOWEL = r"(?:[aeiou](?!ni(?!n|m)|s[aeiu]|s\b|k\b|-)|hour|honest)"
BY_LANGUAGE = {
    "en": {
        "two articles": r"\b(?:an?|the) (?:an?|the)\b(?!-)",
        "a before a vowel": r"\ba (?!one\b|once\b|eu|u[nst]|ubiq|uk\b|usb\b|e-?mail\b(?<!\w))[aeio](?!ne\b)\w{2}",
        "an before a consonant": r"\ban (?!hour|honest|heir|honou?r|[fhlmnrsx](?:\b|\d|[A-Z]))[bcdfgjkpqtvwyz][aeiouhlr]\w",
        "two greetings": r"^\W*(?:hi|hello|hey)(?: there)?\W+(?:hi|hello|hey|good (?:morning|afternoon|evening))\b",
        "please twice": r"\bplease\b.*\bplease\b",
        "thanks twice": r"\b(?:thanks|thank you)\b.*\b(?:thanks|thank you)\b",
        "one of many": r"(?<![\d.,:/$£€-])\b1 (?:rooms|people|nights|guests|tickets|days|seats|adults|hours|weeks|items)\b",
        "a frame in a frame": r"\b(?:want|need|like|trying|have) to (?:i|to|how|can|could|please|want to|need to|the|my)\b"
        r"|\bhow (?:do|can) i (?:to|i|how|can|could|the|my)\b|\b(?:can|could) (?:i|you) (?:to|i|you|how|can|could|the)\b"
        r"|\bi (?:want|need|would like) (?:i|to i)\b|\bwhy is why\b|\bwhat is (?:what|how|why)\b",
        "a preposition before another": r"\b(?:to|for|of|from|before|after) in \d+ days\b|\bon (?:tomorrow|today|in \d)",
    },
    "de": {
        "two articles": r"(?<!, )\b(?:der|die|das|den|dem|ein|eine|einen|einem) (?:ein|eine|einen|einem|den|dem)\b",
        "two greetings": r"^\W*(?:hallo|hi|hey|guten tag)\W+(?:hallo|hi|hey|guten (?:tag|morgen|abend))\b",
        "please twice": r"\bbitte\b.*\bbitte\b",
        "thanks twice": r"\b(?:danke|vielen dank)\b.*\b(?:danke|vielen dank)\b",
        "a frame in a frame": r"\b(?:ich möchte|ich will|kann ich|wie kann ich|können sie) (?:ich|wie|kann|können|möchte|will)\b",
        "a preposition before another": r"\b(?:am|auf|für|zum|vom|um) in (?:\d+|zwei|drei) tagen\b|\bam (?:morgen|übermorgen|heute|nächsten)\b",
    },
    "es": {
        "two articles": r"\b(?:el|la|los|las|un|una) (?:el|la|los|las|un|una)\b",
        "two greetings": r"^\W*(?:hola\W+hola|buen[oa]s(?: días| tardes| noches)?\W+(?:hola|buen[oa]s))\b",
        "please twice": r"\bpor favor\b.*\bpor favor\b",
        "thanks twice": r"\bgracias\b.*\bgracias\b",
        "de el, a el": r"\b(?:de|a) el (?!\w+ ?lado)\b(?![A-Z])",
        "y before i": r"\b(?:y (?:i|hi)(?!e)[^\W\d]{2}|o (?:o|ho)[^\W\d]{2})",
        "a frame in a frame": r"\b(?:quiero|quisiera|puedo|cómo puedo|necesito) (?:quiero|quisiera|cómo|puedo|necesito|me gustaría)\b",
        "a preposition before another": r"\b(?:a|de|del|para) (?:en|hace) \d+ días\b|\bel (?:mañana|hoy|dentro|el)\b",
    },
}
COMPILED = {
    language: {name: re.compile(pattern, re.IGNORECASE) for name, pattern in {**ANY, **patterns}.items()}
    for language, patterns in BY_LANGUAGE.items()
}
DENIALS = {
    "en": r"\b(?:not|never|no|none|nothing|nobody|neither|without|unable|fail\w*|\w+n't|cannot|\w*[acdeiorsu]nt)\b",
    "de": r"\b(?:nicht|kein\w*|nie|niemals|nichts|ohne|nirgends|niemand\w*)\b",
    "es": r"\b(?:no|nunca|jamás|nada|nadie|sin|ningún|ninguna|tampoco)\b",
}
"""Words that deny something."""


def found(text, language):
    """The names of the patterns that a text shows."""
    text = re.sub(r"(?i)(?<=\d)\s?[ap]\.m\.|(?<=\d)\"", "", text)  # 5 p.m., 6'2"
    names = [name for name, pattern in COMPILED[language].items() if pattern.search(text)]
    for mark, name in (('"', "quotes"), ("()", "round brackets"), ("[]", "square brackets")):
        odd = text.count(mark) % 2 if len(mark) == 1 else text.count(mark[0]) != text.count(mark[1])
        names += [f"unbalanced {name}"] if odd else []
    return names
