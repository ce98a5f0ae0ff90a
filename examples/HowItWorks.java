// How it works, from zero: the five notes in their order, each step worked out, and in the middle a framework of 100 lines that is made as
// Caviar is. Read it beside docs/how-it-works.md.
import dev.caviar.engine.compile.Function;
import dev.caviar.engine.compile.Session;
import dev.caviar.engine.grad.Gradient;
import dev.caviar.engine.graph.Trace;
import dev.caviar.engine.memory.DType;
import dev.caviar.engine.memory.Type;
import dev.caviar.engine.tensor.Tensor;
import dev.caviar.engine.tensor.Variable;
import dev.caviar.lab.plot.Contours;
import dev.caviar.lab.plot.Panel;
import dev.caviar.lab.plot.Regions;
import dev.caviar.lab.plot.Sheet;
import dev.caviar.lab.run.Search;
import dev.caviar.nn.data.DataSet;
import dev.caviar.nn.data.DataSource;
import dev.caviar.nn.data.Examples;
import dev.caviar.nn.data.Normaliser;
import dev.caviar.nn.layer.Activation;
import dev.caviar.nn.layer.BatchNorm;
import dev.caviar.nn.layer.Dense;
import dev.caviar.nn.layer.Dropout;
import dev.caviar.nn.layer.Flatten;
import dev.caviar.nn.layer.Layer;
import dev.caviar.nn.layer.MovingAverage;
import dev.caviar.nn.loss.Loss;
import dev.caviar.nn.metric.Metric;
import dev.caviar.nn.optim.Adam;
import dev.caviar.nn.optim.Minimizer;
import dev.caviar.nn.optim.Sgd;
import dev.caviar.nn.train.Fit;
import dev.caviar.nn.train.Fleet;
import dev.caviar.nn.train.Guess;
import dev.caviar.nn.train.Model;
import dev.caviar.nn.train.Verbosity;
import dev.caviar.tune.Budget;
import dev.caviar.tune.Study;
import dev.caviar.tune.StudyOptions;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.GridSampler;
import dev.caviar.tune.sample.RandomSampler;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Real;
import dev.caviar.tune.space.Scale;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.Whole;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoublePredicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

static final Fit QUIET = Fit.of().withVerbosity(Verbosity.SILENT);
static final DataSet DIGITS = DataSource.of("digits").load();

void main(String... args) throws Exception {
    var panels = new ArrayList<Panel>();
    tune(panels);
    normalise(panels);
    softmax(panels);
    frameworks();
    program();
    var file = Path.of(args.length > 0 ? args[0] : "how-it-works.png");
    Sheet.of(panels).withHeadline("Search, normalise, classify").write(file);
    say("\ndrawn: %s", file);
}

// ---- 1. Hyperparameters

void tune(List<Panel> panels) {
    say("1. TUNE HYPERPARAMETERS");
    say("First the learning rate; then momentum, batch and units; then layers and decay; Adam's betas hardly ever.");

    say("\n1.1 At random, not on a grid");
    var space = Space.of(Param.of("rate", Real.log(1e-4, 1)), Param.of("epsilon", Real.log(1e-9, 1e-5)));
    var grid = search(space, GridSampler.within(space, 25));
    var random = search(space, new RandomSampler());
    long tried = different(grid, "rate");
    say("25 trials on a grid: %d learning rates, %d %% of the trials try one again; best loss %.4f", tried, 100 - 100 * tried / grid.size(), best(grid));
    say("25 trials at random: %d learning rates; best loss %.4f", different(random, "rate"), best(random));
    panels.add(hill("A grid tries 5 rates").withPoints("trial", places(grid)).withMark("lowest", -1.7, -7));
    panels.add(hill("Random search tries 25").withPoints("trial", places(random)).withMark("lowest", -1.7, -7));

    say("\n1.2 On the right scale");
    say("rates of 10,000 that are 0.1 or more: linear %.0f %%, log %.0f %%", share(Real.of(1e-4, 1), x -> x >= 0.1), share(Real.log(1e-4, 1), x -> x >= 0.1));
    for (double r : new double[] {-3.7, -2.1, -0.5}) say("r = %.1f gives the rate 10^r = %.5g", r, (double) Real.log(1e-4, 1).at((r + 4) / 4));
    say("betas below 0.99 in [0.9, 0.999]: linear %.0f %%, by 1 - 10^r %.0f %%", share(Real.of(0.9, 0.999), b -> b < 0.99),
            share(Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG), b -> b < 0.99));
    say("an average looks back 1/(1 - beta): 0.9 -> %.0f, 0.9005 -> %.2f, but 0.999 -> %.0f, 0.9995 -> %.0f", Scale.window(0.9), Scale.window(0.9005),
            Scale.window(0.999), Scale.window(0.9995));

    say("\n1.3 Coarse to fine");
    var good = random.stream().sorted((a, b) -> Double.compare(a.value().orElseThrow(), b.value().orElseThrow())).limit(4).toList();
    var closer = Space.of(around(good, "rate"), around(good, "epsilon"));
    var fine = search(closer, new RandomSampler());
    say("25 more where the best four lie, rates %.4f to %.4f: best loss %.5f, smaller: %b", low(closer, "rate"), high(closer, "rate"), best(fine), best(fine) < best(random));
    panels.add(hill("Coarse, then fine").withPoints("trial", places(random)).withPoints("trial of the finer search", places(fine)).withMark("lowest", -1.7, -7));

    say("\n1.4 Panda or caviar");
    pandaOrCaviar();
}

