package dev.caviar.nn.format;

import static de.siegmar.fastcsv.reader.FieldMismatchStrategy.IGNORE;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// The cells of a table in a text file, as RFC 4180 has them, stripped of white space around them.
///
/// The separator is found among `,` `;` and tab; gzip and a byte order mark are recognised; empty lines are skipped.
/// `header` is empty where the first line is data. `preface` is the first line of scikit-learn's files
/// (`rows,features,class names…`), empty elsewhere. All rows have the same number of cells, else [DataException] with the
/// line. `sha256` is of the uncompressed content.
///
/// A first line is a header when none of its cells is a number, and either a column has a number below it, or
/// none of its cells comes again in its column.
///
/// ```java
/// Csv csv = Csv.read(Path.of("housing.csv"));
/// String cell = csv.rows().get(0).cells().get(csv.header().indexOf("median_income"));
/// ```
public record Csv(String name, List<String> header, List<String> preface, List<Row> rows, String sha256) {
    private static final int PROBED = 1 << 16;
    static final int HEADER_SAMPLE = 1000;
    private static final char[] SEPARATORS = {',', ';', '\t'};

    /// One row of data, with the line of the file where it begins, from 1.
    ///
    /// ```java
    /// var row = new Csv.Row(2, List.of("5.1", "setosa"));
    /// ```
    public record Row(long line, List<String> cells) {}

    /// Reads a file; throws [DataException] where it is not a table.
    public static Csv read(Path file) {
        try (var in = open(file)) {
            return read(in, file.toString());
        } catch (IOException e) {
            throw DataException.unreadable("Reading", file, e);
        }
    }

    /// The text of a file, unpacked where it is packed.
    static InputStream open(Path file) throws IOException {
        var raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        try {
            raw.mark(2);
            boolean compressed = raw.read() == 0x1f && raw.read() == 0x8b;
            raw.reset();
            return compressed ? new GZIPInputStream(raw, 1 << 16) : raw;
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }

    /// Reads a stream to its end; `name` stands for it in messages.
    public static Csv read(InputStream in, String name) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var hashed = new BufferedInputStream(new DigestInputStream(in, digest), PROBED);
            char separator = separator(probe(hashed));
            var rows = rows(text(hashed), separator, Integer.MAX_VALUE, name);
            return of(name, rows, HexFormat.of().formatHex(digest.digest()));
        } catch (CharacterCodingException e) {
            throw new DataException("Reading " + name + ": the text is not UTF-8.", "Maybe save it as UTF-8, or it is not a text file.", e);
        } catch (IOException e) {
            throw DataException.unreadable("Reading", name, e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The beginning of a text, which stays unread.
    static String probe(BufferedInputStream in) throws IOException {
        in.mark(PROBED);
        var probe = new String(in.readNBytes(PROBED - 1), StandardCharsets.UTF_8);
        in.reset();
        return probe.startsWith("\ufeff") ? probe.substring(1) : probe;
    }

    /// A byte order mark is skipped here: in front of a quote, it would make the quote a part of the cell.
    static Reader text(BufferedInputStream in) throws IOException {
        in.mark(3);
        if (in.read() != 0xef || in.read() != 0xbb || in.read() != 0xbf) {
            in.reset();
        }
        return new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT));
    }

    /// The same with decimal points where there are decimal commas, see [DecimalCommas].
    public Csv withDecimalPoints() {
        var commas = DecimalCommas.of(name, rows.iterator());
        return new Csv(name, header, preface, rows.stream().map(commas::apply).toList(), sha256);
    }

    private static Csv of(String name, List<Row> all, String sha256) {
        if (all.isEmpty()) {
            throw new DataException("Reading " + name + ": the table is empty.", "Maybe it is another file.");
        }
        boolean prefaced = isPreface(all);
        int first = prefaced ? 1 : 0;
        int width = all.get(first).cells.size();
        for (var row : all.subList(first, all.size())) {
            sameWidth(name, row, all.get(first));
        }
        boolean headed = !prefaced && isHeader(all);
        return new Csv(name, headed ? all.get(0).cells : List.of(), prefaced ? all.get(0).cells : List.of(),
                List.copyOf(all.subList(prefaced || headed ? 1 : 0, all.size())), sha256);
    }

    static void sameWidth(String name, Row row, Row first) {
        int width = first.cells.size();
        if (row.cells.size() != width) {
            throw new DataException(name + ", line " + row.line + ": " + cells(row.cells.size()) + " where line " + first.line + " has " + width + ".",
                    row.cells.stream().anyMatch(cell -> cell.indexOf('\n') >= 0) ? "Maybe a quote in it is not closed, so that the next lines became a part of a cell."
                            : row.cells.size() < width ? "Maybe a value is missing: leave its cell empty, but keep the separator."
                            : "Maybe a cell that holds a separator is not in quotes.");
        }
    }

    private static String cells(int count) {
        return count + (count == 1 ? " cell" : " cells");
    }

