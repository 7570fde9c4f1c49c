"""Points in time: what `--as-of` means, and where a project's days begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from customer_genome.core.errors import GenomeError


def parse_as_of(text: str, *, zone: ZoneInfo) -> datetime:
    """Read a date (its local midnight) or a date and time (local unless it names an offset); returns UTC.

    What is known strictly before this moment is seen, what is known at it or later is not.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise GenomeError(
            f"cannot read the as-of time {text!r}",
            expected="a date such as 2017-12-04, or a date and time such as 2017-12-04T18:00",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise GenomeError(f"the as-of time {text!r} lies outside the calendar") from None


def next_midnight(moment: datetime, *, zone: ZoneInfo) -> datetime:
    """Return the first local midnight after `moment`, in UTC: the end of the last day that data are known of."""
    local = moment.astimezone(zone)
    day = datetime(local.year, local.month, local.day, tzinfo=zone) + timedelta(days=1)
    return day.astimezone(UTC)


def local_text(moment: datetime, *, zone: ZoneInfo) -> str:
    """Show a moment as people of the project read it."""
    local = moment.astimezone(zone)
    return local.strftime(
        "%Y-%m-%d" if (local.hour, local.minute, local.second) == (0, 0, 0) else "%Y-%m-%d %H:%M"
    )
