-- name: item_weights
-- reads: evidence, verbs, touched
-- writes: support
-- grain: customer_id, item_id
SELECT
    e.customer_id, e.item_id,
    MAX(v.weight * POWER(2, (EPOCH(e.last_at) - EPOCH($reference_at)) / 86400.0 / v.half_life)) AS weight,
    MIN(e.first_at) AS first_at, MAX(e.last_at) AS last_at
FROM evidence AS e
JOIN touched AS t ON e.customer_id = t.customer_id
JOIN verbs AS v ON e.verb = v.verb
WHERE v.weight > 0
GROUP BY e.customer_id, e.item_id
ORDER BY e.customer_id, e.item_id
