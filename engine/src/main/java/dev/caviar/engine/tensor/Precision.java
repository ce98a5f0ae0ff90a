package dev.caviar.engine.tensor;

/// How an op stands to a narrow type (BF16, F16) when a program is to run in mixed precision.
///
/// ```java
/// Precision p = Unary.EXP.precision();     // FULL
/// ```
public enum Precision {
    /// It gains from narrow operands and sums in F32 all the same: products.
    LOW,
    /// It hands values on as they are, or chooses among them: it loses nothing in a narrow type, and takes that of its operands.
    FOLLOW,
    /// It computes in F32, whatever its operands are kept in: arithmetic, sums, statistics, losses, optimizers.
    FULL
}
