package dev.caviar.nn.train;

/// Something about a network that keeps it from learning well: what it is, where, how much, and what may help.
///
/// ```java
/// var finding = new Finding(Finding.Kind.DEAD_UNITS, "dense_1", 0.5, "32 of 64 units gave 0 for each example.", "Maybe leaky_relu.");
/// IO.println(finding);
/// ```
public record Finding(Kind kind, String where, double value, String problem, String advice) {
    /// What can be wrong.
    public enum Kind {
        /// Gradients become small on their way back; the value is that of the layer over that of a later one.
        VANISHING_GRADIENTS,
        /// Gradients become large on their way back, are large against the weights, or are not finite.
        EXPLODING_GRADIENTS,
        /// Units that are 0 for all examples, and so learn nothing; the value is their share of the layer.
        DEAD_UNITS,
        /// Units of the same weights and gradients, which will always be the same; the value is how many different ones there are.
        SYMMETRIC_UNITS,
        /// The loss has stopped falling; the value is its relative change.
        PLATEAU,
        /// The loss has hardly fallen from the beginning; the value is its relative change.
        SLOW,
        /// The loss has risen, and does not come back; the value is by which part of the best one.
        RISING_LOSS
    }

    @Override
    public String toString() {
        return (where.isEmpty() ? "" : where + ": ") + problem + "\n" + advice;
    }
}
