package dev.caviar.nn.data;

import dev.caviar.nn.format.Csv;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.DecimalCommas;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// One column of a table: numbers, or texts as indices into their sorted categories.
sealed interface Column {
    /// How numbers say that they are not known.
    Set<String> UNKNOWN = Set.of("", "?", "na", "n/a", "nan", "null");

    /// Numbers; NaN where a cell is empty.
    record Numbers(double[] values) implements Column {}

    /// Codes; -1 where a cell is empty.
    record Text(List<String> categories, int[] codes) implements Column {}

    /// Reads a column: numbers where more of its cells are numbers than text, and then text is an error.
    static Column of(Csv csv, int index, String title) {
        int numbers = 0;
        int texts = 0;
        int commas = 0;
        for (var row : csv.rows()) {
            var cell = row.cells().get(index);
            if (!UNKNOWN.contains(cell.toLowerCase(Locale.ROOT))) {
                if (Csv.isNumber(cell)) {
                    numbers++;
                } else {
                    texts++;
                    commas += DecimalCommas.is(cell) ? 1 : 0;
                }
            }
        }
        if (commas > 0 && 2 * (numbers + commas) > numbers + texts) {
            int first = IntStream.range(0, csv.rows().size()).filter(i -> DecimalCommas.is(csv.rows().get(i).cells().get(index))).findFirst().orElseThrow();
            throw withComma(place(csv, first, title), csv.rows().get(first).cells().get(index), commas);
        }
        if (numbers > texts) {
            return numbers(csv, index, title);
        }
        if (numbers + texts == 0) {
            throw new DataException(csv.name() + ", " + title + ": every cell is empty.", "Maybe remove the column.");
        }
        return text(csv, index);
    }

    /// A cell as messages show it.
    static String quoted(String cell) {
        return '"' + (cell.length() <= 80 ? cell : cell.substring(0, 80) + "…") + '"';
    }

    /// What is said of a column of numbers with commas: as texts, they would be ones among zeros.
    static DataException withComma(String place, String cell, long count) {
        return new DataException(place + ": " + quoted(cell) + (count > 1 ? " and " + (count - 1) + " more cells of the column are numbers with a comma."
                : " is a number with a comma."), "Maybe it is the decimal separator: Table.withDecimalComma(true), --decimal comma. Commas between thousands "
                + "must be taken out of the file.");
    }

    private static Numbers numbers(Csv csv, int index, String title) {
        var values = new double[csv.rows().size()];
        for (int i = 0; i < values.length; i++) {
            var row = csv.rows().get(i);
            var cell = row.cells().get(index);
            values[i] = Csv.number(cell);
            boolean unknown = UNKNOWN.contains(cell.toLowerCase(Locale.ROOT));
            if (Double.isNaN(values[i]) && !unknown) {
                throw new DataException(place(csv, i, title) + ": " + quoted(cell) + " is text, but the column's other cells are numbers.",
                        i == 0 && csv.header().isEmpty() ? "Maybe the first line is a header: then name every column there, with text."
                                : "Maybe correct the cell, or leave it empty.");
            }
            if (Math.abs(values[i]) > Float.MAX_VALUE) {
                throw new DataException(place(csv, i, title) + ": " + quoted(cell) + " is infinite"
                        + (Double.isInfinite(values[i]) && !cell.matches(".*\\d.*") ? "." : " in 32 bits."),
                        "Maybe a division by zero made it: correct the cell, or leave it empty.");
            }
        }
        return new Numbers(values);
    }

    private static Text text(Csv csv, int index) {
        var names = new TreeSet<String>();
        for (var row : csv.rows()) {
            if (!row.cells().get(index).isEmpty()) {
                names.add(row.cells().get(index));
            }
        }
        var categories = new ArrayList<>(names);
        var codeOf = new HashMap<String, Integer>();
        categories.forEach(name -> codeOf.put(name, codeOf.size()));
        var codes = csv.rows().stream().mapToInt(row -> codeOf.getOrDefault(row.cells().get(index), -1)).toArray();
        return new Text(List.copyOf(categories), codes);
    }

    /// Where row `i` of this column stands, for messages.
    static String place(Csv csv, int i, String title) {
        return csv.name() + ", line " + csv.rows().get(i).line() + ", " + title;
    }

    /// Whether the cell of row `i` is empty.
    default boolean missing(int i) {
        return switch (this) {
            case Numbers(var values) -> Double.isNaN(values[i]);
            case Text(var _, var codes) -> codes[i] < 0;
        };
    }

    /// The number of features that it becomes.
    default int width() {
        return switch (this) {
            case Numbers _ -> 1;
            case Text(var categories, var _) -> categories.size();
        };
    }

    /// Feature `j` of row `i`, which is not missing.
    default double feature(int i, int j) {
        return switch (this) {
            case Numbers(var values) -> values[i];
            case Text(var _, var codes) -> codes[i] == j ? 1 : 0;
        };
    }
}
