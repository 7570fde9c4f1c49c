"""What the history of phases says: pure functions over arrays, each with its formula's source.

Import each from the module of its name: `spells`, `rates`, `curves`, `funnel`, `retention`, `paths`, `precedes`,
`attribution`, `flows`, `segments`.
"""
