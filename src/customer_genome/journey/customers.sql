-- name: customers
-- reads: touched_interactions, touched, money_verbs
-- writes: customers
-- grain: customer_id
WITH mine AS (
    SELECT i.customer_id, i.occurred_at, i.value, i.session, m.verb IS NOT NULL AS is_money
    FROM touched_interactions AS i
    LEFT JOIN money_verbs AS m ON i.verb = m.verb
),
purchases AS (
    SELECT customer_id, session, MIN(occurred_at) AS began
    FROM mine
    WHERE is_money
    GROUP BY customer_id, session
),
gaps AS (
    SELECT
        customer_id, began,
        (EPOCH(began) - EPOCH(LAG(began) OVER (PARTITION BY customer_id ORDER BY began))) / 86400.0 AS gap
    FROM purchases
),
rhythm AS (
    SELECT
        customer_id, COUNT(*) AS sessions, MIN(began) AS first_purchase_at, MAX(began) AS last_purchase_at,
        CASE WHEN COUNT(*) >= 3 THEN MEDIAN(gap) END AS typical_gap_days
    FROM gaps
    GROUP BY customer_id
),
totals AS (
    SELECT
        customer_id, COUNT(*) AS interactions, SUM(CASE WHEN is_money THEN COALESCE(value, 0) ELSE 0 END) AS revenue,
        MIN(occurred_at) AS first_at, MAX(occurred_at) AS last_at
    FROM mine
    GROUP BY customer_id
)
SELECT
    t.customer_id, COALESCE(c.interactions, 0) AS interactions, COALESCE(r.sessions, 0) AS sessions,
    COALESCE(c.revenue, 0) AS revenue, c.first_at, c.last_at, r.first_purchase_at, r.last_purchase_at,
    r.typical_gap_days
FROM touched AS t
LEFT JOIN totals AS c ON t.customer_id = c.customer_id
LEFT JOIN rhythm AS r ON t.customer_id = r.customer_id
ORDER BY t.customer_id
