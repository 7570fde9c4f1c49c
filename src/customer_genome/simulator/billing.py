"""Billing as finance has it: subscription events and invoices of accounts, under the e-mail that the bills go to."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from customer_genome.simulator.catalogue import PLAN_NAMES
from customer_genome.simulator.draws import I64, Draws
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import (
    ACTIVATE,
    CANCEL,
    DECLINED,
    DOWNGRADE,
    INVOICE,
    RAN_OUT,
    REFUNDED,
    START,
    STEP,
    UPGRADE,
)
from customer_genome.simulator.names import COUNTRIES
from customer_genome.simulator.people import People
from customer_genome.simulator.rows import DAY, PERSON, SECOND, Rows, first_moment, iso, plain, tagged

WORDS = {
    START: "trial_started",
    RAN_OUT: "trial_ended",
    ACTIVATE: "activated",
    UPGRADE: "upgraded",
    DOWNGRADE: "downgraded",
    CANCEL: "canceled",
}
STATUS = ("paid", "failed", "refunded")


def billing(lived: Journeys, known: Identities) -> list[Rows]:
    """Return subscription events and invoices of a block."""
    return [_events(lived, known), _invoices(lived, known)]


def billing_email(crowd: People, known: Identities, who: I64, day: I64) -> pa.Array:
    """Return where an account's bills go: to its owner, or (larger accounts, some) to a mailbox of no person."""
    shared = shared_mailbox(crowd)
    addresses = known.email_at(who, day).to_pylist()
    return pa.array(
        [
            f"billing@{mail.split('@')[1]}" if shared[w] else mail
            for w, mail in zip(who, addresses, strict=True)
        ],
        pa.string(),
    )


def shared_mailbox(crowd: People) -> np.ndarray:
    """Return whose account has a mailbox for bills."""
    members = np.bincount(crowd.account - crowd.first_account)[crowd.account - crowd.first_account]
    return (members >= 5) & crowd.account_draws("mailbox").coin(0, crowd.company.flaws.shared_mailboxes)


def _events(lived: Journeys, known: Identities) -> Rows:
    crowd, steps = lived.people, lived.rows(STEP)
    steps = steps[np.isin(steps[:, 3], list(WORDS))]
    who, day, kind = steps[:, 0], steps[:, 1], steps[:, 3]
    one = Draws(crowd.company.seed, "subscription event", crowd.person[who], day, kind).fixed()
    order = np.array([0, 9, 21, 10, 12, 12, 19, 0, 0, 0])[kind] * 3600 + np.floor(one.u(0) * 3000).astype(
        np.int64
    )
    names = list(WORDS.values())
    table = pa.table({
        "event_id": tagged("b", one.ids()),
        "account_id": known.account.take(pa.array(who)),
        "billing_email": billing_email(crowd, known, who, day),
        "event": plain(names, np.array([list(WORDS).index(k) for k in kind], np.int64)),
        "plan_id": plain(PLAN_NAMES, steps[:, 4]),
        "occurred_at": iso(first_moment(crowd.company) + day * DAY + order * SECOND),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("subscriptions", table)


def _invoices(lived: Journeys, known: Identities) -> Rows:
    """Return what was collected; from the drift on amounts are in cents (`schema_version` 2), before in euros."""
    crowd, bills = lived.people, lived.rows(INVOICE)
    who, day, status = bills[:, 0], bills[:, 1], bills[:, 3]
    one = Draws(crowd.company.seed, "invoice", crowd.person[who], day, status).fixed()
    when = (
        first_moment(crowd.company) + day * DAY + (7200 + np.floor(one.u(0) * 7200).astype(np.int64)) * SECOND
    )
    new = day >= crowd.company.drift_day
    listed = np.array([1900, 4900, 9900])[bills[:, 4]]
    discount = np.where(crowd.arms[who, 0], listed * (1 + 0.1 * crowd.arms[who, 1]) * 0.2, 0.0).round()
    unit = np.where(new, 1.0, 0.01)
    table = pa.table({
        "invoice_id": tagged("I", one.ids()),
        "account_id": known.account.take(pa.array(who)),
        "billing_email": billing_email(crowd, known, who, day),
        "plan_id": plain(PLAN_NAMES, bills[:, 4]),
        "status": plain(STATUS, status),
        "amount": pa.array(np.round(bills[:, 5] * unit, 2)),
        "discount": pa.array(np.round(np.where(status == REFUNDED, 0, discount) * unit, 2)),
        "currency": plain(("EUR",), np.zeros(len(who), np.int64)),
        "country": plain(COUNTRIES, crowd.country[who]),
        "schema_version": pa.array(1 + new.astype(np.int64)),
        "created_at": iso(when),
        "paid_at": iso(when + 60 * SECOND, unknown=status == DECLINED),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("invoices", table)
