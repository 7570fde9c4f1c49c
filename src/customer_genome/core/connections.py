"""Databases, services and stores that sources pull from: the `connections` of `genome.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from customer_genome.core.model import Count, Fault, Model, Text, fault

_TELLING = r"pass|pwd|secret|token|api[-_]?key|authorization|cookie"
Scalar = Text | bool | int | float


def _secret(value: Any) -> Any:
    """Check the name of a secret; what is no name may be the secret itself, so it is never shown."""
    if not isinstance(value, str) or re.fullmatch(r"[A-Z][A-Z0-9_]{0,126}", value) is None:
        raise fault(
            "something that is no name (not shown: it may be the secret itself)",
            "the name of an environment variable or keyring entry, such as CRM_DATABASE_URL",
        )
    return value


def _url(value: Any) -> Any:
    """Check a database's URL; one with a password is refused, and not shown."""
    try:
        parts = urlsplit(value)
        password, query = parts.password, parts.query
    except (ValueError, AttributeError, TypeError):
        raise fault("no URL", "a URL such as sqlite:///data/crm.sqlite") from None
    if password is not None or re.search(_TELLING, query, re.IGNORECASE):
        raise fault(
            "a URL with a password in it (not shown)",
            "`secret: NAME`, with the password (of a database: the whole URL) in the environment variable or keyring "
            "entry NAME; change the password if others could read this file",
        )
    return value


def _whole_url(value: Any) -> Any:
    """Check a URL that must name its scheme."""
    if not urlsplit(_url(value)).scheme:
        raise fault("a text without `scheme://`", "a URL such as sqlite:///data/crm.sqlite")
    return value


def _no_secrets(values: Any) -> Any:
    """Check headers and parameters: what looks like a secret belongs under `auth`, and is not shown."""
    for name in values if isinstance(values, Mapping) else ():
        if re.fullmatch(rf"(x-)?([a-z]+[-_])*({_TELLING})(-key)?", str(name), re.IGNORECASE):
            raise fault(
                f"`{name}`, which looks like a secret (its value is not shown)",
                "it under the connection's `auth`: `{type: api_key, name: ..., secret: NAME}`",
            )
    return values


Secret = Annotated[str, BeforeValidator(_secret)]
"""The name under which a secret lies in the environment or the keyring; never the secret itself."""
Url = Annotated[str, Field(max_length=1_000), BeforeValidator(_whole_url)]
Location = Annotated[Text, BeforeValidator(_url)]
"""A URL, or a path in the project; without a password."""
Headers = Annotated[dict[Text, Text], BeforeValidator(_no_secrets)]
Params = Annotated[dict[Text, Scalar], BeforeValidator(_no_secrets)]


class Auth(Model):
    """How a service is told who asks: `{type: bearer, secret: STRIPE_API_KEY}`."""

    type: Literal["bearer", "api_key", "basic", "oauth2"]
    """`bearer` sends the secret as a bearer token, `api_key` in a header or parameter, `basic` as a password; `oauth2`
    gets a token for it first (client credentials)."""
    secret: Secret
    """Name of the environment variable or keyring entry that holds the secret."""
    name: Text = "Authorization"
    """For api_key: the header or parameter."""
    location: Literal["header", "query"] = "header"
    """For api_key: where it goes."""
    prefix: str = Field(default="", max_length=100)
    """For api_key: what stands before the secret, such as `Klaviyo-API-Key `."""
    user: Text = "key"
    """For basic and oauth2: the user's name or client's id, if it is no secret ..."""
    user_secret: Secret | None = None
    """... and otherwise the name of the entry that holds it."""
    token_url: Url | None = None
    """For oauth2: where the token is asked for."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """A token is asked for somewhere."""
        if (raw.get("type") == "oauth2") != (raw.get("token_url") is not None):
            yield Fault(
                ("token_url",), "`token_url` and `type: oauth2`, one without the other", "both or neither"
            )


class Paginator(Model):
    """How a service hands out the next page: `{type: cursor, cursor_path: paging.next.after, cursor_param: after}`.

    Paths are JSONPath into the answer.
    """

    type: Literal["single_page", "page_number", "offset", "header_link", "json_link", "cursor"]
    """One page only; by a page's number; by an offset; by the Link header; by a link or a cursor in the answer."""
    cursor_path: Text | None = None
    """For cursor: where the next cursor stands."""
    cursor_param: Text | None = None
    """For cursor: the parameter that sends it."""
    next_url_path: Text | None = None
    """For json_link: where the next page's URL stands."""
    has_more_path: Text | None = None
    """For cursor, offset and page_number: where it says whether there is more."""
    end_path: Text | None = None
    """For cursor and json_link: where it says that this was the end."""
    limit: Count | None = None
    """For offset: rows of a page."""
    limit_param: Text | None = None
    """For offset: the parameter that sends `limit`."""
    offset_param: Text | None = None
    """For offset: the parameter that sends the offset."""
    page_param: Text | None = None
    """For page_number: the parameter that sends the page."""
    base_page: int | None = Field(default=None, ge=0, le=1)
    """For page_number: the number of the first page."""
    total_path: Text | None = None
    """For offset and page_number: where the number of all rows, or pages, stands."""


