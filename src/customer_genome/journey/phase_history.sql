-- name: phase_history
-- reads: journey_steps, customers
-- writes: phase_history
-- grain: customer_id, entered_at, known_at
WITH /* facts */ steps AS (
    SELECT customer_id, step, happened_at, known_at, times, CAST(NULL AS DOUBLE) AS strength
    FROM journey_steps /* more steps */
),
ordered AS (
    SELECT
        customer_id, happened_at, known_at,
        MIN(known_at) OVER (
            PARTITION BY customer_id ORDER BY happened_at RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS later_known_at
    FROM steps
),
versions AS (
    SELECT customer_id, until, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY until) AS version, FALSE AS last
    FROM (
        SELECT DISTINCT customer_id, known_at AS until
        FROM ordered
        WHERE known_at > later_known_at /* late */
    ) AS corrected
    UNION ALL
    SELECT c.customer_id, $as_of AS until, CAST(NULL AS BIGINT) AS version, TRUE AS last
    FROM customers AS c
),
numbered AS (
    SELECT
        customer_id, until, last,
        COALESCE(version, 1 + COUNT(version) OVER (PARTITION BY customer_id)) AS version
    FROM versions
),
seen AS (
    SELECT
        v.customer_id, v.version, v.until, v.last, s.happened_at, MAX(s.known_at) AS known_at /* seen */
    FROM numbered AS v
    JOIN steps AS s ON v.customer_id = s.customer_id
    WHERE v.last OR s.known_at < v.until
    GROUP BY v.customer_id, v.version, v.until, v.last, s.happened_at
),
running AS (
    SELECT
        customer_id, version, until, last, happened_at, MAX(known_at) OVER so_far AS known_at,
        COALESCE(LEAD(happened_at) OVER (PARTITION BY customer_id, version ORDER BY happened_at), until) AS next_at /* running */
    FROM seen
    WINDOW so_far AS (
        PARTITION BY customer_id, version ORDER BY happened_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
),
moments AS (
    SELECT r.*, r.happened_at AS moment, GREATEST(r.happened_at, r.known_at) AS told
    FROM running AS r /* ticks */
),
journey AS (
    SELECT m.customer_id, m.version, m.until, m.last, m.moment, m.told /* columns */
    FROM moments AS m /* traits */
),
named AS (
    SELECT customer_id, version, until, last, moment, told, CASE WHEN TRUE THEN '' /* phases */ END AS phase
    FROM journey
),
changes AS (
    SELECT *, LAG(phase) OVER (PARTITION BY customer_id, version ORDER BY moment) AS phase_before
    FROM named
),
spells AS (
    SELECT
        customer_id, version, until, last, phase, moment AS entered_at, told,
        LEAD(moment) OVER (PARTITION BY customer_id, version ORDER BY moment) AS left_at,
        LEAD(told) OVER (PARTITION BY customer_id, version ORDER BY moment) AS left_told
    FROM changes
    WHERE phase_before IS NULL OR phase_before <> phase
),
again AS (
    SELECT
        *,
        LAG(version) OVER same AS version_before, LAG(left_at) OVER same AS left_before
    FROM spells
    WINDOW same AS (PARTITION BY customer_id, phase, entered_at ORDER BY version)
),
beliefs AS (
    SELECT
        *,
        SUM(CASE
            WHEN version_before = version - 1 AND (left_before IS NULL OR left_before = left_at) THEN 0 ELSE 1
        END) OVER (PARTITION BY customer_id, phase, entered_at ORDER BY version) AS belief
    FROM (
        SELECT a.*, v.until AS begun
        FROM again AS a
        LEFT JOIN numbered AS v ON a.customer_id = v.customer_id AND v.version = a.version - 1
    ) AS dated
)
SELECT
    customer_id, phase, entered_at, MAX(left_at) AS left_at,
    MIN(COALESCE(GREATEST(told, begun), told)) AS known_at,
    MIN(CASE WHEN left_at IS NOT NULL THEN COALESCE(GREATEST(left_told, begun), left_told) END) AS left_known_at,
    CASE WHEN NOT BOOL_OR(last) THEN MAX(until) END AS corrected_at
FROM beliefs
GROUP BY customer_id, phase, entered_at, belief
ORDER BY 1, 3, 5
