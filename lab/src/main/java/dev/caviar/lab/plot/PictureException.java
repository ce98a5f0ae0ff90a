package dev.caviar.lab.plot;

/// A picture that cannot be drawn, because of the machine and not of what is in it; says what to do.
///
/// ```java
/// import dev.caviar.tune.record.History;
///
/// var pictures = Pictures.of(Preset.mnist().space(), new History(List.of(), List.of(Direction.MAXIMIZE)));
/// try {
///     pictures.learningCurves(Files.createTempDirectory("pictures"));
/// } catch (PictureException e) {
///     System.err.println(e.getMessage());      // a search is worth its result without pictures too
/// }
/// ```
public final class PictureException extends RuntimeException {
    private static final long serialVersionUID = 1;

    PictureException(String message, Throwable cause) {
        super(message, cause);
    }
}
