-- name: evidence
-- reads: touched_interactions
-- writes: evidence
-- grain: customer_id, item_id, verb
SELECT
    i.customer_id, i.item_id, i.verb, COUNT(*) AS interactions, SUM(i.quantity) AS quantity, SUM(i.value) AS value,
    MIN(i.occurred_at) AS first_at, MAX(i.occurred_at) AS last_at
FROM touched_interactions AS i
GROUP BY i.customer_id, i.item_id, i.verb
ORDER BY i.customer_id, i.item_id, i.verb
