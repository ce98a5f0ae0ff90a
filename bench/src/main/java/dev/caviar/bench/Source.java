package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options that say which data is learned, and how much of it.
final class Source {
    @Option(names = "--data", paramLabel = "DATA", defaultValue = "fashion-mnist", description = "digits, mnist, fashion-mnist, a folder or a CSV file")
    private String data = "fashion-mnist";

    @Option(names = "--data-dir", paramLabel = "DIR", description = "the only folder to look in")
    private @Nullable Path folder;

    @Option(names = "--limit", paramLabel = "N", description = "use the first N training examples (default: all; 12800 for cnn and lstm)")
    private @Nullable Integer limit;

    /// The data, with no more training examples than were asked for, or than `usual` where nothing was.
    DataSet load(int usual) {
        int most = limit == null ? usual : Work.positive("--limit", limit);
        var set = DataSource.of(data).withFolder(folder).load();
        if (set.classes().isEmpty()) throw new BadInput("--data " + data + " has values to predict, but only work on classes is measured here.");
        return new DataSet(set.name(), set.train().limit(most), set.test(), set.task(), set.features(), set.provenance());
    }
}
