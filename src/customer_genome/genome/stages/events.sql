-- name: events
-- reads: interactions, verbs, vectors, item_dna
-- writes: moves
-- grain: customer_id, action, day
WITH events AS (
    SELECT
        i.customer_id, i.verb, i.item_id,
        FLOOR(EPOCH(CAST(i.occurred_at AT TIME ZONE $zone AS TIMESTAMP)) / 86400.0) AS day
    FROM interactions AS i
    JOIN vectors AS v ON i.customer_id = v.customer_id
    JOIN verbs AS a ON i.verb = a.verb
    WHERE a.received OR a.answers
)
SELECT customer_id, verb AS action, day
FROM events
UNION
SELECT e.customer_id, e.verb || ' ' || d.gene AS action, e.day
FROM events AS e
JOIN item_dna AS d ON e.item_id = d.item_id
WHERE d.strength >= 0.5
ORDER BY customer_id, action, day