    private static List<Row> rows(Reader text, char separator, int most, String name) throws IOException {
        var rows = new ArrayList<Row>();
        try (var reader = reader(text, separator)) {
            for (CsvRecord record : reader) {
                if (rows.size() == most) {
                    break;
                }
                rows.add(row(record));
            }
        } catch (CsvParseException e) {
            throw new DataException("Reading " + name + ": " + e.getMessage(), "Maybe a quote is not closed, or it is not a text file.", e);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return rows;
    }

    static CsvReader<CsvRecord> reader(Reader text, char separator) {
        return CsvReader.builder().fieldSeparator(separator).skipEmptyLines(true).detectBomHeader(false)
                .missingFieldStrategy(IGNORE).extraFieldStrategy(IGNORE).ofCsvRecord(text);
    }

    static Row row(CsvRecord record) {
        var cells = new ArrayList<String>(record.getFieldCount());
        for (int i = 0; i < record.getFieldCount(); i++) {
            cells.add(record.getField(i).strip());
        }
        return new Row(record.getStartingLineNumber(), List.copyOf(cells));
    }

    /// The separator that splits the first rows into equally many cells: the one that leaves the largest part of them as numbers, since a decimal
    /// comma splits rows too; of equals the one of more cells; a comma if none does.
    static char separator(String probe) throws IOException {
        int end = probe.lastIndexOf('\n');
        var lines = end > 0 ? probe.substring(0, end) : probe;
        char best = ',';
        int most = 1;
        double share = -1;
        for (char separator : SEPARATORS) {
            List<Row> rows;
            try {
                rows = rows(new StringReader(lines), separator, 20, "probe");
            } catch (DataException e) {
                continue;
            }
            // The first row may be a preface; most rows decide, since one may be faulty.
            var data = rows.subList(rows.size() > 1 ? 1 : 0, rows.size());
            var widths = data.stream().map(row -> row.cells.size()).sorted().toList();
            int typical = widths.isEmpty() ? 1 : widths.get(widths.size() / 2);
            double numbers = share(data, typical);
            if (typical > 1 && (numbers > share || numbers == share && typical > most)) {
                most = typical;
                share = numbers;
                best = separator;
            }
        }
        return best;
    }

    /// The part of the cells that are numbers, in rows of so many cells.
    private static double share(List<Row> rows, int width) {
        var cells = rows.stream().filter(row -> row.cells.size() == width).flatMap(row -> row.cells.stream()).toList();
        return cells.stream().filter(cell -> isNumber(cell) || DecimalCommas.is(cell)).count() / Math.max(1.0, cells.size());
    }

    /// Whether the first line is `rows,features,class…` of what follows.
    private static boolean isPreface(List<Row> all) {
        return isPreface(all, Integer.toString(all.size() - 1));
    }

    /// The same of so many rows in all, of which these are the first.
    static boolean isPreface(List<Row> all, String count) {
        var first = all.get(0).cells;
        return all.size() > 2 && first.size() > 2
                && first.get(0).equals(count)
                && first.get(1).equals(Integer.toString(all.get(1).cells.size() - 1))
                && first.stream().skip(2).noneMatch(Csv::isNumber);
    }

    static boolean isHeader(List<Row> all) {
        var first = all.get(0).cells;
        if (all.size() < 2 || first.stream().anyMatch(cell -> isNumber(cell) || DecimalCommas.is(cell)) || first.stream().allMatch(String::isEmpty)) {
            return false;
        }
        boolean comesAgain = false;
        var sample = all.subList(1, Math.min(all.size(), 1 + HEADER_SAMPLE));
        for (int column = 0; column < first.size(); column++) {
            int numbers = 0;
            for (var row : sample) {
                numbers += isNumber(row.cells.get(column)) || DecimalCommas.is(row.cells.get(column)) ? 1 : 0;
                comesAgain |= row.cells.get(column).equals(first.get(column));
            }
            if (2 * numbers > sample.size()) {
                return true;
            }
        }
        return !comesAgain && new HashSet<>(first).size() == first.size();
    }

    /// Whether a cell is written as a decimal number; `inf`, `infinity` and `nan` in any case are numbers too.
    public static boolean isNumber(String cell) {
        return !Double.isNaN(number(cell)) || cell.equalsIgnoreCase("nan");
    }

    /// The number in a cell, NaN where it is none; one too large for a double is infinite.
    public static double number(String cell) {
        int at = 0;
        int end = cell.length();
        if (at < end && (cell.charAt(at) == '-' || cell.charAt(at) == '+')) {
            at++;
        }
        var rest = cell.substring(at);
        if (rest.equalsIgnoreCase("inf") || rest.equalsIgnoreCase("infinity")) {
            return cell.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
        }
        // Java's own parser also takes "1f", "2d" and hexadecimal.
        for (int i = at; i < end; i++) {
            char c = cell.charAt(i);
            if ((c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-') {
                return Double.NaN;
            }
        }
        try {
            return rest.isEmpty() ? Double.NaN : Double.parseDouble(cell);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
