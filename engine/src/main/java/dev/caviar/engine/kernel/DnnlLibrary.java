package dev.caviar.engine.kernel;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Finds, unpacks and loads oneDNN's shared library, once in a JVM.
final class DnnlLibrary {
    private static final Outcome OUTCOME = load();

    /// Either a library, or the reason why there is none.
    sealed interface Outcome {}

    record Loaded(SymbolLookup symbols, SymbolLookup openMp, Path file) implements Outcome {}

    record Missing(String why) implements Outcome {}

    private DnnlLibrary() {}

    static Outcome outcome() {
        return OUTCOME;
    }

    /// The name that the jars use for this machine, such as `linux-x86_64`; null where no jar exists.
    static @Nullable String platform(String os, String arch) {
        var system = os.toLowerCase(Locale.ROOT);
        boolean arm = arch.equals("aarch64") || arch.equals("arm64");
        boolean intel = arch.equals("amd64") || arch.equals("x86_64");
        if (system.startsWith("linux")) {
            return arm ? "linux-arm64" : intel ? "linux-x86_64" : null;
        }
        if (system.startsWith("mac")) {
            return arm ? "macosx-arm64" : null;
        }
        return system.startsWith("windows") && intel ? "windows-x86_64" : null;
    }

    /// The files of a platform, the library itself last; Windows brings its own OpenMP.
    static List<String> files(String platform) {
        return switch (platform) {
            case "macosx-arm64" -> List.of("libomp.dylib", "libdnnl.3.dylib");
            case "windows-x86_64" -> List.of("dnnl.dll");
            default -> List.of("libgomp.so.1", "libdnnl.so.3");
        };
    }

    private static Outcome load() {
        var os = System.getProperty("os.name");
        var arch = System.getProperty("os.arch");
        var platform = platform(os, arch);
        if (platform == null) {
            return new Missing("oneDNN has no library for " + os + " on " + arch + ".");
        }
        var cache = CacheFolder.path().resolve("native");
        try {
            var folder = "org/bytedeco/dnnl/" + platform;
            var entries = NativeFiles.find(DnnlLibrary.class.getClassLoader(), folder, files(platform));
            if (entries == null) {
                return new Missing("No jar on the class path holds " + folder + "/" + files(platform).getLast()
                        + ".\nMaybe add org.bytedeco:dnnl with the classifier " + platform + ".");
            }
            return open(NativeFiles.unpack(cache, entries).resolve(files(platform).getLast()), platform);
        } catch (IOException | RuntimeException e) {
            return new Missing("oneDNN's library could not be unpacked into " + cache + ": " + e
                    + ".\nMaybe name a folder that can be written and executed by CAVIAR_CACHE.");
        }
    }

    private static Outcome open(Path file, String platform) {
        try {
            var symbols = SymbolLookup.libraryLookup(file, Arena.global());
            // Asking through oneDNN's own handle finds the OpenMP that it runs on, even where the process has several.
            var openMp = platform.startsWith("windows") ? SymbolLookup.libraryLookup("vcomp140.dll", Arena.global()) : symbols;
            if (symbols.find("dnnl_primitive_execute").isEmpty() || openMp.find("omp_set_num_threads").isEmpty()) {
                return new Missing(file + " lacks the functions that are needed: it is no oneDNN with OpenMP.");
            }
            return new Loaded(symbols, openMp, file);
        } catch (IllegalArgumentException | IllegalCallerException e) {
            return new Missing("oneDNN was unpacked but cannot be loaded: " + loaderText(file, e)
                    + ".\nMaybe the system is older than glibc 2.34, or lacks libstdc++.");
        }
    }

    /// Loading by the foreign linker hides the system's words, loading by the JVM tells them.
    @SuppressWarnings("restricted")
    private static String loaderText(Path file, RuntimeException first) {
        try {
            System.load(file.toString());
            return String.valueOf(first.getMessage());
        } catch (UnsatisfiedLinkError e) {
            return String.valueOf(e.getMessage());
        }
    }
}
