-- name: habits
-- reads: touched_interactions, verbs
-- writes: habits
-- grain: customer_id
WITH mine AS (
    SELECT
        i.customer_id, i.item_id, i.occurred_at, i.value, i.category, i.session, v.money, v.received, v.answers,
        CASE WHEN v.money THEN CAST(NULL AS DOUBLE) /* discounts */ END AS discount
    FROM touched_interactions AS i
    JOIN verbs AS v ON i.verb = v.verb
),
sessions AS (
    SELECT
        customer_id, session, MIN(occurred_at) AS began, SUM(COALESCE(value, 0)) AS value,
        COUNT(DISTINCT item_id) AS items, COUNT(DISTINCT category) AS categories
    FROM mine
    WHERE money
    GROUP BY customer_id, session
),
gaps AS (
    SELECT
        customer_id, value, items, categories,
        (EPOCH(began) - EPOCH(LAG(began) OVER (PARTITION BY customer_id ORDER BY began))) / 86400.0 AS gap
    FROM sessions
),
shape AS (
    SELECT
        customer_id, COUNT(*) AS sessions, AVG(value) AS spend, AVG(items) AS basket, AVG(categories) AS breadth,
        AVG(gap) AS gap_mean, STDDEV_SAMP(gap) AS gap_deviation
    FROM gaps
    GROUP BY customer_id
),
lines AS (
    SELECT
        customer_id, SUM(CASE WHEN money THEN 1 ELSE 0 END) AS lines,
        COUNT(DISTINCT CASE WHEN money THEN item_id END) AS items,
        SUM(CASE WHEN money THEN COALESCE(value, 0) ELSE 0 END) AS value, SUM(discount) AS discount,
        SUM(CASE WHEN received THEN 1 ELSE 0 END) AS received
    FROM mine
    GROUP BY customer_id
),
answered AS (
    SELECT customer_id, COUNT(*) AS answers
    FROM mine
    WHERE answers
    GROUP BY customer_id
)
SELECT
    l.customer_id, COALESCE(s.sessions, 0) AS sessions, s.spend, s.basket, s.breadth, s.gap_mean, s.gap_deviation,
    CASE WHEN l.lines > 0 THEN l.items * 1.0 / l.lines END AS novelty,
    CASE WHEN l.value + l.discount > 0 THEN l.discount / (l.value + l.discount) END AS discounts,
    CASE WHEN l.received > 0 THEN COALESCE(a.answers, 0) * 1.0 / l.received END AS response
FROM lines AS l
LEFT JOIN shape AS s ON l.customer_id = s.customer_id
LEFT JOIN answered AS a ON l.customer_id = a.customer_id
ORDER BY l.customer_id
