-- name: item_weights
-- reads: evidence, verbs, touched
-- writes: support
-- grain: customer_id, item_id
-- An item counts as its strongest interaction; a verb of negative weight (a return) takes away from it.
WITH weighed AS (
    SELECT
        e.customer_id, e.item_id, e.first_at, e.last_at,
        v.weight * POWER(2, (EPOCH(e.last_at) - EPOCH($reference_at)) / 86400.0 / v.half_life) AS weight
    FROM evidence AS e
    JOIN touched AS t ON e.customer_id = t.customer_id
    JOIN verbs AS v ON e.verb = v.verb
    WHERE v.weight <> 0
)
SELECT
    customer_id, item_id,
    GREATEST(MAX(GREATEST(weight, 0)) + MIN(LEAST(weight, 0)), 0) AS weight,
    MIN(first_at) AS first_at, MAX(last_at) AS last_at
FROM weighed
GROUP BY customer_id, item_id
HAVING MAX(weight) > 0
ORDER BY customer_id, item_id
