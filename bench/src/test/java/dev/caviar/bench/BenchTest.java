package dev.caviar.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.Needs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The commands without peers: their figures, their help, what they refuse.
class BenchTest {
    @TempDir
    private Path folder;

    /// Runs a command with `--json`, and reads what it wrote, which is also what it printed.
    private JsonNode figures(String line) throws IOException {
        var file = folder.resolve("new/figures.json");
        var command = Command.of(("bench " + line + " --json " + file).split(" "));
        assertThat(command.err()).matches(line.startsWith("layers") ? "layer +ours.*\\s(\\w+ +\\d+\\.\\d\\s)+" : "");
        assertThat(command.code()).isZero();
        var figures = JsonMapper.shared().readTree(Files.readString(file));
        assertThat(JsonMapper.shared().readTree(command.out())).isEqualTo(figures);
        return figures;
    }

    @Test
    void trainTimesEveryPassAndAllocatesNothingInAStep() throws IOException {
        var figures = figures("train --data digits --limit 640 --epochs 3 --warm-up 100 --threads 2");
        assertThat(figures.get("seconds_per_epoch")).hasSize(3).allMatch(each -> each.asDouble() > 0);
        assertThat(figures.get("first_epoch_seconds")).isEqualTo(figures.get("seconds_per_epoch").get(0));
        assertThat(figures.get("train_loss")).hasSize(3);
        assertThat(figures.get("train_loss").get(2).asDouble()).isLessThan(figures.get("train_loss").get(0).asDouble());
        assertThat(figures.get("test_accuracy").asDouble()).isBetween(0.5, 1.0);
        assertThat(figures.get("threads").asInt()).isEqualTo(2);
        assertThat(figures.get("peak_bytes").asLong()).isPositive();
        assertThat(figures.has("peer") || figures.has("ratio")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "f16"})
    void trainKnowsOtherNumbers(String dtype) throws IOException {
        var figures = figures("train --data digits --limit 640 --epochs 2 --warm-up 10 --dtype " + dtype);
        assertThat(figures.get("dtype").asString()).isEqualTo(dtype);
        assertThat(figures.get("test_accuracy").asDouble()).isBetween(0.5, 1.0);
    }

    @Test
    void pipelineDeliversAugmentedImages() throws IOException {
        var figures = figures("pipeline --seconds 0.05 --size 12 --channels 1 --batch 16");
        assertThat(figures.get("megabytes_per_second").asDouble()).isPositive();
        assertThat(figures.get("turned_megabytes_per_second").asDouble()).isPositive();
        assertThat(figures.get("image").asString()).isEqualTo("12x12x1");
    }

    /// Both sides are one training: the same batches in the same order through the same program.
    @Test
    void fitIsComparedWithItsStepAlone() throws IOException {
        var figures = figures("fit --data digits --limit 650 --batch 8 --epochs 3 --warm-up 10");
        assertThat(figures.get("steps").asInt()).isEqualTo(81);
        assertThat(figures.get("pairs").asInt()).as("blocks of 32, 32 and 17 in each pass after the first").isEqualTo(6);
        assertThat(figures.get("step_seconds").asDouble()).isPositive();
        var quartiles = figures.get("overhead_quartiles");
        assertThat(figures.get("overhead").asDouble()).isBetween(quartiles.get(0).asDouble(), quartiles.get(1).asDouble());
        assertThat(figures.get("loss_difference").asDouble()).isLessThan(1e-9);
    }

    @Test
    void pairComparesTwoTrainingsWithOne() throws IOException {
        var figures = figures("pair --data digits --limit 640 --epochs 2 --warm-up 10");
        assertThat(figures.get("ratio").asDouble()).isEqualTo(figures.get("pair_seconds").asDouble() / figures.get("alone_seconds").asDouble());
    }

