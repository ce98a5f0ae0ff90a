package dev.caviar.nn.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.compile.Compiler;
import dev.caviar.engine.compile.Options;
import dev.caviar.engine.kernel.Provider;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Shape;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Needs;
import dev.caviar.nn.layer.Reshape;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Optimizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A training step as it leaves each pass of the compiler, and as it is planned: text that a change must change on purpose.
///
/// `-Dcaviar.golden=write` writes the files anew; read the difference before it is committed.
class GoldenGraphTest {
    private static final Path FOLDER = Path.of("src/test/resources/golden");

    enum Network {
        MLP {
            @Override
            Layer layer() {
                return Sequential.of(Dense.of(5).withBias(false), BatchNorm.of(), Activation.RELU, Dropout.of(0.2), Dense.of(3, "softmax"));
            }

            @Override
            Shape example() {
                return Shape.of(6);
            }
        },
        CNN {
            @Override
            Layer layer() {
                return Sequential.of(Reshape.of(6, 6, 1), Conv2D.of(2, 3, "relu"), MaxPooling2D.of(2), Flatten.of(), Dense.of(3, "softmax"));
            }

            @Override
            Shape example() {
                return Shape.of(6, 6);
            }
        },
        LSTM {
            @Override
            Layer layer() {
                return Sequential.of(dev.caviar.nn.layer.LSTM.of(2), Dense.of(3, "softmax"));
            }

            @Override
            Shape example() {
                return Shape.of(5, 4);
            }
        };

        abstract Layer layer();

        abstract Shape example();
    }

    @ParameterizedTest
    @EnumSource
    void aStepLooksAfterEachPassAsItDidBefore(Network network) throws IOException {
        var optimizer = Optimizer.of("adam");
        var layer = network.layer();
        var needs = Needs.of(layer, DType.F32, new Type(DType.F32, network.example().insert(0, 1)));
        var state = new State(List.of(network.example()), needs, null, DType.F32, 1);
        state.restart(optimizer);
        var recipe = Recipe.of(layer, optimizer, Loss.of("sparse_categorical_crossentropy"), List.of(Metric.of("accuracy")));
        var options = Options.of().withProvider(Provider.plain());
        var text = new StringBuilder();
        try (var step = new TrainStep(recipe, state, DType.F32, List.of(new Type(DType.F32, network.example().insert(0, 4))), List.of(Type.of(DType.I32, 4)), options)) {
            for (var stage : Compiler.stages(step.program().graph(), options)) {
                text.append("== ").append(stage.pass()).append('\n').append(stage.graph().print()).append('\n');
            }
            text.append("== plan\n").append(step.program().plan().print());
        }
        var golden = FOLDER.resolve(network.name().toLowerCase(java.util.Locale.ROOT) + "-step.txt");
        if ("write".equals(System.getProperty("caviar.golden"))) {
            Files.createDirectories(FOLDER);
            Files.writeString(golden, text);
        }
        assertThat(text.toString()).as("%s; -Dcaviar.golden=write writes it anew", golden)
                .isEqualToNormalizingNewlines(Files.readString(golden, StandardCharsets.UTF_8));
    }
}
