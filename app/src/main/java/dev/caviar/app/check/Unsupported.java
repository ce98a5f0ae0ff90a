package dev.caviar.app.check;

/// A case asks for what there is not, or says what is not understood: it is neither passed nor failed.
final class Unsupported extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unsupported(String reason) {
        super(reason, null, false, false);
    }
}
