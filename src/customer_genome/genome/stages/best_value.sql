-- name: best_value
-- reads: interactions, money_verbs, vectors
-- writes: best
-- grain: customer_id
WITH paid AS (
    SELECT
        i.customer_id,
        SUM(i.value * POWER(2, (EPOCH(i.occurred_at) - EPOCH($as_of)) / 86400.0 / $half_life)) * LN(2) / $half_life AS value
    FROM interactions AS i
    JOIN money_verbs AS m ON i.verb = m.verb
    WHERE i.value IS NOT NULL
    GROUP BY i.customer_id
)
SELECT v.customer_id, COALESCE(p.value, 0) AS value, v.vector
FROM vectors AS v
LEFT JOIN paid AS p ON v.customer_id = p.customer_id
ORDER BY v.customer_id
