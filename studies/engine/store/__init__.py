"""Keep rows and curves as Parquet tables, on a disk or on object storage."""
