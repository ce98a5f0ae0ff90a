package dev.caviar.lab.run;

/// Ends a trial whose loss is no number any more: it is recorded as failed, with what was reported until then.
///
/// ```java
/// Objective hopeless = trial -> {
///     throw new Diverged("The loss became NaN in epoch " + trial.number() + ".");
/// };
/// ```
public final class Diverged extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// With a message that names the epoch.
    public Diverged(String message) {
        super(message, null, false, false);
    }

    // The study keeps this as the reason: a sentence, not the name of a class.
    @Override
    public String toString() {
        return getMessage();
    }
}
