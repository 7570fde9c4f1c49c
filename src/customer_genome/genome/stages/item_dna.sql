-- name: item_dna
-- reads: items, item_values, declared_dna, interactions, dna_rules, dna_terms, dna_bins, money_verbs, word_dna
-- writes: item_dna
-- grain: item_id, gene
WITH looked AS (
    SELECT v.item_id, r.rule, r.family, r.how, v.value, v.within
    FROM item_values AS v
    JOIN dna_rules AS r ON v.rule = r.rule
),
termed AS (
    SELECT d.rule, d.value, t.label
    FROM (SELECT DISTINCT rule, value FROM looked WHERE how = 'terms') AS d
    JOIN dna_terms AS t ON d.rule = t.rule
    WHERE REGEXP_MATCHES(d.value, t.pattern)
),
paid AS (
    SELECT i.item_id, MEDIAN(i.value / i.quantity) AS price
    FROM interactions AS i
    JOIN money_verbs AS m ON i.verb = m.verb
    WHERE i.quantity > 0 AND i.value > 0
    GROUP BY i.item_id
),
numbers AS (
    SELECT item_id, rule, family, TRY_CAST(value AS DOUBLE) AS amount, COALESCE(within, '') AS within
    FROM looked
    WHERE how = 'bins' OR (how = 'price_tiers' AND value IS NOT NULL)
    UNION ALL
    SELECT p.item_id, r.rule, r.family, p.price AS amount, '' AS within
    FROM paid AS p
    JOIN items AS i ON p.item_id = i.item_id
    JOIN dna_rules AS r ON r.how = 'price_tiers' AND NOT r.has_value AND r.source = i.source
),
measured AS (
    SELECT
        n.item_id, n.rule, n.family, b.bins,
        (RANK() OVER w - 1 + COUNT(*) OVER same / 2.0) / COUNT(*) OVER peers AS place,
        COUNT(*) OVER peers AS size
    FROM numbers AS n
    JOIN items AS i ON n.item_id = i.item_id
    JOIN (SELECT rule, COUNT(*) AS bins FROM dna_bins GROUP BY rule) AS b ON n.rule = b.rule
    WHERE n.amount IS NOT NULL AND i.category IS NOT NULL
    WINDOW
        w AS (PARTITION BY n.rule, i.category, n.within ORDER BY n.amount),
        same AS (PARTITION BY n.rule, i.category, n.within, n.amount),
        peers AS (PARTITION BY n.rule, i.category, n.within)
),
made AS (
    SELECT item_id, family || ':' || value AS gene, rule, CAST(NULL AS VARCHAR) AS words
    FROM looked
    WHERE how = 'one_hot' AND value IS NOT NULL
    UNION ALL
    SELECT l.item_id, l.family || ':' || t.label, l.rule, NULL
    FROM looked AS l
    JOIN termed AS t ON l.rule = t.rule AND l.value = t.value
    WHERE l.how = 'terms'
    UNION ALL
    SELECT m.item_id, m.family || ':' || b.label, m.rule, NULL
    FROM measured AS m
    JOIN dna_bins AS b ON m.rule = b.rule AND b.position = LEAST(CAST(FLOOR(m.place * m.bins) AS BIGINT), m.bins - 1)
    WHERE m.size >= 2 * m.bins
    UNION ALL
    SELECT item_id, gene, rule, words
    FROM word_dna
),
declared AS (
    SELECT item_id, gene, MAX(strength) AS strength, MIN(strength) AS weakest, MIN(source) AS rule
    FROM declared_dna
    GROUP BY item_id, gene
),
carried AS (
    SELECT m.item_id, m.gene, 1.0 AS strength, m.rule, m.words
    FROM made AS m
    LEFT JOIN declared AS d ON m.item_id = d.item_id AND m.gene = d.gene
    WHERE d.item_id IS NULL
    UNION ALL
    SELECT item_id, gene, strength, rule, NULL
    FROM declared
    WHERE weakest > 0
),
common AS (
    SELECT c.rule, c.gene
    FROM carried AS c
    JOIN dna_rules AS r ON c.rule = r.rule
    GROUP BY c.rule, c.gene
    HAVING COUNT(DISTINCT c.item_id) >= MIN(r.minimum_items)
)
SELECT
    c.item_id, c.gene, CAST(MAX(c.strength) AS DOUBLE) AS strength,
    MIN(c.rule || CASE WHEN c.words <> '' THEN ' "' || c.words || '"' ELSE '' END) AS origin
FROM carried AS c
JOIN common AS k ON c.rule = k.rule AND c.gene = k.gene
GROUP BY c.item_id, c.gene
ORDER BY c.item_id, c.gene
