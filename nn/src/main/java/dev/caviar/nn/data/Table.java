package dev.caviar.nn.data;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.format.Csv;
import dev.caviar.nn.format.DataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// How the rows of a CSV file become examples.
///
/// The label is a column's name, or its index from 0 (from the end where negative); the last column if it is not said.
/// A column is numbers where more of its cells are numbers than text; a text among them is an error, and so is an infinite
/// value. Other columns are text: one feature of 0 or 1 for each of at most 1,000 values, in sorted order. Text labels are
/// classes; numeric labels are classes up to 20 different values, and a regression (labels F32 `[n, 1]`) past that.
/// Numbers with a comma in them are refused unless [#withDecimalComma] says what it means.
/// In columns of numbers `?`, `NA`, `N/A`, `NaN` and `null` count as empty. A fifth of the rows is the test part, drawn by a
/// fixed seed. Anything wrong is a [DataException] with line and column.
///
/// ```java
/// DataSet data = Table.of().withLabel("median_house_value").withMissing(Missing.MEAN).read(Path.of("housing.csv"));
/// ```
public record Table(@Nullable String label, Missing missing, boolean decimalComma) {
    /// A numeric label with more different values than this is a quantity, not a class.
    public static final int MOST_NUMERIC_CLASSES = 20;
    static final int MOST_CATEGORIES = 1000;
    static final int FEWEST_ROWS = 5;

    /// The label in the last column, empty cells refused.
    public static Table of() {
        return new Table(null, Missing.REFUSE, false);
    }

    /// The label in the column of this name or index.
    public Table withLabel(@Nullable String nameOrIndex) {
        return new Table(nameOrIndex, missing, decimalComma);
    }

    /// Empty cells treated so.
    public Table withMissing(Missing treatment) {
        return new Table(label, treatment, decimalComma);
    }

    /// Whether `3,14` and `1.234,5` are numbers, see [dev.caviar.nn.format.DecimalCommas].
    public Table withDecimalComma(boolean decimalComma) {
        return new Table(label, missing, decimalComma);
    }

    private record Labels(Buffer y, Task task) {}

    /// The data set in a file.
    public DataSet read(Path file) {
        return dataSet(Csv.read(file), file.getFileName().toString().replaceFirst("\\.\\w+(\\.gz)?$", ""));
    }

    /// All rows of a file, without a test part; empty cells are filled from all of them.
    public Examples examples(Path file) {
        var csv = ready(Csv.read(file));
        return parts(csv, IntStream.range(0, csv.rows().size()).toArray()).all;
    }

    /// The data set in a table that was read.
    public DataSet dataSet(Csv read, String name) {
        var csv = ready(read);
        var split = split(csv.rows().size());
        var parts = parts(csv, split.kept);
        return new DataSet(name, parts.all.select(split.kept), parts.all.select(split.held), parts.task, parts.features,
                new Provenance(csv.name(), csv.sha256()));
    }

    private Csv ready(Csv csv) {
        if (csv.rows().size() < FEWEST_ROWS) {
            throw new DataException(csv.name() + ": " + csv.rows().size() + (csv.rows().size() == 1 ? " row" : " rows") + " of data, at least " + FEWEST_ROWS + " are needed.",
                    "Maybe the file was cut off, or a quote that is not closed hides the rest.");
        }
        return decimalComma ? csv.withDecimalPoints() : csv;
    }

    private record Parts(Examples all, Task task, List<String> features) {}

    /// `training` are the rows that empty cells are filled from.
    private Parts parts(Csv csv, int[] training) {
        int width = csv.rows().get(0).cells().size();
        if (width < 2) {
            throw new DataException(csv.name() + ": only one column, but features and a label are needed.",
                    "Maybe another separator is used than , ; or tab.");
        }
        int target = labelColumn(csv, width);
        var labels = labels(csv, target);
        var columns = new ArrayList<Column>();
        var titles = new ArrayList<String>();
        var features = new ArrayList<String>();
        for (int c = 0; c < width; c++) {
            if (c == target) {
                continue;
            }
            var column = column(csv, c);
            columns.add(column);
            titles.add(title(csv, c));
            var prefix = name(csv, c);
            switch (column) {
                case Column.Numbers _ -> features.add(prefix);
                case Column.Text(var categories, var _) -> categories.forEach(value -> features.add(prefix + "=" + value));
            }
        }
        var x = features(csv, columns, titles, features.size(), training);
        return new Parts(Examples.of(x, labels.y), labels.task, features);
    }

    private record Rows(int[] kept, int[] held) {}

    private static Rows split(int n) {
        var any = Buffer.allocate(Type.of(DType.I32, n));
        var split = TestSplit.of(Examples.of(any, any));
        return new Rows(IntStream.range(0, split.kept().size()).map(split.kept()::row).toArray(),
                IntStream.range(0, split.held().size()).map(split.held()::row).toArray());
    }

    static String name(Csv csv, int column) {
        return csv.header().isEmpty() || csv.header().get(column).isEmpty() ? "column " + column : csv.header().get(column);
    }

    static String title(Csv csv, int column) {
        return csv.header().isEmpty() ? "column " + column : "column " + column + " \"" + csv.header().get(column) + "\"";
    }

