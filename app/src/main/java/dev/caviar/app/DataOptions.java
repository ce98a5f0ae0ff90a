package dev.caviar.app;

import dev.caviar.engine.kernel.Provider;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Missing;
import dev.caviar.nn.data.Table;
import java.io.File;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which data is meant, and how it is read.
final class DataOptions {
    private static final Pattern TABLE = Pattern.compile(".*\\.(csv|tsv|txt)(\\.gz)?", Pattern.CASE_INSENSITIVE);
    private static final Set<String> NAMES = Set.of("digits", "mnist", "fashion-mnist");

    @Option(names = "--data", paramLabel = "DATA", description = {
        "digits, mnist, fashion-mnist, a folder (four IDX files, or one sub-folder of images per class), or a .csv file",
        "  Default: digits"})
    private @Nullable String data;

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the only folder that mnist and fashion-mnist are looked for in")
    private @Nullable String folder;

    @Option(names = "--label", paramLabel = "NAME|INDEX", description = "the column of a .csv file to be predicted; default: the last")
    private @Nullable String label;

    @Option(names = "--missing", paramLabel = "mean", description = "empty cells of a .csv file become their column's mean; default: they are refused")
    private @Nullable String missing;

    @Option(names = "--decimal", paramLabel = "comma", description = "numbers of a .csv file have a decimal comma; default: a point")
    private @Nullable String decimal;

    /// The options that were given, by name. Paths become absolute, so that they mean the same from another folder.
    Map<String, Object> given() {
        if (missing != null && !missing.equals("mean")) throw new BadInput("--missing " + missing + " is not known.\nMaybe --missing mean was meant.");
        if (decimal != null && !decimal.equals("comma")) throw new BadInput("--decimal " + decimal + " is not known.\nMaybe --decimal comma was meant.");
        if (data != null && data.isBlank()) throw new BadInput("--data is empty.\nMaybe leave it out: the digits that come with Caviar are used.");
        var given = new LinkedHashMap<String, Object>();
        if (data != null) given.put("data", place(data));
        if (folder != null) given.put("data-dir", new File(folder).toPath().toAbsolutePath().normalize().toString());
        if (label != null) given.put("label", label);
        if (missing != null) given.put("missing", missing);
        if (decimal != null) given.put("decimal", decimal);
        return given;
    }

    private static String place(String data) {
        var file = new File(data);
        return NAMES.contains(data) || !file.exists() ? data : file.toPath().toAbsolutePath().normalize().toString();
    }

    /// Reads the data that a job is about.
    static DataSet load(SearchJob job) {
        for (var name : List.of("label", "missing", "decimal"))
            if (job.text(name) != null && !TABLE.matcher(job.need("data")).matches())
                throw new BadInput("--" + name + " " + job.text(name) + " is about tables, which " + job.need("data") + " is not.\nMaybe name a .csv file by --data, or leave it out.");
        var folder = job.text("data-dir");
        var table = Table.of().withLabel(job.text("label")).withDecimalComma(job.text("decimal") != null);
        var source = DataSource.of(job.need("data"))
                .withFolder(folder == null ? null : Path.of(folder))
                .withTable(job.text("missing") == null ? table : table.withMissing(Missing.MEAN));
        try (var bar = new DownloadBar()) {
            // Meanwhile the native library is loaded, so that the first training need not wait for it.
            Thread.ofPlatform().daemon().name("caviar-provider").start(Provider::best);
            return source.withProgress(bar).load();
        }
    }
}
