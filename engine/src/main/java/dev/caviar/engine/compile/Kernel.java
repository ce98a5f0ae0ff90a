package dev.caviar.engine.compile;

/// A compiled [Nest]: one pass over its elements.
///
/// At `table` lie the addresses of the sources, then of the stores, 8 bytes each. `from` and `to` cut the axis that may be split
/// between threads: elements of a flat nest, rows where rows are independent, columns where those are. No result depends on the cut
/// as long as it falls on multiples of [Nest#grain].
interface Kernel {
    void run(long table, long rows, long columns, long from, long to);
}
