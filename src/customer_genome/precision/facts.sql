-- name: facts
-- reads: claims, touched
-- writes: facts
-- grain: customer_id, attribute
WITH newest AS (
    SELECT c.customer_id, c.attribute, c.source, c.value
    FROM claims AS c
    JOIN touched AS t ON c.customer_id = t.customer_id
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY c.customer_id, c.attribute, c.source ORDER BY c.observed_at DESC NULLS LAST, c.value
    ) = 1
)
SELECT
    customer_id,
    attribute,
    CASE WHEN COUNT(DISTINCT value) = 1 THEN MIN(value) END AS value,
    CAST(NULL AS DOUBLE) AS precision,
    CASE WHEN COUNT(DISTINCT value) > 1 THEN 'disputed' WHEN COUNT(*) = 1 THEN 'single claim' ELSE 'agreed' END AS status,
    COUNT(*) AS claims
FROM newest
GROUP BY customer_id, attribute
ORDER BY customer_id, attribute
