"""Names that vulture cannot see the use of, each under the reason. Reviewed; a test drops stale ones."""

# ruff: noqa: B018, F821, SLF001

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

# a paginator's keys are handed to dlt as they are
_.cursor_path
_.cursor_param
_.next_url_path
_.has_more_path
_.end_path
_.limit_param
_.offset_param
_.page_param
_.base_page
_.total_path

# dlt asks its run for them, and its paginators for the last
_.initial_providers
_.initialize_runtime
_._runtime_config
_._has_next_page

# SQLAlchemy reads them off a type
_.impl
_.cache_ok
_.process_result_value

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
