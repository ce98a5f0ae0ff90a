package dev.caviar.nn.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.format.CsvRows;
import dev.caviar.nn.format.DataException;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A table that is read row by row gives what the whole one gives.
class CsvStreamTest {
    @TempDir
    private Path folder;

    private static final Table TABLE = Table.of().withMissing(Missing.MEAN);

    private Path file(String text) throws IOException {
        return Files.writeString(Files.createTempFile(folder, "t", ".csv"), text);
    }

    private static List<List<Tensor>> elements(Pipeline pipeline) {
        var all = new ArrayList<List<Tensor>>();
        try (var pass = pipeline.open(0)) {
            pass.forEachRemaining(item -> all.add(item.parts()));
        }
        return all;
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "size,colour,fruit\n1,red,apple\n2,green,pear\n3,red,apple\n,green,pear\n5,,apple\n7,?,pear\n",
        "1;2.5;0\n3;NA;1\n4;-1e3;2\n5;0;1\n6;7;2\n7;8;0\n",
        "6,2,no,yes\n1,2,0\n3,4,1\n5,6,1\n7,8,0\n9,1,1\n2,2,0\n",
        "\ufeffa,\"b, quoted\"\n\"1\",x\n2,\"y\"\"z\"\n\n3,x\n4,x\n5,x\n",
    })
    void itsElementsAreThoseOfTheWhole(String text) throws IOException {
        var file = file(text);
        same(Pipeline.csvStream(file, TABLE), Pipeline.csv(file, TABLE));
    }

    @Test
    void decimalCommasAreThoseOfTheWhole() throws IOException {
        var file = file("preis;menge;art\n3,14;2;a\n1,5;7,25;b\n2,0;1,0;a\n9,99;3,5;b\n1.234,5;2;a\n");
        var table = TABLE.withDecimalComma(true);
        same(Pipeline.csvStream(file, table), Pipeline.csv(file, table));
        assertThatThrownBy(() -> Pipeline.csvStream(file, TABLE)).isInstanceOf(DataException.class)
                .hasMessageContaining("line 2, column 0 \"preis\": \"3,14\" and 4 more cells of the column are numbers with a comma").hasMessageContaining("\nMaybe it is the decimal separator");
    }

    private static void same(Pipeline stream, Pipeline whole) {
        var expected = elements(whole);
        var found = elements(stream);
        assertThat(found).hasSameSizeAs(expected);
        assertThat(stream.size()).isEqualTo(whole.size());
        for (int i = 0; i < expected.size(); i++) {
            for (int part = 0; part < 2; part++) {
                assertThat(found.get(i).get(part).type()).isEqualTo(expected.get(i).get(part).type());
                assertThat(found.get(i).get(part).toDoubles()).as("part %s of row %s", part, i).containsExactly(expected.get(i).get(part).toDoubles());
            }
        }
    }

    /// More rows than the form is found from, packed, a label of many values, in batches by several threads, and taken up in the middle.
    @Test
    void aLongFileIsReadInPartsToo() throws IOException {
        var text = IntStream.range(0, 3000).mapToObj(i -> i % 7 + "," + (i % 3 == 0 ? "a" : "b") + "," + Math.sin(i)).collect(Collectors.joining("\n"));
        var plain = file(text);
        var packed = folder.resolve("t.csv.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        same(Pipeline.csvStream(packed, TABLE).shuffle(50, 1), Pipeline.csv(plain, TABLE).shuffle(50, 1));
        var batches = Pipeline.csvStream(plain, TABLE).batch(64).parallel(2);
        same(batches, Pipeline.csv(plain, TABLE).batch(64));
        try (var pass = batches.open(0); var again = Pipeline.csvStream(plain, TABLE).batch(64).open(new Position(0, 20, batches.toString()))) {
            for (int i = 0; i < 20; i++) {
                pass.next();
            }
            assertThat(again.next().x().toFloats()).containsExactly(pass.next().x().toFloats());
        }
        var model = Model.of(Dense.of(1)).compile("adam", "mse");
        assertThat(model.fit(batches, Fit.of().withEpochs(2).withVerbosity(Verbosity.SILENT)).epochs()).hasSize(2);
        assertThat(batches.identity()).isEqualTo(Pipeline.csvStream(plain, TABLE).batch(64).identity());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "a,b\\n1,2\\n3,x\\n5,6\\n7,8\\n9,1 | line 3, column 1 \"b\": \"x\" is text",
        "a,b\\n1,2\\n3\\n5,6\\n7,8\\n9,1 | line 3: 1 cell where line 1 has 2",
        "a,b\\n1,2\\n,3\\n5,6\\n7,8\\n9,1 | line 3, column 0 \"a\": the cell is empty",
        "a,b\\n1,2\\n4,\\n5,6\\n7,8\\n9,1 | line 3, column 1 \"b\": the label is empty",
        "a,b\\n1,x\\n4,x\\n5,x\\n7,x\\n9,x | every label is \"x\"",
        "a,b\\n1,2\\n3,4 | 2 rows of data, at least 5",
    })
    void whatIsWrongIsSaidAsOfTheWhole(String text, String why) throws IOException {
        var file = file(text.replace("\\n", "\n"));
        assertThatThrownBy(() -> Pipeline.csv(file, Table.of())).isInstanceOf(DataException.class).hasMessageContaining(why);
        assertThatThrownBy(() -> Pipeline.csvStream(file, Table.of())).isInstanceOf(DataException.class).hasMessageContaining(why).hasMessageContaining("\nMaybe");
    }

    @Test
    void aFileThatChangedIsFoundOut() throws IOException {
        var file = file("1,a\n2,b\n3,a\n4,b\n5,a\n");
        var stream = Pipeline.csvStream(file, Table.of());
        Files.writeString(file, "1,a\n2,c\n");
        assertThatThrownBy(() -> elements(stream)).hasMessageContaining("line 2").hasMessageContaining("\"c\" was not there").hasMessageContaining("\nMaybe");
        try (var rows = CsvRows.open(file)) {
            assertThat(rows.width()).isEqualTo(2);
            assertThat(rows.next().cells()).containsExactly("1", "a");
        }
    }

    /// The child of the test below: reads a file twice.
    public static void main(String[] arguments) {
        var pipeline = Pipeline.csvStream(Path.of(arguments[0]), Table.of()).shuffle(100, 1).batch(32);
        long rows = 0;
        try (var pass = pipeline.open(0)) {
            while (pass.hasNext()) {
                rows += pass.next().x().shape().dim(0);
            }
        }
        System.out.println(rows);
    }

    /// 24 MB of text, which takes ten times as much as rows of cells, in a heap of 24 MB.
    @Test
    void memoryDoesNotGrowWithTheFile() throws IOException, InterruptedException {
        var large = folder.resolve("large.csv");
        int rows = 100_000;
        try (var out = new BufferedWriter(new OutputStreamWriter(Files.newOutputStream(large), StandardCharsets.UTF_8))) {
            for (int i = 0; i < rows; i++) {
                out.write(i + ".25," + i % 10 + "," + "0.123456789012345678901234567890,".repeat(2) + "left and right ".repeat(10) + i % 4 + "," + i % 3 + "\n");
            }
        }
        assertThat(Files.size(large)).isGreaterThan(22_000_000);
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var child = new ProcessBuilder(java, "-Xmx24m", "--enable-native-access=ALL-UNNAMED", "--add-modules", "jdk.incubator.vector", "-cp",
                System.getProperty("java.class.path"), CsvStreamTest.class.getName(), large.toString()).redirectErrorStream(true).start();
        var said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(said.lines().toList()).contains(Integer.toString(rows));
    }
}
