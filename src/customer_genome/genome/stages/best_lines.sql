-- name: best_lines
-- reads: interactions, money_verbs, vectors, items
-- writes: best
-- grain: customer_id, session, item_id
WITH lines AS (
    SELECT
        i.customer_id, i.item_id, t.category, i.channel, i.value, i.quantity,
        COALESCE(i.session_id, CAST(CAST(i.occurred_at AT TIME ZONE $zone AS DATE) AS VARCHAR)) AS session,
        EPOCH(CAST(i.occurred_at AT TIME ZONE $zone AS TIMESTAMP)) / 86400.0 AS day /* properties */
    FROM interactions AS i
    JOIN money_verbs AS m ON i.verb = m.verb
    JOIN vectors AS v ON i.customer_id = v.customer_id
    LEFT JOIN items AS t ON i.item_id = t.item_id
),
sessions AS (
    SELECT
        customer_id, session, MIN(day) AS day, SUM(COALESCE(CAST(value AS DOUBLE) /* earned */, 0)) AS value,
        COUNT(DISTINCT item_id) AS items, COUNT(DISTINCT category) AS categories, MIN(channel) AS channel
    FROM lines
    GROUP BY customer_id, session
),
numbered AS (
    SELECT *, ROW_NUMBER() OVER (ORDER BY customer_id, day, session) - 1 AS place
    FROM sessions
)
SELECT DISTINCT
    n.place, n.customer_id, n.day, n.value, n.items, n.categories, n.channel, l.item_id
FROM numbered AS n
JOIN lines AS l ON n.customer_id = l.customer_id AND n.session = l.session
ORDER BY n.place, l.item_id
