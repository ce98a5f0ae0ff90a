package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.caviar.engine.graph.Diagram;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.nn.layer.Concatenate;
import dev.caviar.nn.layer.Conv2D;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.GlobalAveragePooling2D;
import dev.caviar.nn.layer.Input;
import dev.caviar.nn.layer.LSTM;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MaxPooling2D;
import dev.caviar.nn.layer.Merge;
import dev.caviar.nn.layer.Sequential;
import dev.caviar.nn.train.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DrawingTest {
    @TempDir
    Path folder;

    static Diagram model() {
        var image = Input.of("image", 28, 28, 1);
        var extra = Input.of("extra", 3);
        var h = Flatten.of().on(MaxPooling2D.of(2).on(Conv2D.of(8, 3, "relu").on(image)));
        Layer join = (s, x) -> Tensors.join(x);
        Layer add = (s, x) -> x[0].add(x[1]);
        var joined = Dense.of(32, "relu").on("wide", join.on("join", h, extra));
        var skip = add.on("add", joined, Sequential.of(Dense.of(32, "relu"), Dense.of(32)).on("block", joined));
        return Model.of(List.of(image, extra), List.of(Dense.of(10, "softmax").on("digit", skip), Dense.of(1).on("size", skip))).build().diagram();
    }

    private static final class Tensors {
        static dev.caviar.engine.tensor.Tensor join(dev.caviar.engine.tensor.Tensor... x) {
            return dev.caviar.engine.tensor.Tensor.concat(-1, x);
        }
    }

    private Path out() {
        var keep = System.getProperty("caviar.pictures");
        return keep == null ? folder : Path.of(keep);
    }

    @Test
    void modelsAndGraphsAreDrawn() throws IOException {
        var image = ImageIO.read(new Drawing(model()).write(out(), "model.png").toFile());
        assertThat(image.getHeight()).isGreaterThan(image.getWidth());
        var graph = Trace.of(in -> List.of(in.get(0).matmul(in.get(1)).add(in.get(2)).tanh(), in.get(0).square().sum()),
                Type.of(DType.F32, 8, 4), Type.of(DType.F32, 4, 2), Type.of(DType.F32, 2));
        assertThat(new Drawing(graph.diagram()).write(out(), "graph.png")).exists();
    }

    @Test
    void boxesOfARankKeepTheirDistanceAndChainsAreStraight() {
        var diagram = model();
        var widths = new double[diagram.boxes().size()];
        java.util.Arrays.fill(widths, 100);
        var layout = new Layered(diagram, widths, 20, 10);
        for (var rank : layout.ranks) {
            for (int i = 1; i < rank.size(); i++) {
                var left = rank.get(i - 1);
                var right = rank.get(i);
                assertThat(right.x - right.width / 2 - left.x - left.width / 2).isGreaterThanOrEqualTo(20 - 1e-6);
            }
        }
        for (var path : layout.paths) {
            for (int k = 1; k < path.size(); k++) {
                assertThat(path.get(k).rank).isEqualTo(path.get(k - 1).rank + 1);
            }
        }
        var chain = new Diagram("", Collections.nCopies(5, new Diagram.Box("x", List.of(), Diagram.Kind.OP)),
                List.of(new Diagram.Arrow(0, 1, ""), new Diagram.Arrow(1, 2, ""), new Diagram.Arrow(2, 3, ""), new Diagram.Arrow(3, 4, "")));
        new Layered(chain, new double[] {50, 60, 70, 60, 50}, 20, 10).boxes.forEach(spot -> assertThat(spot.x).isCloseTo(35, within(1e-6)));
    }

    /// Arrows of one box that begin side by side say the same; others cross what is said of them.
    @Test
    void labelsDoNotLieOnEachOther() {
        var image = Input.of("image", 16, 16, 3);
        var text = Input.of("text", 12, 4);
        var a = Conv2D.of(8, 3, "relu").withPadding("same").on("a", image);
        var seen = GlobalAveragePooling2D.of().on(Merge.ADD.on(a, Conv2D.of(8, 3).withPadding("same").on("b", a)));
        var shared = Dense.of(8, "tanh");
        var left = shared.on("shared", Dense.of(16).on(seen));
        var right = shared.on("shared", LSTM.of(16).on(text));
        var model = Model.of(List.of(image, text), List.of(Dense.of(5).on("kind", Concatenate.of().on(left, right)),
                Dense.of(1).on("spam", Merge.MULTIPLY.on(left, right)))).build();
        var labels = new Drawing(model.diagram()).labels();
        assertThat(labels).hasSizeGreaterThan(12);
        for (var one : labels) {
            assertThat(labels).filteredOn(other -> other != one && other.place().intersects(one.place())).isEmpty();
        }
    }

    @Test
    void tooMuchToLookAtIsRefused() {
        var many = new Diagram("", Collections.nCopies(501, new Diagram.Box("x", List.of(), Diagram.Kind.OP)), List.of());
        assertThatThrownBy(() -> new Drawing(many)).hasMessageContaining("501 boxes").hasMessageContaining("Maybe");
        assertThatThrownBy(() -> new Diagram("", many.boxes(), List.of(new Diagram.Arrow(3, 3, "")))).hasMessageContaining("earlier");
    }
}
