package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.record.Direction;
import dev.caviar.tune.storage.Storages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What cannot be worked with ends with exit code 2 and one message, before anything is stored.
final class BadInputTest {
    @TempDir
    private Path folder;

    private Outcome search(String... more) {
        var args = new ArrayList<>(List.of("search", "--storage", "sqlite:" + folder.resolve("studies.db"), "--out", folder.resolve("out").toString(),
                "--trials", "1", "--epochs", "1"));
        for (var i = 0; i < more.length; i += 2) {
            var at = args.indexOf(more[i]);
            if (at < 0) args.addAll(Arrays.asList(more).subList(i, Math.min(i + 2, more.length)));
            else args.set(at + 1, more[i + 1]);
        }
        return Outcome.of(args.toArray(String[]::new));
    }

    private void refused(Outcome outcome, String... parts) {
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains(parts).doesNotContain("\tat ").startsWith("caviar ").contains("\nMaybe ");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--trials    | 0         | --trials is 0",
        "--trials    | many      | many",
        "--epochs    | 0         | --epochs is 0",
        "--workers   | -1        | --workers is -1",
        "--threads   | 0         | --threads is 0",
        "--threads   | 1000000   | --threads is 1000000",
        "--lag       | 0         | --lag is 0",
        "--data      | ''        | --data is empty",
        "--label     | kind      | --label kind is about tables",
        "--missing   | mean      | --missing mean is about tables",
        "--json      | /proc/x   | nothing can be written in /proc",
        "--timeout   | soon      | \"soon\" is not a duration such as 90s",
        "--timeout   | 0s        | --timeout is 0",
        "--data      | digitz    | digitz",
        "--data      | none.csv  | none.csv",
        "--space     | huge      | There is no space \"huge\"",
        "--space     | none.json | none.json",
        "--sampler   | lucky     | --sampler lucky is not known",
        "--pruner    | all       | --pruner all is not known",
        "--decimal   | comma     | --decimal comma is about tables",
        "--decimal   | point     | --decimal point is not known",
        "--missing   | median    | --missing median is not known",
        "--storage   | mongo:x   | \"mongo:x\" is not the URL of a storage",
        "--study     | ''        | a name has 1 to 512 characters",
        "--trails    | 3         | there is no option --trails",
    })
    void anOptionThatCannotBeIsNamed(String option, String value, String message) {
        refused(search(option, value), message);
    }

    @Test
    void aFileThatTheSystemRefusesIsNamedWithoutATrace() {
        var outcome = Outcome.of("space", "preview", "mnist", "--out", folder.toString());
        assertThat(outcome.err()).contains(folder.toString(), "\nMaybe ").doesNotContain("\tat ");
        assertThat(outcome.code()).isEqualTo(2);
    }

    @Test
    void resumingInAStorageThatIsNotThereMakesNone() {
        var storage = folder.resolve("none.db");
        refused(Outcome.of("search", "--resume", "--study", "x", "--storage", "sqlite:" + storage, "--out", folder.resolve("out").toString()), "There is no file " + storage);
        assertThat(storage).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"name\":\"lr\",\"type\":\"real\",\"low\":1,\"high\":0.1}                    | impossible range",
        "{\"name\":\"lr\",\"type\":\"real\",\"low\":0,\"high\":1,\"scale\":\"log\"}    | a log scale cannot begin at 0",
        "{\"name\":\"lr\",\"type\":\"real\",\"low\":0.1}                               | \"high\"",
        "{\"name\":\"lr\",\"type\":\"choice\",\"values\":[]}                           | nothing to choose from",
        "{\"name\":\"lr\"                                                              | line 1",
    })
    void aSpaceThatCannotBeIsNamed(String parameter, String message) throws IOException {
        var space = Files.writeString(folder.resolve("space.json"), "{\"parameters\":[" + parameter + "]}");
        refused(search("--space", space.toString()), message, "space.json");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "a,b;1,2;3,x;5,6;7,8;9,10;11,12  | x",
        "a,b;1,2;inf,4;5,6;7,8;9,10;1,2  | infinite",
        "a,b;1,2;,4;5,6;7,8;9,10;11,12   | empty",
        "a,b;1,2                         | 1 row",
    })
    void aTableThatCannotBeIsRefused(String rows, String message) throws IOException {
        var table = Files.writeString(folder.resolve("t.csv"), rows.replace(';', '\n') + "\n");
        refused(search("--data", table.toString()), message);
    }

    @Test
    void aColumnThatIsMissingIsNamed() throws IOException {
        var table = Files.writeString(folder.resolve("t.csv"), "a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n");
        refused(search("--data", table.toString(), "--label", "price"), "price");
    }

    @Test
    void imagesThatAreMissingCutOffOrOfAnotherNumberThanTheirLabelsAreRefused() throws IOException {
        refused(search("--data", "mnist", "--data-dir", folder.toString()), "mnist", folder.toString());
        idx("train-images-idx3-ubyte", 0x803, 40, 10, 2, 2);
        idx("train-labels-idx1-ubyte", 0x801, 10, 10);
        idx("t10k-images-idx3-ubyte", 0x803, 20, 5, 2, 2);
        idx("t10k-labels-idx1-ubyte", 0x801, 4, 4);
        refused(search("--data", folder.toString()), "different length");
        idx("t10k-images-idx3-ubyte", 0x803, 19, 5, 2, 2);
        refused(search("--data", folder.toString()), "t10k-images-idx3-ubyte");
    }

    private void idx(String name, int magic, int bytes, int... dims) throws IOException {
        var buffer = ByteBuffer.allocate(4 + 4 * dims.length + bytes).putInt(magic);
        for (var dim : dims) buffer.putInt(dim);
        Files.write(folder.resolve(name), buffer.array());
    }

    @Test
    void aStudyOfAnotherDirectionIsRefused() {
        try (var kept = Storages.open("sqlite:" + folder.resolve("studies.db"))) {
            kept.create("other", List.of(Direction.MINIMIZE), Map.of());
        }
        refused(search("--study", "other"), "already exists");
        var outcome = Outcome.of("search", "--resume", "--study", "other", "--storage", "sqlite:" + folder.resolve("studies.db"),
                "--out", folder.resolve("x").toString());
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("direction MINIMIZE, not MAXIMIZE");
    }

    @Test
    void aStudyThatDoesNotExistCannotBeResumed() {
        refused(Outcome.of("search", "--resume"), "--resume needs the name of a study");
        refused(Outcome.of("search", "--resume", "--study", "x", "--storage", "memory"), "There is no study \"x\"");
    }

    @Test
    void aDatabaseThatCannotBeIsRefusedAndLeftAsItIs() throws IOException, SQLException {
        var text = Files.writeString(folder.resolve("studies.db"), "this is no database, but a text that is long enough to be read as one".repeat(20));
        var before = Files.readString(text);
        refused(search(), "is not a database");
        assertThat(Files.readString(text)).isEqualTo(before);
        Files.delete(text);

        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + text); var statement = connection.createStatement()) {
            statement.execute("CREATE TABLE version_info (version_info_id INTEGER PRIMARY KEY, schema_version INTEGER, library_version VARCHAR(256))");
            statement.execute("INSERT INTO version_info VALUES (1, 99, '99.0')");
        }
        refused(search(), "version");
        Files.delete(text);

        Storages.open("sqlite:" + text).close();
        assertThat(text.toFile().setWritable(false)).isTrue();
        refused(search(), "read-only");
        assertThat(text.toFile().setWritable(true)).isTrue();
    }

    @Test
    void aPlaceForResultsThatCannotBeIsRefusedBeforeTheSearch() throws IOException {
        var file = Files.writeString(folder.resolve("file"), "");
        refused(search("--out", file.resolve("out").toString()), "cannot be made");
        assertThat(Outcome.of("search", "--storage", "memory", "--out", folder.resolve("o").toString(), "--json", folder.toString()).err()).contains("is a folder");
    }

    @ParameterizedTest
    @ValueSource(strings = {"search", "evaluate", "predict", "doctor"})
    void helpShowsExamplesAndNothingGoesWrong(String command) {
        var outcome = Outcome.of(command, "--help");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("Usage: caviar " + command);
        if (!command.equals("doctor")) assertThat(outcome.out()).contains("Example");
    }
}