    int labelColumn(Csv csv, int width) {
        if (label == null) {
            return width - 1;
        }
        int named = csv.header().indexOf(label);
        int again = csv.header().lastIndexOf(label);
        if (again > named) {
            throw new DataException(csv.name() + ": the columns " + named + " and " + again + " are both called \"" + label + "\".",
                    "Maybe give the index of the one that is meant.");
        }
        if (named >= 0) {
            return named;
        }
        if (label.matches("-?\\d{1,9}")) {
            int index = Integer.parseInt(label);
            if (index >= -width && index < width) {
                return Math.floorMod(index, width);
            }
        }
        throw new DataException(csv.name() + ": there is no column \"" + label + "\".", csv.header().isEmpty()
                ? "Maybe give its index, from 0 to " + (width - 1) + ": the file has no header."
                : "Maybe one of these: " + String.join(", ", csv.header()) + ".");
    }

    private static Column column(Csv csv, int c) {
        var column = Column.of(csv, c, title(csv, c));
        if (column.width() > MOST_CATEGORIES) {
            throw new DataException(csv.name() + ", " + title(csv, c) + ": " + column.width() + " different texts, at most "
                    + MOST_CATEGORIES + " can be features of 0 or 1.", "Maybe it is a date or a name: remove the column.");
        }
        return column;
    }

    private static Labels labels(Csv csv, int target) {
        var column = Column.of(csv, target, title(csv, target));
        int n = csv.rows().size();
        for (int i = 0; i < n; i++) {
            if (column.missing(i)) {
                throw new DataException(Column.place(csv, i, title(csv, target)) + ": the label is empty.", "Maybe remove the row.");
            }
        }
        return switch (column) {
            case Column.Text(var categories, var codes) -> classes(csv, categories, codes, title(csv, target));
            case Column.Numbers(var values) -> {
                var codeOf = new TreeMap<Double, Integer>();
                for (double value : values) {
                    codeOf.put(value + 0.0, 0);
                }
                if (codeOf.size() > MOST_NUMERIC_CLASSES) {
                    var y = Buffer.allocate(Type.of(DType.F32, n, 1));
                    for (int i = 0; i < n; i++) {
                        y.set(i, values[i]);
                    }
                    yield new Labels(y, new Task.Regression());
                }
                yield numericClasses(csv, values, codeOf, target);
            }
        };
    }

    private static Labels numericClasses(Csv csv, double[] values, TreeMap<Double, Integer> codeOf, int target) {
        var names = numericClasses(csv, codeOf, target == csv.rows().get(0).cells().size() - 1);
        var codes = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            codes[i] = codeOf.get(values[i] + 0.0);
        }
        return classes(csv, names, codes, title(csv, target));
    }

    /// Classes are named after their number, or by the preface where one is there, the label comes last, and the numbers are its indices. Gives
    /// the names, and the code of each number.
    static List<String> numericClasses(Csv csv, TreeMap<Double, Integer> codeOf, boolean last) {
        var given = csv.preface().isEmpty() || !last ? List.<String>of() : csv.preface().subList(2, csv.preface().size());
        boolean indices = !given.isEmpty() && codeOf.keySet().stream()
                .allMatch(value -> value == Math.rint(value) && value >= 0 && value < given.size());
        var names = new ArrayList<String>();
        codeOf.replaceAll((value, _) -> {
            names.add(value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString(value.longValue()) : value.toString());
            return indices ? value.intValue() : names.size() - 1;
        });
        return indices ? given : names;
    }

    static void several(Csv csv, List<String> names, String title) {
        if (names.size() < 2) {
            throw new DataException(csv.name() + ", " + title + ": every label is \"" + names.get(0) + "\", there is nothing to learn.",
                    "Maybe the label is in another column.");
        }
    }

    private static Labels classes(Csv csv, List<String> names, int[] codes, String title) {
        several(csv, names, title);
        var y = Buffer.allocate(Type.of(DType.I64, codes.length));
        for (int i = 0; i < codes.length; i++) {
            y.setLong(i, codes[i]);
        }
        return new Labels(y, new Task.Classification(names));
    }

    private Buffer features(Csv csv, List<Column> columns, List<String> titles, int width, int[] training) {
        int n = csv.rows().size();
        var x = Buffer.allocate(Type.of(DType.F32, n, width));
        int at = 0;
        for (int c = 0; c < columns.size(); c++) {
            var column = columns.get(c);
            double[] means = null;
            for (int i = 0; i < n; i++) {
                boolean empty = column.missing(i);
                if (empty && means == null) {
                    means = means(csv, column, i, titles.get(c), training);
                }
                for (int j = 0; j < column.width(); j++) {
                    x.set((long) i * width + at + j, empty ? means[j] : column.feature(i, j));
                }
            }
            at += column.width();
        }
        return x;
    }

    /// The column's means over its known training cells; `row` is the first empty one.
    private double[] means(Csv csv, Column column, int row, String title, int[] training) {
        if (missing == Missing.REFUSE) {
            throw new DataException(Column.place(csv, row, title) + ": the cell is empty.",
                    "Maybe fill empty cells with their column's mean: --missing mean.");
        }
        var means = new double[column.width()];
        int known = 0;
        for (int i : training) {
            if (!column.missing(i)) {
                known++;
                for (int j = 0; j < means.length; j++) {
                    means[j] += column.feature(i, j);
                }
            }
        }
        if (known == 0) {
            throw new DataException(csv.name() + ", " + title + ": every cell of the training rows is empty.", "Maybe remove the column.");
        }
        for (int j = 0; j < means.length; j++) {
            means[j] /= known;
        }
        return means;
    }
}
