"""Answers of polars: groups and joins on its own threads, and functions of Python that these call."""

import polars as pl


def double(n):
    """Return what polars cannot compute by itself: it would advise to do so."""
    return int(str(n) * 2)


def answer(seed):
    frame = pl.DataFrame({"key": [n % 4 for n in range(400)], "value": [n * seed for n in range(400)]})
    called = frame.with_columns(pl.col("value").map_elements(double, return_dtype=pl.Int64).alias("called"))
    lazy = frame.lazy().group_by("key").agg(pl.col("value").sum(), pl.len().alias("n")).sort("key").collect()
    batches = frame.lazy().select(pl.col("value").map_batches(lambda s: s + seed, return_dtype=pl.Int64)).collect()
    return (
        called["called"].to_list()[-3:],
        lazy.rows(),
        batches["value"].sum(),
        frame.join(lazy, on="key").height,
        frame.select(pl.col("value").cast(pl.String).str.len_chars().sum()).item(),
    )
