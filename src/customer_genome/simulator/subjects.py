"""Subject lines and headlines in words: what a message offers, how urgent and how personal it is, in what tone."""

from __future__ import annotations

_BODY = {
    "offer": ("20% off every plan with {theme} designs", "your first month is free", "save 25% on Pro",
              "30% discount on the Business plan"),
    "tutorial": ("how to build a {theme} ad in ten minutes", "5 tips for sharper {theme} banners",
                 "a guide to brand kits", "learn to publish to three networks at once"),
    "deadline": ("last chance: 20% off ends tonight", "only 24 hours left for {theme} designs at half price",
                 "final day to save 25%", "hurry, the {theme} sale ends tomorrow"),
    "story": ("the bakery that sold out with one {theme} ad", "what a two-person shop did with {theme} stories",
              "from sketch to campaign: a {theme} story", "why Northwind moved its ads to AdLoom"),
    "newsletter": ("what's new: {theme} designs and more", "the month at AdLoom", "new {theme} templates have arrived",
                   "news from the design room"),
    "ad": ("{theme} ads without a designer", "design {theme} ads in minutes", "one brand, every format",
           "ads your team can make"),
}  # fmt: skip
_TONE = {
    "playful": ("Psst … {body} 🎉", "Oh look, {body}!", "Ready, set, pixels: {body}", "Guess what? {body} 😄"),
    "formal": ("AdLoom: {body}", "Information for customers: {body}", "Announcement: {body}",
               "For your records: {body}"),
    "urgent": ("Act now: {body}", "Don't miss this: {body}", "Today only: {body}", "URGENT: {body}"),
    "personal": ("{{{{first_name}}}}, {body}", "For you, {{{{first_name}}}}: {body}", "We thought of you: {body}",
                 "{{{{first_name}}}}, picked for your team: {body}"),
}  # fmt: skip


def subject(kind: str, *, tone: str, theme: str, turn: int) -> str:
    """Return the line of a message; `turn` picks among the wordings.

    >>> subject("deadline", tone="urgent", theme="retro", turn=0)
    'Act now: last chance: 20% off ends tonight'
    """
    body = _BODY[kind][turn % 4].format(theme=theme)
    line = _TONE[tone][turn // 4 % 4].format(body=body)
    return line[0].upper() + line[1:]
