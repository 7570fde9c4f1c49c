-- name: verb_pairs
-- reads: touched_interactions, sampled, verbs
-- writes: verb_weights
-- grain: customer_id, item_id, verb
SELECT
    i.customer_id, i.item_id, i.verb, MIN(i.occurred_at) AS first_at,
    MAX(CASE WHEN i.occurred_at < $cut_1 THEN i.occurred_at END) AS last_1,
    MAX(CASE WHEN i.occurred_at < $cut_2 THEN i.occurred_at END) AS last_2,
    MAX(CASE WHEN i.occurred_at < $cut_3 THEN i.occurred_at END) AS last_3
FROM touched_interactions AS i
JOIN sampled AS s ON i.customer_id = s.customer_id
JOIN verbs AS v ON i.verb = v.verb
WHERE i.item_id IS NOT NULL AND NOT (v.money AND COALESCE(i.quantity, i.value, 1) < 0)
GROUP BY i.customer_id, i.item_id, i.verb
ORDER BY i.customer_id, i.item_id, i.verb
