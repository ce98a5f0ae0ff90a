package dev.caviar.engine.kernel;

/// Whether the Vector API can be used; kept apart so that asking does not load it.
final class Vectors {
    static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    private Vectors() {}

    /// The vectors in use, such as `256 bits`.
    static String shape() {
        return VectorLoops.SPECIES.vectorBitSize() + " bits";
    }
}
