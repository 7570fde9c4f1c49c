"""Rows of a service's REST API, as dicts, through dlt's rest_api."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from customer_genome.core.connect import Connect, Each
from customer_genome.core.connections import Auth, Connection, Paginator

Secrets = Callable[[str], str]
_TIMEOUT = (10, 120)
"""Seconds until a service must have taken the call, and must have answered."""
_SINCE = "{since}"
_EACH = "each_of"


@contextmanager
def rest_rows(
    connect: Connect, *, connection: Connection, name: str, secret: Secrets
) -> Iterator[Iterator[dict[str, Any]]]:
    """Open the service and yield the rows of every page; reads under `quiet_dlt`, which holds the cursor.

    A service that is busy (429, 5xx) or out of reach is asked again, at most `attempts` times in all, and as late as it
    says itself.
    """
    from dlt.sources.rest_api import rest_api_resources

    session = _session(connection.attempts)
    resources = _resources(connect, connection, name)
    client: dict[str, Any] = {
        "base_url": connection.base_url, "headers": dict(connection.headers), "session": session,
    }  # fmt: skip
    if connection.auth is not None:
        client["auth"] = _auth(connection.auth, secret, session)
    config: Any = {"client": client, "resources": resources}
    try:
        yield iter(rest_api_resources(config)[-1])
    finally:
        session.close()


def _resources(connect: Connect, connection: Connection, name: str) -> list[dict[str, Any]]:
    endpoint = _endpoint(connect, connection)
    if connect.cursor is not None:
        endpoint["incremental"] = _incremental(connect)
    rows: dict[str, Any] = {"name": name, "endpoint": endpoint}
    if connect.key:
        rows["primary_key"] = list(connect.key)
    if connect.each is None:
        return [rows]
    endpoint["path"] = endpoint["path"].replace("{each}", f"{{resources.{_EACH}.{connect.each.field}}}")
    return [{"name": _EACH, "endpoint": _endpoint(connect.each, connection)}, rows]


def _endpoint(asked: Connect | Each, connection: Connection) -> dict[str, Any]:
    pages = asked.paginator or connection.paginator
    given = {
        "path": asked.path,
        "params": {key: _literal(value) for key, value in asked.params.items()},
        "data_selector": asked.data_selector,
        "paginator": None if pages is None else _paginator(pages),
    }
    return {key: value for key, value in given.items() if value is not None}


def _session(attempts: int) -> Any:
    from dlt.sources.helpers.requests import Client

    session = Client(
        request_timeout=_TIMEOUT,
        raise_for_status=False,
        request_max_attempts=attempts,
        request_backoff_factor=0.5,
        request_max_retry_delay=60,
    ).session
    adapter = session.get_adapter("https://")  # one for both schemes
    send = adapter.send

    def whole(*args: Any, **kwargs: Any) -> Any:
        answer = send(*args, **kwargs)
        _ = answer.content  # read before anybody refuses it, so that its socket is let go
        return answer

    adapter.send = whole  # type: ignore[method-assign]
    return session


def _auth(auth: Auth, secret: Secrets, session: Any) -> dict[str, Any]:
    value = secret(auth.secret)
    if auth.type == "bearer":
        return {"type": "bearer", "token": value}
    user = secret(auth.user_secret) if auth.user_secret is not None else auth.user
    if auth.type == "basic":
        return {"type": "http_basic", "username": user, "password": value}
    if auth.type == "oauth2":
        return {
            "type": "oauth2_client_credentials", "access_token_url": auth.token_url, "client_id": user,
            "client_secret": value, "session": session,
        }  # fmt: skip
    return {"type": "api_key", "name": auth.name, "api_key": auth.prefix + value, "location": auth.location}


def _literal(value: Any) -> Any:
    """Return a parameter with the cursor where `{since}` stands; other braces are the service's own."""
    if not isinstance(value, str) or not ({"{", "}"} & set(value)):
        return value
    doubled = value.replace(_SINCE, "\0").replace("{", "{{").replace("}", "}}")
    return doubled.replace("\0", "{incremental.start_value}")


def _incremental(connect: Connect) -> dict[str, Any]:
    since = connect.since
    found: dict[str, Any] = {"cursor_path": connect.cursor, "on_cursor_value_missing": "include"}
    if since is not None:
        found["initial_value"] = since.first
        if since.param is not None:
            found["start_param"] = since.param
        if since.convert != "none":
            found["convert"] = {"epoch": _epoch, "utc": _utc}[since.convert]
    return found


def _epoch(value: Any) -> Any:
    """Return an ISO time as whole seconds since 1970; a number is one already."""
    if not isinstance(value, str) or value.isdigit():
        return value
    return int(_moment(value).timestamp())


def _utc(value: Any) -> Any:
    """Return an ISO time as UTC, without fractions of a second."""
    return f"{_moment(str(value)).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _paginator(pages: Paginator) -> Any:
    given = {key: value for key, value in pages.model_dump().items() if value is not None}
    end = given.pop("end_path", None)
    if end is None:
        return given
    return _until(end, links=given.pop("type") == "json_link", given=given)


def _until(end: str, *, links: bool, given: Mapping[str, Any]) -> Any:
    from dlt.common import jsonpath
    from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator, JSONResponseCursorPaginator

    kind: Any = JSONLinkPaginator if links else JSONResponseCursorPaginator

    class Until(kind):  # type: ignore[misc]
        """Pages by a link or cursor that the last page has too, and says that it is the last."""

        def update_state(self, response: Any, data: list[Any] | None = None) -> None:
            super().update_state(response, data)
            if any(jsonpath.find_values(end, response.json())):
                self._has_next_page = False

    return Until(**given)
