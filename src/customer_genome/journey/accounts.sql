-- name: accounts
-- reads: interactions, identifiers, account_members, money_verbs
-- writes: accounts
-- grain: account_id
WITH owned AS (
    SELECT
        COALESCE(a.customer_id, m.account_id) AS account_id, i.verb, i.occurred_at, i.known_at, i.session_id, i.value
    FROM interactions AS i
    LEFT JOIN (
        SELECT token, customer_id
        FROM identifiers
        WHERE customer_id LIKE 'a%'
    ) AS a ON i.account = a.token
    LEFT JOIN account_members AS m
        ON a.customer_id IS NULL
        AND i.customer_id = m.customer_id
        AND (m.since IS NULL OR i.occurred_at >= m.since)
        AND (m.until IS NULL OR i.occurred_at < m.until)
    WHERE COALESCE(a.customer_id, m.account_id) IS NOT NULL
),
members AS (
    SELECT account_id, COUNT(*) AS customers
    FROM account_members
    GROUP BY account_id
),
totals AS (
    SELECT
        o.account_id, COUNT(*) AS interactions,
        SUM(CASE WHEN v.verb IS NOT NULL THEN COALESCE(o.value, 0) ELSE 0 END) AS revenue,
        MIN(o.occurred_at) AS first_at, MAX(o.occurred_at) AS last_at
    FROM owned AS o
    LEFT JOIN money_verbs AS v ON o.verb = v.verb
    GROUP BY o.account_id
),
named AS (
    SELECT account_id
    FROM members
    UNION
    SELECT customer_id AS account_id
    FROM identifiers
    WHERE customer_id LIKE 'a%'
)
SELECT
    n.account_id, COALESCE(m.customers, 0) AS customers, COALESCE(t.interactions, 0) AS interactions,
    COALESCE(t.revenue, 0) AS revenue, t.first_at, t.last_at
FROM named AS n
LEFT JOIN members AS m ON n.account_id = m.account_id
LEFT JOIN totals AS t ON n.account_id = t.account_id
ORDER BY n.account_id
