package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.nn.data.Examples;
import dev.caviar.nn.layer.Dense;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DisplayTest {
    private static String shown(boolean bar) {
        var bytes = new ByteArrayOutputStream();
        var model = Model.of(Dense.of(2, "softmax")).compile("sgd", "sparse_categorical_crossentropy", "accuracy");
        model.fit(Examples.of(new float[40][3], new int[40]), Fit.of().withEpochs(10).withBatch(10).withValidation(0.5)
                .withVerbosity(Verbosity.SILENT)
                .withCallbacks(new Display(new PrintStream(bytes, true, StandardCharsets.UTF_8), bar)));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aLinePerEpochWithoutControlCharacters() {
        var lines = shown(false).lines().toList();
        assertThat(lines).hasSize(10);
        assertThat(lines.getFirst()).matches("epoch  1/10  loss \\d\\.\\d{4}  accuracy 1\\.0000  val_loss \\d\\.\\d{4}"
                + "  val_accuracy 1\\.0000  \\d+\\.\\d s");
        assertThat(lines.getLast()).startsWith("epoch 10/10");
    }

    @Test
    void aBarIsDrawnOverItself() {
        var text = shown(true);
        assertThat(text.lines().filter(line -> !line.isEmpty()).count()).isGreaterThanOrEqualTo(10);
        assertThat(text).contains("\repoch  1/10 [============>           ] 1/2  loss").contains("s left").contains("\repoch 10/10  loss");
    }

    @Test
    void nothingIsPrintedWhenSilentAndAutoFindsNoTerminalHere() {
        assertThat(Verbosity.SILENT.resolved()).isEqualTo(Verbosity.SILENT);
        assertThat(Verbosity.BAR.resolved()).isEqualTo(Verbosity.BAR);
        assertThat(Verbosity.AUTO.resolved()).isIn(Verbosity.BAR, Verbosity.LINES);
    }

    @Test
    void aHistoryIsAShortTable() {
        var epochs = List.of(new History.Epoch(0, Map.of("accuracy", 0.91), 1.25), new History.Epoch(1, values(0.5, 0.875), 1),
                new History.Epoch(2, values(0.25, 1e-7), 1));
        assertThat(new History(epochs, History.End.STOPPED, "enough")).hasToString("""
                3 epochs in 3.3 s, stopped: enough
                                last        best  epoch
                accuracy  1.0000e-07     0.91000      1
                loss         0.25000     0.25000      3""");
        assertThat(new History(List.of(new History.Epoch(0, Map.of("loss", Double.NaN), 0)), History.End.DIVERGED, "").toString())
                .endsWith("NaN         NaN      -").startsWith("1 epoch in 0.0 s, diverged\n");
        assertThat(new History(List.of(), History.End.FINISHED, "")).hasToString("0 epochs in 0.0 s, finished");
    }

    private static Map<String, Double> values(double loss, double accuracy) {
        var values = new LinkedHashMap<String, Double>();
        values.put("loss", loss);
        values.put("accuracy", accuracy);
        return values;
    }
}
