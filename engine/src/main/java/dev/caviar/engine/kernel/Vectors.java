package dev.caviar.engine.kernel;

/// Whether the Vector API can be used; kept apart so that asking does not load it.
final class Vectors {
    static final boolean PRESENT = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
            && !Boolean.getBoolean("caviar.novector");

    private Vectors() {}
}
