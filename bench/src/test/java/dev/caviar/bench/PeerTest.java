package dev.caviar.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.app.BadInput;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.data.Batches;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// How peers are installed and asked, without any peer and without a network.
class PeerTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"pytorch.txt", "jax.txt", "tensorflow.txt", "optuna.txt"})
    void requirementsPinEveryPackage(String name) {
        var lines = Runner.resource("python/" + name).lines().filter(line -> !line.startsWith("#")).toList();
        assertThat(lines).hasSizeGreaterThan(5).allMatch(line -> line.matches("[\\w.-]+==\\d[\\w.]*( ; sys_platform == \"linux\")?"));
    }

    @Test
    void jarsArePinned() {
        assertThat(Runner.resource("djl/pom.xml").lines().filter(line -> line.contains("<version>"))).hasSizeGreaterThan(4)
                .allMatch(line -> line.matches("\\s*<version>\\d[\\d.-]*</version>"));
    }

    @Test
    void aPassTakesTheMedianOfThoseAfterTheFirst() {
        assertThat(new Passes(List.of(9.0, 3.0, 1.0, 2.0)).typical()).isEqualTo(2);
        assertThat(new Passes(List.of(9.0, 4.0, 2.0)).typical()).isEqualTo(3);
        assertThat(new Passes(List.of(9.0)).typical()).isEqualTo(9);
        assertThat(new Passes(List.of(1.0, 2.0)).ratio(new Passes(List.of(1.0, 6.0)))).isEqualTo(3);
    }

    @Test
    void withoutPythonTheErrorNamesWhatIsNeeded() {
        var none = new PythonEnvironment("jax.txt", "jax==1\n", folder.toString(), folder);
        assertThatThrownBy(none::ready).isInstanceOf(BadInput.class).hasMessageContaining("no Python 3.11 to 3.13").hasMessageContaining("\nMaybe ");
    }

    @DisabledOnOs(OS.WINDOWS)
    @Test
    void anOldPythonIsNone() throws IOException {
        script("python3", "echo Python 3.9.2");
        assertThatThrownBy(new PythonEnvironment("jax.txt", "jax==1\n", folder.toString(), folder)::ready).hasMessageContaining("no Python 3.11");
    }

    @DisabledOnOs(OS.WINDOWS)
    @Test
    void aPythonThatCannotInstallSaysWhatItSaid() throws IOException {
        script("python3", "[ \"$1\" != --version ] || { echo Python 3.11.7; exit; }; echo ensurepip is missing; exit 1");
        assertThatThrownBy(new PythonEnvironment("none.txt", "none==1\n", folder.toString(), folder)::ready).isInstanceOf(BadInput.class)
                .hasMessageContaining("ensurepip is missing").hasMessageContaining("venv");
    }

    private void script(String name, String text) throws IOException {
        var file = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void aFolderIsFilledOnceAndAgainWhereItWasCutOff() {
        var fills = new ArrayList<Path>();
        var install = Install.of(folder, "some", "a==1");
        assertThatThrownBy(() -> install.ready(to -> {
            fills.add(to);
            throw new IOException("cut off");
        })).isInstanceOf(BadInput.class).hasMessageContaining("cut off").hasMessageContaining("CAVIAR_CACHE");
        for (int i = 0; i < 2; i++) assertThat(install.ready(fills::add)).isDirectory().isEqualTo(install.folder());
        assertThat(fills).hasSize(2);
        assertThat(Install.of(folder, "some", "a==2").folder()).isNotEqualTo(install.folder());
    }

    /// A peer whose program is a Java source file.
    private record Fake(String body) implements Runner {
        @Override
        public List<String> ready(Path folder, int threads) {
            try {
                var file = Files.writeString(folder.resolve("Fake.java"), """
                    import java.nio.file.*;
                    void main(String[] args) throws Exception {
                        String request = Files.readString(Path.of(args[0]));
                        Path folder = Path.of(args[0]).getParent();
                        %s
                    }
                    """.formatted(body));
                return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), file.toString());
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static final Examples FOUR = Examples.of(new float[][] {{1, 5}, {3, 5}, {1, 5}, {3, 5}}, new int[] {0, 1, 0, 1});

    @Test
    void aPeerGetsArraysAndARequestAndItsAnswerIsRead() {
        var fake = new Fake("""
            byte[] x = Files.readAllBytes(folder.resolve("x_train.npy")), y = Files.readAllBytes(folder.resolve("y_test.npy"));
            float first = java.nio.ByteBuffer.wrap(x).order(java.nio.ByteOrder.LITTLE_ENDIAN).getFloat(x.length - 4 * 8);
            boolean asked = request.contains("\\"peer\\":\\"pytorch\\"") && request.contains("\\"batch\\":2");
            Files.writeString(folder.resolve("answer.json"),
                    "{\\"version\\":\\"" + asked + "\\",\\"seconds_per_epoch\\":[2,4],\\"first\\":" + first + ",\\"labels\\":" + (y.length - 128) / 8 + "}");
            """);
        try (var run = PeerRun.of(Peer.PYTORCH, fake, 1)) {
            run.give(FOUR, FOUR, Normaliser.fit(FOUR));
            var figures = run.run(Map.of("batch", 2));
            assertThat(figures).containsEntry("name", "pytorch").containsEntry("version", "true").containsEntry("labels", 4);
            assertThat(PeerRun.number(figures, "first")).isCloseTo(-1, within(1e-6));
            assertThat(PeerRun.passes(figures)).isEqualTo(new Passes(List.of(2.0, 4.0)));
        }
    }

    @Test
    void aPeerThatTakesTurnsAnswersEachOne() {
        var fake = new Fake("""
            var in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in));
            for (String line = in.readLine(); line != null && !line.startsWith("bad"); line = in.readLine())
                System.out.println("{\\"said\\":\\"" + line + "\\",\\"asked\\":" + request.contains("dense") + "}");
            System.err.println("it is no layer");
            """);
        try (var run = PeerRun.of(Peer.PYTORCH_LAYERS, fake, 1); var turns = run.turns(Map.of("layers", List.of("dense")))) {
            for (var seconds : List.of(0.5, 0.25)) {
                var answer = turns.take("dense", seconds);
                assertThat(answer.get("said").asString()).isEqualTo("dense " + seconds);
                assertThat(answer.get("asked").asBoolean()).isTrue();
            }
            assertThatThrownBy(() -> turns.take("bad", 1)).hasRootCauseMessage("no answer to \"bad 1.0\"\n  it is no layer");
        }
    }

    @Test
    void aPeerBeginsWithOurWeightsAndSeesTheExamplesInOurOrder() {
        var batches = Batches.of(FOUR, 3).shuffled(7);
        var fake = new Fake("""
            byte[] w = Files.readAllBytes(folder.resolve("weights/dense/kernel.npy")), order = Files.readAllBytes(folder.resolve("order.npy"));
            var bytes = java.nio.ByteBuffer.wrap(order).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            var text = new StringBuilder();
            for (int i = 8; i > 0; i--) text.append(i == 8 ? "[" : ",").append(bytes.getLong(order.length - 8 * i));
            float last = java.nio.ByteBuffer.wrap(w).order(java.nio.ByteOrder.LITTLE_ENDIAN).getFloat(w.length - 4);
            Files.writeString(folder.resolve("answer.json"), "{\\"last\\":" + last + ",\\"order\\":" + text + "]}");
            """);
        try (var run = PeerRun.of(Peer.PYTORCH, fake, 1)) {
            run.begin(Map.of("dense/kernel", Tensor.of(1f, 2f, 0.5f).array().buffer()), batches, 2);
            var figures = run.run(Map.of());
            assertThat(PeerRun.number(figures, "last")).isEqualTo(0.5);
            var expected = new ArrayList<Integer>();
            for (int epoch = 0; epoch < 2; epoch++) {
                batches.start(epoch);
                for (int i = 0; i < 4; i++) expected.add(batches.position(i / 3, i % 3));
            }
            assertThat(figures.get("order")).isEqualTo(expected);
        }
    }

    @Test
    void aPeerThatFailsIsQuoted() {
        try (var run = PeerRun.of(Peer.JAX, new Fake("throw new Exception(\"out of luck\");"), 1)) {
            assertThatThrownBy(() -> run.run(Map.of())).isInstanceOf(PeerRun.PeerException.class).hasMessageContaining("JAX failed with code 1")
                    .hasMessageContaining("out of luck");
        }
    }
}