/// A validation loss that the learning rate decides, and Adam's epsilon hardly.
double loss(double rate, double epsilon) {
    double a = Math.log10(rate) + 1.7, e = Math.log10(epsilon) + 7;
    return 0.1 + 0.08 * a * a + 0.002 * e * e;
}

List<TrialView> search(Space space, Sampler sampler) {
    try (var study = Study.inMemory(StudyOptions.of("lesson").withSpace(space).withSampler(sampler).withSeed(3))) {
        study.optimize(trial -> loss(trial.real("rate"), trial.real("epsilon")), Budget.trials(25));
        return study.trials();
    }
}

Contours hill(String title) {
    return Contours.of(title, (a, e) -> loss(Math.pow(10, a), Math.pow(10, e)), -4.2, 0.2, -9.2, -4.8).withAxes("learning rate, power of ten", "epsilon, power of ten");
}

List<double[]> places(List<TrialView> trials) {
    return trials.stream().map(trial -> new double[] {Math.log10(number(trial, "rate")), Math.log10(number(trial, "epsilon"))}).toList();
}

Param around(List<TrialView> trials, String name) {
    var values = trials.stream().mapToDouble(trial -> number(trial, name)).summaryStatistics();
    return Param.of(name, Real.log(values.getMin(), values.getMax()));
}

double low(Space space, String name) {
    return ((Real) space.param(name).dist()).low();
}

double high(Space space, String name) {
    return ((Real) space.param(name).dist()).high();
}

double number(TrialView trial, String name) {
    return (double) trial.params().get(name);
}

long different(List<TrialView> trials, String name) {
    return trials.stream().map(trial -> trial.params().get(name)).distinct().count();
}

double best(List<TrialView> trials) {
    return trials.stream().mapToDouble(trial -> trial.value().orElseThrow()).min().orElseThrow();
}

double share(Real dist, DoublePredicate inside) {
    var random = new SplittableRandom(4);
    return IntStream.range(0, 10_000).filter(_ -> inside.test((double) dist.at(random.nextDouble()))).count() / 100.0;
}