    /// The one of ten values that lies so far from their mean that the difference is infinite.
    @Test
    void trainNamesTheOpThatMadeTheFirstInfinity() throws IOException {
        var text = new StringBuilder("x,y\n");
        for (int i = 0; i < 200; i++) text.append(i % 10 == 0 ? "-3.3e38," : "3.3e38,").append(i % 2 == 0 ? "a\n" : "b\n");
        var table = Files.writeString(folder.resolve("far.csv"), text);
        var command = Command.of("bench", "train", "--data", table.toString(), "--epochs", "1", "--warm-up", "10", "--check-nan");
        assertThat(command.code()).isOne();
        assertThat(command.err()).contains("sub in \"normalise\"", "-Infinity", "\nMaybe ").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void inferTellsTimeAndThroughputOfABatch(int batch) throws IOException {
        var figures = figures("infer --data digits --seconds 0.02 --warm-up 50 --batch " + batch);
        assertThat(figures.get("microseconds").asDouble()).isPositive();
        assertThat(figures.get("images_per_second").asDouble() * figures.get("microseconds").asDouble()).isBetween(batch * 0.999e6, batch * 1.001e6);
    }

    @Test
    void searchTriesAllItsSettings() throws IOException {
        var figures = figures("search --data digits --limit 300 --trials 3 --epochs 1");
        assertThat(figures.get("seconds").asDouble()).isPositive();
        assertThat(figures.get("trials").asInt()).isEqualTo(3);
        assertThat(figures.get("best").asDouble()).isBetween(0.05, 1.0);
    }

    @Test
    void tuneTimesItsTrials() throws IOException {
        var figures = figures("tune --trials 20");
        assertThat(figures.get("seconds").asDouble()).isPositive();
        assertThat(figures.get("propose_ms_at_end").asDouble()).isPositive();
    }

    @Test
    void tablesGiveTheRegretOfSearchesWhoseOptimumIsKnown() throws IOException {
        Files.writeString(folder.resolve("tiny.json"), """
                {"name": "tiny", "direction": "minimize", "best": 0.0, "median": 1.0,
                 "space": {"a": {"type": "int", "choices": [8, 16]}, "b": {"type": "str", "choices": ["x", "y"]}}}""");
        try (var rows = new GZIPOutputStream(Files.newOutputStream(folder.resolve("tiny.csv.gz")))) {
            rows.write("b,a,value\n0,0,0.5\n0,1,0.0\n1,0,3.0\n1,1,1.0\n".getBytes(StandardCharsets.UTF_8));
        }
        var figures = figures("tables " + folder + " --sampler grid --trials 100 --seeds 2");
        var tiny = figures.get("tables").get("tiny");
        assertThat(tiny.get("10").asDouble()).isZero();
        assertThat(tiny.get("100").asDouble()).isZero();
        assertThat(figures.get("mean")).isEqualTo(tiny);
        assertThat(figures("tables " + folder + " --trials 10").get("tables").get("tiny").has("25")).isFalse();
        for (var damaged : Map.of("b,value\n0,1\n", "has no column a", "b,a,value\n0,5,1\n", "line 2: a is choice 5 of 2", "b,a,value\n0,0,1\n0,1\n", "line 3: 2 cells").entrySet()) {
            try (var rows = new GZIPOutputStream(Files.newOutputStream(folder.resolve("tiny.csv.gz")))) {
                rows.write(damaged.getKey().getBytes(StandardCharsets.UTF_8));
            }
            var refused = Command.of("bench", "tables", folder.toString());
            assertThat(refused.code()).isEqualTo(2);
            assertThat(refused.err()).contains(damaged.getValue(), "\nMaybe ").doesNotContain("Exception");
        }
    }

    @Test
    void layersTimesEachLayerThatIsNamed() throws IOException {
        var layers = figures("layers --only softmax,batch_norm_rows,embedding --rounds 1 --seconds 0.001 --threads 2").get("layers");
        assertThat(layers).extracting(layer -> layer.get("name").asString()).containsExactly("embedding", "batch_norm_rows", "softmax");
        assertThat(layers).allMatch(layer -> layer.get("ours_us").asDouble() > 0 && !layer.has("ratio"));
    }

    @Test
    void layersHaveAPeerOfTheSameName() {
        var script = Runner.resource("python/pytorch_layers.py");
        var names = LayerCases.all().stream().map(LayerCases.LayerCase::name).toList();
        assertThat(names).doesNotHaveDuplicates().hasSizeGreaterThan(70).allMatch(name -> script.contains("\"" + name + "\":"));
        LayerCases.all().forEach(one -> assertThat(Needs.of(one.layer(), DType.F32, one.inputs().toArray(Type[]::new)).outputs()).hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "fit", "pair", "infer", "search", "tune", "tables", "layers"})
    void helpShowsHowItIsUsed(String work) {
        var help = Command.of("bench", work, "--help");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("Example", "caviar bench " + work, "--json");
        assertThat(Command.of("bench").out()).contains(work);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "train --peer torch            | --peer torch is not known here. | pytorch, torch-compile, jax, keras-tf, keras-jax, djl",
        "infer --peer keras-tf         | --peer keras-tf is not known here. | Maybe one of pytorch was meant.",
        "search --peer pytorch         | --peer pytorch is not known here. | Maybe one of keras-tf, pytorch-optuna was meant.",
        "tune --peer jax               | --peer jax is not known here. | Maybe one of optuna was meant.",
        "train --epochs 0              | --epochs is 0 | at least 1",
        "train --batch -3              | --batch is -3 | at least 1",
        "train --threads 0             | --threads is 0 | at least 1",
        "train --limit 0               | --limit is 0 | at least 1",
        "fit --batch 5000             | --batch is 5000 | only 1437 examples",
        "pair --epochs 0               | --epochs is 0 | at least 1",
        "search --workers 0            | --workers is 0 | at least 1",
        "infer --batch 0               | --batch is 0 | at least 1",
        "tune --trials 0               | --trials is 0 | at least one",
        "tables nowhere                | The folder nowhere cannot be read | Maybe another one was meant.",
        "tables . --seeds 0            | --seeds is 0 | at least 1",
        "tune --sampler magic          | There is no sampler \"magic\". | Maybe one of random, grid",
        "layers --threads 0            | --threads is 0 | at least 1",
        "layers --seconds 0            | --seconds is 0.0 | above 0",
        "layers --only danse           | --only danse is no layer. | Maybe one of dense, dense_relu",
        "layers --peer jax             | --peer jax is not known here. | Maybe one of pytorch was meant.",
        "train --model cnn             | --model cnn takes images of 28 by 28 | Maybe use --data fashion-mnist.",
        "train --peer jax --dtype f16   | --peer jax is not measured in f16. | Maybe --peer pytorch was meant.",
        "train --peer djl --dtype bf16  | --peer djl is not measured in bf16. | Maybe --peer pytorch was meant.",
        "train --model zzz             | zzz | caviar bench train --help",
        "train --dtype f8              | f8 | caviar bench train --help",
    })
    void whatCannotBeMeasuredEndsWithTwoAndSaysWhy(String line, String reason, String advice) {
        var data = line.matches("(tune|tables|layers).*") ? "" : " --data digits";
        var command = Command.of(("bench " + line.strip() + data).split(" "));
        assertThat(command.code()).isEqualTo(2);
        assertThat(command.out()).isEmpty();
        assertThat(command.err()).contains(reason, advice).doesNotContain("\tat ");
    }

    @Test
    void aPlaceThatCannotHoldTheFiguresIsFoundBeforeTheWork() throws IOException {
        var file = Files.writeString(folder.resolve("file"), "");
        assertThat(Command.of("bench", "tune", "--json", folder.toString()).err()).contains("is a folder");
        var below = Command.of("bench", "tune", "--json", file.resolve("x.json").toString());
        assertThat(below.code()).isEqualTo(2);
        assertThat(below.err()).contains("cannot be made");
    }
}
