package dev.caviar.nn.data;

import dev.caviar.nn.format.Csv;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.format.DecimalCommas;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.TreeSet;

/// What is to be known of a column before its cells can become numbers, from one look at each: what [Column] finds out with all of them at hand.
final class ColumnScan {
    final String title;
    final TreeSet<Double> values = new TreeSet<>();
    private final String name;
    private final boolean headed;
    private final int mostTexts;
    private final TreeMap<String, Long> texts = new TreeMap<>();
    private boolean tooManyTexts;
    private long rows;
    private long numberCells;
    private long textCells;
    private long commaCells;
    private String firstComma = "";
    private long firstCommaLine;
    private long known;
    private double sum;
    private long firstEmpty;
    private long firstUnknown;
    private String wrong = "";
    private String advice = "";

    /// Texts are kept as long as there are no more than so many different ones.
    ColumnScan(String name, String title, boolean headed, int mostTexts) {
        this.name = name;
        this.title = title;
        this.headed = headed;
        this.mostTexts = mostTexts;
    }

    void add(Csv.Row row, String cell) {
        boolean unknown = Column.UNKNOWN.contains(cell.toLowerCase(Locale.ROOT));
        double value = Csv.number(cell);
        if (!unknown) {
            boolean number = Csv.isNumber(cell);
            numberCells += number ? 1 : 0;
            textCells += number ? 0 : 1;
            if (!number && DecimalCommas.is(cell)) {
                firstComma = commaCells == 0 ? cell : firstComma;
                firstCommaLine = commaCells++ == 0 ? row.line() : firstCommaLine;
            }
        }
        if (cell.isEmpty()) {
            firstEmpty = firstEmpty == 0 ? row.line() : firstEmpty;
        } else if (texts.containsKey(cell) || texts.size() < mostTexts) {
            texts.merge(cell, 1L, Long::sum);
        } else {
            tooManyTexts = true;
        }
        number(row, cell, value, unknown);
        rows++;
    }

    private void number(Csv.Row row, String cell, double value, boolean unknown) {
        if (unknown) {
            firstUnknown = firstUnknown == 0 ? row.line() : firstUnknown;
        } else if (Double.isNaN(value) || Math.abs(value) > Float.MAX_VALUE) {
            if (wrong.isEmpty()) {
                wrong = place(row.line()) + ": " + Column.quoted(cell) + " is " + (Double.isNaN(value) ? "text, but the column's other cells are numbers."
                        : "infinite" + (Double.isInfinite(value) && !cell.matches(".*\\d.*") ? "." : " in 32 bits."));
                advice = !Double.isNaN(value) ? "Maybe a division by zero made it: correct the cell, or leave it empty."
                        : rows == 0 && !headed ? "Maybe the first line is a header: then name every column there, with text."
                        : "Maybe correct the cell, or leave it empty.";
            }
        } else {
            known++;
            sum += value;
            if (values.size() <= Table.MOST_NUMERIC_CLASSES) {
                values.add(value + 0.0);
            }
        }
    }

    String place(long line) {
        return name + ", line " + line + ", " + title;
    }

    /// Whether it is a column of numbers; throws [DataException] where a cell cannot be one.
    boolean numeric() {
        if (commaCells > 0 && 2 * (numberCells + commaCells) > numberCells + textCells) {
            throw Column.withComma(place(firstCommaLine), firstComma, commaCells);
        }
        if (numberCells > textCells) {
            if (!wrong.isEmpty()) {
                throw new DataException(wrong, advice);
            }
            return true;
        }
        if (numberCells + textCells == 0) {
            throw new DataException(name + ", " + title + ": every cell is empty.", "Maybe remove the column.");
        }
        return false;
    }

    /// The line of its first empty cell; 0 where there is none.
    long missing() {
        return numeric() ? firstUnknown : firstEmpty;
    }

    /// Its different texts in order.
    List<String> texts() {
        if (tooManyTexts) {
            throw new DataException(name + ", " + title + ": more than " + mostTexts + " different texts.", "Maybe it is a date or a name: remove the column.");
        }
        return List.copyOf(texts.keySet());
    }

    /// What an empty cell becomes: the mean, or the share of each text.
    double[] means(Missing missing) {
        if (missing() == 0) {
            return new double[0];
        }
        if (missing == Missing.REFUSE) {
            throw new DataException(place(missing()) + ": the cell is empty.", "Maybe fill empty cells with their column's mean: --missing mean.");
        }
        if (numeric()) {
            return new double[] {sum / known};
        }
        double filled = texts.values().stream().mapToLong(Long::longValue).sum();
        return texts.values().stream().mapToDouble(count -> count / filled).toArray();
    }
}
