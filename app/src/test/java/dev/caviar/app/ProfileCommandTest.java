package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user is shown of time and memory.
final class ProfileCommandTest {
    @TempDir
    private Path folder;

    @Test
    void writesTextPictureAndATraceThatIsWellFormed() throws IOException {
        var outcome = Outcome.of("profile", "--data", "digits", "--units", "16", "--batch", "32", "--steps", "5", "--threads", "2", "--out", folder.toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("train step, batch 32", "on 2 threads", "limits of 2 threads", "dense_1", "update/dense", "MiB");
        assertThat(Files.readString(folder.resolve("profile.txt"))).contains("GFLOP/s", "Most is held at step");
        var picture = ImageIO.read(folder.resolve("profile.png").toFile());
        assertThat(picture.getWidth()).isGreaterThan(1500);
        var trace = (Map<?, ?>) Json.read(Files.readString(folder.resolve("trace.json")));
        var events = (List<?>) trace.get("traceEvents");
        assertThat(events).allSatisfy(event -> assertThat(((Map<?, ?>) event).keySet().stream().map(String::valueOf)).contains("ph", "name", "pid", "tid"));
        assertThat(events).filteredOn(event -> ((Map<?, ?>) event).get("ph").equals("X")).hasSizeGreaterThan(100).allSatisfy(event -> {
            var slice = (Map<?, ?>) event;
            assertThat(((Number) slice.get("ts")).doubleValue()).isNotNegative();
            assertThat(((Number) slice.get("dur")).doubleValue()).isNotNegative();
            assertThat(((Map<?, ?>) slice.get("args")).get("how")).isNotNull();
        });
    }

    @Test
    void saysWhetherABatchFitsWithoutTrying() {
        var outcome = Outcome.of("profile", "--plan", "--batch", "1024", "--units", "1000,1000");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("Most is held at step", "A step holds", "weights, optimizer and batch");
    }

    @Test
    void whatDoesNotFitIsSaidInWordsWithExitCode2() {
        System.setProperty("caviar.memory", String.valueOf(2L << 30));
        Outcome outcome;
        try {
            outcome = Outcome.of("profile", "--batch", "1437", "--units", "400000", "--steps", "1");
        } finally {
            System.clearProperty("caviar.memory");
        }
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("train step, batch 1437: there is no memory", "Most is held while step", "f32[1437, 400000]",
                "Maybe use a smaller batch");
        outcome = Outcome.of("profile", "--units", "2000000000", "--steps", "1");
        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("memory", "Maybe");
    }

    @Test
    void refusesWhatItCannotDo() {
        assertThat(Outcome.of("profile", "--batch", "0").err()).contains("--batch is 0");
        assertThat(Outcome.of("profile", "--model", "cnn", "--data", "digits").err()).contains("28 by 28", "Maybe");
        assertThat(Outcome.of("profile", "--batch", "9999").code()).isEqualTo(2);
    }
}
