// Softmax regression cuts the plane by straight lines, whatever the number of classes; a hidden layer bends them.
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.awt.Color;
import java.awt.Font;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.File;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;

static final int SIDE = 320;
static final int[] COLOURS = {0x4477AA, 0xEE6677, 0x228833, 0xCCBB44, 0x66CCEE, 0xAA3377};

void main(String... args) throws Exception {
    var picture = new BufferedImage(4 * SIDE, 2 * SIDE, BufferedImage.TYPE_INT_RGB);
    for (int classes = 3; classes <= 6; classes++) {
        panel(picture, classes, false);
        panel(picture, classes, true);
    }
    var file = new File(args.length > 0 ? args[0] : "softmax-regions.png");
    ImageIO.write(picture, "png", file);
    IO.println("drawn: " + file);
}

void panel(BufferedImage picture, int classes, boolean hidden) {
    // Straight: one cloud per class around a circle. Bent: arms of a spiral, which no straight line separates.
    int n = 120 * classes;
    var random = new SplittableRandom(classes);
    var x = new float[n][];
    var y = new int[n];
    for (int i = 0; i < n; i++) {
        y[i] = i % classes;
        double r = hidden ? 0.1 + 0.85 * random.nextDouble() : 0.6;
        double turn = 2 * Math.PI * y[i] / classes + (hidden ? 2.2 * r : 0);
        double blur = hidden ? 0.03 : 0.11;
        x[i] = new float[] {(float) (r * Math.cos(turn) + blur * random.nextGaussian()), (float) (r * Math.sin(turn) + blur * random.nextGaussian())};
    }
    var model = hidden ? Model.of(Dense.of(64, "tanh"), Dense.of(64, "tanh"), Dense.of(classes, "softmax")) : Model.of(Dense.of(classes, "softmax"));
    model.compile(Adam.of(hidden ? 0.01 : 0.05), Loss.of("sparse_categorical_crossentropy"));
    model.fit(x, y, Fit.of().withEpochs(hidden ? 150 : 60).withBatch(64).withVerbosity(Verbosity.SILENT));

    var grid = new float[SIDE * SIDE][];
    for (int i = 0; i < grid.length; i++) grid[i] = new float[] {coordinate(i % SIDE), -coordinate(i / SIDE)};
    var region = argmax(model.predict(grid));
    int right = 0;
    var fitted = argmax(model.predict(x));
    for (int i = 0; i < n; i++) if (fitted[i] == y[i]) right++;
    // A region between straight borders is convex: half-way between two of its points lies a third.
    int bent = 0;
    for (int k = 0; k < 20_000; k++) {
        int a = random.nextInt(grid.length), b = random.nextInt(grid.length);
        int column = a % SIDE + b % SIDE, row = a / SIDE + b / SIDE;
        if (column % 2 == 0 && row % 2 == 0 && region[a] == region[b] && region[row / 2 * SIDE + column / 2] != region[a]) bent++;
    }
    IO.println("%d classes, %s: %5.1f %% right, borders %s".formatted(classes, hidden ? "hidden layers" : "softmax alone",
            100.0 * right / n, bent == 0 ? "straight" : "bent"));
    draw(picture, (classes - 3) * SIDE, hidden ? SIDE : 0, region, x, y, classes + (hidden ? " classes, hidden layers" : " classes, softmax alone"));
}

void draw(BufferedImage picture, int left, int top, int[] region, float[][] x, int[] y, String title) {
    for (int i = 0; i < region.length; i++) picture.setRGB(left + i % SIDE, top + i / SIDE, pale(COLOURS[region[i]]));
    var g = picture.createGraphics();
    g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    for (int i = 0; i < x.length; i++) {
        int px = left + (int) ((x[i][0] + 1.1) / 2.2 * SIDE), py = top + (int) ((1.1 - x[i][1]) / 2.2 * SIDE);
        g.setColor(new Color(COLOURS[y[i]]));
        g.fillOval(px - 3, py - 3, 6, 6);
    }
    g.setColor(Color.WHITE);
    g.drawRect(left, top, SIDE - 1, SIDE - 1);
    g.fillRect(left + 8, top + 8, 190, 20);
    g.setColor(Color.DARK_GRAY);
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    g.drawString(title, left + 14, top + 23);
    g.dispose();
}

float coordinate(int pixel) {
    return (pixel + 0.5f) / SIDE * 2.2f - 1.1f;
}

int pale(int rgb) {
    int out = 0;
    for (int shift = 0; shift <= 16; shift += 8) out |= (255 - (255 - (rgb >> shift & 255)) * 45 / 100) << shift;
    return out;
}

int[] argmax(float[][] scores) {
    var out = new int[scores.length];
    for (int i = 0; i < out.length; i++)
        for (int k = 1; k < scores[i].length; k++) if (scores[i][k] > scores[i][out[i]]) out[i] = k;
    return out;
}
