package dev.caviar.app.check;

/// A number, a shape or a name is another one than the reference's.
final class Mismatch extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mismatch(String reason) {
        super(reason, null, false, false);
    }
}
