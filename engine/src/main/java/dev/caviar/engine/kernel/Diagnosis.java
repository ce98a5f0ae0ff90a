package dev.caviar.engine.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What the kernels found on this machine, for people who ask why it is fast or slow.
///
/// `processor` and `features` come from the system where it tells them (Linux) and are else empty; `library`, `version` and
/// `instructions` are oneDNN's, null where it is not loaded, and `why` says which provider was chosen and the reason. `vectors`
/// is the Vector API's width, null where the module is absent.
///
/// ```java
/// Diagnosis.now().lines().forEach(System.out::println);
/// ```
public record Diagnosis(String platform, String processor, List<String> features, String provider, String why,
        @Nullable Path library, @Nullable String version, @Nullable String instructions, @Nullable String vectors, Path cache) {

    private static final Set<String> TELLING = Set.of("sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512dq", "avx512vl",
            "avx512_vnni", "avx512_bf16", "avx512_fp16", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8", "amx_fp16",
            "asimd", "asimdhp", "asimddp", "bf16", "sve", "sve2", "svebf16", "i8mm");

    public Diagnosis {
        features = List.copyOf(features);
    }

    /// Looks at this machine; chooses the provider where that has not happened yet.
    public static Diagnosis now() {
        var best = Provider.best();
        var loaded = best.name().equals("onednn") && DnnlLibrary.outcome() instanceof DnnlLibrary.Loaded l ? l : null;
        return new Diagnosis(System.getProperty("os.name") + " " + System.getProperty("os.arch"), read("model name"),
                detected(), best.name(), best.why(),
                loaded == null ? null : loaded.file(), loaded == null ? null : Dnnl.version(), loaded == null ? null : Dnnl.isa(),
                Vectors.PRESENT ? Vectors.shape() : null, CacheFolder.path());
    }

    /// The same as lines of text, a name and a value each.
    public List<String> lines() {
        return List.of(
                "platform: " + platform,
                "processor: " + (processor.isEmpty() ? "unknown" : processor),
                "CPU features: " + (features.isEmpty() ? "unknown" : String.join(" ", features)),
                "kernels: " + provider,
                "why: " + why,
                "oneDNN: " + (library == null ? "not loaded" : version + " for " + instructions + ", " + library),
                "Vector API: " + (vectors == null ? "absent" : vectors),
                "cache folder: " + cache);
    }

    private static List<String> detected() {
        var flags = read("flags");
        return Arrays.stream((flags.isEmpty() ? read("Features") : flags).split(" ")).filter(TELLING::contains).sorted().toList();
    }

    /// A field of the first processor in /proc/cpuinfo, empty where there is none.
    private static String read(String field) {
        var file = Path.of("/proc/cpuinfo");
        if (!Files.isReadable(file)) {
            return "";
        }
        try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith(field)).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("");
        } catch (IOException | java.io.UncheckedIOException e) {
            return "";
        }
    }
}
