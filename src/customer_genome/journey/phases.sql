-- name: phases
-- reads: customers, customer_verbs
-- writes: phases
-- grain: customer_id
WITH verbs AS (
    SELECT customer_id /* verbs */
    FROM customer_verbs
    GROUP BY customer_id
),
days AS (
    SELECT
        c.*,
        UNNEST(GENERATE_SERIES(
            0, COALESCE(CAST(FLOOR((EPOCH($as_of) - EPOCH(c.last_at)) / 86400) AS BIGINT), 0)
        )) AS age
    FROM customers AS c
),
moments AS (
    SELECT d.*, CASE WHEN d.last_at IS NULL THEN $as_of ELSE $as_of - TO_DAYS(CAST(d.age AS INTEGER)) END AS moment
    FROM days AS d
),
journey AS (
    SELECT
        m.customer_id, m.age, m.moment, m.last_at, m.interactions, m.sessions AS purchases, m.first_purchase_at,
        m.last_purchase_at, m.typical_gap_days,
        (EPOCH(m.moment) - EPOCH(m.first_purchase_at)) / 86400.0 AS days_since_first,
        (EPOCH(m.moment) - EPOCH(m.last_purchase_at)) / 86400.0 AS days_since_last /* columns */
    FROM moments AS m
    LEFT JOIN verbs AS v ON m.customer_id = v.customer_id
),
named AS (
    SELECT customer_id, age, moment, last_at, CASE WHEN TRUE THEN '' /* phases */ END AS phase
    FROM journey
),
now AS (
    SELECT customer_id, phase
    FROM named
    WHERE age = 0
),
other AS (
    SELECT n.customer_id, MIN(n.age) AS age
    FROM named AS n
    JOIN now ON n.customer_id = now.customer_id AND n.phase <> now.phase
    GROUP BY n.customer_id
)
SELECT
    n.customer_id, n.phase,
    COALESCE(MIN(d.moment) FILTER (WHERE o.age IS NOT NULL AND d.age < o.age), MIN(d.last_at)) AS entered_at,
    CAST(NULL AS TIMESTAMPTZ) AS left_at
FROM now AS n
JOIN named AS d ON n.customer_id = d.customer_id
LEFT JOIN other AS o ON n.customer_id = o.customer_id
GROUP BY n.customer_id, n.phase
ORDER BY n.customer_id
