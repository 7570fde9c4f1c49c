-- name: contents
-- reads: touched_interactions, money_verbs
-- writes: vectors
-- grain: customer_id, item_id, channel
SELECT i.customer_id, i.item_id, i.category, i.channel, COUNT(DISTINCT i.session) AS sessions
FROM touched_interactions AS i
JOIN money_verbs AS m ON i.verb = m.verb
GROUP BY i.customer_id, i.item_id, i.category, i.channel
