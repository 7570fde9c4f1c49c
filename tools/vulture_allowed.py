"""Names that vulture cannot see the use of, each under the reason. Reviewed; a test drops stale ones."""

# ruff: noqa: B018, F821

# pydantic reads it
_.model_config

# alembic reads them
_.revision
_.down_revision

# Python calls it for a name that the module does not hold
_.__getattr__

# mappings are read column by column with getattr
_.known_at
_.quantity

# http.server calls them by name
_.do_GET
_.do_HEAD
_.log_message

# results that a caller may read: how the figure beside them came about
_.best_mean
_.rest_mean
_.best_known
_.rest_known
_.threshold
_.calibration_reason_

# the readers of what the benchmark appends, and of what the vault holds; tests prove them
_.summed
_.fetch
