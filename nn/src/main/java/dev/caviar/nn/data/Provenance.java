package dev.caviar.nn.data;

/// Where data came from, and the SHA-256 of its uncompressed content: two data sets with the same hash are the same.
///
/// For several files it is the SHA-256 over a line `<hash>  <name>` for each, in the order they are read.
///
/// ```java
/// var provenance = new Provenance("data/iris.csv", "f13ffa8f…");
/// ```
public record Provenance(String source, String sha256) {}
