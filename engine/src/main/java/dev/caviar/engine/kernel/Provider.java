package dev.caviar.engine.kernel;

/// The routines in use, chosen once by probing: oneDNN and the Vector API where they work, plain Java elsewhere.
///
/// `-Dcaviar.provider=plain` (or `CAVIAR_PROVIDER=plain`) forces the plain one for everything. `why` is a sentence for
/// people: what was loaded and from where, or why not.
public record Provider(String name, String why, Loops loops, Gemm gemm) {
    /// The best routines that work here.
    public static Provider best() {
        return Chosen.BEST;
    }

    /// Plain Java for everything: the oracle of the tests.
    public static Provider plain() {
        return Chosen.PLAIN;
    }
}
