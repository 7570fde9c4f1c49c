"""Where data lives and where work runs."""

from customer_genome.engine.duckdb import DuckDBEngine
from customer_genome.engine.lake import Lake, Pin, rows_in
from customer_genome.engine.protocol import Engine

__all__ = ["DuckDBEngine", "Engine", "Lake", "Pin", "rows_in"]
