from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.read import read
from customer_genome.sources.readers.read_frame import as_table, frame_hash, read_frame
from customer_genome.sources.readers.received import Malformed, Received, whole_words

__all__ = [
    "Malformed",
    "ReadOptions",
    "Received",
    "as_table",
    "frame_hash",
    "read",
    "read_frame",
    "whole_words",
]
