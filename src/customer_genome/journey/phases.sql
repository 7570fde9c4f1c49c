-- name: phases
-- reads: phase_history
-- writes: phases
-- grain: customer_id
SELECT customer_id, phase, entered_at, left_at
FROM phase_history
WHERE left_at IS NULL AND corrected_at IS NULL
ORDER BY customer_id
