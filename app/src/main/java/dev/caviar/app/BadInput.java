package dev.caviar.app;

/// What the user gave cannot be worked with: the command prints this message, without a stack trace, and ends with exit code 2.
///
/// ```java
/// static void check(int trials) {
///     if (trials < 1) throw new BadInput("--trials is " + trials + ", but a search needs at least one.");
/// }
/// ```
public final class BadInput extends RuntimeException {
    public BadInput(String message) {
        super(message);
    }

    public BadInput(String message, Throwable cause) {
        super(message, cause);
    }
}
