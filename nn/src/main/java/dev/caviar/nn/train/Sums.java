package dev.caviar.nn.train;

/// What a step of training leaves of its batch.
interface Sums {
    /// Sum `i` over the examples of the last batch: the loss, then the metrics.
    double sum(int i);

    /// Whether the gradients of the last run were not finite, so that it changed nothing but the loss' scale.
    boolean skipped();

    /// The factor on the loss for the next run; 1 where it is not scaled.
    double scale();
}
