package dev.caviar.app;

import dev.caviar.engine.kernel.CacheFolder;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import dev.caviar.nn.data.Places;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/// `caviar doctor`: what this machine offers and what is used of it.
@Command(
    name = "doctor",
    description = "Shows what Caviar found on this machine: JDK, CPU, kernel library, folders, storage drivers.%n",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Runnable {
    private static final List<String> FEATURES = List.of(
            "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16", "amx_int8",
            "asimd", "asimddp", "bf16", "i8mm", "sve", "sve2");
    private static final int LABEL = 16;
    private static final double GIBIBYTE = 1L << 30;

    @Override
    public void run() {
        var out = Streams.out();
        say(out, "Caviar", Main.version());
        say(out, "JDK", System.getProperty("java.vm.name") + " " + Runtime.version() + ", " + System.getProperty("java.vendor") + ", in "
                + System.getProperty("java.home"));
        say(out, "system", System.getProperty("os.name") + " " + System.getProperty("os.version") + ", " + System.getProperty("os.arch"));
        say(out, "CPU", cpu());
        say(out, "CPU features", features());
        say(out, "Java heap", String.format(Locale.ROOT, "at most %.2f GiB; tensors lie outside of it", Runtime.getRuntime().maxMemory() / GIBIBYTE));
        kernels(out);
        say(out, "cache folder", folder(CacheFolder.path()));
        data(out);
        say(out, "storage", "memory, " + sqlite());
        say(out, "pictures", pictures());
    }

    private static void kernels(PrintStream out) {
        var vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        try {
            var provider = Provider.best();
            say(out, "kernels", provider.name() + ": " + provider.why());
            say(out, "bf16", narrow(provider, DType.BF16, List.of("amx_bf16", "avx512_bf16", "svebf16", "bf16")));
            say(out, "f16", narrow(provider, DType.F16, List.of("amx_fp16", "avx512_fp16", "asimdhp", "fphp")));
        } catch (IllegalArgumentException | IllegalStateException e) {
            say(out, "kernels", String.valueOf(e.getMessage()));
        }
        say(out, "Vector API", vector ? "module jdk.incubator.vector is present" : "module jdk.incubator.vector is absent: start with --add-modules jdk.incubator.vector");
    }

    /// Whether products of a narrow type run as they are, and by which of the processor's features that are made for it.
    private static String narrow(Provider provider, DType dtype, List<String> features) {
        if (!provider.gemm().runs(dtype)) {
            return "emulated: rounded numbers in f32, at about its speed; this processor has no products of " + dtype.name().toLowerCase(Locale.ROOT);
        }
        var flags = flags();
        var known = features.stream().filter(flags::contains).findFirst();
        return provider.name().equals("plain") ? "in plain Java" : "native" + known.map(name -> ", by " + name).orElse("");
    }

    private static void data(PrintStream out) {
        var places = Places.of(System.getenv());
        say(out, "data folders", places.user() == null ? "$CAVIAR_DATA is not set" : "$CAVIAR_DATA: " + folder(places.user()));
        say(out, "", folder(places.cache()));
        say(out, "", folder(places.system()));
    }

    private static String folder(Path path) {
        if (!Files.exists(path)) return path + " (not there yet)";
        if (!Files.isDirectory(path)) return path + " (not a folder)";
        return path + (Files.isWritable(path) ? "" : " (read-only)");
    }

    private static String cpu() {
        var model = cpuinfo("model name");
        return (model.isEmpty() ? System.getProperty("os.arch") : model) + ", " + Runtime.getRuntime().availableProcessors() + " cores for this process";
    }

    private static String features() {
        var flags = flags();
        var known = FEATURES.stream().filter(flags::contains).collect(Collectors.joining(" "));
        return known.isEmpty() ? "not told by this system" : known;
    }

    private static Set<String> flags() {
        return new HashSet<>(Arrays.asList((cpuinfo("flags") + " " + cpuinfo("Features")).split(" ")));
    }

    /// The first value of a key in Linux' description of the processors; empty elsewhere.
    private static String cpuinfo(String key) {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/cpuinfo"), StandardCharsets.ISO_8859_1)) {
                var colon = line.indexOf(':');
                if (colon > 0 && line.substring(0, colon).strip().equals(key)) return line.substring(colon + 1).strip();
            }
        } catch (IOException e) {
            return "";
        }
        return "";
    }

    private static String sqlite() {
        try (var connection = DriverManager.getConnection("jdbc:sqlite::memory:")) {
            var meta = connection.getMetaData();
            return "sqlite (SQLite " + meta.getDatabaseProductVersion() + ")";
        } catch (SQLException | LinkageError e) {
            return "sqlite does not work: " + e.getMessage();
        }
    }

    private static String pictures() {
        try {
            var pen = new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB).createGraphics();
            var width = pen.getFontMetrics().stringWidth("learning rate");
            pen.dispose();
            return width > 0 ? "can be drawn" : "have no text: no font was found";
        } catch (LinkageError | InternalError | RuntimeException e) {
            return "cannot be drawn: " + e + "\nMaybe no font is installed: on Debian and Ubuntu, apt install fontconfig fonts-dejavu-core.";
        }
    }

    private static void say(PrintStream out, String label, String text) {
        var lines = new ArrayList<>(text.lines().toList());
        for (var i = 0; i < lines.size(); i++) {
            var name = i == 0 ? label : "";
            out.println(name + " ".repeat(LABEL - name.length()) + lines.get(i));
        }
    }
}