void pandaOrCaviar() {
    var digits = DIGITS.train();
    var panda = digitModel();
    var yesterday = digitModel().build(8, 8);
    double rate = 0.01, before = Double.MAX_VALUE;
    for (int day = 1; day <= 6; day++) {
        yesterday.assign(panda.build(8, 8).weights());
        double cost = panda.compile(Sgd.of(rate), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy")).fit(digits, QUIET).last("loss");
        boolean better = cost < before;
        say("panda, day %d: rate %.3f, cost %.3f: %s", day, rate, cost, better ? "a larger rate tomorrow" : "back to yesterday's model, a smaller rate");
        if (better) before = cost;
        else panda.assign(yesterday.weights());
        rate *= better ? 3 : 0.2;
    }
    // Many at once: models that differ in numbers are one program with one more axis.
    var random = new SplittableRandom(5);
    var fleet = new ArrayList<Fleet.Member>();
    var rates = new ArrayList<Double>();
    for (int i = 0; i < 12; i++) {
        rates.add((double) Real.log(1e-4, 10).at(random.nextDouble()));
        var model = digitModel().compile(Sgd.of(rates.getLast()), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy"));
        fleet.add(new Fleet.Member(model, digits, QUIET.withEpochs(6)));
    }
    var costs = costs(fleet);
    int won = IntStream.range(0, costs.length).reduce((a, b) -> costs[b] < costs[a] ? b : a).orElseThrow();
    say("caviar: 12 models at once, rates %.4f to %.2f; the best has %.2f and the cost %.3f", rates.stream().min(Double::compare).orElseThrow(),
            rates.stream().max(Double::compare).orElseThrow(), rates.get(won), costs[won]);
}

Model digitModel() {
    return Model.of(Flatten.of(), Dense.of(24, "tanh"), Dense.of(10, "softmax")).withNormaliser(Normaliser.fit(DIGITS.train()));
}

/// The cost after the last epoch of each, infinite where it diverged.
double[] costs(List<Fleet.Member> fleet) {
    var costs = new double[fleet.size()];
    Fleet.fit(fleet, (i, ending) -> costs[i] = ending.history() == null ? Double.POSITIVE_INFINITY : ending.history().last("loss"));
    return costs;
}

// ---- 2. Batch norm

void normalise(List<Panel> panels) {
    say("\n2. NORMALISE ACTIVATIONS");
    say("\n2.1 Five numbers");
    var z = Tensor.of(2.0, 4.0, 6.0, 8.0, 10.0);
    double mean = z.mean().itemAsDouble(), variance = z.variance().itemAsDouble();
    var norm = BatchNorm.normalize(z, z.mean(), z.variance(), 1e-8);
    say("z = 2, 4, 6, 8, 10: mean %.0f, variance %.0f, normalised %s", mean, variance, text(norm));
    say("gamma = sqrt(8), beta = 6 give back %s; gamma = 1, beta = 5 have mean %.0f", text(norm.mul(Math.sqrt(variance)).add(mean)), norm.add(5).mean().itemAsDouble());
    say("a bias in front changes nothing: normalised z + 100 is %s", text(BatchNorm.normalize(z.add(100), z.add(100).mean(), z.variance(), 1e-8)));

    say("\n2.2 One example at test time");
    say("means of batches 2, 4, 6: running %s; corrected %s", text(MovingAverage.of(0.9).over(2, 4, 6)), text(MovingAverage.of(0.9).withCorrected(true).over(2, 4, 6)));

    say("\n2.3 What it is good for");
    var raw = descent(6);
    var even = descent(1);
    say("one input 6 times as wide as the other: gradient descent takes %d steps; normalised %d", raw.size() - 1, even.size() - 1);
    panels.add(bowl("Inputs as they are", 6).withWay("gradient descent", raw).withMark("lowest", 1, 1));
    panels.add(bowl("Inputs normalised", 1).withWay("gradient descent", even).withMark("lowest", 1, 1));
    double[] rates = {0.03, 0.3, 1, 3};
    for (boolean normed : new boolean[] {false, true}) {
        var fleet = Arrays.stream(rates).mapToObj(rate -> new Fleet.Member(deep(normed).compile(Sgd.of(rate), Loss.of("sparse_categorical_crossentropy")),
                DIGITS.train(), QUIET.withEpochs(3))).toList();
        say("four layers %s batch norm, cost after 3 epochs at rates 0.03, 0.3, 1, 3: %s", normed ? "with   " : "without", text(costs(fleet)));
    }
}

/// The cost over two weights of inputs of which the first is so many times as wide.
double cost(double wide, double a, double b) {
    return wide * wide * (a - 1) * (a - 1) / 2 + (b - 1) * (b - 1) / 2;
}

/// With the largest rate that the steep side bears, until the cost is small.
List<double[]> descent(double wide) {
    double rate = wide == 1 ? 0.9 : 1.9 / (wide * wide);
    var way = new ArrayList<>(List.of(new double[] {-1, -1}));
    while (cost(wide, way.getLast()[0], way.getLast()[1]) > 1e-3) {
        var at = way.getLast();
        way.add(new double[] {at[0] - rate * wide * wide * (at[0] - 1), at[1] - rate * (at[1] - 1)});
    }
    return way;
}

Contours bowl(String title, double wide) {
    return Contours.of(title, (a, b) -> cost(wide, a, b), -1.5, 3.5, -1.5, 3.5);
}

Model deep(boolean normed) {
    var layers = new ArrayList<Layer>(List.of(Flatten.of()));
    for (int i = 0; i < 4; i++) layers.addAll(normed ? List.of(Dense.of(20), BatchNorm.notes(), Activation.SIGMOID) : List.of(Dense.of(20), Activation.SIGMOID));
    layers.add(Dense.of(10, "softmax"));
    return Model.of(layers.toArray(Layer[]::new)).withNormaliser(Normaliser.fit(DIGITS.train()));
}

// ---- 3. Softmax

void softmax(List<Panel> panels) {
    say("\n3. SOFTMAX");
    var z = Tensor.of(5.0, 2.0, -1.0, 3.0);
    say("z = 5, 2, -1, 3: e^z = %s, together %.3f, softmax %s, hardmax %s", text(z.exp()), z.exp().sum().itemAsDouble(), text(z.softmax(0)),
            text(z.argmax(0).oneHot(4, DType.F64)));
    var y = Tensor.of(0.0, 1.0, 0.0, 0.0);
    var p = Tensor.of(0.3, 0.2, 0.1, 0.4);
    var dz = Gradient.of(x -> x.logSoftmax(0).mul(y).sum().neg()).apply(p.log());
    say("y = 0, 1, 0, 0 and predictions 0.3, 0.2, 0.1, 0.4: loss %.6f, dz by the tape %s = predictions - y", -Math.log(0.2), text(dz));
    say("of two classes it is logistic regression: softmax %.6f, sigmoid of the difference %.6f", Tensor.of(1.0, -0.673185).softmax(0).at(0, 0).itemAsDouble(),
            Tensor.scalar(1.673185, DType.F64).sigmoid().itemAsDouble());
    say("5, 2, 1, 0.1 for four animals: %s", Guess.of(Tensor.of(5.0, 2.0, 1.0, 0.1).softmax(0).toDoubles(), List.of("Cat", "Dog", "Bird", "Other")));
    panels.add(regions("Softmax behind a hidden layer"));
}

Panel regions(String title) {
    int n = 360;
    var random = new SplittableRandom(2);
    var x = new float[n][];
    var y = new int[n];
    for (int i = 0; i < n; i++) {
        y[i] = i % 4;
        double r = 0.15 + 0.8 * random.nextDouble(), turn = Math.PI / 2 * y[i] + 3.2 * r;
        x[i] = new float[] {(float) (r * Math.cos(turn) + 0.03 * random.nextGaussian()), (float) (r * Math.sin(turn) + 0.03 * random.nextGaussian())};
    }
    for (boolean hidden : new boolean[] {false, true}) {
        var model = hidden ? Model.of(Dense.of(32, "tanh"), Dense.of(4, "softmax")) : Model.of(Dense.of(4, "softmax"));
        model.compile(Adam.of(0.03), Loss.of("sparse_categorical_crossentropy"), Metric.of("accuracy")).fit(x, y, QUIET.withEpochs(60));
        say("four arms of a spiral, %s: %.0f %% right", hidden ? "behind a hidden layer" : "softmax alone", 100 * model.evaluate(Examples.of(x, y)).get("accuracy"));
        if (hidden) return Regions.of(title, model::predict, x, y).withClasses("one", "two", "three", "four");
    }
    throw new AssertionError();
}

// ---- 4. A framework from zero

/// All that the tiny framework knows of an operation: what it gives for numbers, and the rule of its gradient, which is written with
/// operations again. The meaning of an operation is up to who interprets it.
enum TinyOp {
    ADD((a, b) -> a + b, (g, _, _) -> List.of(g, g)),
    MUL((a, b) -> a * b, (g, a, b) -> List.of(g.mul(b), g.mul(a)));

    final DoubleBinaryOperator f;
    final Rule rule;

    interface Rule {
        List<Value> gradients(Value g, Value a, Value b);
    }

    TinyOp(DoubleBinaryOperator f, Rule rule) {
        this.f = f;
        this.rule = rule;
    }
}

/// A number, or the name of one that is not known yet.
sealed interface Value permits Num, Sym {
    ScopedValue<Interpreter> NOW = ScopedValue.newInstance();

    static Value of(double number) {
        return new Num(number);
    }

    default Value add(Value other) {
        return NOW.orElse(EAGER).apply(TinyOp.ADD, this, other);
    }

    default Value mul(Value other) {
        return NOW.orElse(EAGER).apply(TinyOp.MUL, this, other);
    }
}

record Num(double number) implements Value {
    public String toString() {
        return String.valueOf(number);
    }
}

record Sym(int id) implements Value {
    public String toString() {
        return "%" + id;
    }
}

interface Interpreter {
    Value apply(TinyOp op, Value a, Value b);
}

/// Computes at once.
static final Interpreter EAGER = (op, a, b) -> new Num(op.f.applyAsDouble(((Num) a).number, ((Num) b).number));

record Line(TinyOp op, Value a, Value b, Value out) {}

/// Has the interpreter below do it, and writes down what was done; the gradient walks the lines backwards.
record TinyTape(Interpreter below, List<Line> lines) implements Interpreter {
    static Value gradient(UnaryOperator<Value> f, Value x) {
        var tape = new TinyTape(Value.NOW.orElse(EAGER), new ArrayList<>());
        var y = ScopedValue.where(Value.NOW, tape).call(() -> f.apply(x));
        var slopes = new IdentityHashMap<Value, Value>(Map.of(y, Value.of(1)));
        for (var line : tape.lines.reversed()) {
            var g = slopes.get(line.out);
            if (g == null) continue;
            var parts = line.op.rule.gradients(g, line.a, line.b);
            slopes.merge(line.a, parts.get(0), Value::add);
            slopes.merge(line.b, parts.get(1), Value::add);
        }
        return slopes.get(x);
    }

    public Value apply(TinyOp op, Value a, Value b) {
        var out = below.apply(op, a, b);
        lines.add(new Line(op, a, b, out));
        return out;
    }
}

/// Computes nothing: writes a graph. What stands there already is not written twice, and what changes nothing not at all.
record TinyTrace(List<Line> lines, Map<List<Object>, Value> known) implements Interpreter {
    static TinyProgram of(UnaryOperator<Value> f) {
        var trace = new TinyTrace(new ArrayList<>(), new HashMap<>());
        var result = ScopedValue.where(Value.NOW, trace).call(() -> f.apply(new Sym(0)));
        return TinyProgram.of(trace.lines, result);
    }

    public Value apply(TinyOp op, Value a, Value b) {
        if (op == TinyOp.MUL && b instanceof Num(double one) && one == 1) return a;
        if (op == TinyOp.MUL && a instanceof Num(double one) && one == 1) return b;
        if (a instanceof Num && b instanceof Num) return EAGER.apply(op, a, b);
        return known.computeIfAbsent(List.of(op, a, b), _ -> {
            lines.add(new Line(op, a, b, new Sym(lines.size() + 1)));
            return lines.getLast().out;
        });
    }
}

/// The compiled form: the lines that the result needs, each with a place in one array. No object is made while it runs.
record TinyProgram(List<Line> lines, int result) {
    static TinyProgram of(List<Line> all, Value result) {
        var needed = new HashSet<>(List.of(result));
        var lines = all.reversed().stream().filter(line -> needed.contains(line.out) && needed.addAll(List.of(line.a, line.b))).toList().reversed();
        return new TinyProgram(lines, ((Sym) result).id);
    }

    double run(double[] memory, double x) {
        memory[0] = x;
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            memory[((Sym) line.out).id] = line.op.f.applyAsDouble(read(line.a, memory), read(line.b, memory));
        }
        return memory[result];
    }

    private static double read(Value value, double[] memory) {
        return switch (value) {
            case Num(double number) -> number;
            case Sym(int id) -> memory[id];
        };
    }
}

/// w² − 10w + 25.
static Value cost(Value w) {
    return w.mul(w).add(w.mul(Value.of(-10))).add(Value.of(25));
}

static Tensor cost(Tensor w) {
    return w.square().sub(w.mul(10)).add(25);
}

void frameworks() {
    say("\n4. FRAMEWORKS");
    say("\n4.1 One from zero");
    say("values: the cost at 0 is %s", cost(Value.of(0)));
    say("tape: the slope at 0 is %s, at 5 it is %s", TinyTape.gradient(w -> cost(w), Value.of(0)), TinyTape.gradient(w -> cost(w), Value.of(5)));
    say("tape on tape: the slope of the slope is %s", TinyTape.gradient(v -> TinyTape.gradient(w -> cost(w), v), Value.of(3)));
    var step = TinyTrace.of(w -> w.add(TinyTape.gradient(v -> cost(v), w).mul(Value.of(-0.1))));
    say("tape under a trace: a step of gradient descent is the program");
    step.lines().forEach(line -> say("    %s = %s(%s, %s)", line.out(), line.op(), line.a(), line.b()));
    var memory = new double[step.result() + 1];
    double at = 0;
    for (int i = 0; i < 100; i++) at = step.run(memory, at);
    say("run 100 times, without an object made: w = %.5f", at);

    say("\n4.2 Caviar is the same with tensors");
    var w = Variable.of("w", 0);
    say("tape: the slope at 0 is %.0f", Gradient.tape(tape -> tape.gradient(cost(w.value()), w)).item());
    var graph = Trace.of(in -> List.of(in.getFirst().sub(Gradient.of(v -> cost(v)).apply(in.getFirst()).mul(0.1))), Type.of(DType.F32));
    say("trace:\n%s", graph.print().strip().indent(4).stripTrailing());
    try (var descend = Function.compile((Tensor v) -> v.sub(Gradient.of(u -> cost(u)).apply(v).mul(0.1)))) {
        Tensor v = Tensor.scalar(0);
        for (int i = 0; i < 100; i++) v = descend.apply(v);
        say("compiled, 100 steps: w = %.5f", v.item());
    }

    say("\n4.3 Minimise");
    var minimizer = Minimizer.of(Adam.of(0.1));
    for (int i = 1; i <= 1001; i++) {
        minimizer.minimize(() -> cost(w.value()), w);
        if (List.of(1, 2, 10, 100, 1001).contains(i)) say("Adam, step %d: w = %.6f", i, w.value().item());
    }
    try (var session = new Session()) {
        var x = session.placeholder("coefficients", DType.F32, 3);
        var u = session.variable("u", () -> Tensor.scalar(0));
        var train = session.update(() -> Gradient.tape(tape -> {
            var c = x.value();
            var cost = c.at(0, 0).mul(u.value().square()).add(c.at(0, 1).mul(u.value())).add(c.at(0, 2));
            u.assign(u.value().sub(tape.gradient(cost, u).mul(0.1)));
            return cost;
        }));
        session.init();
        for (int i = 0; i < 200; i++) session.run(train, Map.of(x, Tensor.of(1f, -10, 25)));
        say("fed 1, -10, 25: u = %.4f", u.value().item());
        for (int i = 0; i < 200; i++) session.run(train, Map.of(x, Tensor.of(1f, -20, 100)));
        say("fed 1, -20, 100: u = %.4f, compiled %d time", u.value().item(), session.compiled());
    }
}

// ---- 5. A program

void program() {
    say("\n5. A PROGRAM");
    var digits = DIGITS;
    var model = Model.of(Flatten.of(), Dense.of(48), BatchNorm.of().withMomentum(0.9), Activation.RELU, Dropout.of(0.2), Dense.of(10, "softmax"))
            .withNormaliser(Normaliser.fit(digits.train())).withClasses(digits.classes());
    model.compile("adam", "sparse_categorical_crossentropy", "accuracy").fit(digits.train(), QUIET.withEpochs(12));
    say("%,d parameters; test accuracy %.2f; the first test images are %s", model.parameters(), model.evaluate(digits.test()).get("accuracy"),
            model.classify(digits.test().limit(3).features()));
    var space = Space.of(Param.of("learning_rate", Real.log(1e-4, 1e-1)), Param.of("units", Whole.of(16, 64)), Param.of("layers", Whole.of(1, 1)));
    var search = Search.of(digits).withSpace(space).withTrials(5).withEpochs(3).withWorkers(2);
    double best = 0;
    for (var trial : search.run().trials()) {
        double value = trial.value().orElseThrow();
        say("trial %d: rate %.5f, validation accuracy %.4f%s", trial.number(), number(trial, "learning_rate"), value, value > best ? "  NEW BEST!" : "");
        best = Math.max(best, value);
    }
}

String text(Tensor tensor) {
    return text(tensor.toDoubles());
}

String text(double... values) {
    return Arrays.stream(values).mapToObj(v -> String.format(Locale.ROOT, Math.abs(v) >= 100 ? "%.1f" : "%.4f", v).replaceFirst("\\.?0+$", "")).toList().toString();
}

void say(String format, Object... values) {
    IO.println(String.format(Locale.ROOT, format, values));
}
