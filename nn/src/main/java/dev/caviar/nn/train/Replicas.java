package dev.caviar.nn.train;

/// How many copies of the model share the work on each batch: every one computes the gradients of its part of the rows, and the weights
/// go by their sum. The training is that of one model, but for rounding, whatever the number; a short last batch is split as well.
///
/// With `synced`, batch norm takes mean and variance over the whole batch; without, each replica normalises by its own rows, which
/// needs no exchange between the layers, and the running statistics are the replicas' mean. Dropout draws what it would draw for the
/// whole batch.
///
/// ```java
/// var fit = Fit.of().withBatch(256).withReplicas(Replicas.of(4).withSynced(false));
/// ```
public record Replicas(int count, boolean synced) {
    public Replicas {
        if (count < 1 || count > 1024) {
            throw new IllegalArgumentException("Replicas: " + count + " is not in 1 to 1024.\nMaybe one per core.");
        }
    }

    /// This many, with batch norm over the whole batch.
    public static Replicas of(int count) {
        return new Replicas(count, true);
    }

    public Replicas withSynced(boolean synced) {
        return new Replicas(count, synced);
    }
}
