-- name: behaviour
-- reads: customers, habits
-- writes: behaviour
-- grain: customer_id, gene
WITH joined AS (
    SELECT
        c.customer_id, c.sessions,
        (EPOCH($as_of) - EPOCH(c.last_purchase_at)) / 86400.0 AS recency,
        CASE WHEN c.sessions >= 2
            THEN c.sessions * 7.0 / GREATEST((EPOCH($as_of) - EPOCH(c.first_purchase_at)) / 86400.0, 7.0) END AS frequency,
        h.spend, h.basket, c.typical_gap_days AS gap,
        CASE WHEN c.sessions >= 5 AND h.gap_deviation > 0 THEN h.gap_mean / h.gap_deviation END AS regularity,
        h.discounts, CASE WHEN c.sessions >= 3 THEN h.novelty END AS novelty, h.breadth, h.response
    FROM customers AS c
    LEFT JOIN habits AS h ON c.customer_id = h.customer_id
),
long AS (
    SELECT customer_id, sessions, 'recency' AS name, recency AS reading, ' days ago' AS unit, 0 AS digits FROM joined
    UNION ALL SELECT customer_id, sessions, 'frequency', frequency, ' a week', 2 FROM joined
    UNION ALL SELECT customer_id, sessions, 'spend', spend, ' a purchase', 2 FROM joined
    UNION ALL SELECT customer_id, sessions, 'basket', basket, ' items a purchase', 1 FROM joined
    UNION ALL SELECT customer_id, sessions, 'gap', gap, ' days between purchases', 1 FROM joined
    UNION ALL SELECT customer_id, sessions, 'regularity', regularity, ' (mean gap over its deviation)', 2 FROM joined
    UNION ALL SELECT customer_id, sessions, 'discounts', 100 * discounts, ' % off the shelf price', 1 FROM joined
    UNION ALL SELECT customer_id, sessions, 'novelty', 100 * novelty, ' % of lines were new items', 0 FROM joined
    UNION ALL SELECT customer_id, sessions, 'breadth', breadth, ' categories a purchase', 1 FROM joined
    UNION ALL SELECT customer_id, sessions, 'response', 100 * response, ' answers for 100 messages', 0 FROM joined
),
medians AS (
    SELECT name, MEDIAN(reading) AS middle
    FROM long
    WHERE reading IS NOT NULL
    GROUP BY name
    HAVING COUNT(*) >= $minimum
)
SELECT
    l.customer_id, 'behaviour:' || l.name AS gene, CASE WHEN m.middle > 0 THEN l.reading / m.middle END AS strength,
    CAST(NULL AS DOUBLE) AS low, CAST(NULL AS DOUBLE) AS high, CAST(l.sessions AS DOUBLE) AS evidence,
    CASE WHEN l.digits = 0 THEN CAST(CAST(ROUND(l.reading) AS BIGINT) AS VARCHAR)
        ELSE CAST(ROUND(l.reading, l.digits) AS VARCHAR) END
        || CASE WHEN l.digits = 0 AND ROUND(l.reading) = 1
            THEN REPLACE(REPLACE(l.unit, ' days', ' day'), ' answers', ' answer') ELSE l.unit END AS reading
FROM long AS l
LEFT JOIN medians AS m ON l.name = m.name
WHERE l.reading IS NOT NULL
ORDER BY l.customer_id, gene
