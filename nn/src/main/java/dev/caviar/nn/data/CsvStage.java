package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Cursor.Flow;
import dev.caviar.nn.data.Cursor.Task;
import dev.caviar.nn.format.Csv;
import dev.caviar.nn.format.CsvRows;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.DecimalCommas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rows of a CSV file as examples, read in each pass anew: those that [Table#examples] gives, in memory that does not grow with their number.
final class CsvStage implements Stage {
    /// A label of more different texts is no class.
    private static final int MOST_CLASSES = 100_000;
    private final Path file;
    private final Csv head;
    private final int target;
    private final List<Cells> features = new ArrayList<>();
    private final Cells label;
    private final long size;
    private final int width;
    private final @Nullable DecimalCommas commas;

    /// How the cells of one column become numbers: as they are, as codes, or as ones among zeros. `means` stand for an empty cell.
    private record Cells(int column, String title, @Nullable Map<String, Integer> codes, @Nullable Map<Double, Integer> numbers, int width, double[] means) {}

    /// Looks at each row once, or twice where commas may be decimal.
    CsvStage(Path file, Table table) {
        this.file = file;
        commas = table.decimalComma() ? commas(file) : null;
        try (var rows = CsvRows.open(file)) {
            head = new Csv(file.toString(), rows.header(), rows.preface(), List.of(), "");
            if (rows.width() < 2) {
                throw new DataException(file + ": only one column, but features and a label are needed.", "Maybe another separator is used than , ; or tab.");
            }
            target = table.labelColumn(head, rows.width());
            var scans = new ArrayList<ColumnScan>();
            for (int c = 0; c < rows.width(); c++) {
                scans.add(new ColumnScan(file.toString(), Table.title(head, c), !head.header().isEmpty(), c == target ? MOST_CLASSES : Table.MOST_CATEGORIES));
            }
            long count = 0;
            for (; rows.hasNext(); count++) {
                var row = ready(rows.next());
                for (int c = 0; c < scans.size(); c++) {
                    scans.get(c).add(row, row.cells().get(c));
                }
            }
            size = count;
            if (size < Table.FEWEST_ROWS) {
                throw new DataException(file + ": " + size + (size == 1 ? " row" : " rows") + " of data, at least " + Table.FEWEST_ROWS + " are needed.",
                        "Maybe the file was cut off.");
            }
            label = label(scans.get(target), target == scans.size() - 1);
            for (int c = 0; c < scans.size(); c++) {
                if (c != target) {
                    features.add(feature(scans.get(c), c, table.missing()));
                }
            }
        }
        width = features.stream().mapToInt(Cells::width).sum();
    }

    private static DecimalCommas commas(Path file) {
        try (var rows = CsvRows.open(file)) {
            return DecimalCommas.of(file.toString(), rows);
        }
    }

    private Csv.Row ready(Csv.Row row) {
        return commas == null ? row : commas.apply(row);
    }

    private static Map<String, Integer> codes(List<String> names) {
        var codes = new HashMap<String, Integer>();
        names.forEach(name -> codes.put(name, codes.size()));
        return codes;
    }

    private static Cells feature(ColumnScan scan, int column, Missing missing) {
        var codes = scan.numeric() ? null : codes(scan.texts());
        return new Cells(column, scan.title, codes, null, codes == null ? 1 : codes.size(), scan.means(missing));
    }

    private Cells label(ColumnScan scan, boolean last) {
        if (scan.missing() > 0) {
            throw new DataException(scan.place(scan.missing()) + ": the label is empty.", "Maybe remove the row.");
        }
        if (!scan.numeric()) {
            Table.several(head, scan.texts(), scan.title);
            return new Cells(target, scan.title, codes(scan.texts()), null, 1, new double[0]);
        }
        if (scan.values.size() > Table.MOST_NUMERIC_CLASSES) {
            return new Cells(target, scan.title, null, null, 1, new double[0]);
        }
        var codeOf = new TreeMap<Double, Integer>();
        scan.values.forEach(value -> codeOf.put(value, 0));
        Table.several(head, Table.numericClasses(head, codeOf, last), scan.title);
        return new Cells(target, scan.title, null, codeOf, 1, new double[0]);
    }

    private Item item(Csv.Row row) {
        var x = Buffer.allocate(Type.of(DType.F32, width));
        int at = 0;
        for (var cells : features) {
            var cell = row.cells().get(cells.column);
            boolean empty = cells.codes == null ? Column.UNKNOWN.contains(cell.toLowerCase(Locale.ROOT)) : cell.isEmpty();
            int code = empty || cells.codes == null ? -1 : known(cells.codes.get(cell), row, cells);
            for (int j = 0; j < cells.width; j++) {
                x.set(at++, !empty ? cells.codes == null ? number(row, cells) : code == j ? 1 : 0 : mean(row, cells, j));
            }
        }
        return Item.of(Tensor.wrap(x), label(row));
    }

    private Tensor label(Csv.Row row) {
        var cells = label;
        if (cells.codes == null && cells.numbers == null) {
            var y = Buffer.allocate(Type.of(DType.F32, 1));
            y.set(0, number(row, cells));
            return Tensor.wrap(y);
        }
        int code = known(cells.codes != null ? cells.codes.get(row.cells().get(target)) : cells.numbers.get(number(row, cells) + 0.0), row, cells);
        return Tensor.scalar(code, DType.I64);
    }

    private double number(Csv.Row row, Cells cells) {
        double value = Csv.number(row.cells().get(cells.column));
        if (Double.isNaN(value)) {
            throw changed(row, cells);
        }
        return value;
    }

    private double mean(Csv.Row row, Cells cells, int j) {
        if (cells.means.length == 0) {
            throw changed(row, cells);
        }
        return cells.means[j];
    }

    private int known(@Nullable Integer code, Csv.Row row, Cells cells) {
        if (code == null) {
            throw changed(row, cells);
        }
        return code;
    }

    private DataException changed(Csv.Row row, Cells cells) {
        return new DataException(file + ", line " + row.line() + ", " + cells.title + ": \"" + row.cells().get(cells.column)
                + "\" was not there when the pipeline was made.", "Maybe the file is still being written: make the pipeline anew.");
    }

    @Override
    public Cursor open(long epoch, Flow flow) {
        var rows = CsvRows.open(file);
        return new Cursor() {
            @Override
            public @Nullable Task next() {
                if (!rows.hasNext()) {
                    return null;
                }
                var row = ready(rows.next());
                return () -> item(row);
            }

            @Override
            public void close() {
                rows.close();
            }
        };
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public String text() {
        return "csv(" + size + ")";
    }

    @Override
    public void identify(MessageDigest digest) {
        try (var in = Files.newInputStream(file)) {
            var block = new byte[1 << 16];
            for (int n = in.read(block); n >= 0; n = in.read(block)) {
                digest.update(block, 0, n);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
