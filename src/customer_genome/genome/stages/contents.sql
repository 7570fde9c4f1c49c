-- name: contents
-- reads: touched_interactions, money_verbs, item_crosses, chosen, periods
-- writes: vectors
-- grain: block, customer_id, period, key
WITH mine AS (
    SELECT DISTINCT i.customer_id, p.period, i.session, i.item_id, i.category, i.channel
    FROM touched_interactions AS i
    JOIN chosen AS c ON i.customer_id = c.customer_id
    JOIN money_verbs AS m ON i.verb = m.verb
    JOIN periods AS p ON i.occurred_at >= p.began_at AND i.occurred_at < p.ended_at
),
seen AS (
    SELECT 'identity' AS block, customer_id, period, session, 'item:' || item_id AS key FROM mine
    UNION ALL
    SELECT 'identity', m.customer_id, m.period, m.session, x.key
    FROM mine AS m
    JOIN item_crosses AS x ON m.item_id = x.item_id
    UNION ALL
    SELECT 'channel', customer_id, period, session, channel FROM mine
    UNION ALL
    SELECT 'lifestyle', customer_id, period, session, category FROM mine
)
SELECT block, customer_id, period, key, COUNT(DISTINCT session) AS sessions
FROM seen
WHERE key IS NOT NULL
GROUP BY block, customer_id, period, key