class Connection(Model):
    """One database, service or store; it never holds a secret, only the names of secrets.

    A database has `url` or `secret`, a service has `base_url`, a store of files has `options` or `secrets`.
    """

    url: Url | None = None
    """A database without a password: `sqlite:///data/crm.sqlite` lies in the project; four slashes: anywhere."""
    secret: Secret | None = None
    """A database whose URL is a secret: the name of its environment variable or keyring entry."""
    base_url: Url | None = None
    """A service: what its paths are added to."""
    auth: Auth | None = None
    """For a service: how it is told who asks."""
    headers: Headers = Field(default_factory=dict)
    """For a service: what every request carries besides, such as a version; never a secret."""
    paginator: Paginator | None = None
    """For a service: how pages follow, unless a source says otherwise; without it, it is found out."""
    attempts: Count = 5
    """For a service: how often a request is tried while the service is busy or out of reach."""
    options: Params = Field(default_factory=dict)
    """For a store: options of its file system (fsspec), such as `{endpoint_url: https://...}` or `{anon: true}`."""
    secrets: dict[Text, Secret] = Field(default_factory=dict)
    """For a store: options whose values are secrets, by name: `{key: AWS_ACCESS_KEY_ID}`."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """It is a database, a service or a store, and has the keys of its kind alone."""
        kind = kind_of(raw)
        if kind is None:
            found = " and ".join(f"`{key}`" for key in _MARKS if raw.get(key)) or "none of them"
            yield Fault(
                (), found, "`url` or `secret` (a database), `base_url` (a service), or `options` (a store)"
            )
            return
        if raw.get("auth") and re.match(r"http://(?!localhost|127\.|\[::1\])", str(raw.get("base_url"))):
            yield Fault(
                ("base_url",), "http:// with `auth`", "https://: the secret would be sent in the open"
            )
        for key in raw:
            if key in cls.model_fields and key not in _KEYS[kind] and raw[key]:
                yield Fault((key,), f"`{key}` in a {kind}", f"one of {', '.join(_KEYS[kind])}")


_MARKS = {
    "url": "database",
    "secret": "database",
    "base_url": "service",
    "options": "store",
    "secrets": "store",
}
_KEYS = {
    "database": ("url", "secret"),
    "service": ("base_url", "auth", "headers", "paginator", "attempts"),
    "store": ("options", "secrets"),
}


def kind_of(raw: Mapping[str, Any]) -> str | None:
    """Return what a connection is: database, service or store; None where its keys do not say so."""
    marked = [key for key in _MARKS if raw.get(key)]
    kinds = {_MARKS[key] for key in marked}
    return kinds.pop() if len(kinds) == 1 and marked != ["url", "secret"] else None
