package dev.caviar.nn.format;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// Numbers as `3,14` and `1.234,5` in the columns of a table, rewritten as `3.14` and `1234.5`.
///
/// A column is rewritten where one of its cells has a decimal comma; all others stay as they are. There, points and spaces between groups of three
/// digits are left out, and a number with a decimal point is refused with [DataException]: it is not sure what it means.
///
/// ```java
/// var csv = Csv.read(Path.of("preise.csv"));
/// var commas = DecimalCommas.of(csv.name(), csv.rows().iterator());
/// var cells = csv.rows().stream().map(commas::apply).toList();
/// ```
public final class DecimalCommas {
    private static final Pattern GROUPED = Pattern.compile("[+-]?\\d{1,3}([. '\u00a0\u202f]\\d{3})+(,\\d*)?");
    private static final Pattern COMMA = Pattern.compile("[+-]?(\\d+,\\d*|,\\d+|\\d{1,3}([. '\u00a0\u202f]\\d{3})+,\\d*)([eE][+-]?\\d+)?");
    private static final Pattern THOUSANDS = Pattern.compile("[+-]?\\d{1,3}(,\\d{3})+(\\.\\d*)?");
    private final String name;
    /// The columns that are rewritten, each with the line that shows it.
    private final Map<Integer, Long> columns = new TreeMap<>();

    private DecimalCommas(String name) {
        this.name = name;
    }

    /// Those in some rows, all of which are looked at; `name` stands for the table in messages.
    public static DecimalCommas of(String name, Iterator<Csv.Row> rows) {
        var commas = new DecimalCommas(name);
        while (rows.hasNext()) {
            var row = rows.next();
            for (int c = 0; c < row.cells().size(); c++) {
                if (!commas.columns.containsKey(c) && COMMA.matcher(row.cells().get(c)).matches()) {
                    commas.columns.put(c, row.line());
                }
            }
        }
        return commas;
    }

    /// Whether a cell is a number with a comma in it: a decimal one, or some between thousands.
    public static boolean is(String cell) {
        return cell.indexOf(',') >= 0 && (COMMA.matcher(cell).matches() || THOUSANDS.matcher(cell).matches());
    }

    /// The row with decimal points.
    public Csv.Row apply(Csv.Row row) {
        var cells = new ArrayList<String>(row.cells());
        columns.forEach((c, line) -> cells.set(c, rewritten(row, c, line)));
        return new Csv.Row(row.line(), List.copyOf(cells));
    }

    private String rewritten(Csv.Row row, int column, long line) {
        var cell = row.cells().get(column);
        if (COMMA.matcher(cell).matches() || GROUPED.matcher(cell).matches()) {
            return cell.replaceAll("[. '\u00a0\u202f]", "").replace(',', '.');
        }
        if (cell.indexOf('.') >= 0 && Csv.isNumber(cell)) {
            throw new DataException(name + ", line " + row.line() + ", column " + column + ": \"" + cell + "\" has a decimal point, but line " + line
                    + " a decimal comma.", "Maybe bring the column into one form.");
        }
        return cell;
    }
}
