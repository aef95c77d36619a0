"""Answers of PyArrow: tables, Parquet in memory, and conversion to pandas and to Python with Arrow's own threads."""

import io

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


def answer(seed):
    numbers = list(range(500))
    columns = {f"c{i}": numbers for i in range(6)}
    table = pa.table({**columns, "t": [f"text {n * seed}" for n in numbers], "o": [None, [seed]] * 250})
    file = io.BytesIO()
    pq.write_table(table, file)
    again = pq.read_table(io.BytesIO(file.getvalue()))
    frame = again.to_pandas(use_threads=True)
    return (
        again.equals(table),
        pc.sum(table["c1"]).as_py(),
        table.group_by("c0").aggregate([("c1", "sum")]).num_rows,
        frame["t"].str.len().sum().item(),
        frame["c5"].tolist()[-3:],
        pa.Table.from_pandas(frame[["c0", "t"]]).to_pydict()["t"][-1],
        pa.array([1.5, None, seed]).to_pylist(),
    )
