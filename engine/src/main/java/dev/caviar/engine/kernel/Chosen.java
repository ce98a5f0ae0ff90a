package dev.caviar.engine.kernel;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The choice of providers, made once when it is first needed.
final class Chosen {
    static final Provider PLAIN = new Provider("plain", "Plain Java was asked for.", Loops.plain(), PlainGemm.INSTANCE,
            PlainConvolution::prepare, PlainPooling::prepare);
    private static volatile @Nullable Provider best;

    private Chosen() {}

    /// Not a static constant: a wrong setting must say so on every call, not once and then hide behind a class that failed.
    static Provider best() {
        var chosen = best;
        return chosen != null ? chosen : first();
    }

    private static synchronized Provider first() {
        var chosen = best;
        if (chosen == null) {
            chosen = choose(setting());
            best = chosen;
        }
        return chosen;
    }

    private static String setting() {
        var property = System.getProperty("caviar.provider");
        var value = property != null ? property : System.getenv("CAVIAR_PROVIDER");
        return value == null || value.isBlank() ? "auto" : value.strip().toLowerCase(Locale.ROOT);
    }

    static Provider choose(String setting) {
        var chosen = switch (setting) {
            case "plain" -> PLAIN;
            case "vector" -> withoutLibrary("It was asked for.");
            case "auto" -> probe(false);
            case "onednn" -> probe(true);
            default -> throw new IllegalArgumentException("The provider \"" + setting
                    + "\" does not exist.\nMaybe set caviar.provider to auto, onednn, vector or plain.");
        };
        System.getLogger("dev.caviar.kernel").log(System.Logger.Level.DEBUG, () -> "Kernels: " + chosen.name() + ". " + chosen.why());
        return chosen;
    }

    private static Provider probe(boolean insist) {
        return switch (DnnlLibrary.outcome()) {
            case DnnlLibrary.Loaded loaded -> new Provider("onednn", "oneDNN " + Dnnl.version() + " for " + Dnnl.isa() + " from "
                    + loaded.file() + ". " + loopsText(), loops(), new DnnlGemm(PlainGemm.INSTANCE, loops()),
                    spec -> DnnlConvolution.prepare(spec, loops()), DnnlPooling::prepare);
            case DnnlLibrary.Missing missing when insist -> throw new IllegalStateException(
                    "The provider onednn was asked for and does not work here: " + missing.why());
            case DnnlLibrary.Missing missing -> withoutLibrary(missing.why());
        };
    }

    private static Provider withoutLibrary(String why) {
        return new Provider("vector", why + " " + loopsText(), loops(), PlainGemm.EMULATING, PlainConvolution::prepare, PlainPooling::prepare);
    }

    private static Loops loops() {
        return Vectors.PRESENT ? VectorLoops.INSTANCE : Loops.plain();
    }

    private static String loopsText() {
        return Vectors.PRESENT
                ? "Loops use the Vector API with " + Vectors.shape() + "."
                : "Loops are plain Java.\nMaybe start the JVM with --add-modules jdk.incubator.vector.";
    }

    /// Keeps OpenMP on the calling thread to itself, where it has been loaded.
    static void oneThread() {
        var chosen = best;
        if (chosen != null && chosen.gemm() instanceof DnnlGemm) {
            Dnnl.oneThread();
        }
    }
}
