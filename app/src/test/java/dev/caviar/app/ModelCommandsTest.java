package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.Buffer;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.format.NumPy;
import dev.caviar.tune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a search saved is evaluated and asked.
final class ModelCommandsTest {
    @TempDir
    private static Path folder;
    private static Path best;

    @BeforeAll
    static void search() throws IOException {
        var space = Files.writeString(folder.resolve("space.json"), "{\"parameters\":[{\"name\":\"units\",\"type\":\"whole\",\"low\":24,\"high\":32}]}");
        var outcome = Outcome.of("search", "--storage", "memory", "--space", space.toString(), "--trials", "1", "--epochs", "4", "--out", folder.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        best = folder.resolve("best");
    }

    @Test
    void evaluateGivesWhatTheSearchFound() throws IOException {
        var json = folder.resolve("score.json");
        var outcome = Outcome.of("evaluate", best.toString(), "--data", "digits", "--json", json.toString());
        var score = (Map<?, ?>) Json.read(Files.readString(json));
        var summary = (Map<?, ?>) Json.read(Files.readString(folder.resolve("summary.json")));
        var test = (Map<?, ?>) summary.get("test");
        assertThat(outcome.code()).isZero();
        assertThat(score.keySet().stream().map(String::valueOf)).containsExactly("accuracy", "loss", "samples");
        assertThat(score.get("samples")).isEqualTo(360L);
        assertThat(score.get("accuracy")).isEqualTo(test.get("accuracy"));
        assertThat(score.get("loss")).isEqualTo(test.get("loss"));
        assertThat(outcome.out()).startsWith("accuracy " + Figures.accuracy((double) score.get("accuracy"))).contains("360 examples");
    }

    @Test
    void predictGivesAProbabilityForEachClass() {
        var test = DataSource.of("digits").load().test();
        NumPy.write(folder.resolve("x.npy"), test.features());
        var outcome = Outcome.of("predict", best.toString(), "--in", folder.resolve("x.npy").toString(), "--out", folder.resolve("y.npy").toString());
        assertThat(outcome).isEqualTo(new Outcome(0, "", ""));
        var y = NumPy.read(folder.resolve("y.npy"));
        assertThat(y.type()).isEqualTo(Type.of(DType.F32, 360, 10));
        var right = 0;
        for (var i = 0; i < 360; i++) {
            var sum = 0.0;
            var found = 0;
            for (var j = 0; j < 10; j++) {
                sum += y.at(i * 10L + j);
                if (y.at(i * 10L + j) > y.at(i * 10L + found)) found = j;
            }
            assertThat(sum).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-5));
            if (found == test.label(i)) right++;
        }
        assertThat(right).isGreaterThan(250);
    }

    @Test
    void oneImageIsAnsweredInWords() {
        var test = DataSource.of("digits").load().test().select(0);
        NumPy.write(folder.resolve("one.npy"), test.features().as(Type.of(test.x().type().dtype(), 8, 8)));
        var outcome = Outcome.of("predict", best.toString(), "--in", folder.resolve("one.npy").toString());
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).matches("\\d \\(\\d+\\.\\d %\\)\\R");
    }

    @Test
    void otherShapesFilesAndDataAreRefused() throws IOException {
        NumPy.write(folder.resolve("bad.npy"), Buffer.allocate(Type.of(DType.F32, 3, 7)));
        NumPy.write(folder.resolve("nan.npy"), Tensor.full(Double.NaN, Type.of(DType.F32, 2, 8, 8)).array().buffer());
        NumPy.write(folder.resolve("zero.npy"), Buffer.allocate(Type.of(DType.F32, 0, 8, 8)));
        var text = Files.writeString(folder.resolve("text.npy"), "hello, this is no array");
        var table = Files.writeString(folder.resolve("t.csv"), "a,b\n1,x\n2,y\n3,x\n4,y\n5,x\n6,y\n7,x\n8,y\n9,x\n10,y\n");
        for (var line : List.of(
                List.of("predict", best.toString(), "--in", folder.resolve("bad.npy").toString()),
                List.of("predict", best.toString(), "--in", folder.resolve("nan.npy").toString()),
                List.of("predict", best.toString(), "--in", folder.resolve("zero.npy").toString()),
                List.of("predict", best.toString(), "--in", folder.resolve("none.npy").toString()),
                List.of("predict", best.toString(), "--in", text.toString()),
                List.of("predict", folder.resolve("nothing").toString(), "--in", text.toString()),
                List.of("predict", best.toString()),
                List.of("evaluate", folder.resolve("nothing").toString()),
                List.of("evaluate", best.toString(), "--data", table.toString()))) {
            var outcome = Outcome.of(line.toArray(String[]::new));
            assertThat(outcome.code()).as("%s", line).isEqualTo(2);
            assertThat(outcome.out()).as("%s", line).isEmpty();
            assertThat(outcome.err()).as("%s", line).startsWith("caviar ").contains("Maybe").doesNotContain("\tat ");
        }
    }

    @Test
    void doctorSaysWhatIsThere() {
        var outcome = Outcome.of("doctor");
        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("JDK ", "CPU features ", "kernels ", "bf16  ", "f16  ", "Vector API ", "cache folder ", "data folders ", "storage ", "sqlite");
    }
}
