"""What is learnt from facts: export to Parquet, measures by Ibis on DuckDB, and the traits written back from them."""
