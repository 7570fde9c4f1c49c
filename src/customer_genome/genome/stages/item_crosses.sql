-- name: item_crosses
-- reads: items, item_values, declared_dna, cross_rules
-- writes: vectors
-- grain: item_id, key
WITH carried AS (
    SELECT v.item_id, r.family, v.value
    FROM item_values AS v
    JOIN cross_rules AS r ON v.rule = r.rule
    WHERE v.value IS NOT NULL
    UNION ALL
    SELECT d.item_id, d.family, d.gene
    FROM declared_dna AS d
    JOIN cross_rules AS r ON d.source = r.rule
    WHERE d.strength > 0
),
named AS (
    SELECT c.item_id, MIN(c.family) || ':' || i.category || ' | ' || c.value AS key
    FROM carried AS c
    JOIN items AS i ON c.item_id = i.item_id
    WHERE i.category IS NOT NULL
    GROUP BY c.item_id, i.category, c.value
),
shared AS (
    SELECT key
    FROM named
    GROUP BY key
    HAVING COUNT(*) > 1
)
SELECT n.item_id, n.key
FROM named AS n
JOIN shared AS s ON n.key = s.key
ORDER BY n.item_id, n.key
