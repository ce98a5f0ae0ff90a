package dev.caviar.nn.data;

/// What becomes of a table's empty cells.
///
/// ```java
/// var table = Table.of().withMissing(Missing.MEAN);
/// ```
public enum Missing {
    /// An empty cell is an error that names its line and column.
    REFUSE,
    /// It gets its column's mean over the training rows (all that are not in the test part); a text cell gets the
    /// shares of the categories there. Empty labels are refused all the same.
    MEAN
}
