package dev.caviar.bench;

import dev.caviar.app.BadInput;
import dev.caviar.tune.json.Json;
import dev.caviar.tune.record.Direction;
import dev.caviar.tune.space.Choice;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/// What every setting of a small space was worth in real training runs, so that a search over it costs nothing.
///
/// Two files: `NAME.json` with `direction`, `space` (for each parameter its `type` and `choices`), `best` and `median`; `NAME.csv.gz` with a row per
/// setting, an index into the choices per parameter and the `value`. Numbers are offered as whole numbers, the indices; text as choices.
///
/// @param name      the files' name
/// @param direction whether small or large values are good
/// @param space     the parameters in the order of the columns
/// @param values    by the indices, the last parameter's running fastest; NaN where there is no row
/// @param best      the best value of all rows
/// @param median    their median
record RunsTable(String name, Direction direction, Space space, double[] values, double best, double median) {
    /// All tables of a folder, by name.
    static List<RunsTable> all(Path folder) {
        try (var files = Files.list(folder)) {
            var found = files.filter(file -> file.toString().endsWith(".json") && Files.exists(rows(file))).sorted().toList();
            if (found.isEmpty()) throw new BadInput(folder + " holds no table: no NAME.json with a NAME.csv.gz beside it.");
            return found.stream().map(RunsTable::read).toList();
        } catch (IOException e) {
            throw new BadInput("The folder " + folder + " cannot be read: " + e + ".\nMaybe another one was meant.", e);
        }
    }

    /// How far a value is from the best, in units of the median's distance.
    double regret(double value) {
        return (value - best) / (median - best);
    }

    /// What a setting is worth; NaN where it was never run.
    double value(Map<String, ?> setting) {
        int row = 0;
        for (var param : space.params()) {
            var value = setting.get(param.name());
            row = row * count(param) + (param.dist() instanceof Choice choice ? choice.index(value) : ((Number) value).intValue());
        }
        return values[row];
    }

    private static int count(Param param) {
        return Math.toIntExact(param.dist().size().orElseThrow());
    }

    private static Path rows(Path json) {
        return Path.of(json.toString().replaceAll("\\.json$", ".csv.gz"));
    }

    private static RunsTable read(Path file) {
        try {
            if (!(Json.read(Files.readString(file)) instanceof Map<?, ?> map) || !(map.get("space") instanceof Map<?, ?> described))
                throw new BadInput(file + " describes no table: it has no \"space\".");
            var params = new ArrayList<Param>();
            described.forEach((name, param) -> params.add(param((String) name, (Map<?, ?>) param)));
            var space = new Space(params);
            var direction = Direction.valueOf(((String) map.get("direction")).toUpperCase());
            var values = values(rows(file), space);
            var known = Arrays.stream(values).filter(value -> !Double.isNaN(value)).sorted().toArray();
            if (known.length == 0) throw new BadInput(rows(file) + " has no rows.");
            double best = map.get("best") instanceof Number n ? n.doubleValue() : direction == Direction.MINIMIZE ? known[0] : known[known.length - 1];
            double median = map.get("median") instanceof Number n ? n.doubleValue() : known[known.length / 2];
            return new RunsTable(file.getFileName().toString().replace(".json", ""), direction, space, values, best, median);
        } catch (IOException | RuntimeException e) {
            throw e instanceof BadInput bad ? bad : new BadInput("The table " + file + " cannot be read: " + e + "\nMaybe one of its two files is damaged.", e);
        }
    }

    private static Param param(String name, Map<?, ?> described) {
        var choices = (List<?>) described.get("choices");
        return Param.of(name, "str".equals(described.get("type")) ? new Choice(new ArrayList<>(choices)) : Whole.of(0, choices.size() - 1));
    }

    private static double[] values(Path file, Space space) throws IOException {
        long size = 1;
        for (var param : space.params()) size = Math.multiplyExact(size, count(param));
        var values = new double[Math.toIntExact(size)];
        Arrays.fill(values, Double.NaN);
        try (var reader = new BufferedReader(new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            var header = reader.readLine();
            var columns = header == null ? List.of() : List.of(header.split(","));
            for (var name : Stream.concat(space.names().stream(), Stream.of("value")).toList())
                if (!columns.contains(name)) throw new BadInput(file + " has no column " + name + ", only " + columns + ".\nMaybe it belongs to another table.");
            var number = 1;
            for (var line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                var cells = line.split(",");
                if (cells.length != columns.size())
                    throw new BadInput(file + ", line " + number + ": " + cells.length + " cells where line 1 has " + columns.size() + ".\nMaybe the file was cut off.");
                int row = 0;
                for (var param : space.params()) {
                    var choice = Integer.parseInt(cells[columns.indexOf(param.name())]);
                    if (choice < 0 || choice >= count(param))
                        throw new BadInput(file + ", line " + number + ": " + param.name() + " is choice " + choice + " of " + count(param) + ".\nMaybe choices are counted from 0.");
                    row = row * count(param) + choice;
                }
                values[row] = Double.parseDouble(cells[columns.indexOf("value")]);
            }
        }
        return values;
    }
}
