package dev.caviar.nn.data;

import dev.caviar.nn.format.DataException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What `--data` can say: `digits`, `mnist`, `fashion-mnist`, a folder, or a CSV file.
///
/// - `digits` ships with the library.
/// - `mnist` and `fashion-mnist` are looked for in `folder` alone where one is given (itself, or its sub-folder of that name),
///   else in [Places]; else they are downloaded from `mirrors` (the known ones where null; none where empty), checked by
///   SHA-256 and kept in the cache.
/// - A folder holds four IDX files, or one sub-folder of images per class.
/// - A CSV file (`.csv`, `.tsv`, `.txt`, also with `.gz`) is read as `table` says.
/// - A NumPy archive (`.npz`) holds `x_train`, `y_train`, `x_test` and `y_test`, or `x` and `y`; integer labels are classes.
///
/// The test part is always the same. Whatever is wrong is a [DataException] that says what to do.
///
/// ```java
/// DataSet digits = DataSource.of("digits").load();
/// DataSet fashion = DataSource.of("fashion-mnist").withFolder(Path.of("data")).load();
/// DataSet houses = DataSource.of("housing.csv").withTable(Table.of().withMissing(Missing.MEAN)).load();
/// ```
public record DataSource(String spec, @Nullable Path folder, Table table, Places places, @Nullable List<URI> mirrors, Duration patience,
        Progress progress) {
    private static final Pattern TABLE = Pattern.compile(".*\\.(csv|tsv|txt)(\\.gz)?", Pattern.CASE_INSENSITIVE);

    /// The source that a text names, with this machine's places and the known mirrors.
    public static DataSource of(String spec) {
        return new DataSource(spec, null, Table.of(), Places.of(System.getenv()), null, Duration.ofSeconds(30), Progress.NONE);
    }

    /// Looked for in this folder only.
    public DataSource withFolder(@Nullable Path only) {
        return new DataSource(spec, only, table, places, mirrors, patience, progress);
    }

    /// A CSV file read so.
    public DataSource withTable(Table rules) {
        return new DataSource(spec, folder, rules, places, mirrors, patience, progress);
    }

    /// Looked for in these places.
    public DataSource withPlaces(Places others) {
        return new DataSource(spec, folder, table, others, mirrors, patience, progress);
    }

    /// Downloaded from these addresses, each the folder of the four `.gz` files, ending in a slash; from nowhere where empty.
    public DataSource withMirrors(List<URI> addresses) {
        return new DataSource(spec, folder, table, places, List.copyOf(addresses), patience, progress);
    }

    /// A mirror that sends nothing for so long is given up.
    public DataSource withPatience(Duration silence) {
        return new DataSource(spec, folder, table, places, mirrors, silence, progress);
    }

    /// Told how far a download is.
    public DataSource withProgress(Progress listener) {
        return new DataSource(spec, folder, table, places, mirrors, patience, listener);
    }

    /// Reads the data set.
    public DataSet load() {
        if (spec.equals(Digits.NAME)) {
            return Digits.load();
        }
        var known = Known.named(spec);
        return known == null ? path() : known(known);
    }

    private DataSet path() {
        Path path;
        try {
            path = Path.of(spec);
        } catch (InvalidPathException e) {
            throw unknown(e);
        }
        if (folder != null && Files.exists(folder.resolve(path))) {
            path = folder.resolve(path);
        }
        var name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
        if (Files.isRegularFile(path) && name.endsWith(".npz")) {
            return ArrayArchive.load(path, name.substring(0, name.length() - 4));
        }
        if (Files.isRegularFile(path)) {
            if (!TABLE.matcher(name).matches()) {
                throw new DataException("Data " + spec + " is a file, but no table: its name does not end in .csv.",
                        "Maybe name the folder that holds it.");
            }
            return table.read(path);
        }
        if (!Files.isDirectory(path)) {
            throw unknown(null);
        }
        if (IdxFolder.isOne(path)) {
            return IdxFolder.load(path, name, null, false);
        }
        if (ImageFolder.isOne(path)) {
            return ImageFolder.load(path, name);
        }
        throw new DataException("Data " + spec + ": the folder has neither IDX files nor a sub-folder of images per class.",
                tables(path).findFirst().map(file -> "Maybe its table was meant: --data " + file + ".")
                        .orElse("Maybe it should hold " + String.join(", ", IdxFolder.FILES) + "."));
    }

    private static Stream<Path> tables(Path folder) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> TABLE.matcher(String.valueOf(file.getFileName())).matches()).sorted().toList().stream();
        } catch (IOException e) {
            return Stream.empty();
        }
    }

    private DataException unknown(@Nullable Exception cause) {
        var problem = "Data \"" + spec + "\" is not known: choose digits, mnist, fashion-mnist, a folder, or a .csv file.";
        var advice = spec.contains("/") || spec.contains(".") ? "Maybe the path is wrong: there is no such file or folder."
                : "Maybe it is misspelt.";
        return cause == null ? new DataException(problem, advice) : new DataException(problem, advice, cause);
    }

    private DataSet known(Known known) {
        if (folder != null) {
            var tried = underAndItself(folder, known.id);
            for (var place : tried) {
                if (IdxFolder.isOne(place)) {
                    return IdxFolder.load(place, known.id, known, false);
                }
            }
            throw new DataException("Data " + known.id + " is not in " + folder + ".", advice(tried));
        }
        var tried = new ArrayList<Path>();
        if (places.user() != null) {
            tried.addAll(underAndItself(places.user(), known.id));
        }
        tried.add(places.downloads(known.id));
        tried.addAll(List.of(places.system().resolve(known.id), places.system().resolve(known.id).resolve("raw")));
        for (var place : tried) {
            boolean downloaded = place.equals(places.downloads(known.id));
            // A download that was broken off between two files is completed, not reported.
            if (downloaded ? complete(known) : IdxFolder.isOne(place)) {
                return IdxFolder.load(place, known.id, known, downloaded);
            }
        }
        return download(known, tried);
    }

    private boolean complete(Known known) {
        return known.files.stream().allMatch(file -> IdxFolder.find(places.downloads(known.id), file.name()) != null);
    }

    private static List<Path> underAndItself(Path folder, String name) {
        return List.of(folder.resolve(name), folder.resolve(name).resolve("raw"), folder, folder.resolve("raw"));
    }

    private static String advice(List<Path> tried) {
        return "Maybe put " + IdxFolder.FILES.stream().map(name -> name + ".gz").collect(Collectors.joining(", "))
                + " (with or without .gz) into one of " + tried.stream().map(Path::toString).collect(Collectors.joining(", ")) + ".";
    }

    private DataSet download(Known known, List<Path> tried) {
        var from = new Download(mirrors == null ? known.mirrors : mirrors, patience, progress);
        for (var file : known.files) {
            if (IdxFolder.find(places.downloads(known.id), file.name()) != null) {
                continue;
            }
            try {
                from.fetch(file, places.downloads(known.id));
            } catch (Download.Failed e) {
                throw new DataException("Data " + known.id + ": " + file.name() + ".gz is on this machine nowhere, and could not be"
                        + " downloaded" + (e.getMessage().isEmpty() ? "." : ":\n" + e.getMessage()), advice(tried) + "\nMaybe there is no network; a folder elsewhere is named by --data-dir.", e);
            }
        }
        return IdxFolder.load(places.downloads(known.id), known.id, known, true);
    }
}
