package dev.caviar.engine.kernel;

/// The choice of providers, made once when it is first needed.
final class Chosen {
    static final Provider PLAIN = new Provider("plain", "Plain Java was asked for.", Loops.plain(), PlainGemm.INSTANCE);
    static final Provider BEST = PLAIN;

    private Chosen() {}
}
