-- name: journey_steps
-- reads: interactions, touched, step_verbs
-- writes: journey_steps
-- grain: customer_id, step, happened_at, known_at
WITH mine AS (
    SELECT i.customer_id, i.verb, i.occurred_at, i.known_at, i.session_id
    FROM interactions AS i
    JOIN touched AS t ON i.customer_id = t.customer_id
),
ends AS (
    SELECT
        customer_id, MIN(occurred_at) AS first_at, ARG_MIN(known_at, occurred_at) AS first_known_at,
        ARG_MIN(occurred_at, known_at) AS told_at, MIN(known_at) AS told_known_at
    FROM mine
    GROUP BY customer_id
),
visits AS (
    SELECT
        m.customer_id, s.step, m.occurred_at, m.known_at,
        COALESCE(m.session_id, CAST(CAST(m.occurred_at AT TIME ZONE $zone AS DATE) AS VARCHAR)) AS session
    FROM mine AS m
    JOIN step_verbs AS s ON m.verb = s.verb
    WHERE s.by_session
),
sessions AS (
    SELECT
        customer_id, step, session, MIN(occurred_at) AS happened_at, ARG_MIN(known_at, occurred_at) AS known_at
    FROM visits
    GROUP BY customer_id, step, session
),
counted AS (
    SELECT m.customer_id, s.step, m.occurred_at AS happened_at, m.known_at
    FROM mine AS m
    JOIN step_verbs AS s ON m.verb = s.verb
    WHERE NOT s.by_session
    UNION ALL
    SELECT customer_id, step, happened_at, known_at
    FROM sessions
)
SELECT customer_id, step, happened_at, known_at, COUNT(*) AS times
FROM counted
GROUP BY customer_id, step, happened_at, known_at
UNION ALL
SELECT customer_id, 'first' AS step, first_at AS happened_at, first_known_at AS known_at, 0 AS times
FROM ends
UNION ALL
SELECT customer_id, 'first' AS step, told_at AS happened_at, told_known_at AS known_at, 0 AS times
FROM ends
WHERE told_known_at < first_known_at
ORDER BY 1, 3, 2, 4
