package dev.caviar.tune.json;

/// A text that is not JSON, or a value that has no form in it; the message says where and why.
///
/// ```java
/// try {
///     Json.read("{");
/// } catch (JsonException e) {
///     assert e.getMessage().startsWith("line 1");
/// }
/// ```
public final class JsonException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    /// With a message that says where the mistake is.
    public JsonException(String message) {
        super(message);
    }
}
