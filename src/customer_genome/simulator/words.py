"""What people write: tickets whose words carry a mood, and posts of the forum."""

from __future__ import annotations

TOPICS = ("payment", "export", "editor", "team", "plans", "how-to")
_ABOUT = {
    "payment": ("my card was declined", "an invoice that I cannot open", "a charge that I do not understand"),
    "export": ("the export of a video", "a banner that comes out blurred", "the upload to a network"),
    "editor": ("layers that jump about", "a font that is missing", "undo after saving"),
    "team": ("a colleague who cannot join", "rights of the shared folder", "approvals that do not arrive"),
    "plans": ("which plan fits us", "seats for two more people", "what the business plan adds"),
    "how-to": ("how to resize for stories", "how to schedule an ad", "how to save our colours"),
}
_MOOD = (
    (
        "This is really annoying, {about}. I have lost two hours and I am disappointed.",
        "Again {about}! Nothing works and nobody answers. I am thinking of leaving.",
        "I am angry: {about}. It has been broken for days, please fix this now.",
    ),
    (
        "Hello, I have a question about {about}. Could you have a look?",
        "We need help: {about}. It happens in the browser.",
        "Please tell me about {about}.",
    ),
    (
        "Love the tool! A small thing: {about}. Thank you, you are great.",
        "Thanks for the quick help last time. Now it is {about}, no hurry.",
        "Wonderful work on the new version. One question, {about}. Best wishes!",
    ),
)
_POSTS = (
    "Has anyone tried {area} for a small shop? I like it so far.",
    "Tip: with {area} you save a lot of clicks.",
    "Looking for ideas for {theme} ads, show me yours!",
    "My {theme} campaign is live, thanks for the feedback.",
    "What is missing in {area} for me is a shortcut.",
    "I agree, {theme} works best for us too.",
)


def ticket_text(*, mood: int, topic: int, turn: int) -> str:
    """Return what somebody writes to support; `mood` is -1, 0 or 1.

    >>> ticket_text(mood=0, topic=4, turn=0)
    'Hello, I have a question about which plan fits us. Could you have a look?'
    """
    about = _ABOUT[TOPICS[topic]][turn % 3]
    return _MOOD[mood + 1][turn // 3 % 3].format(about=about)


def post_text(*, area: str, theme: str, turn: int) -> str:
    """Return a post of the forum about an area or a theme."""
    return _POSTS[turn % len(_POSTS)].format(area=area, theme=theme)
