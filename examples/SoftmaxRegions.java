// Softmax regression cuts the plane by straight lines, whatever the number of classes; hidden layers bend them.
import dev.caviar.lab.plot.Regions;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.SplittableRandom;

void main(String... args) throws Exception {
    var panels = new ArrayList<Regions>();
    for (boolean hidden : new boolean[] {false, true}) {
        for (int classes = 3; classes <= 6; classes++) panels.add(panel(classes, hidden));
    }
    var file = Sheet.of(panels).withHeadline("Softmax of two inputs: straight borders; behind two hidden layers: bent ones")
            .write(Path.of(args.length > 0 ? args[0] : "softmax-regions.png"));
    IO.println("drawn: " + file);
}

Regions panel(int classes, boolean hidden) {
    // Straight: one cloud per class around a circle. Bent: arms of a spiral, which no straight line separates.
    int n = 45 * classes;
    var random = new SplittableRandom(classes);
    var x = new float[n][];
    var y = new int[n];
    for (int i = 0; i < n; i++) {
        y[i] = i % classes;
        double r = hidden ? 0.1 + 0.85 * random.nextDouble() : 0.6;
        double turn = 2 * Math.PI * y[i] / classes + (hidden ? 2.2 * r : 0);
        double blur = hidden ? 0.03 : 0.12;
        x[i] = new float[] {(float) (r * Math.cos(turn) + blur * random.nextGaussian()), (float) (r * Math.sin(turn) + blur * random.nextGaussian())};
    }
    var model = hidden ? Model.of(Dense.of(64, "tanh"), Dense.of(64, "tanh"), Dense.of(classes, "softmax")) : Model.of(Dense.of(classes, "softmax"));
    model.compile(Adam.of(hidden ? 0.01 : 0.05), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
    model.fit(x, y, Fit.of().withEpochs(150).withBatch(64).withVerbosity(Verbosity.SILENT));
    double right = 100 * model.evaluate(x, y).get("accuracy");
    IO.println("%d classes, %-14s %5.1f %% right, borders %s".formatted(classes, hidden ? "hidden layers:" : "softmax alone:", right, straight(model) ? "straight" : "bent"));
    return Regions.of("%d classes%s: %.0f %%".formatted(classes, hidden ? ", hidden layers" : "", right), model::predict, x, y);
}

// A region between straight borders is convex: half-way between two of its points lies a third.
boolean straight(Model model) {
    var random = new SplittableRandom(1);
    int n = 5000;
    var points = new float[3 * n][2];
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < 2; k++) {
            points[i][k] = (float) random.nextDouble(-1, 1);
            points[n + i][k] = (float) random.nextDouble(-1, 1);
            points[2 * n + i][k] = (points[i][k] + points[n + i][k]) / 2;
        }
    }
    var scores = model.predict(points);
    for (int i = 0; i < n; i++) {
        int one = largest(scores[i]);
        if (one == largest(scores[n + i]) && one != largest(scores[2 * n + i])) return false;
    }
    return true;
}

int largest(float[] scores) {
    int best = 0;
    for (int k = 1; k < scores.length; k++) if (scores[k] > scores[best]) best = k;
    return best;
}
