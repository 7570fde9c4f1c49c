-- name: best_value
-- reads: interactions, money_verbs, verb_costs, vectors, customers
-- writes: best
-- grain: customer_id
WITH lines AS (
    SELECT
        i.customer_id, i.value, i.quantity, m.verb IS NOT NULL AS money, COALESCE(c.amount, 0) AS cost,
        POWER(2, (EPOCH(i.occurred_at) - EPOCH($as_of)) / 86400.0 / $half_life) AS weight /* properties */
    FROM interactions AS i
    LEFT JOIN money_verbs AS m ON i.verb = m.verb
    LEFT JOIN verb_costs AS c ON i.verb = c.verb
    WHERE m.verb IS NOT NULL OR c.verb IS NOT NULL
),
brought AS (
    SELECT
        customer_id, SUM(
            weight * (CASE WHEN money THEN COALESCE(CAST(value AS DOUBLE) /* earned */, 0) ELSE 0 END - cost)
        ) * LN(2) / $half_life AS value
    FROM lines
    GROUP BY customer_id
)
SELECT v.customer_id, COALESCE(b.value, 0) AS value, COALESCE(c.sessions, 0) AS sessions, v.vector
FROM vectors AS v
LEFT JOIN brought AS b ON v.customer_id = b.customer_id
LEFT JOIN customers AS c ON v.customer_id = c.customer_id
ORDER BY v.customer_id
