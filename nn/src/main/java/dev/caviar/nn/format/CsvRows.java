package dev.caviar.nn.format;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// The rows of a CSV file one after another, for files that are larger than memory: the form is found as [Csv] finds it, from the first
/// thousand rows, and no more of them are held at once.
///
/// The first line is taken for a preface where it could be one; how many rows follow is not counted. Throws [DataException] where the file
/// is not a table, as late as the row that shows it.
///
/// ```java
/// try (var rows = CsvRows.open(Path.of("trips.csv.gz"))) {
///     int price = rows.header().indexOf("price");
///     double sum = 0;
///     while (rows.hasNext()) {
///         sum += Csv.number(rows.next().cells().get(price));
///     }
/// }
/// ```
public final class CsvRows implements Iterator<Csv.Row>, AutoCloseable {
    private final String name;
    private final CsvReader<CsvRecord> reader;
    private final Iterator<CsvRecord> records;
    private final Queue<Csv.Row> ahead = new ArrayDeque<>();
    private final List<String> header;
    private final List<String> preface;
    private final Csv.Row first;

    private CsvRows(String name, InputStream in) throws IOException {
        this.name = name;
        var buffered = new BufferedInputStream(in, 1 << 16);
        char separator = Csv.separator(Csv.probe(buffered));
        reader = Csv.reader(Csv.text(buffered), separator);
        records = reader.iterator();
        var start = new ArrayList<Csv.Row>();
        for (int i = 0; i <= Csv.HEADER_SAMPLE; i++) {
            var row = read();
            if (row == null) {
                break;
            }
            start.add(row);
        }
        if (start.isEmpty()) {
            throw new DataException("Reading " + name + ": the table is empty.", "Maybe it is another file.");
        }
        var cells = start.getFirst().cells();
        boolean prefaced = cells.getFirst().matches("\\d+") && Csv.isPreface(start, cells.getFirst());
        first = start.get(prefaced ? 1 : 0);
        start.subList(prefaced ? 1 : 0, start.size()).forEach(row -> Csv.sameWidth(name, row, first));
        boolean headed = !prefaced && Csv.isHeader(start);
        header = headed ? cells : List.of();
        preface = prefaced ? cells : List.of();
        ahead.addAll(start.subList(prefaced || headed ? 1 : 0, start.size()));
    }

    /// Opens a file, packed by gzip or not.
    public static CsvRows open(Path file) {
        InputStream in = null;
        try {
            in = Csv.open(file);
            return new CsvRows(file.toString(), in);
        } catch (IOException e) {
            throw closing(in, DataException.unreadable("Reading", file, e));
        } catch (RuntimeException e) {
            throw closing(in, e);
        }
    }

    private static RuntimeException closing(@Nullable InputStream in, RuntimeException e) {
        try {
            if (in != null) {
                in.close();
            }
        } catch (IOException other) {
            e.addSuppressed(other);
        }
        return e;
    }

    /// The names of the columns; empty where the first line is data.
    public List<String> header() {
        return header;
    }

    /// The first line of scikit-learn's files; empty elsewhere.
    public List<String> preface() {
        return preface;
    }

    /// The number of cells in a row.
    public int width() {
        return first.cells().size();
    }

    private Csv.@Nullable Row read() {
        try {
            return records.hasNext() ? Csv.row(records.next()) : null;
        } catch (CsvParseException e) {
            throw new DataException("Reading " + name + ": " + e.getMessage(), "Maybe a quote is not closed, or it is not a text file.", e);
        } catch (UncheckedIOException e) {
            throw e.getCause() instanceof CharacterCodingException
                    ? new DataException("Reading " + name + ": the text is not UTF-8.", "Maybe save it as UTF-8, or it is not a text file.", e)
                    : DataException.unreadable("Reading", name, e.getCause());
        }
    }

    @Override
    public boolean hasNext() {
        if (ahead.isEmpty()) {
            var row = read();
            if (row != null) {
                Csv.sameWidth(name, row, first);
                ahead.add(row);
            }
        }
        return !ahead.isEmpty();
    }

    @Override
    public Csv.Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException("The table " + name + " has no more rows.");
        }
        return ahead.remove();
    }

    @Override
    public void close() {
        try {
            reader.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
