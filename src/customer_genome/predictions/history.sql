-- name: history
-- reads: interactions, verbs
-- writes: predictions
-- grain: interaction_id
SELECT
    i.customer_id, i.verb, i.item_id, i.quantity, i.value, i.channel,
    EPOCH(CAST(i.occurred_at AT TIME ZONE $zone AS TIMESTAMP)) / 86400.0 AS day,
    EPOCH(CAST(COALESCE(i.known_at, i.occurred_at) AT TIME ZONE $zone AS TIMESTAMP)) / 86400.0 AS known,
    COALESCE(i.session_id, CAST(CAST(i.occurred_at AT TIME ZONE $zone AS DATE) AS VARCHAR)) AS session,
    CASE WHEN v.money THEN CAST(NULL AS DOUBLE) /* discounts */ END AS discount
FROM interactions AS i
JOIN verbs AS v ON i.verb = v.verb
WHERE i.customer_id IS NOT NULL
