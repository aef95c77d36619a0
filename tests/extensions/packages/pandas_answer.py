"""Answers of pandas: groups, joins, times, windows, text, CSV, and functions of Python for groups."""

import io

import pandas as pd


def answer(seed):
    frame = pd.DataFrame({"key": [n % 3 for n in range(30)], "value": [n * seed for n in range(30)]})
    frame["day"] = pd.date_range("2026-01-01", periods=30, freq="D")
    groups = frame.groupby("key")["value"]
    other = pd.DataFrame({"key": [0, 1], "name": ["zero", "one"]})
    text = frame.to_csv(index=False)
    return (
        groups.sum().to_dict(),
        groups.agg(lambda values: int(values.iloc[0]) + len(values)).to_dict(),
        frame.merge(other, on="key", how="left")["name"].fillna("none").value_counts().to_dict(),
        frame.set_index("day")["value"].resample("W").mean().round(3).tolist(),
        frame["value"].rolling(3).mean().dropna().round(3).tolist(),
        other["name"].str.upper().str.cat(sep=","),
        pd.read_csv(io.StringIO(text), parse_dates=["day"]).equals(frame),
        repr(frame.head(3)),
    )
