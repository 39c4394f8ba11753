// Package columns writes rows into Parquet files of one flat schema, in bounded
// memory: any engine then reads them, and only the columns and rows it needs.
//
//	w := columns.NewWriter(out, "redsleuth/dump/1", schema)
//	b := w.Batch()
//	b.Text(0, key); b.Int(1, size); b.End()   // a row; what is not set is null
//	b, err = w.Write(b)                       // in a goroutine of its own
//	err = w.Close()
//
// # Layout
//
//	file        PAR1, row groups, FileMetaData (thrift, compact), its length, PAR1
//	row group   a chunk a column, of up to 61440 rows, or 8 MiB of text
//	chunk       a page with the dictionary, if there is one, and pages of values
//	page        header (thrift, compact), then compressed with zstd: the length of the
//	            levels in 4 bytes, levels (1 bit a row: is it there), values
//
// Every column may be null. Numbers are DELTA_BINARY_PACKED, texts and digests
// DELTA_LENGTH_BYTE_ARRAY, truths PLAIN; or texts, where they repeat, places in a
// dictionary (RLE_DICTIONARY); once that would be too large, the pages that follow are
// as of other texts. Levels and places are one run for each stretch of the same, or
// bits, which is shorter. A chunk has its least and greatest value, by which engines
// skip. What is null throughout costs nothing: no value is looked at, and a page is a
// few bytes. Engines read these encodings since 2022 (Spark 3.3) or before.
//
// There is a library for this. Half of the rows of a dump's columns are null by
// design, and at a call for each of them it takes twice as long as the reading of
// the dump, twice the memory, and 7 MB of the program. It reads the files back in
// the tests, and so does DuckDB.
//
// Sources: https://parquet.apache.org/docs/file-format/, parquet-format's
// parquet.thrift and Encodings.md.
package columns
