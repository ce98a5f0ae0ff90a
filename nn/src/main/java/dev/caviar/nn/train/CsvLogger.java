package dev.caviar.nn.train;

import dev.caviar.nn.format.AtomicFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Writes each epoch's values as a row of a CSV file: epoch, then what [Run#logs] has, all digits.
///
/// The file is replaced as a whole after each epoch, so that it is complete at any moment, and has each epoch once in a run that
/// was resumed.
///
/// ```java
/// var fit = Fit.of().withEpochs(20).withCallbacks(CsvLogger.of(Path.of("runs/curve.csv")));
/// ```
public record CsvLogger(Path file) implements Callback {
    public static CsvLogger of(Path file) {
        return new CsvLogger(file);
    }

    @Override
    public void onEpochEnd(Run run) {
        var rows = new ArrayList<Map<String, Double>>();
        run.epochs().forEach(epoch -> rows.add(epoch.values()));
        rows.add(run.logs());
        var names = new LinkedHashSet<String>();
        rows.forEach(row -> names.addAll(row.keySet()));
        var lines = new ArrayList<String>();
        lines.add(line(Stream.concat(Stream.of("epoch"), names.stream())));
        for (int i = 0; i < rows.size(); i++) {
            var row = rows.get(i);
            int number = i + 1 < rows.size() ? run.epochs().get(i).number() : run.epoch();
            lines.add(line(Stream.concat(Stream.of(number), names.stream().map(name -> row.containsKey(name) ? row.get(name) : ""))));
        }
        AtomicFile.write(file, out -> out.write(ByteBuffer.wrap(text(lines))));
    }

    private static byte[] text(List<String> lines) {
        return String.join("\n", lines).concat("\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String line(Stream<?> cells) {
        return cells.map(cell -> {
            var text = cell.toString();
            return text.matches("[^\",\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
        }).collect(Collectors.joining(","));
    }
}
