-- name: customer_verbs
-- reads: touched_interactions
-- writes: customer_verbs
-- grain: customer_id, verb
SELECT
    i.customer_id, i.verb, COUNT(*) AS interactions, MIN(i.occurred_at) AS first_at, MAX(i.occurred_at) AS last_at
FROM touched_interactions AS i
GROUP BY i.customer_id, i.verb
ORDER BY i.customer_id, i.verb
