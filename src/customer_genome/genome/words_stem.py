"""Plural endings and stop words of English, German, French and Spanish, on words without accents.

Light stemming in the sense of Harman (1991, "S stemmer") and Savoy (2006): only plural endings go, so that a label
is still a word that people read.
"""

from __future__ import annotations

_STOP = """
a about above after again against all also am an and any are aren as at be because been before being below between
both but by can cannot could did do does doing don down during each either else etc few for from further get got had
has have having he her here hers him his how i if in into is isn it its itself just let me more most must my no nor
not now of off on once only or other our ours out over own per same she should so some such than that the their
theirs them then there these they this those through to too under until up upon us very via was we were what when
where which while who whom why will with without would yes you your yours
assorted incl including item misc miscellaneous product various
aber alle allem allen aller alles als also am an ander andere auch auf aus bei beim bin bis bist da dabei damit dann
das dass dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein
eine einem einen einer eines er es euch euer eure fur gegen hab habe haben hat hatte hier hinter ich ihm ihn ihnen
ihr ihre ihrem ihren ihrer im immer ins ist jede jedem jeden jeder jedes jetzt kann kein keine konnen man mehr mein
meine mich mir mit nach nicht noch nun nur ob oder ohne schon sehr sein seine sich sie sind so sowie uber um und uns
unser unsere unter vom von vor war waren was weil wenn wer wie wieder wir wird wo zu zum zur
au aux avec ce ces cette chez dans de du elle en est et eux il ils la le les leur leurs lui mais mes moi mon ne nos
notre nous ou par pas plus pour qu que qui sa sans ses son sont sur ta te tes toi ton tous tout tres tu un une vos
votre vous
al como con cual del desde donde el ella ellas ellos esta este esto estos hay hasta las lo los mas mi mis muy nosotros
nuestra nuestro otra otro para pero por que se ser si sin sobre son su sus tambien te tiene todo todos tu tus una unas
uno unos y ya
"""
STOP_WORDS = frozenset(_STOP.split())
_KEPT = ("ss", "us", "is", "ous", "ies")
"""Endings before which an s belongs to the word."""
_GERMAN = ("ungen", "heiten", "keiten", "schaften", "innen")


def is_stop_word(word: str) -> bool:
    """Tell whether a word without accents says nothing by itself."""
    return word in STOP_WORDS


def stem(word: str) -> str:
    """Return a folded word without its plural ending.

    >>> [stem(word) for word in ("batteries", "boxes", "juices", "glass", "zeitungen", "gateaux", "flores")]
    ['battery', 'box', 'juice', 'glass', 'zeitung', 'gateau', 'flor']
    """
    if len(word) <= 3:
        return word
    for ending in _GERMAN:
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -3 if ending == "innen" else -2]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes", "ores", "ones")) and len(word) > 4:
        return word[:-2] if not word.endswith("ones") or word.endswith("iones") else word[:-1]
    if word.endswith(("eaux", "oux")):
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith(_KEPT) else word
