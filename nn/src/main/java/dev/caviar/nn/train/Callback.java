package dev.caviar.nn.train;

/// Told what happens while a model trains; may stop it.
///
/// ```java
/// Callback stopWhenGood = run -> {
///     if (run.logs().get("accuracy") > 0.99) {
///         run.stop("good enough");
///     }
/// };
/// ```
@FunctionalInterface
public interface Callback {
    /// After each epoch and its validation; [Run#logs] has their values.
    void onEpochEnd(Run run);

    /// Before the first epoch: gives the callback for this run, so that one with a memory can begin with a fresh one and be
    /// used for several trainings.
    default Callback begin(Run run) {
        return this;
    }

    /// Before the first batch of each epoch.
    default void onEpochBegin(Run run) {}

    /// After each batch.
    default void onBatchEnd(Run run) {}

    /// After the last epoch, whatever ended the run.
    default void onEnd(Run run) {}

    /// What a run that goes on from here in another process must know; written into checkpoints.
    default Memory memory() {
        return Memory.none();
    }

    /// Takes up what [#memory] gave, after [#begin] and before the first batch.
    default void restore(Run run, Memory memory) {}
}
