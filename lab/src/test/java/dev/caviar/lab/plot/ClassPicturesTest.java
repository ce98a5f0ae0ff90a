package dev.caviar.lab.plot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caviar.engine.tensor.Random;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.nn.metric.ConfusionMatrix;
import dev.caviar.nn.metric.RocCurve;
import java.awt.Color;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClassPicturesTest {
    @TempDir
    private Path folder;

    @Test
    void aMatrixIsDarkWhereMuchIs() throws Exception {
        var matrix = ConfusionMatrix.of(List.of("cat", "dog")).add(Tensor.of(0L, 0L, 1L, 1L), Tensor.of(0L, 0L, 1L, 1L));
        var image = ImageIO.read(ClassPictures.confusion(matrix, folder, "confusion.png").toFile());
        var right = new Color(image.getRGB(2 * (24 + 60 + 4), 2 * (74 + 4)));
        var wrong = new Color(image.getRGB(2 * (24 + 60 + 94), 2 * (74 + 4)));
        assertThat(right).isEqualTo(Look.TRIAL);
        assertThat(wrong.getRed()).isGreaterThan(240);
    }

    /// Names that are wider than their columns stand upright above them, and beside the rows there is room for them.
    @Test
    void longNamesHaveRoom() throws Exception {
        var names = new java.util.ArrayList<String>();
        for (int i = 0; i < 30; i++) {
            names.add("the kind of flower with the number " + i);
        }
        var image = ImageIO.read(ClassPictures.confusion(ConfusionMatrix.of(names), folder, "long.png").toFile());
        var few = ImageIO.read(ClassPictures.confusion(ConfusionMatrix.of(names.stream().map(name -> name.substring(name.length() - 2)).toList()), folder, "few.png").toFile());
        assertThat(image.getHeight() - few.getHeight()).isGreaterThan(2 * 150);
        assertThat(image.getWidth() - few.getWidth()).isGreaterThan(2 * 100);
        int ink = 0;
        for (int x = 0; x < 2 * 20; x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                ink += new Color(image.getRGB(x, y)).getRed() < 200 ? 1 : 0;
            }
        }
        assertThat(ink).as("nothing runs out of the picture").isZero();
    }

    @Test
    void aCurveIsDrawnWithItsArea() throws Exception {
        var scores = Random.uniform(Random.key(1), 200);
        var targets = scores.add(Random.normal(Random.key(2), 200).mul(0.3)).gt(0.5).cast(dev.caviar.engine.memory.DType.F32);
        var file = ClassPictures.roc(Map.of("noise", RocCurve.of(scores, targets)), folder, "roc.png");
        var image = ImageIO.read(file.toFile());
        long blue = 0;
        // It ends in the upper right corner.
        for (int x = image.getWidth() / 2; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                blue += image.getRGB(x, y) == Look.TRIAL.getRGB() ? 1 : 0;
            }
        }
        assertThat(blue).isGreaterThan(1000);
    }
}
