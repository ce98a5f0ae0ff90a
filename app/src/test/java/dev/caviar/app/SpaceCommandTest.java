package dev.caviar.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.tune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SpaceCommandTest {
    @TempDir
    private Path folder;

    /// The notes: a log scale spends as much on each decade; 0.9 to 0.999 reversed averages over 10 to 1,000 values.
    @Test
    void aPreviewShowsScalesSharesAndWindows() throws IOException {
        var file = Files.writeString(folder.resolve("space.json"), """
                {"parameters":[{"name":"rate","type":"real","low":0.0001,"high":1,"scale":"log"},
                 {"name":"plain","type":"real","low":0.0001,"high":1},
                 {"name":"beta","type":"real","low":0.9,"high":0.999,"scale":"one-minus-log","tier":2,"default":0.9},
                 {"name":"kind","type":"choice","values":["a","b"]}]}""");
        var outcome = Outcome.of("space", "preview", file.toString(), "--out", folder.resolve("space.png").toString());
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out()).containsPattern("0\\.0001 to 0\\.001: 2[456] % · 0\\.001 to 0\\.01: 2[456] % · 0\\.01 to 0\\.1: 2[456] % · 0\\.1 to 1: 2[456] %")
                .containsPattern("0\\.1 to 1: (89|90|91) %")
                .contains("about 10 to 1000 values", "one of a, b", "beta  (tier 2, waits at 0.9)", "Maybe \"scale\": \"log\"");
        assertThat(Files.size(folder.resolve("space.png"))).isGreaterThan(5_000);
    }

    @Test
    void theSchemaShips() {
        var outcome = Outcome.of("space", "schema");
        assertThat((Map<?, ?>) ((Map<?, ?>) Json.read(outcome.out())).get("$defs")).hasSize(7);
    }

    @Test
    void badSpacesAreNamed() {
        assertThat(Outcome.of("space", "preview", "nonsense").code()).isEqualTo(2);
        assertThat(Outcome.of("space", "preview", folder.resolve("none.json").toString()).err()).contains("none.json");
    }
}
