"""The services of `tests/support/services`, served with the paging and the authentication of their documentation."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from imitated_service import Answer, Asked

SAMPLES = Path(__file__).parent / "services"
KEY = "key/of+the=service"
"""The secret in every sample; its characters are those that URLs write otherwise."""
DENIED = Answer({"error": "who are you?"}, 401)
PAGE = 2
"""Rows on a page."""

Rows = dict[str, list[dict[str, Any]]]


def sample(name: str) -> Rows:
    """Return a sample's lists of rows."""
    found: Rows = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return found


def answers(name: str, rows: Rows) -> Callable[[Asked], Answer]:
    """Return the function that answers as the service does, from `rows`, which may change meanwhile."""
    return {
        "stripe": lambda asked: _stripe(asked, rows),
        "hubspot": lambda asked: _hubspot(asked, rows),
        "salesforce": lambda asked: _salesforce(asked, rows),
        "zendesk": lambda asked: _zendesk(asked, rows),
        "mailchimp": lambda asked: _mailchimp(asked, rows),
        "klaviyo": lambda asked: _klaviyo(asked, rows),
        "shopify": lambda asked: _shopify(asked, rows),
    }[name]


def _basic(asked: Asked, user: str) -> bool:
    sent = f"Basic {base64.b64encode(f'{user}:{KEY}'.encode()).decode()}"
    return asked.headers.get("Authorization") == sent


def _stripe(asked: Asked, rows: Rows) -> Answer:
    if asked.headers.get("Authorization") != f"Bearer {KEY}" or "Stripe-Version" not in asked.headers:
        return DENIED
    mine = [
        row for row in rows[asked.path] if row.get("created", 0) >= int(asked.params.get("created[gte]", 0))
    ]
    after = asked.params.get("starting_after")
    start = [row["id"] for row in mine].index(after) + 1 if after else 0
    page = mine[start : start + PAGE]
    return Answer({"object": "list", "url": asked.path, "has_more": start + PAGE < len(mine), "data": page})


def _hubspot(asked: Asked, rows: Rows) -> Answer:
    if asked.headers.get("Authorization") != f"Bearer {KEY}":
        return DENIED
    mine, start = rows[asked.path], int(asked.params.get("after", 0))
    more = {"paging": {"next": {"after": str(start + 1), "link": "..."}}} if start + 1 < len(mine) else {}
    return Answer({"results": mine[start : start + 1], **more})


def _salesforce(asked: Asked, rows: Rows) -> Answer:
    if asked.path == "/services/oauth2/token":
        return Answer({"access_token": "of an hour", "token_type": "Bearer"})
    if asked.headers.get("Authorization") != "Bearer of an hour":
        return DENIED
    number = re.fullmatch(r"/services/data/v62.0/query/(\w+)-(\d+)", asked.path)
    if number:
        kind, start = number[1], int(number[2])
        since = ""
    else:
        query = re.search(
            r"FROM (\w+) WHERE .*SystemModstamp >= (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$", asked.params["q"]
        )
        if query is None:
            return Answer([{"errorCode": "MALFORMED_QUERY"}], 400)
        kind, since, start = query[1], query[2], 0
    mine = [row for row in rows[kind] if row["SystemModstamp"][:19] >= since[:19]]
    done = start + PAGE >= len(mine)
    more = {} if done else {"nextRecordsUrl": f"/services/data/v62.0/query/{kind}-{start + PAGE}"}
    return Answer({"totalSize": len(mine), "done": done, **more, "records": mine[start : start + PAGE]})


def _zendesk(asked: Asked, rows: Rows) -> Answer:
    if not _basic(asked, "admin@example.com/token"):
        return DENIED
    kind = asked.path.split("/")[-2]
    if ("start_time" in asked.params) == ("cursor" in asked.params):
        return Answer({"error": "InvalidParameter"}, 400)
    start = int(asked.params.get("cursor", 0))
    end = start + PAGE >= len(rows[kind])
    link = f"http://{asked.headers['Host']}{asked.path}?cursor={start + PAGE}"
    return Answer({kind: rows[kind][start : start + PAGE], "after_url": link, "end_of_stream": end})


def _mailchimp(asked: Asked, rows: Rows) -> Answer:
    if not _basic(asked, "any"):
        return DENIED
    start = int(asked.params.get("offset", 0))
    report = re.fullmatch(r"/3.0/reports/(\w+)/email-activity", asked.path)
    name = "emails" if report else asked.path.split("/")[-1]
    mine = rows[report[1]] if report else rows[name]
    count = min(int(asked.params["count"]), 1000)
    return Answer({name: mine[start : start + count], "total_items": len(mine)})


def _klaviyo(asked: Asked, rows: Rows) -> Answer:
    if asked.headers.get("Authorization") != f"Klaviyo-API-Key {KEY}" or "revision" not in asked.headers:
        return DENIED
    query = re.fullmatch(r"greater-or-equal\((updated|datetime),(.+)\)", asked.params["filter"])
    if query is None:
        return Answer({"errors": [{"code": "invalid"}]}, 400)
    mine = [row for row in rows[asked.path] if row["attributes"][query[1]] >= query[2]]
    start = int(asked.params.get("page[cursor]", 0))
    quoted = asked.params["filter"].replace("+", "%2B")
    link = f"http://{asked.headers['Host']}{asked.path}?filter={quoted}&page%5Bcursor%5D={start + PAGE}"
    more = link if start + PAGE < len(mine) else None
    return Answer({"data": mine[start : start + PAGE], "links": {"self": "...", "next": more, "prev": None}})


def _shopify(asked: Asked, rows: Rows) -> Answer:
    if asked.headers.get("X-Shopify-Access-Token") != KEY:
        return DENIED
    kind = asked.path.split("/")[-1].removesuffix(".json")
    if "page_info" in asked.params and set(asked.params) - {"page_info", "limit"}:
        return Answer({"errors": {"page_info": "cannot stand beside other parameters"}}, 400)
    start = int(asked.params.get("page_info", 0))
    link = f'<http://{asked.headers["Host"]}{asked.path}?limit=2&page_info={start + PAGE}>; rel="next"'
    headers = {"Link": link} if start + PAGE < len(rows[kind]) else {}
    return Answer({kind: rows[kind][start : start + PAGE]}, headers=headers)
