-- name: session_genes
-- reads: touched_interactions, item_dna, verbs, session_genes
-- writes: support
-- grain: customer_id, session, gene
WITH mine AS (
    SELECT
        i.customer_id, i.item_id, i.channel, i.occurred_at, i.session,
        v.weight * POWER(2, (EPOCH(i.occurred_at) - EPOCH($reference_at)) / 86400.0 / v.half_life) AS weight
    FROM touched_interactions AS i
    JOIN verbs AS v ON i.verb = v.verb
    WHERE v.money AND v.weight > 0
),
sessions AS (
    SELECT
        customer_id, session, MAX(weight) AS weight, MIN(occurred_at) AS began, MIN(channel) AS channel,
        MIN(occurred_at) AT TIME ZONE $zone AS local_at
    FROM mine
    GROUP BY customer_id, session
),
carried AS (
    SELECT DISTINCT m.customer_id, m.session, d.gene
    FROM mine AS m
    JOIN item_dna AS d ON m.item_id = d.item_id
    JOIN session_genes AS g ON d.gene = g.gene
    UNION ALL
    SELECT customer_id, session, 'channel:' || channel FROM sessions WHERE channel IS NOT NULL
    UNION ALL
    SELECT
        customer_id, session,
        CASE EXTRACT(DOW FROM local_at) WHEN 0 THEN 'time:Sunday' WHEN 1 THEN 'time:Monday' WHEN 2 THEN 'time:Tuesday'
            WHEN 3 THEN 'time:Wednesday' WHEN 4 THEN 'time:Thursday' WHEN 5 THEN 'time:Friday'
            ELSE 'time:Saturday' END
    FROM sessions
    UNION ALL
    SELECT
        customer_id, session,
        CASE WHEN EXTRACT(HOUR FROM local_at) < 6 THEN 'time:night' WHEN EXTRACT(HOUR FROM local_at) < 12
            THEN 'time:morning' WHEN EXTRACT(HOUR FROM local_at) < 18 THEN 'time:afternoon' ELSE 'time:evening' END
    FROM sessions
)
SELECT s.customer_id, s.session, s.weight, s.began, c.gene
FROM sessions AS s
LEFT JOIN carried AS c ON s.customer_id = c.customer_id AND s.session = c.session
ORDER BY s.customer_id, s.session, c.gene
